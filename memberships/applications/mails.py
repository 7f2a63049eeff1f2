"""Mails about an application. Each function stores one mail in the caller's unit of work."""

from __future__ import annotations

from memberships.applications.models import Application
from memberships.links import public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import queue_mail
from memberships.members.models import Membership
from memberships.networks.definition import Definition
from memberships.networks.queries import definition_of
from memberships.settings import current_settings


def confirm_application(
    application: Application, *, token: str, code: str, newsletter: bool
) -> OutgoingMail:
    """T1: proves the address. Holds no name and no text from the form (domain.md, section 9)."""
    return _queue(
        "confirm_application",
        application,
        confirm_url=public_url_for("applications.confirm", confirm_token=token),
        code=code,
        newsletter=newsletter,
        requested_at=application.submitted_at,
        expires_at=application.expires_at,
    )


def application_approved(
    application: Application, membership: Membership, *, case_token: str
) -> OutgoingMail:
    """T2: the applicant is a member."""
    return _queue(
        "application_approved", application, **_welcome(application, membership, case_token)
    )


def application_repeated(
    application: Application, membership: Membership, *, case_token: str
) -> OutgoingMail:
    """The proven address was a member before; says so, and that nothing changes."""
    return _queue(
        "application_repeated", application, **_welcome(application, membership, case_token)
    )


def _welcome(application: Application, membership: Membership, token: str) -> dict[str, object]:
    return {
        "full_name": application.full_name,
        "organisation_name": membership.organisation_name,
        "holder": membership.holder,
        "applied_at": application.submitted_at,
        "member_since": membership.member_since,
        "case_url": public_url_for("applications.case", case_token=token),
        "after_review": False,
    }


def _queue(kind: str, application: Application, **context: object) -> OutgoingMail:
    net = definition_of(application.definition)
    return queue_mail(
        kind,
        mail_class=MailClass.CASE,
        about=application,
        to=application.email,
        office=Office(name=net.name, reply_to=net.office.email),
        net=net,
        settings=current_settings(),
        **_legal_links(net),
        **context,
    )


def _legal_links(net: Definition) -> dict[str, str]:
    return {
        "privacy_url": public_url_for("networks.privacy", slug=net.slug),
        "imprint_url": public_url_for("networks.imprint", slug=net.slug),
    }
