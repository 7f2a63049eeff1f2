"""The answer to a question, from the applicant's page or by other ways; the clock goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from memberships.applications.errors import NothingAsked
from memberships.applications.models import ApplicationStatus, Channel, InformationRequest
from memberships.applications.services import close_unanswered, receive_information
from memberships.calendar import BERLIN, end_of_day
from memberships.database import unit_of_work, utcnow
from memberships.events.models import APPLICANT, Actor
from memberships.events.queries import check_log
from memberships.mails.models import MailState
from tests.factories import Applied
from tests.review.cases import (
    ALL_STATUSES,
    ask,
    case,
    case_in,
    decline,
    locked,
    mails_of,
    newest_event,
    tags,
)
from tests.tables import nothing_stored, only

ASKED = {ApplicationStatus.INFORMATION_REQUESTED, ApplicationStatus.CLOSED}
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def answer(
    applied: Applied, text: str = "In Öderan.", by: Actor = APPLICANT, via: Channel = Channel.ONLINE
) -> None:
    with unit_of_work():
        receive_information(locked(applied), text, by=by, via=via)


def test_the_answer_is_stored_and_the_time_of_waiting_is_added(app, kim) -> None:
    with time_machine.travel(MONDAY, tick=False):
        applied = case()
        due = applied.row.due_at
    with time_machine.travel(MONDAY + timedelta(days=5), tick=False):
        ask(applied, kim)
    with time_machine.travel(MONDAY + timedelta(days=11, hours=3), tick=False):
        answer(applied)
        now = utcnow()

    application, question = applied.row, only(InformationRequest)
    assert application.status is ApplicationStatus.IN_REVIEW
    assert application.clock_stopped_at is None
    # What is promised is a day: it counts to its end.
    assert application.due_at == end_of_day(due + timedelta(days=6, hours=3))
    assert (question.answer, question.answered_at) == ("In Öderan.", now)
    assert question.answered_via is Channel.ONLINE
    event = newest_event(applied)
    assert (tags(applied)[-1], event.actor_kind) == ("information_received", "applicant")
    assert "Öderan" not in event.record
    assert check_log().faults == []


def test_an_answer_by_phone_is_entered_by_staff(app, kim) -> None:
    applied = case_in(ApplicationStatus.INFORMATION_REQUESTED, kim)
    answer(applied, "Am Telefon: in Öderan.", by=kim.actor, via=Channel.PHONE)
    assert only(InformationRequest).answered_via is Channel.PHONE
    assert newest_event(applied).actor_id == kim.account_id
    assert '"via":"phone"' in newest_event(applied).record


def test_an_answer_takes_back_the_question_that_was_not_yet_sent(app, kim) -> None:
    applied = case_in(ApplicationStatus.INFORMATION_REQUESTED, kim)
    answer(applied, by=kim.actor, via=Channel.PHONE)
    (mail,) = mails_of(applied, "information_requested")
    assert mail.state is MailState.CANCELLED
    (received,) = mails_of(applied, "application_received")
    assert received.state is MailState.QUEUED


def test_a_closed_application_is_taken_up_again_with_a_new_promise(app, kim) -> None:
    with time_machine.travel(MONDAY, tick=False):
        applied = case()
        ask(applied, kim)
    with time_machine.travel(MONDAY + timedelta(days=29), tick=False), unit_of_work():
        close_unanswered()
    with time_machine.travel(MONDAY + timedelta(days=40), tick=False):
        answer(applied)

    application = applied.row
    assert application.status is ApplicationStatus.IN_REVIEW
    assert application.settled_at is None
    # 28 days from 2 January, until the end of the day in Berlin.
    assert application.due_at == datetime(2027, 1, 30, 23, 59, tzinfo=BERLIN)
    assert tags(applied)[-2:] == ["closed", "information_received"]
    decline(applied, kim)
    assert applied.row.status is ApplicationStatus.DECLINED


@pytest.mark.parametrize("status", [s for s in ALL_STATUSES if s not in ASKED])
def test_nobody_answers_what_was_not_asked(app, kim, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(NothingAsked):
        answer(applied)


@pytest.mark.parametrize("status", sorted(ASKED))
def test_a_question_is_answered_once(app, kim, status) -> None:
    applied = case_in(status, kim)
    answer(applied, "Die erste Antwort.")
    with nothing_stored(), pytest.raises(NothingAsked):
        answer(applied, "Die zweite.")
