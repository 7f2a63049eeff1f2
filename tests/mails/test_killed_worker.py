"""Workers that are killed in the middle: nothing is lost, and what comes twice can be told."""

from __future__ import annotations

import signal
import threading
from collections import Counter

import pytest
import sqlalchemy as sa

from memberships.database import db, utcnow
from memberships.mails.delivery import deliver_due_mails
from memberships.mails.models import MailState, OutgoingMail
from tests.mails.cases import stored
from tests.mails.processes import end_leases, mails_locked, worker_process
from tests.smtp_servers import Inbox, Received

PATIENCE = 60


class Gate:
    """Holds the answer to the first mail until it is opened; all others pass."""

    def __init__(self, inbox: Inbox, answer: str = "250 OK") -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self.answer = answer
        inbox.before_answer = self.hold

    def hold(self, mail: Received) -> str:
        if self.reached.is_set():
            return "250 OK"
        self.reached.set()
        assert self.opened.wait(PATIENCE)
        return self.answer


def states() -> Counter[MailState]:
    db.session.rollback()
    return Counter(db.session.scalars(sa.select(OutgoingMail.state)))


def test_killed_before_the_server_accepts_a_mail_is_sent_once_by_the_next_worker(app, queue, inbox):
    mail_id = queue()
    gate = Gate(inbox, answer="451 there is nobody left to accept it for")
    with worker_process(app) as worker:
        assert gate.reached.wait(PATIENCE)
        worker.kill()
        worker.wait()
    gate.opened.set()
    assert stored(mail_id).state is MailState.QUEUED
    assert deliver_due_mails().taken == 0

    end_leases()
    deliver_due_mails()

    assert stored(mail_id).state is MailState.SENT
    assert inbox.ids() == [stored(mail_id).message_id]


def test_killed_between_acceptance_and_mark_a_mail_comes_again_under_the_same_message_id(
    app, queue, inbox
):
    mail_id = queue()
    gate = Gate(inbox)
    with worker_process(app) as worker:
        assert gate.reached.wait(PATIENCE)
        with mails_locked():
            gate.opened.set()
            inbox.arrivals.get(timeout=PATIENCE)
            worker.kill()
            worker.wait()
    assert stored(mail_id).state is MailState.QUEUED

    end_leases()
    deliver_due_mails()

    mail = stored(mail_id)
    assert mail.state is MailState.SENT
    assert inbox.ids() == [mail.message_id, mail.message_id]
    assert [attempt.outcome for attempt in mail.log] == ["sent"]


@pytest.mark.timeout(400)
def test_however_often_workers_are_killed_every_mail_arrives(app, queue, inbox):
    mail_ids = [queue(to=f"person{number}@example.org") for number in range(50)]
    kills = 3
    for _ in range(kills):
        with worker_process(app) as worker:
            for _ in range(10):
                inbox.arrivals.get(timeout=PATIENCE)
            worker.kill()
            worker.wait()
        end_leases()

    while deliver_due_mails().has_more:
        pass

    arrived = Counter(inbox.ids())
    assert set(arrived) == {stored(mail_id).message_id for mail_id in mail_ids}
    assert sum(arrived.values()) <= len(mail_ids) + kills
    assert states() == {MailState.SENT: 50}


def test_told_to_stop_a_worker_finishes_the_mail_at_hand_and_ends_well(app, queue, inbox):
    first, second = queue(), queue()
    gate = Gate(inbox)
    with worker_process(app) as worker:
        assert gate.reached.wait(PATIENCE)
        worker.send_signal(signal.SIGTERM)
        gate.opened.set()
        assert worker.wait(PATIENCE) == 0

    assert stored(first).state is MailState.SENT
    mail = stored(second)
    assert (mail.state, mail.lease) == (MailState.QUEUED, None)
    assert mail.due_at <= utcnow()
    assert inbox.ids() == [stored(first).message_id]


def test_told_to_stop_an_idle_worker_ends_well(app, queue, inbox):
    queue()
    with worker_process(app) as worker:
        inbox.arrivals.get(timeout=PATIENCE)
        worker.send_signal(signal.SIGINT)

        assert worker.wait(PATIENCE) == 0
