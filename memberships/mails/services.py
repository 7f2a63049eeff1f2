"""Outgoing mail: stored in the same transaction as the change that causes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db, utcnow, uuid7
from memberships.mails.message import ascii_address, mail_domain
from memberships.mails.models import (
    IS_QUEUED,
    DevInboxMail,
    MailAttempt,
    MailClass,
    MailState,
    Office,
    OutgoingMail,
    Subject,
)
from memberships.mails.texts import render_mail
from memberships.mails.wording import MailText
from memberships.settings import current_settings


def queue_mail(
    kind: str,
    *,
    mail_class: MailClass,
    about: Subject,
    to: str,
    office: Office,
    text: MailText | None = None,
    **context: Any,
) -> OutgoingMail:
    """Render a mail and store it for sending, in the caller's unit of work.

    Its words are `text` if the network has its own, else templates/mails/<kind>.txt.

    The mail leaves after that unit of work is stored, and only then. Raises MailTextIncomplete or
    jinja2.UndefinedError for a faulty text, ValueError for an address that cannot be mailed to.
    """
    subject, body = render_mail(kind, context, text)
    mail_id, now = uuid7(), utcnow()
    mail = OutgoingMail(
        id=mail_id,
        network_id=about.network_id,
        subject_type=about.subject_type,
        subject_id=about.id,
        kind=kind,
        mail_class=mail_class,
        to_address=ascii_address(to),
        from_name=office.name,
        reply_to=ascii_address(office.reply_to),
        subject=subject,
        body=body,
        message_id=f"<{mail_id}@{mail_domain(current_settings())}>",
        created_at=now,
        due_at=now,
    )
    db.session.add(mail)
    return mail


def preview_mail(
    kind: str, context: Mapping[str, object], text: MailText | None = None
) -> tuple[str, str]:
    """Subject and body exactly as `queue_mail` would store them; raises what it raises."""
    return render_mail(kind, context, text)


def cancel_mails(about: Subject, kinds: Collection[str] | None = None) -> int:
    """Take back what is not sent yet, of these kinds or of all; returns how many that were.

    In the caller's unit of work. Their bodies are emptied. A mail that is being handed over at this
    very moment still arrives: its attempt is then on record, its state stays cancelled.
    """
    of_kinds = sa.true() if kinds is None else OutgoingMail.kind.in_(kinds)
    cancelled = db.session.execute(
        sa.update(OutgoingMail)
        .where(OutgoingMail.subject_id == about.id, IS_QUEUED, of_kinds)
        .values(state=MailState.CANCELLED, body=None, lease=None, finished_at=utcnow())
        .returning(OutgoingMail.id)
    )
    return len(cancelled.all())


def erase_mails(subject_id: UUID) -> None:
    """Delete a subject's mails, sent or not, their attempts and their development copies.

    In the caller's unit of work. A mail that is being handed over at this very moment still
    arrives; nothing of it is written down any more.
    """
    of_subject = sa.select(OutgoingMail.id).where(OutgoingMail.subject_id == subject_id)
    db.session.execute(sa.delete(MailAttempt).where(MailAttempt.mail_id.in_(of_subject)))
    db.session.execute(sa.delete(OutgoingMail).where(OutgoingMail.subject_id == subject_id))
    db.session.execute(sa.delete(DevInboxMail).where(DevInboxMail.subject_id == subject_id))


def erase_mails_to(address: str, *, about: UUID | None = None) -> None:
    """Delete what was mailed to this address about the subject; None: by the installation itself.

    In the caller's unit of work, as `erase_mails`.
    """
    sent_to = ascii_address(address)
    for table in (OutgoingMail, DevInboxMail):
        place = table.network_id.is_(None) if about is None else table.subject_id == about
        db.session.execute(sa.delete(table).where(table.to_address == sent_to, place))


def erase_old_mails(before: datetime) -> int:
    """Delete the record of every mail that was done with before then; returns how many."""
    db.session.execute(sa.delete(DevInboxMail).where(DevInboxMail.received_at < before))
    erased = db.session.execute(
        sa.delete(OutgoingMail)
        .where(OutgoingMail.state != MailState.QUEUED, OutgoingMail.finished_at < before)
        .returning(OutgoingMail.id)
    )
    return len(erased.all())
