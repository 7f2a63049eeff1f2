"""Whatever happens to a seat, in any order: one holder at most, no trace of who was only asked."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import count
from uuid import UUID

import time_machine
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from memberships.accounts.models import Account
from memberships.applications.errors import NoSeatToGrant, OrganisationUndecided
from memberships.applications.services import approve_application, begin_succession
from memberships.database import ChangedMeanwhile, db, unit_of_work, utcnow
from memberships.events.models import Actor
from memberships.events.queries import check_log
from memberships.members.errors import MembershipEnded, SeatTaken
from memberships.members.models import Membership, Seat
from memberships.members.services import leave_network, own_membership_for_change
from memberships.seats import services
from memberships.seats.errors import (
    HandoverChanged,
    HandoverOpen,
    HandoverUnknown,
    InvitedHoldsIt,
    SeatHeld,
    SeatUnknown,
)
from memberships.seats.models import Handover, Stage
from memberships.seats.queries import holding_membership, open_handover_of, seat_of
from memberships.seats.services import Invited
from memberships.tokens import new_token, token_hash
from tests.applications.joining import AVD, joined
from tests.members.cases import approved, lead, member, membership_of
from tests.review.cases import locked
from tests.tables import all_of

REFUSED = (
    ChangedMeanwhile, HandoverChanged, HandoverOpen, HandoverUnknown, InvitedHoldsIt,
    MembershipEnded, NoSeatToGrant, OrganisationUndecided, SeatHeld, SeatTaken, SeatUnknown,
)  # fmt: skip
STEPS = (
    "hand_over", "propose", "propose_at_once", "accept", "decline", "confirm", "object",
    "carry_out", "refuse", "withdraw", "leave", "close", "apply", "succeed", "approve", "days",
)  # fmt: skip
_numbers = count(1)


class Story:
    """One organisation, whatever becomes of its seat."""

    def __init__(self, by: Actor) -> None:
        self.by, self.now = by, utcnow()
        self.name, self.postal_code = f"Verein Nummer{next(_numbers)}wort e. V.", "70173"
        applied = self._applied()
        approved(applied)
        self.seat_id: UUID = seat_of(db.session.get_one(Membership, membership_of(applied))).id
        self.applied = None

    def _applied(self):
        email = f"person{next(_numbers)}@example.org"
        return joined(
            AVD, email=email, organisation_name=self.name, postal_code=self.postal_code,
            existing_member="successor",
        )  # fmt: skip

    @property
    def seat(self) -> Seat:
        return db.session.get_one(Seat, self.seat_id)

    @property
    def handover(self) -> Handover:
        found = open_handover_of(self.seat)
        if found is None:
            raise HandoverUnknown
        return found

    @property
    def holder(self) -> Membership:
        found = holding_membership(self.seat)
        if found is None:
            raise SeatUnknown
        return found

    def do(self, step: str) -> None:
        with time_machine.travel(self.now, tick=False):
            with suppress(*REFUSED), unit_of_work():
                getattr(self, step)()
            db.session.rollback()
            if step == "days":
                self.now += timedelta(days=15)
                with time_machine.travel(self.now, tick=False):
                    services.advance_handovers()

    def hand_over(self) -> None:
        own, invited = self.holder, self._invited()
        standing = own_membership_for_change(own.account_id, own.id)
        services.hand_over_own_seat(standing, invited, by=member(own.account))

    def _invited(self) -> Invited:
        return Invited("Ada", "Neu", f"invited{next(_numbers)}@example.org")

    def propose(self) -> None:
        services.propose_successor(self.seat, self._invited(), by=self.by, representative_id=None)

    def propose_at_once(self) -> None:
        services.propose_successor(
            self.seat, self._invited(), by=self.by, reason="Weg.", representative_id=None
        )

    def _link(self, column: str) -> str:
        """What the mail links: only its hash is stored, so a new one takes its place."""
        token, handover = new_token(), self.handover
        if getattr(handover, column) is None:
            raise HandoverUnknown
        setattr(handover, column, token_hash(token))
        db.session.flush()
        return token

    def accept(self) -> None:
        services.accept_handover(self._link("token_hash"), "Ada", "Neu", {})

    def decline(self) -> None:
        services.decline_handover(self._link("token_hash"))

    def confirm(self) -> None:
        services.confirm_handover(self._link("objection_token_hash"))

    def object(self) -> None:
        services.object_to_handover(self._link("objection_token_hash"), "Nein.")

    def carry_out(self) -> None:
        services.carry_out_handover(self.handover, "Doch.", by=self.by)

    def refuse(self) -> None:
        services.refuse_handover(self.handover, "Nein.", by=self.by)

    def withdraw(self) -> None:
        services.withdraw_handover(self.handover, by=self.by)

    def leave(self) -> None:
        own = self.holder
        standing = own_membership_for_change(own.account_id, own.id)
        account = db.session.get_one(Account, own.account_id)
        leave_network(standing, account=account, by=member(account))

    def close(self) -> None:
        services.close_seat(self.seat, by=self.by)

    def apply(self) -> None:
        raise NoSeatToGrant  # done outside, in units of work of its own

    def succeed(self) -> None:
        if self.applied is None or not locked(self.applied).status.is_decidable:
            raise NoSeatToGrant
        begin_succession(locked(self.applied), by=self.by)

    def approve(self) -> None:
        if self.applied is None or not locked(self.applied).status.is_decidable:
            raise NoSeatToGrant
        approve_application(locked(self.applied), by=self.by)

    def days(self) -> None:
        """Fifteen days pass, and the job runs."""

    def check(self) -> None:
        db.session.rollback()
        mine = [m for m in all_of(Membership) if m.organisation_id == self.seat.organisation_id]
        living = [m for m in mine if m.ended_at is None]
        assert len(living) <= 1
        assert self.seat.holders == len(mine)
        assert not (living and self.seat.vacant_since)
        handovers = [h for h in all_of(Handover) if h.seat_id == self.seat_id]
        for handover in handovers:
            if handover.settled_at is not None:
                assert (handover.first_name, handover.last_name, handover.email) == (None,) * 3
        assert len([h for h in handovers if h.settled_at is None]) <= 1
        done = [h for h in handovers if h.stage is Stage.DONE]
        assert len(done) <= len(mine) - 1


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from(STEPS), max_size=9))
@example(["hand_over", "leave", "accept"])
@example(["propose", "accept", "object", "carry_out", "hand_over", "accept"])
@example(["apply", "succeed", "leave", "approve", "leave", "propose", "accept"])
@example(["apply", "succeed", "days", "approve"])
@example(["leave", "close", "propose", "accept", "days"])
@example(["propose", "accept", "days", "propose_at_once", "accept"])
def test_in_any_order(app: Flask, steps: list[str]) -> None:
    story = Story(lead(AVD))
    for step in steps:
        if step == "apply":
            story.applied = story._applied()
        story.do(step)
        story.check()
    assert check_log().faults == []
