"""Mails about restricting. Each function stores one in the caller's unit of work."""

from __future__ import annotations

from memberships.applications.models import Application
from memberships.links import legal_links
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import queue_mail
from memberships.members.models import Membership
from memberships.networks.queries import current_definitions, definition_of
from memberships.settings import current_settings


def restriction_set(about: Application | Membership, to: str, full_name: str) -> OutgoingMail:
    """What is kept from now on, and how the restriction ends."""
    return _queue("restriction_set", about, to, full_name)


def restriction_lifted(about: Application | Membership, to: str, full_name: str) -> OutgoingMail:
    """The data is used again (Art. 18(3) GDPR)."""
    return _queue("restriction_lifted", about, to, full_name)


def _queue(kind: str, about: Application | Membership, to: str, full_name: str) -> OutgoingMail:
    then = definition_of(about.definition)
    net = current_definitions().get(then.slug, then)
    is_case = isinstance(about, Application)
    return queue_mail(
        kind,
        mail_class=MailClass.CASE if is_case else MailClass.MEMBERSHIP,
        about=about,
        to=to,
        office=Office(name=net.name, reply_to=net.office.email),
        net=net,
        settings=current_settings(),
        full_name=full_name,
        is_case=is_case,
        **legal_links(net.slug),
    )
