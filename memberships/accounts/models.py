"""Table of accounts: verified mail addresses that can sign in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model, uuid7


class Account(Model):
    """One verified mail address. Nobody has a password; several people may read one mailbox."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lowercase"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    verified_at: Mapped[datetime]
