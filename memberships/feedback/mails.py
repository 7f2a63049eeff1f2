"""Mails about a reported barrier. Each function stores one in the caller's unit of work."""

from __future__ import annotations

from typing import Any

from memberships.feedback.models import FeedbackCase
from memberships.links import legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import queue_mail
from memberships.networks.definition import Definition
from memberships.settings import current_settings


def barrier_reported(case: FeedbackCase, net: Definition) -> OutgoingMail:
    """To the office: that there is one, and until when to answer. Nothing of what was typed."""
    return _queue(
        "barrier_reported",
        case,
        net,
        net.office.email,
        case_url=public_url_for("feedback.case", slug=net.slug, case_id=str(case.id)),
    )


def barrier_received(case: FeedbackCase, net: Definition, to: str) -> OutgoingMail:
    """Receipt. The address is not proven, so it holds nothing that anybody typed."""
    return _queue("barrier_received", case, net, to)


def barrier_answered(case: FeedbackCase, net: Definition, to: str) -> OutgoingMail:
    """The office's answer to whoever reported it."""
    return _queue("barrier_answered", case, net, to, answer=case.answer)


def _queue(kind: str, case: FeedbackCase, net: Definition, to: str, **words: Any) -> OutgoingMail:
    return queue_mail(
        kind,
        mail_class=MailClass.CASE,
        about=case,
        to=to,
        office=Office(name=net.name, reply_to=net.office.email),
        net=net,
        settings=current_settings(),
        number=case.number,
        received_at=case.received_at,
        due_at=case.due_at,
        **legal_links(net.slug),
        **words,
    )
