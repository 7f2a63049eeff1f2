"""Proposing who shall hold a seat next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from memberships.accounts.models import Account
from memberships.calendar import end_of_day
from memberships.database import db, utcnow, uuid7
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.models import Holder, Membership, Representative, Seat
from memberships.members.queries import Standing
from memberships.seats import mails
from memberships.seats.errors import HandoverOpen, InvitedHoldsIt, SeatUnknown
from memberships.seats.models import Handover, Origin
from memberships.seats.queries import (
    first_representative,
    holder_of,
    holding_membership,
    open_handover_of,
    seat_of,
)
from memberships.seats.services.locking import lock_membership, lock_organisation_of
from memberships.tokens import new_token, token_hash

OBJECT_WITHIN = timedelta(days=14)
INVITATION_VALID = timedelta(days=30)
# Whoever applied waits for the office as well.
APPLICANT_WAITS = timedelta(days=180)


@dataclass(frozen=True)
class Invited:
    """Who is proposed, as somebody else typed it."""

    first_name: str
    last_name: str
    email: str


def hand_over_own_seat(standing: Standing, invited: Invited, *, by: Actor) -> Handover:
    """Whoever holds a seat proposes a successor, who is mailed (T8); nothing else changes yet.

    The caller holds the membership locked. Raises SeatUnknown when it has no seat, HandoverOpen,
    InvitedHoldsIt.
    """
    seat = seat_of(standing.membership)
    if seat is None or not standing.is_living:
        raise SeatUnknown
    handover = _proposed(seat, standing.membership, standing.representative, Origin.HOLDER, invited)
    handover.cleared_at = handover.proposed_at
    _store(handover, by=by)
    _invite(handover, proposer=standing.full_name)
    return handover


def propose_successor(
    seat: Seat, invited: Invited, *, by: Actor, reason: str = "", representative_id: UUID | None
) -> Handover:
    """The office proposes who shall hold a seat. Who holds it is told and can object (T8b).

    With a `reason` nobody is waited for: they have left, or their address is dead. A vacant seat
    needs neither. `representative_id` names who goes where several act for the organisation.

    Raises HandoverOpen, InvitedHoldsIt, MembershipRestricted.
    """
    lock_organisation_of(seat)
    membership = holding_membership(seat)
    leaving = None
    if membership is not None:
        lock_membership(membership)
        leaving = leaving_of(membership, representative_id)
    return propose(seat, membership, leaving, Origin.OFFICE, invited, by=by, reason=reason)


def propose(
    seat: Seat,
    membership: Membership | None,
    leaving: Representative | None,
    origin: Origin,
    invited: Invited,
    *,
    by: Actor,
    reason: str = "",
    proposer: str = "",
) -> Handover:
    """Store it, and mail both; `proposer` is named to the invited person, else the office is.

    The caller holds all of it locked.
    """
    handover = _proposed(seat, membership, leaving, origin, invited)
    handover.reason = reason or None
    if membership is None or reason:
        handover.cleared_at = handover.proposed_at
    _store(handover, by=by)
    if handover.cleared_at is None:
        _announce(handover)
    _invite(handover, proposer=proposer or mails.network_of(handover).office.name)
    return handover


def leaving_of(membership: Membership, representative_id: UUID | None) -> Representative | None:
    """Who goes where an organisation is the member: the one named, else who acts longest."""
    if membership.holder is Holder.PERSON:
        return None
    named = db.session.get(Representative, representative_id) if representative_id else None
    if named is not None and named.membership_id == membership.id and named.ended_at is None:
        return named
    return first_representative(membership)


def propose_applicant(
    membership: Membership, invited: Invited, application_id: UUID, *, by: Actor
) -> Handover:
    """The office begins the hand-over to somebody who applied as a successor; T8b is mailed.

    The caller holds the case and the organisation locked. The approval makes the applicant the
    holder, when nobody has objected. Raises SeatUnknown, HandoverOpen, InvitedHoldsIt,
    MembershipRestricted.
    """
    lock_membership(membership)
    seat = seat_of(membership)
    if seat is None or not membership.is_living:
        raise SeatUnknown
    handover = _proposed(seat, membership, None, Origin.APPLICATION, invited)
    handover.application_id = application_id
    handover.expires_at = end_of_day(handover.proposed_at + APPLICANT_WAITS)
    _store(handover, by=by)
    _announce(handover)
    return handover


def _proposed(
    seat: Seat,
    membership: Membership | None,
    leaving: Representative | None,
    origin: Origin,
    invited: Invited,
) -> Handover:
    if open_handover_of(seat) is not None:
        raise HandoverOpen
    person = leaving or membership
    if person is not None and person.account_id is not None:
        account = db.session.get_one(Account, person.account_id)
        if account.email == invited.email:
            raise InvitedHoldsIt
    now = utcnow()
    return Handover(
        id=uuid7(),
        network_id=seat.network_id,
        seat=seat,
        membership=membership,
        representative=leaving,
        origin=origin,
        first_name=invited.first_name,
        last_name=invited.last_name,
        email=invited.email,
        answers={},
        proposed_at=now,
        expires_at=end_of_day(now + INVITATION_VALID),
    )


def _store(handover: Handover, *, by: Actor) -> None:
    db.session.add(handover)
    db.session.flush()
    record_event(
        EventTag.SEAT_HANDOVER_PROPOSED, handover.seat, by=by, origin=handover.origin.value
    )


def _invite(handover: Handover, *, proposer: str) -> None:
    token = new_token()
    handover.token_hash = token_hash(token)
    mails.handover_invited(handover, proposer=proposer, token=token)


def _announce(handover: Handover) -> None:
    found = holder_of(handover)
    handover.object_until = end_of_day(handover.proposed_at + OBJECT_WITHIN)
    if found is None:  # the organisation has nobody left who could object
        handover.cleared_at = handover.proposed_at
        return
    person, account = found
    token = new_token()
    handover.objection_token_hash = token_hash(token)
    full_name = f"{person.first_name} {person.last_name}"
    mails.handover_announced(handover, account, full_name, token=token)
