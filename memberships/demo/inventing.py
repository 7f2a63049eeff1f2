"""Cases for a whole year, made up from names and texts: the same ones each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from memberships.applications.models import Channel
from memberships.demo.plan import Case, Organisation, Organisations, Outcome, Plan, Step, Verb, Year
from memberships.demo.writing import Writer, is_about_organisation, mailbox_of
from memberships.networks.definition import (
    POSTAL_AREA,
    ConsentField,
    Definition,
    Policy,
    is_met,
)
from memberships.territory.models import PostalArea

_LONGEST_AGO = 362
_CHANNELS = (Channel.LETTER, Channel.PHONE, Channel.MEETING, Channel.EMAIL)


@dataclass(frozen=True)
class Applicant:
    """Who applies, and for whom."""

    first_name: str
    last_name: str
    organisation: Organisation | None


class Inventor:
    """Makes up the cases of all networks. Organisations are not used twice by chance."""

    def __init__(self, plan: Plan, definitions: Mapping[str, Definition]) -> None:
        self._plan = plan
        self._definitions = definitions
        self._random = Random("demonstration")  # noqa: S311 - the same cases each time
        self._writer = Writer(plan.texts, self._random)
        self._names: set[tuple[str, str]] = set()
        self._taken: set[str] = {str(case.answers.get("organisation_name")) for case in plan.cases}
        self._emails: set[str] = set()

    def cases(self) -> list[Case]:
        """The invented cases of every network that the installation has."""
        return [
            case
            for year in self._plan.years
            if year.slug in self._definitions
            for case in self._cases_of(year)
        ]

    def _cases_of(self, year: Year) -> list[Case]:
        settled = [self._settled(year, self._day(year)) for _ in range(year.settled)]
        joined = [case for case in settled if not case.steps and case.channel is Channel.ONLINE]
        return [
            *settled,
            *(self._entered(year) for _ in range(year.entered)),
            *(self._open(year, n) for n in range(year.open)),
            *(self._unproven(year, self._random.randint(0, 5)) for _ in range(year.unconfirmed)),
            *(self._unproven(year, self._random.randint(10, 340)) for _ in range(year.expired)),
            *self._second(year, settled),
            *(self._repeated(case) for case in self._random.sample(joined, year.repeated)),
        ]

    def _day(self, year: Year) -> int:
        """Some day of the year, the more likely the later."""
        earliest = 12 if any(year.endings.values()) else 1
        while True:
            ago = self._random.randint(earliest, _LONGEST_AGO)
            if self._random.random() < 1 - 0.6 * ago / _LONGEST_AGO:
                return ago

    def _settled(self, year: Year, ago: int) -> Case:
        applicant = self._applicant(year)
        case = self._applied(year, applicant, ago)
        policy = self._policy(case)
        if policy is Policy.OPEN:
            return case
        ending = self._ending(year, applicant, ago)
        decide = self._by_body if policy is Policy.BODY_DECISION else self._by_hand
        return case.model_copy(update={"steps": decide(case, ending)})

    def _policy(self, case: Case) -> Policy:
        """Invented organisations sit inside the network's territory."""
        answers = {**case.answers, POSTAL_AREA: PostalArea.INSIDE}
        return self._definitions[case.network].rule_for(answers).policy

    def _ending(self, year: Year, applicant: Applicant, ago: int) -> str:
        organisation = applicant.organisation
        if (organisation and organisation.is_real) or ago < 40:
            return "approve"
        return self._random.choices([*year.endings], [*year.endings.values()])[0]

    def _by_hand(self, case: Case, ending: str) -> list[Step]:
        steps = self._looked_at(case)
        ago = steps[-1].ago if steps else case.ago
        if ending in {"withdraw", "close"}:
            return self._left(case, ago, ending)
        ago = max(1, ago - self._random.randint(1, 4))
        if ending == "decline":
            reason = self._random.choice(self._plan.texts.declined["reasons"])
            message = self._random.choice(self._plan.texts.declined["messages"])
            return [*steps, Step(ago=ago, do=Verb.DECLINE, reason=reason, text=message)]
        return [*steps, Step(ago=ago, do=Verb.APPROVE)]

    def _by_body(self, case: Case, ending: str) -> list[Step]:
        steps = self._looked_at(case)
        ago = steps[-1].ago if steps else case.ago
        if ending in {"withdraw", "close"}:
            return self._left(case, ago, ending)
        outcome = Outcome(ending)
        advised = max(1, ago - self._random.randint(0, 3))
        meeting = next((day for day in self._plan.meeting_ago if day < advised), None)
        advice = self._random.choice(self._plan.texts.advice[ending])
        steps.append(Step(ago=advised, do=Verb.RECOMMEND, outcome=outcome, text=advice))
        if meeting is None:
            return steps
        reason = self._random.choice(self._plan.texts.declined["reasons"])
        return [
            *steps,
            Step(
                ago=meeting,
                do=Verb.DECIDE,
                outcome=outcome,
                reason=reason if outcome is Outcome.DECLINE else "",
            ),
        ]

    def _looked_at(self, case: Case) -> list[Step]:
        """Claimed, noted down, asked and answered: some of it, each a little later."""
        steps = []
        ago = max(1, case.ago - self._random.randint(0, 2))
        if self._random.random() < 0.7:
            steps.append(Step(ago=ago, do=Verb.CLAIM))
        if self._random.random() < 0.3:
            text = self._random.choice(self._plan.texts.notes["texts"])
            steps.append(Step(ago=ago, do=Verb.NOTE, text=text))
        if self._random.random() < 0.2 and ago > 5:
            question, answer = self._question(case)
            steps.append(Step(ago=ago, do=Verb.ASK, text=question))
            back = max(1, ago - self._random.randint(1, 4))
            steps.append(Step(ago=back, do=Verb.ANSWER, text=answer))
        return steps

    def _question(self, case: Case) -> tuple[str, str]:
        """A question that fits whom it is put to, and its answer."""
        name = case.answers.get("organisation_name")
        is_real = any(body.name == name for body in self._plan.bodies)
        sort = "public" if is_real else "group" if "organisation_kind" in case.answers else "person"
        return self._random.choice(self._plan.texts.questions[sort])

    def _left(self, case: Case, ago: int, ending: str) -> list[Step]:
        if ending == "withdraw":
            return [Step(ago=max(1, ago - self._random.randint(0, 4)), do=Verb.WITHDRAW)]
        question, _ = self._question(case)
        return [Step(ago=ago, do=Verb.ASK, text=question)]

    def _open(self, year: Year, number: int) -> Case:
        """One that waits: as old as the promised answer allows, some of them looked at."""
        ago = round(number * year.open_days / max(1, year.open - 1))
        case = self._applied(year, self._applicant(year), ago)
        while self._policy(case) is Policy.OPEN:
            case = self._applied(year, self._applicant(year), ago)
        steps = [Step(ago=max(0, ago - 2), do=Verb.CLAIM)] if ago > 2 and number % 3 else []
        if ago > 6 and number % 2:
            question, _ = self._question(case)
            steps.append(Step(ago=ago - 3, do=Verb.ASK, text=question))
        return case.model_copy(update={"steps": steps})

    def _entered(self, year: Year) -> Case:
        ago = self._random.randint(20, _LONGEST_AGO)
        case = self._applied(year, self._applicant(year), ago)
        steps = [Step(ago=max(1, ago - self._random.randint(1, 4)), do=Verb.APPROVE)]
        channel = self._random.choice(_CHANNELS)
        return case.model_copy(update={"steps": steps, "channel": channel, "newsletter": False})

    def _unproven(self, year: Year, ago: int) -> Case:
        case = self._applied(year, self._applicant(year), ago)
        return case.model_copy(update={"confirmed": False})

    def _second(self, year: Year, settled: Sequence[Case]) -> list[Case]:
        """A further person of an organisation that was admitted a while before."""
        admitted = [
            case
            for case in settled
            if case.ago > 60
            and case.answers.get("organisation_name")
            and (not case.steps or case.steps[-1].do is Verb.APPROVE)
        ]
        return [self._further(year, case) for case in self._random.sample(admitted, year.second)]

    def _further(self, year: Year, first: Case) -> Case:
        known = {*self._plan.bodies, *self._plan.associations}
        name = first.answers["organisation_name"]
        organisation = next(some for some in known if some.name == name)
        ago = self._random.randint(20, first.ago - 30)
        case = self._applied(year, self._person(organisation), ago)
        steps = self._looked_at(case)
        done = max(1, (steps[-1].ago if steps else ago) - 1)
        return case.model_copy(update={"steps": [*steps, Step(ago=done, do=Verb.APPROVE)]})

    def _repeated(self, first: Case) -> Case:
        ago = self._random.randint(0, max(0, first.ago - 1))
        return first.model_copy(update={"ago": ago, "newsletter": False})

    def _applicant(self, year: Year) -> Applicant:
        return self._person(self._organisation(year))

    def _person(self, organisation: Organisation | None) -> Applicant:
        people = self._plan.people
        while True:
            name = (
                self._random.choice(people.first_names),
                self._random.choice(people.last_names),
            )
            if name not in self._names:
                self._names.add(name)
                return Applicant(*name, organisation)

    def _organisation(self, year: Year) -> Organisation | None:
        if year.organisations is Organisations.NAMED:
            some = self._plan.associations
            return self._random.choice(some) if self._random.random() < 0.6 else None
        if year.organisations is Organisations.HALF and self._random.random() < 0.5:
            return None
        bodies = [o for o in self._plan.bodies if o.land in year.bodies_in]
        others = [o for o in self._plan.associations if o.land in year.associations_in]
        first = (bodies, others) if self._random.random() < 0.5 else (others, bodies)
        for some in first:
            free = [o for o in some if o.name not in self._taken]
            if free:
                chosen = self._random.choice(free)
                self._taken.add(chosen.name)
                return chosen
        raise ValueError(f"{year.slug}: there are not enough organisations in config/demo/")

    def _applied(self, year: Year, applicant: Applicant, ago: int) -> Case:
        definition = self._definitions[year.slug]
        return Case(
            network=year.slug,
            ago=ago,
            answers=self._answers(definition, applicant),
            email=self._email(applicant),
            newsletter=self._random.random() < 0.45,
            is_invented=True,
        )

    def _answers(self, definition: Definition, applicant: Applicant) -> dict[str, Any]:
        answers: dict[str, Any] = {
            "first_name": applicant.first_name,
            "last_name": applicant.last_name,
        }
        for field in definition.fields:
            if isinstance(field, ConsentField) or field.key in {"email", *answers}:
                continue
            if not is_met(definition.conditions[field.key], answers):
                continue
            if applicant.organisation is None and is_about_organisation(field.key):
                continue
            value = self._writer.answer(field, applicant.organisation)
            if value:
                answers[field.key] = value
        return answers

    def _email(self, applicant: Applicant) -> str:
        address = mailbox_of(applicant.first_name, applicant.last_name, applicant.organisation)
        while address in self._emails:
            local, at, domain = address.partition("@")
            address = f"{local}2{at}{domain}"
        self._emails.add(address)
        return address
