"""Mails about an application. Each function stores one mail in the caller's unit of work."""

from __future__ import annotations

from memberships.applications.models import Application, InformationRequest
from memberships.applications.queries import asked_in_words
from memberships.links import consents_url, legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import queue_mail
from memberships.members.models import Membership
from memberships.networks.queries import current_definitions, definition_of, words_today
from memberships.settings import current_settings


def confirm_application(
    application: Application, *, token: str, code: str, newsletter: bool
) -> OutgoingMail:
    """T1: proves the address. Holds no name and no text from the form (domain.md, section 9)."""
    return _queue(
        "confirm_application",
        application,
        "",
        confirm_url=public_url_for("applications.confirm", confirm_token=token),
        code=code,
        newsletter=newsletter,
        requested_at=application.submitted_at,
        expires_at=application.expires_at,
    )


def application_received(application: Application, *, case_token: str) -> OutgoingMail:
    """T1b: a person decides; says until when."""
    return _queue("application_received", application, case_token, due_at=application.due_at)


def application_entered(application: Application, *, case_token: str) -> OutgoingMail:
    """The office entered the application for somebody; links the privacy notice (Art. 14 GDPR)."""
    return _queue(
        "application_entered",
        application,
        case_token,
        due_at=application.due_at,
        channel=application.channel,
        received_on=application.received_on,
    )


def application_approved(
    application: Application, membership: Membership, *, case_token: str, message: str = ""
) -> OutgoingMail:
    """T2: the applicant is a member."""
    return _queue(
        "application_approved",
        application,
        case_token,
        **_welcome(application, membership, message),
    )


def application_repeated(
    application: Application, membership: Membership, *, case_token: str, message: str = ""
) -> OutgoingMail:
    """The proven address was a member before; says so, and that nothing changes."""
    return _queue(
        "application_repeated",
        application,
        case_token,
        **_welcome(application, membership, message),
    )


def application_declined(
    application: Application, *, case_token: str, message: str = ""
) -> OutgoingMail:
    """T3: declined, with the reason's text and the way to object."""
    return _queue(
        "application_declined",
        application,
        case_token,
        **declined_words(application, str(application.decline_reason), message),
    )


def information_requested(
    application: Application, request: InformationRequest, *, case_token: str
) -> OutgoingMail:
    """T4: a question."""
    return _queue(
        "information_requested", application, case_token, **question_words(application, request)
    )


def information_reminder(
    application: Application, request: InformationRequest, *, case_token: str
) -> OutgoingMail:
    """T4b: the same question, once more."""
    return _queue(
        "information_reminder", application, case_token, **question_words(application, request)
    )


def application_closed(
    application: Application, request: InformationRequest, *, case_token: str
) -> OutgoingMail:
    """T4c: closed without answer; says how to go on."""
    return _queue(
        "application_closed", application, case_token, **question_words(application, request)
    )


def question_words(application: Application, request: InformationRequest) -> dict[str, object]:
    """What a mail about a question says: the question itself, and what is asked about fields."""
    asked = asked_in_words(request, definition_of(application.definition))
    return {"request": request, "asked": asked}


def application_reopened(application: Application, *, case_token: str) -> OutgoingMail:
    """What was declined is looked at once more, and until when."""
    return _queue("application_reopened", application, case_token, due_at=application.due_at)


def application_withdrawn(application: Application) -> OutgoingMail:
    """Receipt for a withdrawal. Holds no link: all of them have ended."""
    return _queue("application_withdrawn", application, "")


def declined_words(application: Application, reason: str, message: str) -> dict[str, object]:
    """What T3 says besides what every mail says."""
    definition = definition_of(application.definition)
    current = current_definitions().get(definition.slug, definition)
    known = definition.decline_reasons or current.decline_reasons
    return {
        "reason": next((r for r in known if r.key == reason), None),
        "message": message,
    }


def _welcome(application: Application, membership: Membership, message: str) -> dict[str, object]:
    return {
        "organisation_name": membership.organisation_name,
        "holder": membership.holder,
        "member_since": membership.member_since,
        "after_review": application.decided_by_id is not None,
        "message": message,
    }


def _queue(kind: str, application: Application, case_token: str, **context: object) -> OutgoingMail:
    net = words_today(application.definition)
    page = "applications.answer_fields" if context.get("asked") else "applications.case"
    return queue_mail(
        kind,
        mail_class=MailClass.CASE,
        about=application,
        to=application.email,
        office=Office(name=net.name, reply_to=net.office.email),
        text=net.mail_text(kind),
        **common_words(application),
        case_url=public_url_for(page, case_token=case_token) if case_token else "",
        # Not to an address that nobody has proven, nor when all consents have ended.
        consents_url=consents_url(application.id, application.email) if case_token else "",
        **context,
    )


def common_words(application: Application) -> dict[str, object]:
    """What every mail about an application may say."""
    net = words_today(application.definition)
    return {
        "net": net,
        "settings": current_settings(),
        "full_name": application.full_name,
        "applied_at": application.submitted_at,
        **legal_links(net.slug),
        "rules_url": public_url_for("networks.network", slug=net.slug),
    }
