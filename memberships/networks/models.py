"""Tables of networks: which exist, and every definition that a case was opened with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import Model


class Network(Model):
    """One participation network. What it is stands in its definition; this is its identity."""

    __tablename__ = "networks"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)


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
