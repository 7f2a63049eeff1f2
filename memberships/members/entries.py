"""Public entries: what one shows, the wording that is agreed to, and the lists of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.applications.queries import answer_in_words
from memberships.database import db
from memberships.members.models import (
    EntryStatus,
    Holder,
    Membership,
    PublicEntry,
    Representative,
)
from memberships.members.paging import KeyPage, key_page
from memberships.members.queries import public_entries
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion
from memberships.search import contains_pattern
from memberships.territory.models import LAENDER

ENTRY_TEXT_VERSION = "2026-11"
WORK_LIST = 25
_MOST_WORDS = 8
# They tell what somebody believes or which party they are near to (Art. 9 GDPR).
HIDDEN_KINDS = frozenset({"religious", "political_group"})

Person = Membership | Representative


@dataclass(frozen=True)
class ShownEntry:
    """An entry as everybody reads it: nothing in it was not agreed to."""

    title: str
    subtitle: str
    rows: list[tuple[str, str]]
    website: str


def entry_values(
    membership: Membership, person: Person, keys: Collection[str], net: Definition
) -> dict[str, str]:
    """What an entry with these keys shows, by key in the order of the network; empty ones not.

    `person` is who agrees: no other person's name or function is ever in it.
    """
    answers = {**membership.answers, **person.answers}
    found: dict[str, str | None] = {
        "name": f"{person.first_name} {person.last_name}",
        "organisation_name": membership.organisation_name,
        "place": answers.get("place"),
        "federal_state": LAENDER.get(answers.get("federal_state") or ""),
    }
    for field in (*net.fields, *net.profile_fields):
        value = answers.get(field.key)
        if field.key not in found and value:
            found[field.key] = answer_in_words(field, value)
    if answers.get("organisation_kind") in HIDDEN_KINDS:
        found["organisation_kind"] = None
    return {key: text for key in net.entry_labels if key in keys and (text := found.get(key))}


def shown_entry(
    membership: Membership, person: Person, keys: Collection[str], net: Definition
) -> ShownEntry:
    """The entry, ready for the one macro that shows it, in the list as in the preview."""
    values = entry_values(membership, person, keys, net)
    first = _title_keys(membership)
    titles = [values.pop(key) for key in first if key in values]
    subtitle = titles[1] if len(titles) > 1 else ""
    if subtitle and membership.holder is Holder.ORGANISATION:
        subtitle = f"Ansprechperson: {subtitle}"
    website = values.pop("website", "")
    return ShownEntry(
        title=titles[0] if titles else f"Ohne Namen, {net.member_term}",
        subtitle=subtitle,
        rows=[(net.entry_labels[key], text) for key, text in values.items()],
        # Nobody but our own check of addresses stands between a member and this link.
        website=website if website.startswith(("https://", "http://")) else "",
    )


def _title_keys(membership: Membership) -> tuple[str, str]:
    is_person = membership.holder is Holder.PERSON
    return ("name", "organisation_name") if is_person else ("organisation_name", "name")


def sort_title(membership: Membership, person: Person, values: dict[str, str]) -> str:
    """What the entry is sorted by: as its title, a person by the family name."""
    for key in _title_keys(membership):
        if key in values:
            return f"{person.last_name} {person.first_name}" if key == "name" else values[key]
    return ""


def entry_text(net: Definition, keys: Collection[str]) -> str:
    """What whoever publishes an entry with these keys agrees to, word for word."""
    labels = ", ".join(label for key, label in net.entry_labels.items() if key in keys)
    return (
        f"Ich willige ein, dass {net.controller.name} im öffentlichen Verzeichnis der Mitglieder "
        f"({net.name}) im Internet diese Angaben zeigt: {labels}. Alle können sie dort lesen. "
        "Ändere ich diese Angaben in meinem Profil, ändert sich der Eintrag mit. Ich kann meine "
        "Einwilligung jederzeit in meinem Profil widerrufen; dann ist der Eintrag sofort entfernt. "
        "Ich bin mindestens 16 Jahre alt."
    )


_WITH_PEOPLE = (joinedload(PublicEntry.membership), joinedload(PublicEntry.representative))


def public_page(
    net: Definition, *, text: str = "", state: str = "", after: str = "", before: str = ""
) -> KeyPage:
    """A page of the public list; the text is looked for in what the entries show, nowhere else."""
    query = public_entries(net.slug).options(*_WITH_PEOPLE)
    if state:
        query = query.where(PublicEntry.federal_state == state)
    for word in text.split()[:_MOST_WORDS]:
        query = query.where(PublicEntry.search_text.like(contains_pattern(word), escape="\\"))
    return key_page(query, PublicEntry, after=after, before=before)


def public_entry(slug: str, entry_id: UUID) -> PublicEntry | None:
    """One entry, if everybody may see it."""
    query = public_entries(slug).where(PublicEntry.id == entry_id)
    return db.session.scalar(query.options(*_WITH_PEOPLE))


def shown(entry: PublicEntry, net: Definition) -> ShownEntry:
    """A stored entry as it is read today."""
    return shown_entry(entry.membership, entry.person, entry.fields, net)


def entries_to_release(network_id: int) -> Sequence[PublicEntry]:
    """The oldest entries that wait for the office, and one more than the page has room for."""
    return _for_office(network_id, PublicEntry.status == EntryStatus.WAITING, PublicEntry.agreed_at)


def changed_entries(network_id: int) -> Sequence[PublicEntry]:
    """Released entries that differ from what the office saw, the longest first."""
    return _for_office(network_id, PublicEntry.changed_at.is_not(None), PublicEntry.changed_at)


def _for_office(
    network_id: int, condition: sa.ColumnElement[bool], order: Any
) -> Sequence[PublicEntry]:
    return db.session.scalars(
        sa.select(PublicEntry)
        .join(Membership, Membership.id == PublicEntry.membership_id)
        .outerjoin(Representative, Representative.id == PublicEntry.representative_id)
        .where(
            PublicEntry.network_id == network_id,
            Membership.ended_at.is_(None),
            Membership.restricted_at.is_(None),
            Representative.restricted_at.is_(None),
            condition,
        )
        .options(
            joinedload(PublicEntry.membership)
            .joinedload(Membership.definition)
            .joinedload(DefinitionVersion.network),
            joinedload(PublicEntry.representative),
        )
        .order_by(order, PublicEntry.id)
        .limit(WORK_LIST + 1)
    ).all()
