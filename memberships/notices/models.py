"""Tables of what the people of an office want to be told, and of what they were told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model


class Rhythm(StrEnum):
    """How often somebody is told what waits for them."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NONE = "none"


class Step(StrEnum):
    """Why somebody is told of a case."""

    HANDED = "handed"
    ANSWERED = "answered"
    SOON = "soon"
    OVERDUE = "overdue"
    DEPUTY = "deputy"
    LEAD = "lead"


class NoticeSetting(Model):
    """What one colleague chose for one network: it goes with the role. None: daily, no deputy."""

    __tablename__ = "notice_settings"
    __table_args__ = (
        CheckConstraint("deputy_role_id <> role_id", name="nobody_is_their_own_deputy"),
    )

    role_id: Mapped[UUID] = mapped_column(
        ForeignKey("staff_roles.id", ondelete="CASCADE"), primary_key=True
    )
    rhythm: Mapped[Rhythm]
    deputy_role_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("staff_roles.id", ondelete="SET NULL"), index=True
    )


class Reminder(Model):
    """Somebody was told of a case, once for each reason and what it is about: the day that it is
    due, the hour in which it was handed to them, or in which the answer came.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        Index("ux_reminders_once", "application_id", "role_id", "step", "about_at", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    role_id: Mapped[UUID] = mapped_column(
        ForeignKey("staff_roles.id", ondelete="CASCADE"), index=True
    )
    step: Mapped[Step]
    about_at: Mapped[datetime]
    told_at: Mapped[datetime]
