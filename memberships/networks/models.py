"""Tables of networks: which exist, and every definition that a case was opened with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import Model, uuid7


class Network(Model):
    """One participation network. What it is stands in its definition; this is its identity."""

    __tablename__ = "networks"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    # The newest row of network_edits, 0 without one: what every process looks at to follow it.
    edits: Mapped[int] = mapped_column(default=0, server_default="0")
    # Until when nobody is taken in, that day included; read where an application is stored.
    paused_until: Mapped[date | None]


class DefinitionVersion(Model):
    """A definition as it was when somebody filled in its form; never changed, never deleted."""

    __tablename__ = "definition_versions"
    __table_args__ = (
        UniqueConstraint("network_id", "version"),
        UniqueConstraint("network_id", "digest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime]
    # Read only when no process has it in memory: it is by far the largest column.
    content: Mapped[dict[str, Any]] = mapped_column(deferred=True)

    network: Mapped[Network] = relationship()


class NetworkEdit(Model):
    """All that an office has edited, as of one moment; never changed, never deleted.

    `content` holds what differs from the file, by keys like "office.phone": a key that is missing
    is as the file says.
    """

    __tablename__ = "network_edits"
    __table_args__ = (UniqueConstraint("network_id", "version"),)
    subject_type: ClassVar[str] = "network_edit"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    version: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    content: Mapped[dict[str, Any]]
