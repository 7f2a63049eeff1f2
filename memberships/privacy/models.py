"""Table of consents: what was agreed to, when, how; append-only, the state is computed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model

NEWSLETTER = "newsletter_consent"


class ConsentStep(StrEnum):
    GIVEN = "given"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class ConsentEvent(Model):
    """One step of a consent (Art. 7(1) GDPR). The IP address is no proof and is not stored."""

    __tablename__ = "consent_events"
    __table_args__ = (
        Index("ix_consent_events_subject_id", "subject_id"),
        Index("ix_consent_events_address", "network_id", "purpose", "email", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    definition_id: Mapped[int] = mapped_column(ForeignKey("definition_versions.id"))
    subject_id: Mapped[UUID]
    email: Mapped[str] = mapped_column(String(254))
    purpose: Mapped[str] = mapped_column(String(40))
    step: Mapped[ConsentStep]
    text: Mapped[str] = mapped_column(Text)
    text_version: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(40))
    form_url: Mapped[str] = mapped_column(String(300))
    proof: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
