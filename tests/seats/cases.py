"""Seats and hand-overs for tests. All people are invented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import time_machine

from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import Actor, Event
from memberships.mails.models import OutgoingMail
from memberships.members.models import Membership, Seat
from memberships.seats import services
from memberships.seats.models import Handover
from memberships.seats.queries import seat_of
from memberships.seats.services import Invited
from tests.members.cases import MARA, account_of, member, standing
from tests.tables import all_of, only

ADA = "ada@example.org"
INVITED = Invited("Ada", "Neu", ADA)


def seat(membership_id: UUID) -> Seat:
    db.session.rollback()
    found = seat_of(db.session.get_one(Membership, membership_id))
    assert found is not None
    return found


def hands_over(membership_id: UUID, email: str = MARA, invited: Invited = INVITED) -> UUID:
    """Whoever holds the seat proposes a successor."""
    with unit_of_work():
        found = standing(membership_id, email)
        by = member(account_of(email))
        return services.hand_over_own_seat(found, invited, by=by).id


def office_proposes(of: Seat, by: Actor, *, reason: str = "", invited: Invited = INVITED) -> UUID:
    with unit_of_work():
        found = db.session.get_one(Seat, of.id)
        return services.propose_successor(
            found, invited, by=by, reason=reason, representative_id=None
        ).id


def handover() -> Handover:
    return only(Handover)


def token(kind: str) -> str:
    """The secret of the newest mail of that kind."""
    mail = [m for m in all_of(OutgoingMail) if m.kind == kind and m.body][-1]
    found = re.search(r"/(?:uebergabe|sitz)/([\w-]+)", mail.body or "")
    assert found, mail.body
    return found[1]


def accept(secret: str = "") -> None:
    with unit_of_work():
        services.accept_handover(secret or token("handover_invited"), "Ada", "Neu", {})


def confirm() -> None:
    with unit_of_work():
        services.confirm_handover(token("handover_announced"))


def objects(words: str = "Ich bin noch da.") -> None:
    with unit_of_work():
        services.object_to_handover(token("handover_announced"), words)


def carry_out(by: Actor, reason: str = "Ausgeschieden.") -> None:
    with unit_of_work():
        services.carry_out_handover(db.session.get_one(Handover, handover().id), reason, by=by)


def refuse(by: Actor) -> None:
    with unit_of_work():
        services.refuse_handover(db.session.get_one(Handover, handover().id), "Nein.", by=by)


@contextmanager
def after(days: int) -> Iterator[None]:
    """The job runs so many days later."""
    with time_machine.travel(utcnow() + timedelta(days=days)):
        services.advance_handovers()
        yield


def kinds() -> list[str]:
    """The kinds of all mails about hand-overs that wait, in the order of making."""
    mails = sorted(all_of(OutgoingMail), key=lambda mail: mail.id)
    return [m.kind for m in mails if m.kind.startswith("handover") and m.state == "queued"]


def seat_tags(id_: UUID) -> list[str]:
    return [e.tag.partition(":")[2] for e in all_of(Event) if e.subject_id == id_]
