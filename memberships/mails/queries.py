"""Reading what was mailed, and what waits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from memberships.database import db, utcnow
from memberships.mails.message import ascii_address
from memberships.mails.models import IS_QUEUED, DevInboxMail, MailState, OutgoingMail


def mails_about(subject_id: UUID, *, to: str | None = None) -> Sequence[OutgoingMail]:
    """All mails of a subject, or those to this address, oldest first, each with its attempts
    loaded.
    """
    sent_to = sa.true() if to is None else OutgoingMail.to_address == ascii_address(to)
    return db.session.scalars(
        sa.select(OutgoingMail)
        .where(OutgoingMail.subject_id == subject_id, sent_to)
        .options(selectinload(OutgoingMail.log))
        .order_by(OutgoingMail.id)
    ).all()


def recent_mails(limit: int) -> Sequence[OutgoingMail]:
    """The newest mails of all networks, newest first."""
    return db.session.scalars(
        sa.select(OutgoingMail).order_by(OutgoingMail.id.desc()).limit(limit)
    ).all()


def dev_inbox(limit: int) -> Sequence[DevInboxMail]:
    """The newest development copies, newest first; always empty in production."""
    return db.session.scalars(
        sa.select(DevInboxMail).order_by(DevInboxMail.id.desc()).limit(limit)
    ).all()


def dev_inbox_mail(mail_id: UUID) -> DevInboxMail | None:
    """The development copy of one mail, if there is one."""
    return db.session.get(DevInboxMail, mail_id)


@dataclass(frozen=True)
class OutboxCounts:
    """How many mails are in each state, and for how long the longest due one has waited."""

    by_state: dict[MailState, int]
    oldest_due: timedelta | None


def outbox_counts() -> OutboxCounts:
    """Counts of every state, zeros included. A mail that a worker holds is queued but not due."""
    counted = db.session.execute(
        sa.select(OutgoingMail.state, sa.func.count()).group_by(OutgoingMail.state)
    ).all()
    now = utcnow()
    oldest = db.session.scalar(
        sa.select(sa.func.min(OutgoingMail.due_at)).where(IS_QUEUED, OutgoingMail.due_at <= now)
    )
    return OutboxCounts(
        dict.fromkeys(MailState, 0) | dict(counted),
        now - oldest if oldest else None,
    )


def has_due_mails() -> bool:
    """Whether a worker would find something to send: asked before any lock is taken."""
    due = sa.select(OutgoingMail.id).where(IS_QUEUED, OutgoingMail.due_at <= utcnow())
    return db.session.scalar(due.limit(1)) is not None


def mails_sent_to(address: str, kind: str, *, since: datetime) -> int:
    """How many mails of this kind were sent to this address since then, by any network."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                OutgoingMail.to_address == address,
                OutgoingMail.kind == kind,
                OutgoingMail.state == MailState.SENT,
                OutgoingMail.finished_at > since,
            )
        )
        or 0
    )


def latest_mails(subject_ids: Collection[UUID]) -> dict[UUID, OutgoingMail]:
    """The newest mail of each of those subjects; one statement."""
    if not subject_ids:
        return {}
    newest = (
        sa.select(sa.func.max(OutgoingMail.created_at).label("at"), OutgoingMail.subject_id)
        .where(OutgoingMail.subject_id.in_(subject_ids))
        .group_by(OutgoingMail.subject_id)
        .subquery()
    )
    mails = db.session.scalars(
        sa.select(OutgoingMail).join(
            newest,
            sa.and_(
                newest.c.subject_id == OutgoingMail.subject_id,
                newest.c.at == OutgoingMail.created_at,
            ),
        )
    )
    return {mail.subject_id: mail for mail in mails}


def last_mailed(subject_id: UUID, kind: str) -> datetime | None:
    """When the newest mail of that kind about the subject was stored, whatever became of it."""
    return db.session.scalar(
        sa.select(sa.func.max(OutgoingMail.created_at)).where(
            OutgoingMail.subject_id == subject_id, OutgoingMail.kind == kind
        )
    )
