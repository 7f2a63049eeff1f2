"""The columns that the list of members and its export can have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from memberships.calendar import BERLIN
from memberships.members.listing import ListedMember
from memberships.members.models import Holder
from memberships.networks.definition import Definition
from memberships.territory.models import LAENDER

Lines = Sequence[str]


@dataclass(frozen=True)
class Column:
    """One column: its key in addresses, its heading, and the lines of a cell.

    `asks` is the question that a network must have for the column to make sense there.
    """

    key: str
    label: str
    asks: str
    cell: Callable[[ListedMember], Lines]


def short_date(at: datetime | None) -> str:
    """23.11.2026, the day in Berlin."""
    return at.astimezone(BERLIN).strftime("%d.%m.%Y") if at else ""


def _answer(key: str) -> Callable[[ListedMember], Lines]:
    return lambda row: [str(row.membership.answers.get(key) or "")]


def _of_people(name: str) -> Callable[[ListedMember], Lines]:
    return lambda row: [getattr(person, name) for person in row.people]


def _place(row: ListedMember) -> Lines:
    answers = row.membership.answers
    return [" ".join(filter(None, [answers.get("postal_code"), answers.get("place")]))]


def _circular(row: ListedMember) -> Lines:
    return ["ja" if person.gets_circular else "nein" for person in row.people]


def _objection(row: ListedMember) -> Lines:
    return ["gegen Mailings" if person.objects_to_mailings else "" for person in row.people]


ENDED = Column("ende", "Beendet am", "", lambda row: [short_date(row.membership.ended_at)])


def columns_of(net: Definition, *, ended: bool = False) -> dict[str, Column]:
    """The columns that this network's list offers, by key."""
    offered = [
        Column("email", "E-Mail", "", _of_people("email")),
        Column("telefon", "Telefon", "phone", _of_people("phone")),
        Column("funktion", "Funktion", "role_in_organisation", _of_people("role")),
        Column("art", "Art", "organisation_kind", _kind_in(kinds_of(net))),
        Column("ort", "Ort", "postal_code", _place),
        Column("kreis", "Kreis", "postal_code", _answer("district")),
        Column("land", "Bundesland", "postal_code", _land),
        Column("rundbrief", "Rundbrief", "", _circular),
        Column("widerspruch", "Widerspruch", "", _objection),
        Column("seit", "Mitglied seit", "", lambda row: [short_date(row.membership.member_since)]),
    ]
    asked = {"", *net.conditions}
    known = {column.key: column for column in offered if column.asks in asked}
    return known | {ENDED.key: ENDED} if ended else known


def chosen_columns(known: Mapping[str, Column], keys: Collection[str]) -> list[Column]:
    """The wanted ones in the order of the list; without a wish a few that say who it is."""
    wanted = set(keys) or {"art", "ort", "seit", *(() if "art" in known else ("email",))}
    return [c for c in known.values() if c.key in wanted or c is ENDED]


def kinds_of(net: Definition) -> dict[str, str]:
    """The kinds of organisation that this network's form knows, by key."""
    if "organisation_kind" not in net.conditions:
        return {}
    options = getattr(net.field("organisation_kind"), "options", ())
    return {option.key: option.label for option in options}


def _kind_in(kinds: Mapping[str, str]) -> Callable[[ListedMember], Lines]:
    def cell(row: ListedMember) -> Lines:
        kind = row.membership.organisation_kind
        return [kinds.get(kind, kind)]

    return cell


def _land(row: ListedMember) -> Lines:
    return [LAENDER.get(row.membership.federal_state, "")]


# In a file these come first: who is the member, for whom, and who speaks for it.
NAME_COLUMNS = (
    Column("mitglied", "Mitglied", "", lambda row: [row.membership.title]),
    Column(
        "ansprechpersonen",
        "Ansprechpersonen",
        "",
        lambda row: [] if _is_person(row) else [person.name for person in row.people],
    ),
    Column(
        "organisation",
        "Organisation",
        "",
        lambda row: [row.organisation] if _is_person(row) else [],
    ),
)


def _is_person(row: ListedMember) -> bool:
    return row.membership.holder is Holder.PERSON
