"""What config/demo/ holds, read and checked: every mistake is told in one readable message."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from memberships.applications.models import Channel
from memberships.networks.definition import Definition
from memberships.permissions import Role


class PlanInvalid(Exception):
    """A file of config/demo/ cannot be used; the message names file, place and reason."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(_Part):
    """Somebody of the team, in one role over some networks."""

    email: str
    name: str
    role: Role
    networks: list[str]


class Verb(StrEnum):
    """What can happen to a case."""

    CLAIM = "claim"
    NOTE = "note"
    ASK = "ask"
    ANSWER = "answer"
    WITHDRAW = "withdraw"
    LINK = "link"
    LINK_NEW = "link_new"
    GRANT_SEAT = "grant_seat"
    RECOMMEND = "recommend"
    DECIDE = "decide"
    APPROVE = "approve"
    DECLINE = "decline"
    RESTRICT = "restrict"
    CHANGE = "change"
    SHOW = "show"
    RELEASE = "release"
    JOIN_DIRECTORY = "join_directory"
    OBJECT = "object"
    LEAVE = "leave"

    @property
    def is_applicants(self) -> bool:
        return self in {self.ANSWER, self.WITHDRAW} or self.is_members

    @property
    def is_members(self) -> bool:
        """Done in the profile, by whoever was admitted."""
        return self in {self.CHANGE, self.SHOW, self.JOIN_DIRECTORY, self.OBJECT, self.LEAVE}


class Outcome(StrEnum):
    """What is recommended, or decided by a body."""

    APPROVE = "approve"
    DECLINE = "decline"


class Step(_Part):
    """What happens to a case `ago` days before now; `by` is somebody of the team by address.

    Asking, `answers` holds a question to each of some fields; answering, what they say then.
    """

    ago: int
    do: Verb
    by: str = ""
    text: str = ""
    outcome: Outcome = Outcome.APPROVE
    reason: str = ""
    answers: dict[str, Any] = {}
    parts: list[str] = []


class Case(_Part):
    """One application and all that happens to it. Without an `email` it follows from the name."""

    network: str
    ago: int
    answers: dict[str, Any]
    email: str = ""
    newsletter: bool = False
    confirmed: bool = True
    channel: Channel = Channel.ONLINE
    steps: list[Step] = []
    is_invented: bool = False


class Edit(_Part):
    """What an office changed in its network's texts, by the keys of `networks.editing`."""

    network: str
    ago: int
    changes: dict[str, Any]


class Report(_Part):
    """A barrier that somebody reported, and the office's answer if there is one."""

    network: str
    ago: int
    page: str
    text: str
    email: str = ""
    name: str = ""
    answer: str = ""
    answered_ago: int = 0


class Organisations(StrEnum):
    """Which organisations stand in a network's applications."""

    NAMED = "named"  # of some, as a word about the person
    ALL = "all"
    HALF = "half"


class Year(_Part):
    """How many invented cases of each sort a network gets."""

    slug: str
    organisations: Organisations
    settled: int
    open: int
    unconfirmed: int
    expired: int
    open_days: int = 0
    second: int = 0
    repeated: int = 0
    entered: int = 0
    bodies_in: list[str] = []
    associations_in: list[str] = []
    endings: dict[str, int] = {}


class Organisation(_Part):
    """A real public body or an invented organisation."""

    name: str
    kind: str
    postal_code: str
    place: str
    land: str
    is_real: bool


class People(_Part):
    first_names: list[str]
    last_names: list[str]


class Texts(_Part):
    """What people write, by occasion."""

    roles: dict[str, list[str]]
    portfolio: dict[str, list[str]]
    driver_statement: dict[str, list[str]]
    notes: dict[str, list[str]]
    questions: dict[str, list[tuple[str, str]]]
    advice: dict[str, list[str]]
    declined: dict[str, list[str]]


class _Staff(_Part):
    staff: list[Member]


class _Cases(_Part):
    applications: list[Case]


class _Office(_Part):
    edits: list[Edit]
    reports: list[Report]


class _Years(_Part):
    meeting_ago: list[int]
    networks: list[Year]


class Plan(_Part):
    """All of config/demo/."""

    staff: list[Member]
    cases: list[Case]
    years: list[Year]
    edits: list[Edit]
    reports: list[Report]
    meeting_ago: list[int]
    people: People
    texts: Texts
    bodies: list[Organisation]
    associations: list[Organisation]


_T = TypeVar("_T", bound=BaseModel)


def load_plan(folder: Path) -> Plan:
    """Read config/demo/. Raises PlanInvalid."""
    years = _read(folder / "year.toml", _Years)
    office = _read(folder / "office.toml", _Office)
    return Plan(
        staff=_read(folder / "staff.toml", _Staff).staff,
        cases=_read(folder / "cases.toml", _Cases).applications,
        years=years.networks,
        edits=office.edits,
        reports=office.reports,
        meeting_ago=sorted(years.meeting_ago, reverse=True),
        people=_read(folder / "people.toml", People),
        texts=_read(folder / "texts.toml", Texts),
        bodies=_organisations(folder / "public_bodies.csv", is_real=True),
        associations=_organisations(folder / "organisations.csv", is_real=False),
    )


def _read(file: Path, shape: type[_T]) -> _T:
    try:
        return shape.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanInvalid(f"{file.name}: {error}") from error
    except ValidationError as error:
        raise PlanInvalid(_in_words(file.name, error)) from None


def _organisations(file: Path, *, is_real: bool) -> list[Organisation]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        try:
            return [Organisation.model_validate({**row, "is_real": is_real}) for row in rows]
        except ValidationError as error:
            raise PlanInvalid(_in_words(file.name, error)) from None


def _in_words(file: str, error: ValidationError) -> str:
    return "\n".join(
        f"{file}: {'.'.join(map(str, fault['loc']))}: {fault['msg']} (is {fault['input']!r:.60})"
        for fault in error.errors()
    )


def check_cases(plan: Plan, definitions: Mapping[str, Definition]) -> None:
    """Raises PlanInvalid for an answer that its network does not ask."""
    asked = {slug: {field.key for field in known.fields} for slug, known in definitions.items()}
    faults = [
        f"cases.toml: {case.network}, {case.answers.get('last_name')}: {key!r} is not asked"
        for case in plan.cases
        for key in case.answers
        if key not in asked.get(case.network, {key})
    ]
    if faults:
        raise PlanInvalid("\n".join(faults))
