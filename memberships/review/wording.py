"""A filter of the queue as arguments of an address, and back; and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from memberships.applications.models import ApplicantKind, ApplicationStatus
from memberships.review.queries import QueueFilter, Tab
from memberships.territory.models import LAENDER

LONGEST_TEXT = 200
STATUSES = {
    ApplicationStatus.IN_REVIEW: "Zu prüfen",
    ApplicationStatus.INFORMATION_REQUESTED: "In Rückfrage",
    ApplicationStatus.APPROVED: "Aufgenommen",
    ApplicationStatus.DECLINED: "Abgelehnt",
    ApplicationStatus.WITHDRAWN: "Zurückgezogen",
    ApplicationStatus.CLOSED: "Ohne Antwort geschlossen",
}
KINDS = {ApplicantKind.PERSON: "Personen", ApplicantKind.ORGANISATION: "Organisationen"}
E_ = TypeVar("E_", bound=StrEnum)


def filter_of(arguments: Mapping[str, str], own_id: UUID) -> QueueFilter:
    """The filter that an address asks for; whatever is none is left out. `own_id` is "ich"."""
    state = arguments.get("land", "")
    return QueueFilter(
        tab=_one_of(Tab, arguments.get("ansicht", "")) or Tab.OPEN,
        text=arguments.get("suche", "").replace("\0", "")[:LONGEST_TEXT],
        owner=own_id if arguments.get("wer") == "ich" else None,
        unclaimed=arguments.get("wer") == "niemand",
        status=_status(arguments.get("stand", "")),
        kind=_one_of(ApplicantKind, arguments.get("art", "")),
        state=state if state in LAENDER else "",
        since=_day(arguments.get("von", "")),
        until=_day(arguments.get("bis", "")),
        overdue=arguments.get("frist") == "vorbei",
        after=arguments.get("ab", ""),
    )


def arguments_of(wanted: QueueFilter) -> dict[str, str]:
    """The arguments that lead to the filter's first page; what is not asked for is left out."""
    arguments = {
        "ansicht": wanted.tab.value,
        "suche": wanted.text,
        "wer": "ich" if wanted.owner else "niemand" if wanted.unclaimed else "",
        "stand": wanted.status.value if wanted.status else "",
        "art": wanted.kind.value if wanted.kind else "",
        "land": wanted.state,
        "von": wanted.since.isoformat() if wanted.since else "",
        "bis": wanted.until.isoformat() if wanted.until else "",
        "frist": "vorbei" if wanted.overdue else "",
    }
    return {name: value for name, value in arguments.items() if value}


def parts_of(wanted: QueueFilter) -> Iterator[tuple[str, dict[str, str]]]:
    """What is asked for besides the tab, in words, each with the arguments without it."""
    arguments = arguments_of(wanted)
    for name, value in arguments.items():
        if name in _WORDS:
            yield _WORDS[name](value), {k: v for k, v in arguments.items() if k != name}


_WORDS: dict[str, Callable[[str], str]] = {
    "suche": lambda text: f"„{text}“",
    "wer": lambda who: f"Zuständig: {who}",
    "stand": lambda status: STATUSES[ApplicationStatus(status)],
    "art": lambda kind: KINDS[ApplicantKind(kind)],
    "land": lambda state: LAENDER[state],
    "von": lambda day: f"Eingang ab {date.fromisoformat(day):%d.%m.%Y}",
    "bis": lambda day: f"Eingang bis {date.fromisoformat(day):%d.%m.%Y}",
    "frist": lambda _: "Überfällig",
}


def _one_of(enum: type[E_], value: str) -> E_ | None:
    return enum(value) if value in set(enum) else None


def _status(value: str) -> ApplicationStatus | None:
    status = _one_of(ApplicationStatus, value)
    return status if status in STATUSES else None


def _day(typed: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(typed)
    return None
