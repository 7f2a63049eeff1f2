"""A question without answer: one reminder after 14 days, closed after 28, open to be taken up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from memberships.applications.models import ApplicationStatus, InformationRequest
from memberships.applications.services import (
    close_unanswered,
    receive_information,
    remind_of_questions,
)
from memberships.calendar import end_of_day
from memberships.database import unit_of_work
from memberships.events.queries import check_log
from tests.factories import Applied, token_in
from tests.pages import get
from tests.review.cases import (
    Staff,
    approve,
    ask,
    case,
    decline,
    locked,
    mails_of,
    newest_event,
    tags,
    withdraw,
)
from tests.tables import nothing_stored, only

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def asked(app, kim) -> Applied:
    with time_machine.travel(MONDAY, tick=False):
        applied = case()
        ask(applied, kim, "Wo sind Sie tätig?")
    return applied


def after(days: int, job: Callable[[], int], less: timedelta = timedelta(0)) -> int:
    """What the job does at the end of that day in Berlin."""
    with time_machine.travel(end_of(days) - less, tick=False), unit_of_work():
        return job()


def end_of(days: int) -> datetime:
    return end_of_day(MONDAY + timedelta(days=days))


def test_the_reminder_comes_after_fourteen_days_and_not_before(asked) -> None:
    with nothing_stored():
        assert after(14, remind_of_questions, SECOND) == 0
    assert after(14, remind_of_questions) == 1

    assert only(InformationRequest).reminded_at == end_of(14)
    (mail,) = mails_of(asked, "information_reminder")
    assert "Wo sind Sie tätig?" in str(mail.body)
    assert "21. Dezember 2026" in str(mail.body)
    assert asked.row.status is ApplicationStatus.INFORMATION_REQUESTED
    assert (tags(asked)[-1], newest_event(asked).actor_kind) == ("information_reminded", "system")
    assert check_log().faults == []


def test_there_is_one_reminder(asked) -> None:
    after(14, remind_of_questions)
    with nothing_stored():
        for days in (14, 15, 27):
            assert after(days, remind_of_questions) == 0


def test_it_is_closed_after_twenty_eight_days_and_not_before(asked, client) -> None:
    due = asked.row.due_at
    after(14, remind_of_questions)
    with nothing_stored():
        assert after(28, close_unanswered, SECOND) == 0
    assert after(28, close_unanswered) == 1

    application = asked.row
    assert application.status is ApplicationStatus.CLOSED
    assert application.settled_at == end_of(28)
    assert (application.clock_stopped_at, application.decided_at) == (None, None)
    assert application.due_at == due
    (mail,) = mails_of(asked, "application_closed")
    with time_machine.travel(MONDAY + timedelta(days=29), tick=False):
        assert get(client, f"/vorgang/{token_in(mail)}").status == 200
    assert (tags(asked)[-1], newest_event(asked).actor_kind) == ("closed", "system")
    with nothing_stored():
        assert after(60, close_unanswered) == after(60, remind_of_questions) == 0


def test_an_old_question_is_not_reminded_of_on_the_day_it_closes(asked) -> None:
    """After an outage of the worker: a reminder with a date that has passed helps nobody."""
    assert after(28, remind_of_questions) == 0
    assert after(28, close_unanswered) == 1
    assert mails_of(asked, "information_reminder") == []


def _answer(applied: Applied, _by: Staff) -> None:
    with unit_of_work():
        receive_information(locked(applied), "Dort.")


@pytest.mark.parametrize(
    "settle", [_answer, approve, decline, lambda applied, _by: withdraw(applied)]
)
def test_what_needs_no_answer_any_more_is_neither_reminded_of_nor_closed(
    asked, kim, settle
) -> None:
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        settle(asked, kim)
    with nothing_stored():
        assert after(14, remind_of_questions) == after(28, close_unanswered) == 0


def test_a_round_takes_no_more_than_its_limit(app, kim) -> None:
    with time_machine.travel(MONDAY, tick=False):
        for _ in range(3):
            ask(case(), kim)
    assert after(14, lambda: remind_of_questions(limit=2)) == 2
    assert after(14, lambda: remind_of_questions(limit=2)) == 1
    assert after(28, lambda: close_unanswered(limit=2)) == 2
    assert after(28, lambda: close_unanswered(limit=2)) == 1
