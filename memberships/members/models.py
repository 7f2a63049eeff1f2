"""Table of memberships."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model, uuid7


class Holder(StrEnum):
    """Who is the member: the person, or the organisation that the person represents."""

    PERSON = "person"
    ORGANISATION = "organisation"


_IS_LIVING = text("ended_at IS NULL")


class Membership(Model):
    """One period of belonging to one network. It has its own copy of the contact data, so that
    networks and applications can be erased apart from each other."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(
            "holder = 'person' OR organisation_name IS NOT NULL", name="organisation_has_a_name"
        ),
        Index(
            "ux_memberships_one_living",
            "network_id",
            "account_id",
            unique=True,
            postgresql_where=_IS_LIVING,
            sqlite_where=_IS_LIVING,
        ),
    )
    subject_type: ClassVar[str] = "membership"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("definition_versions.id"))
    holder: Mapped[Holder]
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    organisation_name: Mapped[str | None] = mapped_column(String(160))
    answers: Mapped[dict[str, Any]]
    member_since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it
