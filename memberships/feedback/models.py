"""The table of reports about barriers (§ 12b BGG: whoever reports one is answered)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.accounts.models import Account
from memberships.database import Model, uuid7

LONGEST_TEXT, LONGEST_PAGE, LONGEST_NAME = 2000, 300, 160


class FeedbackCase(Model):
    """One report: what does not work, on which page, and what became of it.

    The address is typed by anybody and never proven; it is used for the receipt and the answer.
    """

    __tablename__ = "feedback_cases"
    __table_args__ = (UniqueConstraint("network_id", "number"),)
    subject_type: ClassVar[str] = "feedback"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    number: Mapped[int]
    submission_key: Mapped[str] = mapped_column(String(64), unique=True)
    page: Mapped[str] = mapped_column(String(LONGEST_PAGE))
    text: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("accounts.id", ondelete="SET NULL")
    )
    answer: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column()

    closed_by: Mapped[Account | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been answered by now."""
        return self.closed_at is None and self.due_at < now
