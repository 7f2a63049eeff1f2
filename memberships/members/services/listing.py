"""What the list of members is searched, sorted and filtered by, and what leaves the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.entries import entry_values, sort_title
from memberships.members.mails import network_of
from memberships.members.models import (
    LONGEST_KEY,
    Export,
    ExportContent,
    ExportFormat,
    Holder,
    Membership,
    Representative,
)
from memberships.members.queries import entry_of, representatives_of
from memberships.search import fold


def refresh_listing(membership: Membership, people: Sequence[Representative] = ()) -> None:
    """Bring up to date what the list of members is searched, sorted and filtered by.

    Whoever changes a membership's name, answers, address or representatives (`people`, the living
    ones) calls this in the same unit of work.
    """
    answers = membership.answers
    name = membership.organisation_name or ""
    if membership.holder is Holder.PERSON:
        name = f"{membership.last_name} {membership.first_name}"
    membership.search_text = search_text_of(membership, people)
    membership.directory_text = directory_text_of(membership)
    membership.sort_name = fold(name)[:LONGEST_KEY]
    membership.organisation_kind = answers.get("organisation_kind") or ""
    membership.federal_state = answers.get("federal_state") or ""
    membership.district_key = fold(answers.get("district") or "")[:LONGEST_KEY]


def relist(membership: Membership) -> None:
    """`refresh_listing` for a membership that stands, with whoever represents it now."""
    refresh_listing(membership, representatives_of([membership.id]).get(membership.id, ()))
    refresh_entry(membership)


def refresh_entry(membership: Membership) -> None:
    """Bring up to date what the membership's public entry is searched, sorted and filtered by."""
    entry = entry_of(membership.id)
    if entry is None:
        return
    net = network_of(membership)
    values = entry_values(membership, entry.person, entry.fields, net)
    entry.search_text = fold(" ".join(values.values()))
    entry.sort_name = fold(sort_title(membership, entry.person, values))[:LONGEST_KEY]
    state = membership.answers.get("federal_state") if "federal_state" in values else ""
    entry.federal_state = state or ""


def directory_text_of(membership: Membership) -> str:
    """What other members search in the directory, folded: nothing that it does not show."""
    answers = membership.answers
    words = [membership.first_name, membership.last_name, membership.organisation_name]
    words.append(answers.get("place") or answers.get("work_place"))
    return fold(" ".join(word for word in words if word))


def search_text_of(membership: Membership, people: Sequence[Representative] = ()) -> str:
    """What the office searches a member in, folded: names, addresses, place and postal code.

    Of an organisation nobody whose data is only kept (Art. 18 GDPR).
    """
    words = [membership.organisation_name]
    words += [membership.answers.get("postal_code"), membership.answers.get("place")]
    shown = [person for person in people if person.restricted_at is None]
    everybody: list[Membership | Representative] = [membership, *shown]
    for person in everybody:
        words += [person.first_name, person.last_name]
        words.append(person.account.email if person.account else None)
    return fold(" ".join(word for word in words if word))


def record_export(
    network_id: int,
    *,
    content: ExportContent,
    format: ExportFormat,  # noqa: A002 - the column's name
    purpose: str,
    wanted: Mapping[str, Any],
    columns: Sequence[str],
    row_count: int,
    by: Actor,
) -> Export:
    """Write down that a file with members' data was made, for whom and what for.

    Called before the file leaves. `wanted` says how the list was filtered, without any name.
    """
    export = Export(
        network_id=network_id,
        account_id=by.id,
        at=utcnow(),
        content=content,
        format=format,
        purpose=purpose,
        filter=dict(wanted),
        columns=list(columns),
        row_count=row_count,
    )
    db.session.add(export)
    db.session.flush()
    record_event(
        EventTag.MEMBERS_EXPORTED,
        export,
        by=by,
        content=content.value,
        format=format.value,
        rows=row_count,
    )
    return export
