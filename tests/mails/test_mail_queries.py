from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import time_machine

from memberships.database import db, unit_of_work, utcnow, uuid7
from memberships.mails.delivery import deliver_due_mails, take_due_mails
from memberships.mails.models import MailState
from memberships.mails.queries import dev_inbox, dev_inbox_mail, mails_about, outbox_counts
from memberships.mails.services import cancel_mails
from tests.mails.cases import Case


def test_the_mails_about_a_subject_come_oldest_first(case, queue):
    mail_ids = [queue(), queue()]
    queue(about=Case(case.network_id))

    assert [mail.id for mail in mails_about(case.id)] == mail_ids


def test_mails_and_their_attempts_take_two_statements_however_many_they_are(case, queue):
    for _ in range(5):
        queue()
    deliver_due_mails()
    db.session.rollback()
    statements = []

    def note(*call: object) -> None:
        statements.append(call[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    outcomes = [attempt.outcome for mail in mails_about(case.id) for attempt in mail.log]
    sa.event.remove(db.engine, "before_cursor_execute", note)

    assert outcomes == ["sent"] * 5
    assert len([statement for statement in statements if "SELECT" in statement]) == 2


def test_the_development_inbox_shows_the_newest_first(queue, app):
    first, second, third = queue(), queue(), queue()
    deliver_due_mails()

    assert [mail.id for mail in dev_inbox(limit=2)] == [third, second]
    assert dev_inbox_mail(first) is not None
    assert dev_inbox_mail(uuid7()) is None


def test_the_outbox_is_counted_by_state(case, queue, app):
    queue()
    deliver_due_mails()
    queue()
    with unit_of_work():
        cancel_mails(case)
    queue()

    counts = outbox_counts()

    assert counts.by_state == {
        MailState.QUEUED: 1,
        MailState.SENT: 1,
        MailState.FAILED: 0,
        MailState.CANCELLED: 1,
        MailState.WITHHELD: 0,
    }


def test_the_age_of_the_longest_due_mail_shows_that_nobody_sends(queue, app):
    queue()

    with time_machine.travel(utcnow() + timedelta(hours=2)):
        oldest = outbox_counts().oldest_due

    assert oldest is not None
    assert timedelta(hours=2) <= oldest < timedelta(hours=2, minutes=1)


def test_a_mail_that_a_worker_holds_is_not_overdue(queue, app):
    queue()
    with unit_of_work():
        take_due_mails(1)

    assert outbox_counts().oldest_due is None
