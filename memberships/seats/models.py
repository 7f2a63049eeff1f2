"""Table of hand-overs: who shall hold a seat next, and what the person who holds it says."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import Model, uuid7
from memberships.members.models import Membership, Representative, Seat


class Origin(StrEnum):
    """Who began it: who holds the seat, a deputy, the office, or a successor who applied."""

    HOLDER = "holder"
    DEPUTY = "deputy"
    OFFICE = "office"
    APPLICATION = "application"


class Stage(StrEnum):
    """Where a hand-over stands; all but the first two are its end."""

    OPEN = "open"
    CONTESTED = "contested"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REFUSED = "refused"

    @property
    def is_settled(self) -> bool:
        return self not in {self.OPEN, self.CONTESTED}


_IS_OPEN = text("settled_at IS NULL")


class Handover(Model):
    """One seat on its way to somebody else, who stays invisible until then.

    It happens when both are there: `cleared_at`, since when nobody can object any more, and
    `accepted_at`. Somebody who applied accepts by the approval. `membership` is the one that holds
    the seat; there is none while it is vacant. `representative`, where an organisation is the
    member, is who goes.

    The names and the address of the invited person are erased when it ends.
    """

    __tablename__ = "handovers"
    __table_args__ = (
        CheckConstraint(
            "(stage IN ('open', 'contested')) = (settled_at IS NULL)", name="end_has_a_time"
        ),
        CheckConstraint(
            "(origin = 'application') = (application_id IS NOT NULL)", name="applicant_has_applied"
        ),
        Index(
            "ux_handovers_one_open",
            "seat_id",
            unique=True,
            postgresql_where=_IS_OPEN,
            sqlite_where=_IS_OPEN,
        ),
        Index("ix_handovers_open", "network_id", postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
    )
    subject_type: ClassVar[str] = "handover"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id", ondelete="CASCADE"), index=True)
    membership_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("memberships.id", ondelete="CASCADE"), index=True
    )
    representative_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("representatives.id", ondelete="CASCADE"), index=True
    )
    application_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), index=True
    )
    origin: Mapped[Origin]
    stage: Mapped[Stage] = mapped_column(default=Stage.OPEN)
    first_name: Mapped[str | None] = mapped_column(String(80))
    last_name: Mapped[str | None] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    answers: Mapped[dict[str, Any]]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    objection_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    proposed_at: Mapped[datetime]
    object_until: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    objection: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column()

    seat: Mapped[Seat] = relationship()
    membership: Mapped[Membership | None] = relationship()
    representative: Mapped[Representative | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    @property
    def invited_name(self) -> str:
        return f"{self.first_name or ''} {self.last_name or ''}".strip()

    @property
    def is_ready(self) -> bool:
        """Whether it happens now."""
        return self.stage is Stage.OPEN and bool(self.cleared_at and self.accepted_at)
