"""Table of saved replies: what an office writes again and again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model, uuid7

LONGEST_TITLE = 80
MOST = 100


class Use(StrEnum):
    """Where a reply can be put in."""

    QUESTION = "question"
    APPROVAL = "approval"
    DECLINE = "decline"


class SavedReply(Model):
    """Words of a network's office, with placeholders, under a title that tells them apart."""

    __tablename__ = "saved_replies"
    __table_args__ = (UniqueConstraint("network_id", "use", "title"),)
    subject_type: ClassVar[str] = "reply"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    use: Mapped[Use]
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    text: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it
