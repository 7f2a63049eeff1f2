"""Mails as they would leave if somebody decided now; nothing is stored."""

from __future__ import annotations

from memberships.applications import mails
from memberships.applications.models import Application, InformationRequest
from memberships.applications.queries import organisation_state, outcome_of, standing_membership
from memberships.database import utcnow
from memberships.mails.services import preview_mail
from memberships.members.models import Membership
from memberships.members.queries import account_of

_LINK = "[persönlicher Link]"


def _preview(kind: str, application: Application, **context: object) -> tuple[str, str]:
    """Subject and body exactly as they would leave, but for the links: they are the person's."""
    links = {"case_url": _LINK, "consents_url": _LINK}
    return preview_mail(kind, {**mails.common_words(application), **links, **context})


def approval_preview(application: Application, message: str) -> tuple[str, str]:
    """The mail that an approval now would send."""
    standing, membership = _expected(application)
    return _preview(
        "application_repeated" if standing else "application_approved",
        application,
        organisation_name=(membership or application).organisation_name,
        holder=membership.holder if membership else application.applicant_kind.value,
        member_since=membership.member_since if membership else utcnow(),
        after_review=True,
        message=message,
    )


def expected_outcome(application: Application) -> str:
    """What an approval now would do: begin a membership, join one, or find one standing."""
    stands, membership = _expected(application)
    return outcome_of(membership if stands else None, None if stands else membership)


def _expected(application: Application) -> tuple[bool, Membership | None]:
    """Whether the applicant is a member already, and the membership that an approval would name."""
    state = organisation_state(application)
    account = account_of(application.email)
    organisation_id = state.organisation.id if state and state.organisation else None
    if account is not None and (state is None or state.is_standing):
        standing = standing_membership(application, account, organisation_id)
        if standing is not None:
            return True, standing
    return False, state.joined if state else None


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
