"""Asking back: the question, the answer, the reminder, the closing (domain.md, section 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from memberships.applications import mails
from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    DecisionPending,
    FieldNotAskable,
    NothingAsked,
)
from memberships.applications.models import (
    Application,
    ApplicationStatus,
    Channel,
    InformationRequest,
)
from memberships.applications.queries import (
    answer_revision,
    askable_fields,
    open_question,
    questions_to_close,
    questions_to_remind,
)
from memberships.applications.services.answers import replace_answers
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
    application: Application, question: str, *, by: Actor, fields: Mapping[str, str] | None = None
) -> InformationRequest:
    """Ask the applicant; the clock stands until the answer comes.

    `fields` are questions about single answers, by the field's key; `question` may be empty then.

    Raises ApplicationNotDecidable unless the application is in review: one question at a time.
    FieldNotAskable for a field that this case does not ask, a proven address or a consent.
    """
    check_askable(application)
    if by.id is None:
        raise ValueError("a question is asked by a person")
    asked = asked_fields(application, fields or {})
    if not question and not asked:
        raise ValueError("nothing is asked")
    now = utcnow()
    application.status = ApplicationStatus.INFORMATION_REQUESTED
    application.clock_stopped_at = now
    # Who asks stays with the case while the answer is waited for.
    application.claimed_until = None
    request = InformationRequest.asked_now(question, now, asked or None)
    request.application_id, request.asked_by_id = application.id, by.id
    db.session.add(request)
    record_event(EventTag.APPLICATION_INFORMATION_REQUESTED, application, by=by)
    token = open_case(application, purpose="question_mail")
    mails.information_requested(application, request, case_token=token)
    return request


def asked_fields(application: Application, questions: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is asked about which fields, in the order of the form, with the answers as they are.

    Raises FieldNotAskable for one that cannot be asked about.
    """
    keys = [field.key for field in askable_fields(application)]
    if not questions.keys() <= set(keys) or not all(questions.values()):
        raise FieldNotAskable
    answers = application.all_answers
    return [
        {"key": key, "question": questions[key], "before": answers.get(key)}
        for key in keys
        if key in questions
    ]


def check_askable(application: Application) -> None:
    """Raises ApplicationNotDecidable unless the application is in review, and nobody decided."""
    if application.pending is not None:
        raise DecisionPending
    if application.status is not ApplicationStatus.IN_REVIEW:
        raise ApplicationNotDecidable


def receive_information(
    application: Application, answer: str, *, by: Actor = APPLICANT, via: Channel = Channel.ONLINE
) -> None:
    """Store the answer to the open question in words; the clock goes on.

    A closed application is taken up again. Raises NothingAsked when no question is open, or the
    applicant has to answer it in its fields; ApplicationRestricted when the case's data is only
    kept.
    """
    request = _question_to_answer(application)
    if request.fields and via is Channel.ONLINE:
        raise NothingAsked
    _receive(application, request, answer, by=by, via=via)


def receive_fields(
    application: Application,
    answers: Mapping[str, Any],
    *,
    question_id: UUID,
    seen_revision: int | None,
    answer: str = "",
) -> None:
    """Store what came back to the question about single fields; the clock goes on.

    `answers` are all answers of the case as they are to be from now on; the same as before where
    nothing was to be changed. `answer` is what was written besides.

    Raises NothingAsked when that question is not the open one (any more), ApplicationChanged when
    the answers changed after the person saw them, ApplicationRestricted.
    """
    request = _question_to_answer(application, question_id)
    if answer_revision(application) != (seen_revision or 0):
        raise ApplicationChanged([])
    before = application.all_answers
    _receive(application, request, answer, by=APPLICANT, via=Channel.ONLINE)
    replace_answers(application, answers)
    request.fields = _compared(application, request.fields or [], before)


def _compared(
    application: Application, asked: Sequence[Mapping[str, Any]], before: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The fields that were asked with what they say now, then what changed because of them."""
    after, keys = application.all_answers, {field["key"] for field in asked}
    followed = [
        {"key": key, "question": "", "before": before.get(key), "after": after.get(key)}
        for key in (field.key for field in definition_of(application.definition).fields)
        if key not in keys and (before.get(key) or None) != (after.get(key) or None)
    ]
    return [{**field, "after": after.get(field["key"])} for field in asked] + followed


def keep_draft(
    application: Application, draft: Mapping[str, Sequence[str]], *, question_id: UUID
) -> None:
    """Put by what the applicant has typed so far; the office does not see it.

    Raises NothingAsked when that question is not the open one (any more), ApplicationRestricted.
    """
    request = _question_to_answer(application, question_id)
    request.draft, request.drafted_at = {key: list(draft[key]) for key in draft}, utcnow()


def _question_to_answer(
    application: Application, question_id: UUID | None = None
) -> InformationRequest:
    require_unrestricted(application)
    request = open_question(application)
    if request is None or application.status not in {
        ApplicationStatus.INFORMATION_REQUESTED,
        ApplicationStatus.CLOSED,
    }:
        raise NothingAsked
    if question_id not in {None, request.id}:
        raise NothingAsked
    return request


def _receive(
    application: Application, request: InformationRequest, answer: str, *, by: Actor, via: Channel
) -> None:
    drop_decision(application, why="information_received")
    request.answer, request.answered_at, request.answered_via = answer, utcnow(), via
    request.draft = request.drafted_at = None
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
        request.draft = request.drafted_at = None
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
    for request, application in waiting:
        application.status = ApplicationStatus.CLOSED
        application.clock_stopped_at = None
        application.settled_at = utcnow()
        record_event(EventTag.APPLICATION_CLOSED, application, by=SYSTEM)
        token = open_case(application, purpose="closing_mail")
        mails.application_closed(application, request, case_token=token)
    return len(waiting)
