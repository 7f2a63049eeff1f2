"""Asking back: one question at a time, and the clock stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.exc import IntegrityError

from memberships.applications.errors import ApplicationNotDecidable
from memberships.applications.models import ApplicationStatus, InformationRequest
from memberships.applications.queries import open_question
from memberships.applications.services import receive_information, request_information
from memberships.calendar import end_of_day
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM
from memberships.events.queries import check_log
from tests.review.cases import (
    ALL_STATUSES,
    ask,
    case,
    case_in,
    locked,
    mails_of,
    newest_event,
    tags,
)
from tests.tables import nothing_stored, only


def test_a_question_stops_the_clock_and_is_mailed_with_its_dates(app, kim) -> None:
    applied = case()
    due = applied.row.due_at
    with time_machine.travel(utcnow() + timedelta(days=3), tick=False):
        now = utcnow()
        ask(applied, kim, "In welcher Stadt arbeiten Sie?")

    application, question = applied.row, only(InformationRequest)
    assert application.status is ApplicationStatus.INFORMATION_REQUESTED
    assert (application.clock_stopped_at, application.due_at) == (now, due)
    assert question.question == "In welcher Stadt arbeiten Sie?"
    assert (question.asked_by_id, question.asked_at) == (kim.account_id, now)
    assert question.answer_by == end_of_day(now + timedelta(days=14))
    assert question.close_at == end_of_day(now + timedelta(days=28))
    assert (question.answer, question.reminded_at, question.ended_at) == (None, None, None)
    (mail,) = mails_of(applied, "information_requested")
    assert "In welcher Stadt arbeiten Sie?" in str(mail.body)
    assert tags(applied)[-1] == "information_requested"
    assert newest_event(applied).actor_id == kim.account_id
    assert "Stadt" not in newest_event(applied).record
    assert check_log().faults == []


@pytest.mark.parametrize("status", [s for s in ALL_STATUSES if s != ApplicationStatus.IN_REVIEW])
def test_only_an_application_in_review_can_be_asked_about(app, kim, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable):
        ask(applied, kim)


def test_no_machine_asks(app) -> None:
    applied = case()
    with nothing_stored(), pytest.raises(ValueError, match="person"), unit_of_work():
        request_information(locked(applied), "Wo?", by=SYSTEM)


def test_the_database_holds_no_two_open_questions_of_one_case(app, kim) -> None:
    applied = case_in(ApplicationStatus.INFORMATION_REQUESTED, kim)
    second = InformationRequest.asked_now("Und wo?", utcnow())
    second.application_id, second.asked_by_id = applied.id, kim.account_id
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        db.session.add(second)


def test_a_second_question_may_follow_the_answer(app, kim) -> None:
    applied = case()
    ask(applied, kim, "Erste?")
    with unit_of_work():
        receive_information(locked(applied), "Antwort.")
    ask(applied, kim, "Zweite?")
    question = open_question(applied.row)
    assert question is not None
    assert question.question == "Zweite?"
