"""Asking back: the question, the answer, the reminder, the closing (domain.md, section 2)."""

from __future__ import annotations

from memberships.applications import mails
from memberships.applications.errors import ApplicationNotDecidable, DecisionPending, NothingAsked
from memberships.applications.models import (
    Application,
    ApplicationStatus,
    Channel,
    InformationRequest,
)
from memberships.applications.queries import open_question, questions_to_close, questions_to_remind
from memberships.applications.services.cases import (
    drop_decision,
    open_case,
    promised_after_pause,
    promised_by,
    require_unrestricted,
)
from memberships.database import db, utcnow
from memberships.events.models import APPLICANT, SYSTEM, Actor, EventTag
from memberships.events.services import record_event
from memberships.mails.services import cancel_mails
from memberships.networks.queries import definition_of

_ASKING = ("information_requested", "information_reminder", "application_closed")


def request_information(
    application: Application, question: str, *, by: Actor
) -> InformationRequest:
    """Ask the applicant; the clock stands until the answer comes.

    Raises ApplicationNotDecidable unless the application is in review: one question at a time.
    """
    check_askable(application)
    if by.id is None:
        raise ValueError("a question is asked by a person")
    now = utcnow()
    application.status = ApplicationStatus.INFORMATION_REQUESTED
    application.clock_stopped_at = now
    request = InformationRequest.asked_now(question, now)
    request.application_id, request.asked_by_id = application.id, by.id
    db.session.add(request)
    record_event(EventTag.APPLICATION_INFORMATION_REQUESTED, application, by=by)
    token = open_case(application, purpose="question_mail")
    mails.information_requested(application, request, case_token=token)
    return request


def check_askable(application: Application) -> None:
    """Raises ApplicationNotDecidable unless the application is in review, and nobody decided."""
    if application.pending is not None:
        raise DecisionPending
    if application.status is not ApplicationStatus.IN_REVIEW:
        raise ApplicationNotDecidable


def receive_information(
    application: Application, answer: str, *, by: Actor = APPLICANT, via: Channel = Channel.ONLINE
) -> None:
    """Store the answer to the open question; the clock goes on.

    A closed application is taken up again. Raises NothingAsked when no question is open,
    ApplicationRestricted when the case's data is only kept.
    """
    require_unrestricted(application)
    request = open_question(application)
    if request is None or application.status not in {
        ApplicationStatus.INFORMATION_REQUESTED,
        ApplicationStatus.CLOSED,
    }:
        raise NothingAsked
    now = utcnow()
    drop_decision(application, why="information_received")
    request.answer, request.answered_at, request.answered_via = answer, now, via
    cancel_mails(application, _ASKING)
    _resume(application)
    record_event(EventTag.APPLICATION_INFORMATION_RECEIVED, application, by=by, via=via)


def _resume(application: Application) -> None:
    now = utcnow()
    if application.status is ApplicationStatus.CLOSED:
        application.due_at = promised_by(definition_of(application.definition), now)
    elif application.due_at is not None and application.clock_stopped_at is not None:
        application.due_at = promised_after_pause(
            definition_of(application.definition),
            application.due_at,
            application.clock_stopped_at,
            now,
        )
    application.status = ApplicationStatus.IN_REVIEW
    application.clock_stopped_at = application.settled_at = None


def end_open_question(application: Application) -> None:
    """A question that needs no answer any more stays on record as ended, and is not mailed."""
    request = open_question(application)
    if request is not None:
        request.ended_at = utcnow()
        cancel_mails(application, _ASKING)


def remind_of_questions(limit: int = 50) -> int:
    """Remind, once, of questions whose time is over; returns how many mails were stored."""
    waiting = questions_to_remind(utcnow(), limit)
    for request, application in waiting:
        request.reminded_at = utcnow()
        record_event(EventTag.APPLICATION_INFORMATION_REMINDED, application, by=SYSTEM)
        token = open_case(application, purpose="reminder_mail")
        mails.information_reminder(application, request, case_token=token)
    return len(waiting)


def close_unanswered(limit: int = 50) -> int:
    """Close applications whose question stayed without answer; the mail says how to go on."""
    waiting = questions_to_close(utcnow(), limit)
    for _request, application in waiting:
        application.status = ApplicationStatus.CLOSED
        application.clock_stopped_at = None
        application.settled_at = utcnow()
        record_event(EventTag.APPLICATION_CLOSED, application, by=SYSTEM)
        token = open_case(application, purpose="closing_mail")
        mails.application_closed(application, case_token=token)
    return len(waiting)
