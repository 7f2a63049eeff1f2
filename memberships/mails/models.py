"""Tables of outgoing mail: the outbox, every attempt, and the development inbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import Model, uuid7


class MailClass(StrEnum):
    """Why a mail may be sent: about one's own application, the membership, or a circular."""

    CASE = "case"
    MEMBERSHIP = "membership"
    NEWS = "news"


class MailState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHHELD = "withheld"


class AttemptOutcome(StrEnum):
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Office:
    """Who writes: the name in From, and the mailbox that answers go to."""

    name: str
    reply_to: str


class Subject(Protocol):
    """Anything that mails can be about."""

    subject_type: ClassVar[str]

    @property
    def id(self) -> Mapped[UUID]: ...
    @property
    def network_id(self) -> Mapped[int] | Mapped[int | None] | None: ...


# SQLite uses the partial index only where a query repeats these very words, never a bound value.
IS_QUEUED = text("state = 'queued'")


class OutgoingMail(Model):
    """One mail to one person, rendered in the transaction that caused it.

    The body is emptied once nothing more is to be sent. `due_at` is also the end of the lease: a
    worker that takes a mail pushes it into the future, so that an abandoned one becomes due again
    by itself, and `lease` says whose it is.
    """

    __tablename__ = "outgoing_mails"
    __table_args__ = (
        CheckConstraint("state = 'queued' OR finished_at IS NOT NULL", name="finished_has_a_time"),
        CheckConstraint("(state = 'queued') = (body IS NOT NULL)", name="only_queued_has_a_body"),
        Index(
            "ix_outgoing_mails_due", "due_at", postgresql_where=IS_QUEUED, sqlite_where=IS_QUEUED
        ),
        Index("ix_outgoing_mails_subject_id", "subject_id"),
        Index("ix_outgoing_mails_address", "to_address", "kind", "finished_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int | None] = mapped_column(ForeignKey("networks.id"))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(60))
    mail_class: Mapped[MailClass]
    to_address: Mapped[str] = mapped_column(String(254))
    from_name: Mapped[str] = mapped_column(String(160))
    reply_to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(255))
    body: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    state: Mapped[MailState] = mapped_column(default=MailState.QUEUED)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    log: Mapped[list[MailAttempt]] = relationship(
        order_by="MailAttempt.id", passive_deletes=True, cascade="all, delete-orphan"
    )


class MailAttempt(Model):
    """One try to hand a mail over, and what the mail server said (without addresses)."""

    __tablename__ = "mail_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[UUID] = mapped_column(
        ForeignKey("outgoing_mails.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    outcome: Mapped[AttemptOutcome]
    code: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200), default="")


class DevInboxMail(Model):
    """A copy of a mail as it would have left; written in development only."""

    __tablename__ = "dev_inbox"
    __table_args__ = (Index("ix_dev_inbox_subject_id", "subject_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    network_id: Mapped[int | None] = mapped_column(ForeignKey("networks.id"))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    received_at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(String(320))
    to_address: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
