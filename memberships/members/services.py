"""Memberships begin here, and what leaves the house is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from memberships.accounts.models import Account
from memberships.database import db, utcnow, uuid7
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.errors import SeatTaken
from memberships.members.models import (
    LONGEST_KEY,
    Export,
    ExportContent,
    ExportFormat,
    Holder,
    Membership,
    Representative,
)
from memberships.members.queries import representatives_of, seats_of
from memberships.networks.models import DefinitionVersion
from memberships.organisations.models import Organisation
from memberships.search import fold

# What is asked about the person and not about the organisation, besides name and address.
PERSONAL_ANSWERS = frozenset({"role_in_organisation", "phone"})


@dataclass(frozen=True)
class Contact:
    """Who joins, as the form says."""

    account: Account
    first_name: str
    last_name: str
    organisation_name: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


def start_membership(
    contact: Contact,
    definition: DefinitionVersion,
    *,
    holder: Holder,
    by: Actor,
    rule: str,
    organisation: Organisation | None = None,
    seat_reason: str = "",
) -> Membership:
    """Make the holder a member, from now, under the named admission rule.

    The caller holds the account and, where one is given, the organisation locked, and has seen
    that no living membership stands; partial unique indexes are the second belt. With an
    organisation the membership takes its first free seat.

    Raises SeatTaken when the organisation has a seat and no reason for another one is given.
    """
    is_person = holder is Holder.PERSON
    membership = Membership(
        id=uuid7(),
        network_id=definition.network_id,
        definition_id=definition.id,
        holder=holder,
        first_name=contact.first_name if is_person else None,
        last_name=contact.last_name if is_person else None,
        organisation_name=contact.organisation_name,
        answers={k: v for k, v in contact.answers.items() if is_person or not _is_personal(k)},
        member_since=utcnow(),
        account=contact.account if is_person else None,
    )
    refresh_listing(membership)
    if organisation is not None:
        _take_seat(membership, organisation, seat_reason)
    db.session.add(membership)
    record_event(
        EventTag.MEMBERSHIP_STARTED, membership, by=by, rule=rule, seat=membership.seat_number
    )
    if not is_person:
        _represent(membership, contact, (), by=by)
    return membership


def _is_personal(key: str) -> bool:
    return key in PERSONAL_ANSWERS


def _take_seat(membership: Membership, organisation: Organisation, reason: str) -> None:
    taken = {seat.seat_number for seat in seats_of(organisation.id, membership.network_id)}
    if taken and not reason:
        raise SeatTaken
    membership.organisation_id = organisation.id
    membership.seat_number = next(n for n in range(1, len(taken) + 2) if n not in taken)
    membership.seat_reason = reason or None


def add_representative(membership: Membership, contact: Contact, *, by: Actor) -> Representative:
    """Let one more person act for the organisation that is the member."""
    others = representatives_of([membership.id]).get(membership.id, ())
    return _represent(membership, contact, others, by=by)


def _represent(
    membership: Membership, contact: Contact, others: Sequence[Representative], *, by: Actor
) -> Representative:
    representative = Representative(
        id=uuid7(),
        membership=membership,
        account=contact.account,
        first_name=contact.first_name,
        last_name=contact.last_name,
        answers={key: value for key, value in contact.answers.items() if _is_personal(key)},
        since=utcnow(),
    )
    db.session.add(representative)
    refresh_listing(membership, [*others, representative])
    record_event(
        EventTag.MEMBERSHIP_REPRESENTATIVE_ADDED,
        membership,
        by=by,
        representative=str(representative.id),
    )
    return representative


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
    membership.sort_name = fold(name)[:LONGEST_KEY]
    membership.organisation_kind = answers.get("organisation_kind") or ""
    membership.federal_state = answers.get("federal_state") or ""
    membership.district_key = fold(answers.get("district") or "")[:LONGEST_KEY]


def search_text_of(membership: Membership, people: Sequence[Representative] = ()) -> str:
    """What the office searches a member in, folded: names, addresses, place and postal code."""
    words = [membership.organisation_name]
    words += [membership.answers.get("postal_code"), membership.answers.get("place")]
    everybody: list[Membership | Representative] = [membership, *people]
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
