"""Deputies of a seat: invited, accepting, ending, and proposing a successor."""

from __future__ import annotations

from uuid import UUID

from memberships.accounts.models import Account
from memberships.accounts.services import verify_account
from memberships.calendar import end_of_day
from memberships.database import db, unit_of_work, utcnow, uuid7
from memberships.events.models import SYSTEM, Actor, ActorKind, EventTag
from memberships.events.services import record_event
from memberships.mails.services import erase_mails
from memberships.members.models import MOST_DEPUTIES, Deputy, Seat
from memberships.members.queries import Standing
from memberships.retention.services import erase_unneeded_account
from memberships.seats import mails
from memberships.seats.errors import DeputiesFull, DeputyUnknown, InvitedHoldsIt, SeatUnknown
from memberships.seats.models import Handover, Origin
from memberships.seats.queries import (
    deputies_of,
    deputy_by_token,
    expired_deputies,
    holding_membership,
    seat_of,
)
from memberships.seats.services.locking import lock_membership, lock_organisation_of
from memberships.seats.services.proposing import (
    INVITATION_VALID,
    Invited,
    leaving_of,
    propose,
)
from memberships.tokens import new_token, token_hash


def invite_deputy(standing: Standing, invited: Invited, *, by: Actor) -> Deputy:
    """Whoever holds a seat asks somebody to act for it, too; they are mailed (Art. 14 GDPR).

    The caller holds the membership locked. Raises SeatUnknown when it has no seat, DeputiesFull,
    InvitedHoldsIt when the person holds the seat, or is a deputy or asked already.
    """
    seat = seat_of(standing.membership)
    if seat is None or not standing.is_living:
        raise SeatUnknown
    there = deputies_of(seat)
    holder = db.session.get_one(Account, standing.person.account_id)
    known = {deputy.account.email if deputy.account else deputy.email for deputy in there}
    if invited.email in {holder.email, *known}:
        raise InvitedHoldsIt
    if len(there) >= MOST_DEPUTIES:
        raise DeputiesFull
    token, now = new_token(), utcnow()
    slots = {deputy.slot for deputy in there}
    deputy = Deputy(
        id=uuid7(),
        network_id=seat.network_id,
        seat=seat,
        slot=next(slot for slot in range(1, MOST_DEPUTIES + 1) if slot not in slots),
        first_name=invited.first_name,
        last_name=invited.last_name,
        email=invited.email,
        token_hash=token_hash(token),
        invited_at=now,
        expires_at=end_of_day(now + INVITATION_VALID),
    )
    db.session.add(deputy)
    db.session.flush()
    record_event(EventTag.SEAT_DEPUTY_INVITED, seat, by=by)
    mails.deputy_invited(deputy, proposer=standing.full_name, token=token)
    return deputy


def accept_deputyship(token: str, first_name: str, last_name: str) -> Deputy:
    """The invited person acts for the seat from now on. A second click changes nothing.

    Raises DeputyUnknown, also when the invitation has ended.
    """
    deputy = _of(token)
    if deputy.accepted_at is not None:
        return deputy
    email = deputy.email or ""
    lock_organisation_of(deputy.seat)
    account = verify_account(email)
    deputy = _still(deputy)
    if deputy.accepted_at is not None:
        return deputy
    if deputy.expires_at <= utcnow():
        raise DeputyUnknown
    deputy.first_name, deputy.last_name = first_name, last_name
    deputy.accepted_at, deputy.email = utcnow(), None
    deputy.account = account
    record_event(EventTag.SEAT_DEPUTY_ACCEPTED, deputy.seat, by=Actor(ActorKind.MEMBER, account.id))
    return deputy


def _of(token: str) -> Deputy:
    deputy = deputy_by_token(token)
    if deputy is None:
        raise DeputyUnknown
    return deputy


def _still(deputy: Deputy) -> Deputy:
    """As it is now, under the organisation's lock. Raises DeputyUnknown when it has ended."""
    found = db.session.get(Deputy, deputy.id, populate_existing=True, with_for_update=True)
    if found is None:
        raise DeputyUnknown
    return found


def decline_deputyship(token: str) -> None:
    """The invited person does not want it; what is stored of them is erased.

    Raises DeputyUnknown.
    """
    deputy = _of(token)
    lock_organisation_of(deputy.seat)
    deputy = _still(deputy)
    if deputy.accepted_at is not None:
        raise DeputyUnknown
    _end(deputy, by=Actor(ActorKind.APPLICANT))


def end_deputyship(deputy: Deputy, *, by: Actor) -> None:
    """Either side ends it; everything that is stored of the deputy goes. Raises DeputyUnknown."""
    lock_organisation_of(deputy.seat)
    _end(_still(deputy), by=by)


def _end(deputy: Deputy, *, by: Actor) -> None:
    account_id = deputy.account_id
    erase_mails(deputy.id)
    record_event(EventTag.SEAT_DEPUTY_ENDED, deputy.seat, by=by)
    db.session.delete(deputy)
    db.session.flush()
    if account_id is not None:
        erase_unneeded_account(account_id)


def end_deputies_of(seat: Seat, *, by: Actor) -> None:
    """Nobody acts for a seat that is closed. The caller holds the organisation locked."""
    for deputy in deputies_of(seat):
        _end(deputy, by=by)


def end_own_deputyship(seat: Seat, account: Account, *, by: Actor) -> None:
    """Who holds the seat now needs none any more. The caller holds the organisation locked."""
    for deputy in deputies_of(seat):
        if deputy.account_id == account.id:
            _end(deputy, by=by)


def end_expired_invitations(limit: int = 50) -> int:
    """Erase deputies who did not answer in thirty days, each in a unit of work of its own.

    Returns how many were erased.
    """
    done = 0
    for deputy_id in expired_deputies(utcnow(), limit):
        with unit_of_work():
            done += _end_expired(deputy_id)
    return done


def _end_expired(deputy_id: UUID) -> bool:
    deputy = db.session.get(Deputy, deputy_id)
    if deputy is None:
        return False
    lock_organisation_of(deputy.seat)
    found = db.session.get(Deputy, deputy_id, populate_existing=True, with_for_update=True)
    if found is None or found.accepted_at is not None:
        return False
    _end(found, by=SYSTEM)
    return True


def propose_as_deputy(deputy: Deputy, invited: Invited, *, by: Actor) -> Handover:
    """A deputy proposes a successor; whoever holds the seat is told and can object (T8b).

    Of several people who act for an organisation it is the one who has done so longest.

    Raises DeputyUnknown, HandoverOpen, InvitedHoldsIt, MembershipRestricted.
    """
    seat = deputy.seat
    lock_organisation_of(seat)
    membership = holding_membership(seat)
    if membership is not None:
        lock_membership(membership)
    deputy = _still(deputy)
    leaving = leaving_of(membership, None) if membership is not None else None
    return propose(
        seat, membership, leaving, Origin.DEPUTY, invited, by=by, proposer=deputy.full_name
    )
