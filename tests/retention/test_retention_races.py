"""Two workers at once, and a worker against a person: everything is erased once, or kept."""

from __future__ import annotations

import threading
from datetime import timedelta

import time_machine
from flask import Flask

from memberships.accounts.models import Account
from memberships.applications.models import Application
from memberships.calendar import end_of_day
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import Tombstone
from memberships.events.queries import check_log
from memberships.members.errors import MembershipUnknown
from memberships.members.models import Membership
from memberships.members.services import own_membership_for_change, return_to_network
from memberships.permissions import Role
from memberships.retention import services
from memberships.retention.cli import run_retention
from memberships.retention.errors import NotErasable
from tests.applications.joining import AVD, BW
from tests.members.cases import (
    BEN,
    MARA,
    a_representative,
    account_of,
    joins_too,
    lead,
    leave,
    member,
)
from tests.retention.cases import batches, declined, items, run_on
from tests.review.cases import staff
from tests.tables import all_of

DAY = timedelta(days=1)
EXPECTED = (NotErasable, MembershipUnknown)


def at_once(app: Flask, *steps: object) -> list[object]:
    """Each in a thread with a context of its own, begun together; what they returned or raised."""
    start, answers = threading.Barrier(len(steps)), []

    def go(step: object) -> None:
        with app.app_context():
            start.wait()
            try:
                answers.append(step())  # type: ignore[operator]
            except Exception as error:  # noqa: BLE001 - whatever it was, it is the answer
                answers.append(error)
            db.session.remove()

    threads = [threading.Thread(target=go, args=(step,)) for step in steps]
    db.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_workers_announce_and_erase_everything_once(app: Flask) -> None:
    kim = staff(Role.LEAD, AVD)
    ids = {declined(by=kim).id for _ in range(8)}
    due = end_of_day(utcnow() + 93 * DAY)
    with time_machine.travel(due - 3 * DAY):
        assert at_once(app, run_retention, run_retention) == [0, 0]
    assert [batch.planned for batch in batches()] == [8]
    assert {item.subject_id for item in items()} == ids
    with time_machine.travel(due + DAY):
        answers = at_once(app, run_retention, run_retention, run_retention)
    assert sum(answer for answer in answers if isinstance(answer, int)) == 8 == len(ids)
    assert all(isinstance(answer, int) for answer in answers), answers
    (batch,) = batches()
    assert (batch.erased, batch.finished_at is not None) == (8, True)
    assert {stone.subject_id for stone in all_of(Tombstone)} == ids
    assert check_log().faults == []


def test_what_is_taken_out_while_the_run_goes_is_erased_or_kept_as_a_whole(app: Flask) -> None:
    kim = staff(Role.LEAD, AVD)
    for _ in range(6):
        declined(by=kim)
    due = end_of_day(utcnow() + 93 * DAY)
    run_on(due - 3 * DAY)
    (batch,) = batches()
    batch_id = batch.id

    def hold() -> int:
        with unit_of_work():
            found = services.batch_for_change(batch_id)
            return services.hold_batch(found, "Klage", (due + 9 * DAY).date(), by=kim.actor)

    with time_machine.travel(due):
        answers = at_once(app, run_retention, hold)
    kept = items()
    assert all(item.held_until for item in kept)
    assert batches()[0].erased + len(kept) == 6
    assert len(all_of(Tombstone)) == batches()[0].erased
    assert len(answers) == 2


def test_who_returns_while_it_is_erased_on_request_is_there_or_gone_as_a_whole(app: Flask) -> None:
    by, id_ = lead(BW), a_representative()
    joins_too(id_)
    for email, is_last in ((BEN, False), (MARA, True)):
        leave(id_, email, ends_organisation=is_last)

    def erase() -> bool:
        with unit_of_work():
            services.erase_on_request(db.session.get_one(Membership, id_), by=by)
        return True

    mara = account_of(MARA).id

    def comes_back() -> None:
        with unit_of_work():
            found = own_membership_for_change(mara, id_)
            account = db.session.get_one(Account, mara)
            return_to_network(found, account=account, by=member(account))

    answers = at_once(app, erase, comes_back, run_retention)
    surprises = [a for a in answers if isinstance(a, Exception) and not isinstance(a, EXPECTED)]
    assert surprises == []
    db.session.rollback()
    found = db.session.get(Membership, id_)
    assert (found is not None) is (NotErasable in map(type, answers))
    assert found is None or found.is_living
    assert found is None or len(all_of(Application)) == 2
    assert check_log().faults == []
