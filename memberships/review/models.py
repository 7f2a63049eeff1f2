"""Table of the filters that people keep for the list of cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model, uuid7

LONGEST_NAME = 60
MOST_FILTERS = 20


class SavedFilter(Model):
    """A filter under a name that its owner gave it, as arguments of the list's address."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("account_id", "network_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    arguments: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
