"""The columns that a file of cases can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from memberships.applications.models import Application, ApplicationStatus
from memberships.applications.queries import answer_in_words
from memberships.calendar import BERLIN
from memberships.networks.definition import Definition
from memberships.networks.queries import definition_of
from memberships.territory.models import LAENDER

_STATUS = {
    ApplicationStatus.IN_REVIEW: "Zu prüfen",
    ApplicationStatus.INFORMATION_REQUESTED: "Rückfrage offen",
    ApplicationStatus.APPROVED: "Aufgenommen",
    ApplicationStatus.DECLINED: "Abgelehnt",
    ApplicationStatus.WITHDRAWN: "Zurückgezogen",
    ApplicationStatus.CLOSED: "Ohne Antwort geschlossen",
}
PRESET = {"name", "organisation", "stand", "eingang", "faellig"}
# What a column of its own says, and what is no answer.
_TOLD = {"first_name", "last_name", "email", "organisation_name", "city", "district"}


@dataclass(frozen=True)
class Column:
    """One column: its key in the form, its heading, and its cell for a case."""

    key: str
    label: str
    cell: Callable[[Application], str]


def columns_of(net: Definition) -> list[Column]:
    """What every case has, and then the questions of the network as it asks today."""
    own = [
        Column("name", "Name", lambda case: case.full_name),
        Column("organisation", "Organisation", lambda case: case.organisation_name or ""),
        Column("email", "E-Mail", lambda case: case.email),
        Column("stand", "Stand", _stand),
        Column("eingang", "Eingegangen am", lambda case: _day(case.confirmed_at)),
        Column("faellig", "Fällig am", lambda case: _day(case.due_at) if case.is_open else ""),
        Column("entschieden", "Entschieden am", lambda case: _day(case.decided_at)),
        Column(
            "zustaendig",
            "Zuständig",
            lambda case: case.claimed_by.shown_name if case.claimed_by else "",
        ),
    ]
    if "postal_code" in net.conditions:
        own += [
            Column("ort", "Ort", lambda case: str(case.answers.get("place") or "")),
            Column("kreis", "Kreis", lambda case: str(case.answers.get("district") or "")),
            Column("land", "Bundesland", _land),
        ]
    asked = [field for field in net.fields if field.type != "consent" and field.key not in _TOLD]
    return own + [Column(f"frage-{f.key}", f.label, _answer(f.key)) for f in asked]


def _stand(case: Application) -> str:
    if case.pending:
        return "Entschieden, noch nicht wirksam"
    return _STATUS.get(case.status, "")


def _day(at: datetime | None) -> str:
    return at.astimezone(BERLIN).strftime("%d.%m.%Y") if at else ""


def _land(case: Application) -> str:
    return LAENDER.get(str(case.answers.get("federal_state") or ""), "")


def _answer(key: str) -> Callable[[Application], str]:
    """In the words of the form that the case was filled in with."""

    def cell(case: Application) -> str:
        value = case.all_answers.get(key)
        if not value:
            return ""
        asked = {field.key: field for field in definition_of(case.definition).fields}
        return answer_in_words(asked.get(key), value)

    return cell
