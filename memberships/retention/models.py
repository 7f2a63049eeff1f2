"""Tables of erasing: what is announced, what came of it, and figures about what is gone."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import JsonObject, Model, uuid7
from memberships.networks.models import Network


class Kind(StrEnum):
    """What is erased, each after a period of its own."""

    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    DECLINED = "declined"
    ENDED = "ended"
    REPRESENTATIVE = "representative"
    CONSENT_PROOF = "consent_proof"

    @property
    def is_of_applications(self) -> bool:
        return self in {self.WITHDRAWN, self.CLOSED, self.DECLINED}


class Cause(StrEnum):
    """Why something is erased: its period is over, or the person asked for it (Art. 17 GDPR)."""

    PERIOD = "period"
    REQUEST = "request"


_IS_OPEN = text("finished_at IS NULL")


class ErasureBatch(Model):
    """What one run announced for one network and kind; once finished, a line of the erasure log.

    Holds numbers, dates and ids of exports, nothing about a person. A batch that is unusually large
    is stopped until somebody releases it; one whose content an archive must be offered first waits
    until somebody says that this was done. `version` counts what people decided.
    """

    __tablename__ = "erasure_batches"
    __table_args__ = (
        Index(
            "ix_erasure_batches_open",
            "network_id",
            "id",
            postgresql_where=_IS_OPEN,
            sqlite_where=_IS_OPEN,
        ),
        Index("ix_erasure_batches_network_id", "network_id", "id"),
    )
    subject_type: ClassVar[str] = "erasure_batch"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    kind: Mapped[Kind]
    cause: Mapped[Cause]
    planned_at: Mapped[datetime]
    planned: Mapped[int]
    erased: Mapped[int] = mapped_column(default=0)
    stopped_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    needs_archive: Mapped[bool]
    archive_offered_at: Mapped[datetime | None]
    export_ids: Mapped[list[str]] = mapped_column(JsonObject)
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    network: Mapped[Network] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    @property
    def is_stopped(self) -> bool:
        return self.stopped_at is not None and self.released_at is None

    @property
    def awaits_archive(self) -> bool:
        return self.needs_archive and self.archive_offered_at is None


class ErasureItem(Model):
    """One thing that is to be erased: its id, the promised day, and when it goes.

    Vanishes with what it is about. While `held_until` is set it is taken out; then it is announced
    anew.
    """

    __tablename__ = "erasure_items"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_erasure_items_batch_id", "batch_id", "id"),
        Index("ix_erasure_items_erase_after", "erase_after"),
        Index("ix_erasure_items_subject_id", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("erasure_batches.id"))
    kind: Mapped[Kind]
    subject_id: Mapped[UUID]
    due_at: Mapped[datetime]
    erase_after: Mapped[datetime]
    held_until: Mapped[datetime | None]
    held_reason: Mapped[str | None] = mapped_column(Text)

    batch: Mapped[ErasureBatch] = relationship()


class What(StrEnum):
    """What an erased figure counts."""

    APPLICATION = "application"
    MEMBERSHIP = "membership"


class ErasedFigure(Model):
    """What yearly figures need of something that is erased: no name, no id, months for days.

    `outcome` is the status that an application had reached, or why a membership ended.
    """

    __tablename__ = "erased_figures"
    __table_args__ = (Index("ix_erased_figures_network_id", "network_id", "what", "began_in"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    what: Mapped[What]
    outcome: Mapped[str] = mapped_column(String(40))
    holder: Mapped[str] = mapped_column(String(40))
    organisation_kind: Mapped[str] = mapped_column(String(40))
    federal_state: Mapped[str] = mapped_column(String(2))
    began_in: Mapped[date]
    settled_in: Mapped[date]
