"""Memberships begin, and organisations get representatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from memberships.accounts.models import Account
from memberships.database import db, utcnow, uuid7
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.errors import SeatTaken
from memberships.members.models import Holder, Membership, Representative
from memberships.members.queries import representatives_of, seats_of
from memberships.members.services.listing import refresh_listing
from memberships.members.services.seats import fill_seat
from memberships.networks.models import DefinitionVersion
from memberships.organisations.models import Organisation

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
    seat_number: int | None = None,
) -> Membership:
    """Make the holder a member, from now, under the named admission rule.

    The caller holds the account and, where one is given, the organisation locked, and has seen
    that no living membership stands; partial unique indexes are the second belt. With an
    organisation the membership takes its first free seat, or the one of that number, which the
    caller has seen to be free.

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
        _take_seat(membership, organisation, seat_reason, seat_number)
    fill_seat(membership)
    db.session.add(membership)
    record_event(
        EventTag.MEMBERSHIP_STARTED, membership, by=by, rule=rule, seat=membership.seat_number
    )
    if not is_person:
        _represent(membership, contact, (), by=by)
    return membership


def _is_personal(key: str) -> bool:
    return key in PERSONAL_ANSWERS


def _take_seat(
    membership: Membership, organisation: Organisation, reason: str, number: int | None
) -> None:
    if number is None:
        taken = {seat.seat_number for seat in seats_of(organisation.id, membership.network_id)}
        if taken and not reason:
            raise SeatTaken
        number = next(n for n in range(1, len(taken) + 2) if n not in taken)
    membership.organisation_id = organisation.id
    membership.seat_number = number
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
