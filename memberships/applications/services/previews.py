"""Mails as they would leave if somebody decided now; nothing is stored."""

from __future__ import annotations

from memberships.applications import mails
from memberships.applications.models import Application, InformationRequest
from memberships.database import utcnow
from memberships.mails.services import preview_mail
from memberships.members.queries import standing_membership

_LINK = "[persönlicher Link]"


def _preview(kind: str, application: Application, **context: object) -> tuple[str, str]:
    """Subject and body exactly as they would leave, but for the link, which each mail gets anew."""
    return preview_mail(kind, {**mails.common_words(application), "case_url": _LINK, **context})


def approval_preview(application: Application, message: str) -> tuple[str, str]:
    """The mail that an approval now would send."""
    standing = standing_membership(application.email, application.network_id)
    holder = application.applicant_kind.value
    return _preview(
        "application_repeated" if standing else "application_approved",
        application,
        organisation_name=(standing or application).organisation_name,
        holder=standing.holder if standing else holder,
        member_since=standing.member_since if standing else utcnow(),
        after_review=True,
        message=message,
    )


def decline_preview(application: Application, reason: str, message: str) -> tuple[str, str]:
    """The mail that declining for this reason would send."""
    words = mails.declined_words(application, reason, message)
    return _preview("application_declined", application, **words)


def question_preview(application: Application, question: str) -> tuple[str, str]:
    """The mail that would carry this question."""
    return _preview(
        "information_requested",
        application,
        request=InformationRequest.asked_now(question, utcnow()),
    )
