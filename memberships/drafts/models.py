"""Table of drafts: one per person, case and form."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model

KEPT = timedelta(days=30)
# The longest form of a case: a question for each of its fields.
MOST_FIELDS, MOST_CHARACTERS = 120, 40_000


class DraftForm(StrEnum):
    """Which form of a case it belongs to."""

    NOTE = "note"
    QUESTION = "question"
    APPROVAL = "approval"
    DECLINE = "decline"
    REOPENING = "reopening"


class Draft(Model):
    """What a colleague typed into one form of a case; theirs alone, and gone once it is sent.

    `stamp` is new with every change, so that a second window notices what the first one wrote.
    """

    __tablename__ = "drafts"

    account_id: Mapped[UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    form: Mapped[DraftForm] = mapped_column(primary_key=True)
    fields: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    stamp: Mapped[str] = mapped_column(String(40))
    saved_at: Mapped[datetime] = mapped_column(index=True)

    @property
    def text(self) -> str:
        """All of it, to read."""
        return "\n".join(value for values in self.fields.values() for value in values)
