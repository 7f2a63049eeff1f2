"""What a network is: the model of one file in config/networks/.

It is self-contained: what a case keeps is this object, with every label and text in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, EmailStr, Field, model_validator

from memberships.calendar import end_of_day, months_later
from memberships.mails.wording import LONGEST_BODY, LONGEST_SUBJECT, MailText

_PLACEHOLDER = re.compile(r"example\.|Muster")
KEY = r"^[a-z][a-z0-9_]{1,39}$"
Key = Annotated[str, Field(pattern=KEY)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\n]*$")]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Policy(StrEnum):
    """How an application is decided (domain.md, section 3)."""

    OPEN = "open"
    COORDINATOR_CHECK = "coordinator_check"
    BODY_DECISION = "body_decision"

    @property
    def is_decided_by_person(self) -> bool:
        """Whether an application waits in review until somebody decides."""
        return self is not Policy.OPEN


class OnePerOrganisation(StrEnum):
    """What a second person of an organisation means that is a member already.

    SEAT: a person holds the organisation's one seat; another seat needs a written reason.
    REPRESENTATIVE: the organisation is the member; another person also represents it.
    """

    NO = "no"
    SEAT = "seat"
    REPRESENTATIVE = "representative"


class ControllerProfile(StrEnum):
    PRIVATE = "private"
    PUBLIC = "public"


class Option(Part):
    key: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{1,39}$")]
    label: Line
    group: str = ""
    retired: bool = False


class FormField(Part):
    """One question of the form. `when` names earlier answers under which it is asked."""

    key: Key
    type: str
    label: Line
    hint: str = ""
    purpose: Line
    required: bool = False
    when: Mapping[Key, tuple[str, ...]] = {}
    missing: Line = "Füllen Sie dieses Feld bitte aus."
    autocomplete: str = ""
    half: bool = False


class TextField(FormField):
    type: Literal["text"]
    max: Annotated[int, Field(ge=1, le=500)]
    min: Annotated[int, Field(ge=0)] = 0


class LongTextField(FormField):
    type: Literal["long_text"]
    max: Annotated[int, Field(ge=1, le=10_000)]
    min: Annotated[int, Field(ge=0)] = 0


class EmailField(FormField):
    type: Literal["email"]
    max: Literal[254] = 254


class PhoneField(FormField):
    type: Literal["phone"]
    max: Literal[40] = 40


class UrlField(FormField):
    """An http or https address."""

    type: Literal["url"]
    max: Literal[300] = 300


class PostalCodeField(FormField):
    """Five digits in Germany; other countries, asked in the field `country`, as they like."""

    type: Literal["postal_code"]
    max: Literal[10] = 10


class PlaceField(FormField):
    """One of the places of a postal code that lies in two Länder; asked only then."""

    type: Literal["place"]
    max: Literal[120] = 120


class DistrictField(FormField):
    """A Landkreis or Stadtkreis of the network's territory; asked where no register tells it."""

    type: Literal["district"]
    max: Literal[120] = 120


class ChoiceField(FormField):
    """One answer of several. `default` is chosen already when the form is opened."""

    type: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    as_list: bool = False
    default: str = ""


class MultiChoiceField(FormField):
    """Any number of answers; `required` asks for at least one."""

    type: Literal["multi_choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    missing: Line = "Wählen Sie mindestens eine Antwort."


class ConsentField(FormField):
    """A box that is never ticked beforehand. `text` is agreed to, and kept with each consent."""

    type: Literal["consent"]
    text: Text
    text_version: Line
    required: Literal[False] = False


AnyField = Annotated[
    TextField
    | LongTextField
    | EmailField
    | PhoneField
    | UrlField
    | PostalCodeField
    | PlaceField
    | DistrictField
    | ChoiceField
    | MultiChoiceField
    | ConsentField,
    Field(discriminator="type"),
]


class Section(Part):
    title: str = ""
    when: Mapping[Key, tuple[str, ...]] = {}
    fields: Annotated[tuple[AnyField, ...], Field(min_length=1)]


# Not typed but found out: how the postal code lies to the network's territory.
POSTAL_AREA = "postal_area"
POSTAL_AREAS = ("inside", "outside", "ambiguous", "unknown")
ANY_ANSWER = "*"


class AdmissionRule(Part):
    """When the answers say `when`, `policy` decides. The first rule that fits counts.

    `label` tells the office why, where a person has to look. The allowed answer "*" is any.
    """

    key: Key
    policy: Policy
    label: Annotated[str, Field(max_length=300)] = ""
    when: Mapping[Key, tuple[str, ...]] = {}


class Territory(Part):
    """The Länder, by ISO 3166-2:DE without "DE-", where a network's members sit or work.

    `phrase` completes "Wo … sind Sie tätig?", for example "in Sachsen".
    """

    states: Annotated[tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...], Field(min_length=1)]
    phrase: Line


# What an entry can show beside the answers to questions.
ENTRY_LABELS = {"name": "Name", "place": "Ort", "federal_state": "Bundesland"}


class Visibility(Part):
    """Who sees members: other members in the directory, everybody in a public entry.

    `announced`: members are told of the directory and can object; `opt_in`: each agrees first.
    `public_entry` names what an entry may show: keys of questions, or of ENTRY_LABELS.
    """

    internal: Literal["announced", "opt_in", "none"]
    public_entry: tuple[Line, ...] = ()


class Promise(Part):
    """How long the answer takes at most, from the confirmation on; 0 days is at once."""

    days: Annotated[int, Field(ge=0, le=366)] = 0
    working_days: bool = False


class Decision(Part):
    """Who decides, when not the office itself, and what a declined applicant may do.

    `grace_minutes` is how long a decision can be taken back before it takes effect, 0 for not at
    all; where it is not given, the installation's own.
    """

    body: Annotated[str, Field(max_length=120)] = ""
    grace_minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    appeal_text: Annotated[str, Field(max_length=4000)] = ""


class DeclineReason(Part):
    """Why somebody is declined: `label` for the office, `text` as a sentence for the applicant."""

    key: Key
    label: Line
    text: Annotated[str, Field(max_length=1000)] = ""


# How long who left can come back; what they left is kept at least as long.
RETURN_WITHIN = timedelta(days=30)
# An erasure is announced days before; a shorter period would end before that.
SHORTEST_DAYS = 7
ARCHIVE_PHRASE = "nach den gesetzlichen Fristen"
_NUMBERS = (
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
    "elf", "zwölf",
)  # fmt: skip


class Period(Part):
    """A time in days or in calendar months: { days = 30 } or { months = 3 }."""

    days: Annotated[int, Field(ge=0, le=3660)] = 0
    months: Annotated[int, Field(ge=0, le=120)] = 0

    @model_validator(mode="after")
    def _one_of_both(self) -> Period:
        if bool(self.days) == bool(self.months):
            raise ValueError("either { days = 30 } or { months = 3 }")
        if self.shortest < timedelta(days=SHORTEST_DAYS):
            raise ValueError(f"at least {SHORTEST_DAYS} days")
        return self

    @property
    def shortest(self) -> timedelta:
        """How long it is at least: months differ, February is the shortest."""
        return timedelta(days=self.days or 28 * self.months + self.months // 2)

    def end(self, start: datetime) -> datetime:
        """The last minute of its last day in Berlin."""
        return end_of_day(months_later(start, self.months) + timedelta(days=self.days))

    @property
    def phrase(self) -> str:
        """'nach 30 Tagen', 'nach drei Monaten'."""
        if self.days:
            return f"nach {self.days} Tagen"
        return f"nach {_in_words(self.months, 'einem')} Monat{'en' if self.months > 1 else ''}"


def _in_words(number: int, one: str) -> str:
    if number == 1:
        return one
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


class Retention(Part):
    """How long details are kept after each end (domain.md, section 8), and the proof of a consent
    after its withdrawal, to the end of that year.

    With `archive_offer` nothing is erased before somebody says that an archive was offered it.
    """

    declined: Period = Period(months=3)
    withdrawn: Period = Period(days=30)
    closed: Period = Period(days=30)
    ended: Period = Period(days=30)
    consent_proof_years: Annotated[int, Field(ge=1, le=10)] = 3
    archive_offer: bool = False

    @model_validator(mode="after")
    def _outlasts_the_return(self) -> Retention:
        if self.ended.shortest < RETURN_WITHIN:
            raise ValueError(
                f"ended is at least {RETURN_WITHIN.days} days: so long can one come back"
            )
        return self

    @property
    def consent_proof_phrase(self) -> str:
        """'drei Jahre'."""
        years = self.consent_proof_years
        return f"{_in_words(years, 'ein')} Jahr{'e' if years > 1 else ''}"


@dataclass(frozen=True)
class ErasePhrases:
    """When details are erased, as the mails about each end say it: 'Ihre Angaben löschen wir …'."""

    declined: str
    withdrawn: str
    closed: str
    ended: str


class Controller(Part):
    """The body that answers for the data (Art. 4 no. 7 GDPR)."""

    name: Line
    address: Line
    email: EmailStr
    profile: ControllerProfile
    represented_by: Line
    data_protection_contact: Line


class Office(Part):
    """Who runs the network day by day. `mailbox` gets the digest, where it is not `email`."""

    name: Line
    email: EmailStr
    phone: str = ""
    mailbox: EmailStr | None = None
    digest: Literal["daily", "at_once", "none"] = "daily"


class Purpose(Part):
    """One block of the privacy notice and one row of the record of processing."""

    key: Key
    title: Line
    text: Text
    legal_basis: Line
    retention: Line


class Texts(Part):
    who_may_join: Text
    lead: Text
    membership: Annotated[tuple[Line, ...], Field(min_length=1)]
    eligibility: Text
    answer: Line
    after_submitting: Text
    in_review: Annotated[str, Field(max_length=4000)] = ""
    next_steps: Text
    visibility: Line
    exit_rule: Line


class Gap(Part):
    """Something that is not accessible: what, why, and how one gets there all the same."""

    what: Line
    why: Line
    instead: Line


_GAPS = (
    Gap(
        what="Menschen, die Hilfsmittel wie einen Screenreader nutzen, haben die Seiten noch nicht "
        "geprüft.",
        why="Bisher wurde mit Programmen und mit der Tastatur geprüft. Solche Prüfungen finden nur "
        "einen Teil der Barrieren.",
        instead="Wenn Sie nicht weiterkommen, melden Sie uns die Barriere. Ihr Anliegen nehmen wir "
        "auch per E-Mail entgegen.",
    ),
)


class Accessibility(Part):
    """The accessibility statement (Implementing Decision (EU) 2018/1523, § 12b BGG).

    `law` is what obliges the controller; empty where it does so of its own will. `enforcement` says
    whom one can turn to when a report is not answered, `enforcement_url` where that body is.
    `easy_language` and `sign_language` are given where § 4 BITV 2.0 asks for them; a missing one is
    admitted on the page.
    """

    law: Annotated[str, Field(max_length=300)] = ""
    status: Literal["full", "partial"] = "partial"
    gaps: tuple[Gap, ...] = _GAPS
    assessed_on: date = date(2026, 11, 22)
    method: Line = (
        "Selbstbewertung mit einem Prüfprogramm auf jeder Seite, am Bildschirm und am Telefon, "
        "und mit der Tastatur"
    )
    enforcement: Annotated[str, Field(max_length=1000)] = ""
    enforcement_url: Annotated[str, Field(max_length=200, pattern=r"^(https://\S+)?$")] = ""
    must_explain_easily: bool = False
    easy_language: Annotated[str, Field(max_length=4000)] = ""
    sign_language_url: Annotated[str, Field(max_length=200, pattern=r"^(https://\S+)?$")] = ""


class MailWords(Part):
    """The network's own words of one mail; what may stand in double braces depends on its kind."""

    subject: Annotated[str, Field(min_length=1, max_length=LONGEST_SUBJECT, pattern=r"^[^\n]*$")]
    body: Annotated[str, Field(min_length=1, max_length=LONGEST_BODY)]


class Definition(Part):
    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    name: Line
    short_name: Line
    in_phrase: Line
    to_phrase: Line
    noun: Literal["Antrag", "Anmeldung"]
    apply_label: Line
    member_term: Line
    scope: Line
    hue: Literal["blue", "turquois", "violet", "orange", "green", "lime"]
    joins: Annotated[tuple[Literal["person", "organisation"], ...], Field(min_length=1)]
    controller: Controller
    office: Office
    supervisory_authority: Line
    texts: Texts
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    admission: Annotated[tuple[AdmissionRule, ...], Field(min_length=1)]
    one_per_organisation: OnePerOrganisation = OnePerOrganisation.NO
    territory: Territory | None = None
    profile: tuple[Section, ...] = ()
    visibility: Visibility = Visibility(internal="none")
    promise: Promise = Promise()
    decision: Decision = Decision()
    decline_reasons: tuple[DeclineReason, ...] = ()
    retention: Retention = Retention()
    accessibility: Accessibility = Accessibility()
    mails: Mapping[Key, MailWords] = {}

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """Names this version of the definition: equal content, equal digest."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def fields(self) -> tuple[AnyField, ...]:
        return tuple(field for section in self.sections for field in section.fields)

    @cached_property
    def profile_fields(self) -> tuple[AnyField, ...]:
        """What members are asked after their admission; never required."""
        return tuple(field for section in self.profile for field in section.fields)

    @cached_property
    def entry_labels(self) -> dict[str, str]:
        """What a public entry may show, with its label, in the order of the entry."""
        labels = {field.key: field.label for field in (*self.fields, *self.profile_fields)}
        known = labels | ENTRY_LABELS
        return {key: known[key] for key in self.visibility.public_entry if key in known}

    def with_profile_of(self, today: Definition, kind: str) -> Definition:
        """The form of this version, followed by what a member of this kind is asked today.

        What the form asks already is not asked twice.
        """
        return _with_profile(self, today, kind)

    def field(self, key: str) -> AnyField:
        """The field of that key. Raises KeyError when the form does not ask it."""
        for field in self.fields:
            if field.key == key:
                return field
        raise KeyError(key)

    @property
    def asks_applicant_kind(self) -> bool:
        return any(field.key == "applicant_kind" for field in self.fields)

    @cached_property
    def conditions(self) -> dict[str, Mapping[str, tuple[str, ...]]]:
        """Per field key all earlier answers under which it is asked, its section's included."""
        return {
            field.key: {**section.when, **field.when}
            for section in self.sections
            for field in section.fields
        }

    def rule(self, key: str) -> AdmissionRule | None:
        """The admission rule of that key, if the network has it."""
        return next((rule for rule in self.admission if rule.key == key), None)

    def rule_for(self, answers: Mapping[str, Any]) -> AdmissionRule:
        """The first admission rule whose condition the answers meet; the last one has none."""
        return next(rule for rule in self.admission if is_met(rule.when, answers))

    @property
    def is_reviewed(self) -> bool:
        """Whether a person decides, on all applications or on some."""
        return self.binds_organisations or any(
            rule.policy.is_decided_by_person for rule in self.admission
        )

    @property
    def holiday_land(self) -> str:
        """The one Land whose public holidays count; empty for all Germany."""
        states = self.territory.states if self.territory else ()
        return states[0] if len(states) == 1 else ""

    @property
    def may_admit_at_once(self) -> bool:
        """Whether some answers make a member as soon as the address is confirmed."""
        return any(not rule.policy.is_decided_by_person for rule in self.admission)

    @property
    def binds_organisations(self) -> bool:
        """Whether an organisation is a member once at most, and must be told from others."""
        return self.one_per_organisation is not OnePerOrganisation.NO

    @property
    def office_mailbox(self) -> str:
        """Where the digest of open cases goes."""
        return self.office.mailbox or self.office.email

    @cached_property
    def erase_phrases(self) -> ErasePhrases:
        """What pages and mails promise: made of the periods, so that both cannot differ."""
        kept = self.retention
        ends = (kept.declined, kept.withdrawn, kept.closed, kept.ended)
        return ErasePhrases(*(ARCHIVE_PHRASE if kept.archive_offer else end.phrase for end in ends))

    def mail_text(self, kind: str) -> MailText | None:
        """The network's own words of mails of that kind, if it has some."""
        own = self.mails.get(kind)
        return MailText(own.subject, own.body) if own else None

    @cached_property
    def form_digest(self) -> str:
        """Names all that an office cannot edit: equal forms and rules, equal digest."""
        text = json.dumps(
            self.model_dump(mode="json", exclude={"office", "promise", "texts", "mails"}),
            sort_keys=True,
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def speaking_as(self, today: Definition) -> Definition:
        """This version with the contact and the words of mails of today.

        It keeps its digest: it is still the version that a case was opened with.
        """
        copy = self.model_copy(update={"office": today.office, "mails": today.mails})
        return copy.known_as(self.digest)

    def known_as(self, digest: str) -> Definition:
        """This object under the digest that the database has for it, whatever the model adds."""
        self.__dict__["digest"] = digest
        return self

    def decline_reason(self, key: str) -> DeclineReason:
        """The reason of that key. Raises KeyError when the network does not know it."""
        for reason in self.decline_reasons:
            if reason.key == key:
                return reason
        raise KeyError(key)

    @property
    def placeholders(self) -> list[str]:
        """Keys whose values are examples: fine in a demonstration, refused in production."""
        values = {
            "supervisory_authority": self.supervisory_authority,
            **{f"controller.{key}": value for key, value in self.controller},
            **{f"office.{key}": value for key, value in self.office},
            **{f"accessibility.{key}": value for key, value in self.accessibility},
        }
        return [key for key, value in values.items() if value and _PLACEHOLDER.search(str(value))]


def is_met(when: Mapping[str, tuple[str, ...]], answers: Mapping[str, Any]) -> bool:
    """Whether the answers fulfil every part of a condition; an empty condition always holds.

    Of several ticked answers one that is allowed is enough.
    """
    return all(
        any(
            answer in allowed or (bool(answer) and ANY_ANSWER in allowed)
            for answer in _as_list(answers.get(key))
        )
        for key, allowed in when.items()
    )


@lru_cache(maxsize=64)
def _with_profile(definition: Definition, today: Definition, kind: str) -> Definition:
    known = {"applicant_kind": kind}
    asked = {field.key for field in definition.fields}
    more = [
        section.model_copy(update={"when": {}, "fields": fields})
        for section in today.profile
        if is_met(section.when, known)
        if (fields := tuple(_asked_in_profile(section, asked, known)))
    ]
    parts = {name: getattr(definition, name) for name in Definition.model_fields}
    return Definition.model_construct(**{**parts, "sections": (*definition.sections, *more)})


def _asked_in_profile(
    section: Section, asked: Collection[str], known: Mapping[str, Any]
) -> Iterator[AnyField]:
    for field in section.fields:
        if field.key not in asked and is_met(field.when, known):
            yield field.model_copy(update={"when": {}})


def _as_list(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else [answer]
