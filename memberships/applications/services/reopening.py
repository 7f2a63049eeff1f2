"""A declined application is looked at once more."""

from __future__ import annotations

from memberships.applications import mails
from memberships.applications.errors import NotReopenable
from memberships.applications.models import Application, ApplicationStatus, Note
from memberships.applications.services.cases import open_case, promised_by
from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.networks.queries import definition_of


def check_reopenable(application: Application) -> None:
    """Raises NotReopenable unless it was declined: a membership is ended and begun elsewhere."""
    if application.status is not ApplicationStatus.DECLINED:
        raise NotReopenable


def reopen_application(application: Application, reason: str, *, by: Actor) -> None:
    """Let a declined case wait for a person again, with a new promise; the applicant is mailed.

    The reason is kept as a note: the log names no person and quotes nobody. Raises NotReopenable.
    """
    check_reopenable(application)
    if by.id is None:
        raise ValueError("a person reopens a case")
    now = utcnow()
    db.session.add(
        Note(application_id=application.id, author_id=by.id, text=reason, written_at=now)
    )
    application.status = ApplicationStatus.IN_REVIEW
    application.decided_at = application.takes_effect_at = application.settled_at = None
    application.decided_by_id = application.decline_reason = None
    application.decided_by_body = application.body_decided_on = None
    application.due_at = promised_by(definition_of(application.definition), now)
    record_event(EventTag.APPLICATION_REOPENED, application, by=by)
    token = open_case(application, purpose="reopening_mail")
    mails.application_reopened(application, case_token=token)
