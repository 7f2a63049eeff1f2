from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from memberships.database import Model, db, unit_of_work
from memberships.mails.delivery import deliver_due_mails
from memberships.mails.models import (
    AttemptOutcome,
    DevInboxMail,
    MailAttempt,
    MailState,
    OutgoingMail,
)
from memberships.mails.services import cancel_mails, erase_mails
from tests.mails.cases import Case, meanwhile, stored


def count(model: type[Model]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def cancel(case: Case, *kinds: str) -> int:
    with unit_of_work():
        return cancel_mails(case, kinds or None)


def erase(subject_id: UUID) -> None:
    with unit_of_work():
        erase_mails(subject_id)


def test_a_cancelled_mail_is_emptied_and_never_sent(case, queue, inbox):
    mail_id = queue()

    assert cancel(case) == 1
    deliver_due_mails()

    mail = stored(mail_id)
    assert (mail.state, mail.body) == (MailState.CANCELLED, None)
    assert mail.finished_at is not None
    assert inbox.received == []


def test_only_the_named_kinds_are_cancelled(case, queue):
    notice, confirmation = queue(), queue(kind="confirm_application")

    assert cancel(case, "confirm_application") == 1

    assert stored(notice).state is MailState.QUEUED
    assert stored(confirmation).state is MailState.CANCELLED


def test_naming_no_kind_cancels_nothing(case, queue):
    mail_id = queue()

    with unit_of_work():
        assert cancel_mails(case, []) == 0

    assert stored(mail_id).state is MailState.QUEUED


def test_mails_about_something_else_are_left_alone(case, queue):
    other = queue(about=Case(case.network_id))

    assert cancel(case) == 0

    assert stored(other).state is MailState.QUEUED


def test_a_sent_mail_stays_sent(case, queue, inbox):
    mail_id = queue()
    deliver_due_mails()

    assert cancel(case) == 0

    assert stored(mail_id).state is MailState.SENT


def test_a_mail_cancelled_after_the_claim_and_before_its_turn_is_not_sent(case, queue, inbox, app):
    first, second = queue(about=Case(case.network_id)), queue()
    inbox.before_answer = meanwhile(app, lambda: cancel(case))

    deliver_due_mails()

    assert inbox.ids() == [stored(first).message_id]
    assert stored(second).state is MailState.CANCELLED


def test_a_mail_cancelled_while_it_is_handed_over_keeps_the_attempt(case, queue, inbox, app):
    mail_id = queue()
    inbox.before_answer = meanwhile(app, lambda: cancel(case))

    deliver_due_mails()

    mail = stored(mail_id)
    assert mail.state is MailState.CANCELLED
    assert [attempt.outcome for attempt in mail.log] == [AttemptOutcome.SENT]


def test_erasing_leaves_no_mail_no_attempt_and_no_copy_of_the_subject(case, queue, app):
    queue()
    deliver_due_mails()
    queue()
    assert (count(OutgoingMail), count(MailAttempt), count(DevInboxMail)) == (2, 1, 1)

    erase(case.id)

    assert (count(OutgoingMail), count(MailAttempt), count(DevInboxMail)) == (0, 0, 0)


def test_erasing_leaves_the_mails_of_others(case, queue, app):
    other = queue(about=Case(case.network_id))
    deliver_due_mails()

    erase(case.id)

    assert stored(other).state is MailState.SENT
    assert (count(MailAttempt), count(DevInboxMail)) == (1, 1)


def test_a_mail_erased_while_it_is_handed_over_leaves_nothing(case, queue, inbox, app):
    queue()
    inbox.before_answer = meanwhile(app, lambda: erase(case.id))

    deliver_due_mails()

    assert (count(OutgoingMail), count(MailAttempt), count(DevInboxMail)) == (0, 0, 0)
