"""What the people concerned say to a hand-over, and what the office decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM, Actor, ActorKind, EventTag
from memberships.events.services import record_event
from memberships.mails.services import erase_mails
from memberships.members.errors import MembershipRestricted
from memberships.members.models import Seat
from memberships.seats.errors import HandoverChanged, HandoverUnknown, SeatHeld
from memberships.seats.models import Handover, Stage
from memberships.seats.queries import (
    due_handovers,
    handover_by_objection_token,
    handover_by_token,
    handover_for_application,
    handover_in,
    holder_of,
    holding_membership,
    open_handover_of,
)
from memberships.seats.services.completing import complete_if_ready, contest, settle_without
from memberships.seats.services.deputies import end_deputies_of
from memberships.seats.services.locking import lock_handover, lock_organisation_of

ENDED_ARE_KEPT = timedelta(days=90)
INVITED = Actor(ActorKind.APPLICANT)


def accept_handover(
    token: str, first_name: str, last_name: str, answers: Mapping[str, Any]
) -> Handover:
    """The invited person takes the seat, under the name that they give themselves.

    Their address is proven by the link. It happens at once when nobody can object any more. A
    second click changes nothing.

    Raises HandoverUnknown, MembershipRestricted.
    """
    handover = _of(handover_by_token, token)
    # Without an account before it is needed: nobody would erase it if nothing comes of this.
    account = lock_handover(handover, with_account=handover.cleared_at is not None)
    _require_time_left(handover)
    if handover.accepted_at is None:
        handover.accepted_at = utcnow()
        record_event(EventTag.SEAT_HANDOVER_ACCEPTED, handover.seat, by=INVITED)
    handover.first_name, handover.last_name = first_name, last_name
    handover.answers = dict(answers)
    complete_if_ready(handover, account)
    return handover


def decline_handover(token: str) -> None:
    """The invited person does not want it; what is stored of them is erased at once.

    Raises HandoverUnknown, MembershipRestricted.
    """
    handover = _of(handover_by_token, token)
    lock_handover(handover)
    settle_without(handover, Stage.DECLINED, by=INVITED, tag=EventTag.SEAT_HANDOVER_DECLINED)


def confirm_handover(token: str) -> Handover:
    """Whoever holds the seat agrees; nobody waits for the fourteen days any more.

    Raises HandoverUnknown, MembershipRestricted.
    """
    handover = _of(handover_by_objection_token, token)
    account = _lock_for_completing(handover)
    if handover.cleared_at is None:
        handover.cleared_at = utcnow()
        record_event(EventTag.SEAT_HANDOVER_CONFIRMED, handover.seat, by=_holder(handover))
    complete_if_ready(handover, account)
    return handover


def object_to_handover(token: str, objection: str) -> Handover:
    """Whoever holds the seat objects in time: now the office decides, and nothing else happens.

    Raises HandoverUnknown, also when the fourteen days are over, MembershipRestricted.
    """
    handover = _of(handover_by_objection_token, token)
    lock_handover(handover)
    if handover.cleared_at is not None:
        raise HandoverUnknown
    if handover.stage is Stage.OPEN:
        contest(handover, by=_holder(handover), objection=objection)
    return handover


def _holder(handover: Handover) -> Actor:
    found = holder_of(handover)
    return Actor(ActorKind.MEMBER, found[1].id if found else None)


def _of(find: Callable[[str], Handover | None], token: str) -> Handover:
    handover = find(token)
    if handover is None:
        raise HandoverUnknown
    return handover


def _require_time_left(handover: Handover) -> None:
    if handover.expires_at <= utcnow():
        raise HandoverUnknown


def _lock_for_completing(handover: Handover) -> Account | None:
    """The invited one's account is asked for only where they have accepted."""
    return lock_handover(handover, with_account=handover.accepted_at is not None)


def withdraw_handover(handover: Handover, *, by: Actor) -> None:
    """Whoever began it takes it back; an invited person who has accepted is told.

    Raises HandoverUnknown, MembershipRestricted.
    """
    lock_handover(handover)
    settle_without(handover, Stage.WITHDRAWN, by=by, tag=EventTag.SEAT_HANDOVER_WITHDRAWN)


def handover_for_decision(
    network_id: int, handover_id: UUID, *, seen_version: int | None
) -> Handover:
    """The hand-over as the office saw it, not locked yet.

    Raises HandoverUnknown when the network has none of this id, HandoverChanged.
    """
    handover = handover_in(network_id, handover_id)
    if handover is None or handover.settled_at is not None:
        raise HandoverUnknown
    if handover.version != seen_version:
        raise HandoverChanged
    return handover


def carry_out_handover(handover: Handover, reason: str, *, by: Actor) -> None:
    """The office decides, for a written reason, that it happens whatever the holder says.

    Raises HandoverUnknown, HandoverChanged when it changed at this moment, MembershipRestricted.
    """
    seen = handover.version
    account = _lock_for_completing(handover)
    if handover.version != seen:
        raise HandoverChanged
    handover.stage, handover.reason = Stage.OPEN, reason
    handover.cleared_at = handover.cleared_at or utcnow()
    record_event(EventTag.SEAT_HANDOVER_DECIDED, handover.seat, by=by)
    complete_if_ready(handover, account)


def refuse_handover(handover: Handover, reason: str, *, by: Actor) -> None:
    """The office decides, for a written reason, that it does not happen.

    Raises HandoverUnknown, HandoverChanged when it changed at this moment, MembershipRestricted.
    """
    seen = handover.version
    lock_handover(handover)
    if handover.version != seen:
        raise HandoverChanged
    handover.reason = reason
    settle_without(handover, Stage.REFUSED, by=by, tag=EventTag.SEAT_HANDOVER_REFUSED)


def end_succession(application_id: UUID, *, by: Actor) -> None:
    """The case was decided otherwise, or taken back: the seat stays where it is.

    The caller holds the case locked.
    """
    handover = handover_for_application(application_id)
    if handover is None:
        return
    lock_handover(handover)
    settle_without(handover, Stage.WITHDRAWN, by=by, tag=EventTag.SEAT_HANDOVER_WITHDRAWN)


def close_seat(seat: Seat, *, by: Actor) -> None:
    """The office waits for nobody any more. Raises SeatHeld, also while it is being handed over."""
    lock_organisation_of(seat)
    if holding_membership(seat) is not None or open_handover_of(seat) is not None:
        raise SeatHeld
    if seat.vacant_since is not None:
        seat.vacant_since = None
        end_deputies_of(seat, by=by)
        record_event(EventTag.SEAT_CLOSED, seat, by=by)


def advance_handovers(limit: int = 50) -> int:
    """Let time do its part in hand-overs, each in a unit of work of its own; returns how many.

    After fourteen days nobody can object any more; an invitation that nobody answers ends.
    """
    done = 0
    for handover_id in due_handovers(utcnow(), limit):
        try:
            with unit_of_work():
                done += _advance(handover_id)
        except (HandoverUnknown, MembershipRestricted):
            continue
    return done


def erase_old_handovers(limit: int = 100) -> int:
    """Erase up to `limit` hand-overs that ended 90 days ago, with their mails; returns how many.

    How many held the seat stays with it.
    """
    old = db.session.scalars(
        sa.select(Handover)
        .where(Handover.settled_at <= utcnow() - ENDED_ARE_KEPT)
        .order_by(Handover.settled_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for handover in old:
        erase_mails(handover.id)
        db.session.delete(handover)
    return len(old)


def _advance(handover_id: UUID) -> bool:
    handover = db.session.get(Handover, handover_id)
    if handover is None:
        return False
    account, now = _lock_for_completing(handover), utcnow()
    if handover.stage is not Stage.OPEN:
        return False
    if handover.cleared_at is None and handover.object_until and handover.object_until <= now:
        handover.cleared_at = now
        record_event(EventTag.SEAT_HANDOVER_UNOPPOSED, handover.seat, by=SYSTEM)
    complete_if_ready(handover, account)
    if handover.settled_at is None and handover.expires_at <= now:
        settle_without(handover, Stage.EXPIRED, by=SYSTEM, tag=EventTag.SEAT_HANDOVER_EXPIRED)
    return True
