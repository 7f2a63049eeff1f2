from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import flask_mail
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from memberships.database import db, unit_of_work, utcnow
from memberships.mails.delivery import deliver_due_mails, take_due_mails
from memberships.mails.models import AttemptOutcome, MailState, OutgoingMail
from memberships.mails.queries import dev_inbox, dev_inbox_mail
from memberships.settings import Environment
from tests.mails.cases import meanwhile, stored
from tests.smtp_servers import Talk, refused_port, scripted_server


def outcomes(mail_id: UUID) -> list[tuple[AttemptOutcome, int | None, str]]:
    return [(attempt.outcome, attempt.code, attempt.reason) for attempt in stored(mail_id).log]


def change(mail_id: UUID, **values: object) -> None:
    with unit_of_work():
        db.session.execute(
            sa.update(OutgoingMail).where(OutgoingMail.id == mail_id).values(**values)
        )


# Sent.


def test_a_sent_mail_is_marked_and_emptied(queue, inbox):
    mail_id = queue()

    delivery = deliver_due_mails()

    mail = stored(mail_id)
    assert (mail.state, mail.body, mail.lease, mail.attempts) == (MailState.SENT, None, None, 1)
    assert mail.finished_at is not None
    assert outcomes(mail_id) == [(AttemptOutcome.SENT, None, "")]
    assert (delivery.taken, delivery.outcomes) == (1, {AttemptOutcome.SENT: 1})
    assert inbox.ids() == [mail.message_id]
    assert inbox.received[0].message.get_content() == "Guten Tag Erika Muster,\r\n"


def test_a_sent_mail_is_not_sent_again(queue, inbox):
    queue()

    deliver_due_mails()

    assert deliver_due_mails().taken == 0
    assert len(inbox.received) == 1


def test_mails_of_one_batch_share_a_connection(queue, inbox):
    for _ in range(3):
        queue()

    deliver_due_mails()

    assert len(inbox.received) == 3
    assert inbox.connections == 1


def test_each_mail_is_marked_before_the_next_one_is_sent(queue, inbox, app):
    first, second = queue(), queue()
    seen = []
    inbox.before_answer = meanwhile(
        app, lambda: seen.append((stored(first).state, stored(second).state))
    )

    deliver_due_mails()

    assert seen == [
        (MailState.QUEUED, MailState.QUEUED),
        (MailState.SENT, MailState.QUEUED),
    ]


def test_no_transaction_is_open_while_the_mail_server_thinks(queue, inbox):
    queue(kind="confirm_application")
    engine = db.engine
    in_use = []
    inbox.before_answer = lambda mail: in_use.append(engine.pool.checkedout())

    deliver_due_mails()

    assert in_use == [0]


def test_the_longest_due_mails_go_first_and_no_more_than_asked(queue, inbox):
    late, early, soon = queue(), queue(), queue()
    change(early, due_at=utcnow() - timedelta(hours=1))
    change(soon, due_at=utcnow() + timedelta(hours=1))

    delivery = deliver_due_mails(limit=1)

    assert delivery.has_more
    assert inbox.ids() == [stored(early).message_id]
    deliver_due_mails()
    assert inbox.ids() == [stored(early).message_id, stored(late).message_id]


def test_the_longest_due_mail_is_claimed_first_even_without_the_index_that_is_in_this_order(queue):
    _, early = queue(), queue()
    change(early, due_at=utcnow() - timedelta(hours=1))

    with suppress(LookupError), unit_of_work():
        db.session.execute(sa.text("DROP INDEX ix_outgoing_mails_due"))
        claim = take_due_mails(1)
        raise LookupError  # the index comes back

    assert claim.mail_ids == [early]


def test_no_more_mails_are_claimed_than_asked_whatever_the_plan(queue):
    mail_ids = [queue() for _ in range(5)]

    with unit_of_work():
        if db.engine.dialect.name == "postgresql":
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
                db.session.execute(sa.text(f"SET LOCAL enable_{way} = off"))
        claim = take_due_mails(2)

    assert claim.mail_ids == mail_ids[:2]


def test_nothing_in_the_log_says_to_whom(queue, use_server, caplog):
    queue()
    with refused_port() as port, caplog.at_level(logging.DEBUG):
        use_server(port)
        deliver_due_mails()

    assert "unreachable" in caplog.text
    assert "person" not in caplog.text


# Without a mail server.


def test_in_development_a_mail_goes_to_the_development_inbox_only(queue, app):
    mail_id = queue()

    deliver_due_mails()

    assert stored(mail_id).state is MailState.SENT
    copy = dev_inbox_mail(mail_id)
    assert copy is not None
    assert (copy.sender, copy.to_address, copy.reply_to, copy.subject, copy.body) == (
        "Netzwerk Bürgerhaushalt <netzwerke@example.org>",
        "person@example.org",
        "office@example.org",
        "Hinweis",
        "Guten Tag Erika Muster,",
    )


def test_a_development_with_a_mail_server_keeps_a_copy_too(queue, inbox):
    mail_id = queue()

    deliver_due_mails()

    assert dev_inbox_mail(mail_id) is not None


def test_production_keeps_no_copy(queue, inbox, use_settings):
    use_settings(env=Environment.PRODUCTION)
    mail_id = queue()

    deliver_due_mails()

    assert stored(mail_id).state is MailState.SENT
    assert dev_inbox(limit=10) == []


def test_a_mail_that_was_not_sent_leaves_no_copy(queue, inbox):
    inbox.content_answers = ["451 later", "554 never"]
    queue()
    queue()

    deliver_due_mails()

    assert dev_inbox(limit=10) == []


# Not yet.


def test_a_deferred_mail_is_sent_later_under_the_same_message_id(queue, inbox):
    mail_id = queue()
    inbox.recipient_answers["person@example.org"] = ["450 4.2.0 greylisted"]

    deliver_due_mails()

    mail = stored(mail_id)
    assert (mail.state, mail.lease, mail.attempts) == (MailState.QUEUED, None, 1)
    assert outcomes(mail_id) == [(AttemptOutcome.DEFERRED, 450, "4.2.0 greylisted")]
    assert deliver_due_mails().taken == 0
    with time_machine.travel(mail.due_at):
        deliver_due_mails()
    assert inbox.ids() == [mail.message_id]
    assert [outcome for outcome, *_ in outcomes(mail_id)] == [
        AttemptOutcome.DEFERRED,
        AttemptOutcome.SENT,
    ]


@pytest.mark.parametrize(
    ("attempts_before", "shortest", "longest"),
    [(0, 60, 120), (1, 120, 240), (4, 960, 1920), (5, 1800, 3600), (90, 1800, 3600)],
)
def test_the_time_between_attempts_doubles_up_to_an_hour(
    queue, inbox, attempts_before, shortest, longest
):
    mail_id = queue()
    change(mail_id, attempts=attempts_before)
    inbox.content_answers = ["451 later"]

    before = utcnow()
    deliver_due_mails()

    due_at = stored(mail_id).due_at
    assert before + timedelta(seconds=shortest) <= due_at
    assert due_at <= utcnow() + timedelta(seconds=longest)


def test_deferred_mails_do_not_come_back_all_at_once(queue, inbox):
    mail_ids = [queue() for _ in range(8)]
    inbox.content_answers = ["451 later"] * 8

    deliver_due_mails()

    due = [stored(mail_id).due_at for mail_id in mail_ids]
    assert max(due) - min(due) > timedelta(seconds=1)


@pytest.mark.parametrize(("days", "state"), [(3.9, MailState.QUEUED), (4, MailState.FAILED)])
@pytest.mark.parametrize("is_reachable", [True, False])
def test_after_four_days_a_mail_has_failed(queue, inbox, use_server, days, state, is_reachable):
    mail_id = queue()
    change(mail_id, created_at=utcnow() - timedelta(days=days))
    inbox.content_answers = ["451 later"]
    with refused_port() as port:
        if not is_reachable:
            use_server(port)
        deliver_due_mails()

    mail = stored(mail_id)
    assert mail.state is state
    assert (mail.body is None) == (state is MailState.FAILED)


def test_when_the_server_is_down_one_mail_finds_out_for_the_whole_batch(queue, use_server):
    mail_ids = [queue() for _ in range(3)]
    with refused_port() as port:
        use_server(port)

        delivery = deliver_due_mails()

    assert (delivery.outcomes, delivery.given_back) == ({AttemptOutcome.UNREACHABLE: 1}, 2)
    assert not delivery.has_more
    [(outcome, code, reason)] = outcomes(mail_ids[0])
    assert (outcome, code) == (AttemptOutcome.UNREACHABLE, None)
    assert "refused" in reason
    for mail_id in mail_ids[1:]:
        mail = stored(mail_id)
        assert (mail.state, mail.lease, mail.attempts, mail.log) == (MailState.QUEUED, None, 0, [])
        assert timedelta(seconds=50) < mail.due_at - utcnow() <= timedelta(minutes=1)


def test_a_server_that_lets_nobody_in_is_no_verdict_on_a_mail(queue, use_server):
    mail_id = queue()
    with scripted_server(lambda talk: talk.say("554 no service\r\n")) as server:
        use_server(server.port)

        deliver_due_mails()

    assert stored(mail_id).state is MailState.QUEUED
    assert outcomes(mail_id) == [(AttemptOutcome.UNREACHABLE, 554, "no service")]


def test_a_server_that_hangs_in_one_mail_does_not_stop_the_others(queue, use_server):
    def hang(talk: Talk) -> None:
        talk.answer_until("RCPT")
        talk.hang()

    def take(talk: Talk) -> None:
        talk.answer_until("DATA")
        talk.take_content()
        talk.say("250 taken\r\n")

    first, second = queue(), queue()
    with scripted_server(hang, take) as server:
        use_server(server.port)

        deliver_due_mails()

    assert stored(first).state is MailState.QUEUED
    assert stored(second).state is MailState.SENT


# Never.


@pytest.mark.parametrize("place", ["recipient", "content"])
def test_a_refused_mail_has_failed_at_once(queue, inbox, place):
    mail_id = queue()
    if place == "recipient":
        inbox.recipient_answers["person@example.org"] = ["550 5.1.1 no such person here"]
    else:
        inbox.content_answers = ["550 5.1.1 no such person here"]

    deliver_due_mails()

    mail = stored(mail_id)
    assert (mail.state, mail.body, mail.lease) == (MailState.FAILED, None, None)
    assert mail.finished_at is not None
    assert outcomes(mail_id) == [(AttemptOutcome.REFUSED, 550, "5.1.1 no such <name> here")]


def test_a_mail_that_cannot_be_built_fails_and_the_next_one_is_sent(queue, inbox):
    faulty, sound = queue(), queue()
    change(faulty, from_name="Netz\r\nBcc: other@example.org")

    deliver_due_mails()

    assert stored(faulty).state is MailState.FAILED
    assert inbox.ids() == [stored(sound).message_id]


def test_a_fault_of_our_own_in_one_mail_is_logged_and_the_next_one_is_sent(queue, inbox, caplog):
    faulty, sound = queue(name="Fault"), queue()

    def fail_once(app: Flask, message: flask_mail.Message) -> None:
        if "Fault" in (message.body or ""):
            raise LookupError(message.recipients)

    with flask_mail.email_dispatched.connected_to(fail_once):
        deliver_due_mails()

    assert outcomes(faulty) == [(AttemptOutcome.DEFERRED, None, "LookupError")]
    assert stored(sound).state is MailState.SENT
    assert "LookupError" in caplog.text
    assert "in fail_once" in caplog.text
    assert "person@example.org" not in caplog.text


# Whom not to mail: limits per address are silent.


def test_one_confirmation_too_many_for_an_address_in_a_day_is_withheld(queue, inbox, use_settings):
    use_settings(confirmation_mails_per_address_a_day=2)
    mail_ids = [queue(kind="confirm_application") for _ in range(3)]

    deliver_due_mails()

    assert len(inbox.received) == 2
    mail = stored(mail_ids[2])
    assert (mail.state, mail.body) == (MailState.WITHHELD, None)
    assert mail.finished_at is not None
    assert outcomes(mail.id) == [(AttemptOutcome.WITHHELD, None, "")]


def test_the_limit_counts_one_address_one_kind_and_what_was_sent(queue, inbox, use_settings):
    use_settings(confirmation_mails_per_address_a_day=1)
    inbox.content_answers = ["554 never", "250 OK"]
    queue(kind="confirm_application")
    queue()
    queue(kind="confirm_application", to="other@example.org")
    queue(kind="confirm_application")
    queue()

    delivery = deliver_due_mails()

    assert delivery.outcomes == {AttemptOutcome.REFUSED: 1, AttemptOutcome.SENT: 4}


def test_a_day_later_the_address_is_mailed_again(queue, inbox, use_settings):
    use_settings(confirmation_mails_per_address_a_day=1)
    queue(kind="confirm_application")
    deliver_due_mails()

    with time_machine.travel(utcnow() + timedelta(days=1, seconds=1)):
        queue(kind="confirm_application")
        deliver_due_mails()

    assert len(inbox.received) == 2


# Leases.


def test_a_claimed_mail_belongs_to_nobody_else_until_its_lease_ends(queue, inbox, app):
    queue()
    with unit_of_work():
        claim = take_due_mails(10)

    assert deliver_due_mails().taken == 0
    with time_machine.travel(claim.until):
        assert deliver_due_mails().taken == 1


def test_a_mail_whose_lease_was_lost_is_not_marked_by_its_old_holder(queue, inbox, app):
    mail_id = queue()
    other = uuid4()
    inbox.before_answer = meanwhile(app, lambda: change(mail_id, lease=other))

    deliver_due_mails()

    mail = stored(mail_id)
    assert (mail.state, mail.lease, mail.attempts) == (MailState.QUEUED, other, 0)
    assert mail.body is not None
    assert [outcome for outcome, *_ in outcomes(mail_id)] == [AttemptOutcome.SENT]
    assert dev_inbox(limit=1) == []


def test_a_mail_whose_lease_was_lost_before_its_turn_is_not_sent(queue, inbox, app):
    first, second = queue(), queue()
    inbox.before_answer = meanwhile(app, lambda: change(second, lease=uuid4()))

    delivery = deliver_due_mails()

    assert inbox.ids() == [stored(first).message_id]
    assert delivery.outcomes == {AttemptOutcome.SENT: 1}


def test_mails_that_could_not_be_done_within_the_lease_are_given_back(queue, inbox, use_settings):
    use_settings(mail_lease_seconds=100)  # so one mail may take up to 40 seconds
    first, second, third = queue(), queue(), queue()
    with time_machine.travel(utcnow()) as clock:
        inbox.before_answer = lambda mail: clock.shift(31)

        delivery = deliver_due_mails()

        assert inbox.ids() == [stored(first).message_id, stored(second).message_id]
        assert delivery.given_back == 1
        mail = stored(third)
        assert (mail.lease, mail.attempts) == (None, 0)
        assert mail.due_at <= utcnow()


def test_told_to_stop_the_worker_finishes_the_mail_at_hand_and_gives_back_the_rest(queue, inbox):
    first, second = queue(), queue()
    stop = threading.Event()
    inbox.before_answer = lambda mail: stop.set()

    delivery = deliver_due_mails(is_stopping=stop.is_set)

    assert stored(first).state is MailState.SENT
    assert (stored(second).lease, delivery.given_back) == (None, 1)
    assert stored(second).due_at <= utcnow()


def test_a_given_back_mail_of_somebody_else_stays_theirs(queue, inbox, app):
    first, second = queue(), queue()
    other, stop = uuid4(), threading.Event()

    def take_over_and_stop() -> None:
        change(second, lease=other)
        stop.set()

    inbox.before_answer = meanwhile(app, take_over_and_stop)

    deliver_due_mails(is_stopping=stop.is_set)

    assert stored(first).state is MailState.SENT
    assert stored(second).lease == other


# The database.


def test_claiming_uses_the_index_of_queued_mails(app):
    executed = []

    def note(*call: Any) -> None:
        executed.append(call[2:4])

    with listening(db.engine, "before_cursor_execute", note), unit_of_work():
        take_due_mails(20)

    claim = next(call for call in executed if "UPDATE outgoing_mails" in call[0])
    # Literally: not every SQLite looks at bound values before it chooses an index.
    assert "state = 'queued'" in claim[0]
    assert "ix_outgoing_mails_due" in plan_of(*claim)


@contextmanager
def listening(engine: sa.Engine, name: str, listener: Callable[..., object]) -> Iterator[None]:
    sa.event.listen(engine, name, listener)
    yield
    sa.event.remove(engine, name, listener)


def plan_of(statement: str, parameters: Any) -> str:
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            explain = "EXPLAIN QUERY PLAN "
        else:
            explain = "EXPLAIN "
            connection.exec_driver_sql("SET enable_seqscan = off")
        return str(connection.exec_driver_sql(explain + statement, parameters).all())


def test_a_mark_that_the_database_refuses_at_first_is_made_again(queue, inbox, app):
    mail_id = queue()
    inbox.before_answer = lambda mail: lock_mails(app, seconds=0.5)
    with listening(db.engine, "checkout", do_not_wait_for_locks):
        deliver_due_mails()

    assert stored(mail_id).state is MailState.SENT
    assert len(inbox.received) == 1


def do_not_wait_for_locks(connection: Any, *_: object) -> None:
    is_sqlite = isinstance(connection, sqlite3.Connection)
    connection.execute("PRAGMA busy_timeout = 20" if is_sqlite else "SET lock_timeout = '20ms'")
    connection.commit()


def lock_mails(app: Flask, *, seconds: float) -> None:
    """Returns once the mails are locked; they stay so for a while."""
    is_locked = threading.Event()

    def hold() -> None:
        with app.app_context(), unit_of_work():
            db.session.execute(sa.select(OutgoingMail.id).with_for_update()).all()
            is_locked.set()
            time.sleep(seconds)

    threading.Thread(target=hold).start()
    assert is_locked.wait(10)
