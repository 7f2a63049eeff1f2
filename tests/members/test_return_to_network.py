"""Who left can come back for thirty days; the same row lives again, if its seat is free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from memberships.database import utcnow
from memberships.events.queries import check_log
from memberships.members.errors import (
    AlreadyMember,
    MembershipUnknown,
    NotReturnable,
    SeatTaken,
)
from memberships.members.models import EndReason, return_until
from memberships.networks.definition import RETURN_WITHIN, Period
from memberships.privacy.models import ConsentEvent, ConsentStep
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    come_back,
    end,
    joins_too,
    lead,
    leave,
    membership,
    newest,
    on_a_seat,
    representative,
    tags,
)
from tests.tables import all_of, nothing_stored


def test_who_left_comes_back_to_the_same_membership(app: Flask) -> None:
    id_ = a_member(newsletter=True)
    since = membership(id_).member_since
    leave(id_)
    come_back(id_)
    back = membership(id_)
    assert (back.is_living, back.member_since) == (True, since)
    assert (back.ended_at, back.end_reason, back.ended_by_id) == (None, None, None)
    assert tags(id_) == ["started", "left", "returned"]
    mail = newest(id_)
    assert (mail.kind, mail.to_address) == ("membership_returned", MARA)
    assert mail.subject == "Willkommen zurück im Netzwerk Bürgerhaushalt"
    assert "besteht weiter" in (mail.body or "")
    assert all_of(ConsentEvent)[-1].step is ConsentStep.WITHDRAWN
    assert check_log().faults == []


@pytest.mark.parametrize(
    "left_at",
    [
        datetime(2027, 3, 1, 22, 30, tzinfo=UTC),  # 23:30, four weeks before summer time
        datetime(2027, 10, 1, 22, 30, tzinfo=UTC),  # 00:30, four weeks before it ends
        datetime(2027, 6, 1, 22, 0, tzinfo=UTC),
    ],
)
def test_nobody_is_erased_on_a_day_on_which_they_may_return(left_at: datetime) -> None:
    assert return_until(left_at) == Period(days=RETURN_WITHIN.days).end(left_at)


def test_the_last_day_counts_to_its_end(app: Flask) -> None:
    id_ = a_member()
    leave(id_)
    until = membership(id_).may_return_until
    assert until is not None
    assert until - utcnow() >= timedelta(days=30) - timedelta(minutes=1)
    with (
        time_machine.travel(until + timedelta(seconds=1)),
        nothing_stored(),
        pytest.raises(NotReturnable),
    ):
        come_back(id_)
    with time_machine.travel(until - timedelta(seconds=1)):
        come_back(id_)
    assert membership(id_).is_living


def test_a_representative_comes_back(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    leave(id_)
    come_back(id_)
    assert representative(MARA).ended_at is None
    assert tags(id_)[-1] == "representative_returned"
    assert "wieder Ansprechperson für Bürgerwerkstatt Öderan" in (newest(id_).body or "")


def test_the_last_representative_brings_the_organisation_back(app: Flask) -> None:
    id_ = a_representative()
    leave(id_, ends_organisation=True)
    come_back(id_)
    assert membership(id_).is_living
    assert tags(id_)[-1] == "returned"


def test_an_earlier_representative_cannot_revive_the_organisation(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    leave(id_)
    leave(id_, BEN, ends_organisation=True)
    with nothing_stored(), pytest.raises(NotReturnable):
        come_back(id_)


def test_a_seat_that_was_taken_meanwhile_is_not_given_back(app: Flask) -> None:
    id_ = on_a_seat()
    leave(id_)
    other = on_a_seat(BEN)
    with nothing_stored(), pytest.raises(SeatTaken):
        come_back(id_)
    leave(other, BEN)
    come_back(id_)
    assert membership(id_).is_living


def test_who_joined_anew_has_nothing_to_come_back_to(app: Flask) -> None:
    id_ = a_member()
    leave(id_)
    assert a_member() != id_
    with nothing_stored(), pytest.raises(AlreadyMember):
        come_back(id_)


@pytest.mark.parametrize("reason", [r for r in EndReason if r is not EndReason.OWN_EXIT])
def test_what_the_office_ended_only_the_office_begins_again(app: Flask, reason) -> None:
    id_ = a_member()
    end(id_, reason, lead("buergerhaushalt"))
    with nothing_stored(), pytest.raises(NotReturnable):
        come_back(id_)


def test_what_lives_cannot_be_returned_to(app: Flask) -> None:
    id_ = a_member()
    with nothing_stored(), pytest.raises(NotReturnable):
        come_back(id_)


def test_nobody_returns_for_another_account(app: Flask) -> None:
    id_ = a_member()
    a_member(BEN)
    leave(id_)
    with nothing_stored(), pytest.raises(MembershipUnknown):
        come_back(id_, BEN)
