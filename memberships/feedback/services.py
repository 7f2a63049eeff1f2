"""Reporting a barrier, answering the report, forgetting it. None of them commits."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from memberships.calendar import end_of_day
from memberships.database import ChangedMeanwhile, db, utcnow, uuid7
from memberships.events.models import Actor, ActorKind, EventTag
from memberships.events.services import erase_events, record_event
from memberships.feedback import mails
from memberships.feedback.errors import FeedbackClosed, FeedbackUnknown
from memberships.feedback.models import FeedbackCase
from memberships.feedback.queries import feedback_case, feedback_closed_before
from memberships.mails.services import erase_mails
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.services import publish_definition
from memberships.tokens import keyed_hash

ANSWER_WITHIN = timedelta(days=30)
KEPT_FOR = timedelta(days=365)
_BATCH = 100
_REPORTER = Actor(ActorKind.APPLICANT)


def report_key(nonce: str, *words: str) -> str:
    """Equal for a double click, different as soon as one word differs."""
    return keyed_hash("barrier", nonce, *words)


def report_barrier(
    net: Definition, *, page: str, text: str, email: str, name: str, key: str
) -> FeedbackCase:
    """Store a report, tell the office, and send a receipt where an address was given.

    It is due within a month (§ 12b BGG and the statement). The caller's unit of work raises
    AlreadyReported when the same key is stored already.
    """
    network_id = publish_definition(net).network_id
    # The lock gives two reports two numbers.
    db.session.execute(
        sa.select(Network.id).where(Network.id == network_id).with_for_update(key_share=True)
    )
    last = db.session.scalar(
        sa.select(sa.func.max(FeedbackCase.number)).where(FeedbackCase.network_id == network_id)
    )
    now = utcnow()
    case = FeedbackCase(
        id=uuid7(),
        network_id=network_id,
        number=(last or 0) + 1,
        submission_key=key,
        page=page,
        text=text,
        email=email or None,
        name=name,
        received_at=now,
        due_at=end_of_day(now + ANSWER_WITHIN),
        answer="",
    )
    db.session.add(case)
    record_event(EventTag.FEEDBACK_RECEIVED, case, by=_REPORTER, number=case.number)
    mails.barrier_reported(case, net)
    if email:
        mails.barrier_received(case, net, email)
    return case


def feedback_for_change(
    network_id: int, case_id: UUID, *, seen_version: int | None
) -> FeedbackCase:
    """The report, locked. Raises FeedbackUnknown, and ChangedMeanwhile for a stale page."""
    case = feedback_case(network_id, case_id, for_change=True)
    if case is None:
        raise FeedbackUnknown
    if case.closed_at is not None:
        raise FeedbackClosed
    if case.version != seen_version:
        raise ChangedMeanwhile
    return case


def close_feedback(case: FeedbackCase, net: Definition, answer: str, *, by: Actor) -> None:
    """Close a report with an answer, which is mailed where an address was given.

    Raises FeedbackClosed when somebody has closed it already.
    """
    if case.closed_at is not None:
        raise FeedbackClosed
    case.closed_at, case.closed_by_id, case.answer = utcnow(), by.id, answer
    record_event(EventTag.FEEDBACK_CLOSED, case, by=by)
    if case.email:
        mails.barrier_answered(case, net, case.email)


def erase_old_feedback() -> int:
    """Erase a hundred reports that were closed a year ago, with mails and events; returns how many.

    Unanswered ones are kept.
    """
    old = feedback_closed_before(utcnow() - KEPT_FOR, _BATCH)
    for case in old:
        erase_mails(case.id)
        erase_events(case, rule="feedback_closed_a_year")
        db.session.delete(case)
    return len(old)
