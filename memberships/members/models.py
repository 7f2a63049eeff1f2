"""Tables of memberships and of those who act for an organisation that is a member."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.calendar import end_of_day
from memberships.database import Model, uuid7
from memberships.networks.models import DefinitionVersion
from memberships.organisations.models import Organisation


class Holder(StrEnum):
    """Who is the member: the person, or the organisation that others represent."""

    PERSON = "person"
    ORGANISATION = "organisation"


class EndReason(StrEnum):
    """Why a membership ended (domain.md, section 2)."""

    OWN_EXIT = "own_exit"
    ENDED_BY_NETWORK = "ended_by_network"
    SEAT_VACANT = "seat_vacant"
    ORGANISATION_DISSOLVED = "organisation_dissolved"
    DECEASED = "deceased"
    MERGED_DUPLICATE = "merged_duplicate"

    @property
    def is_mailed(self) -> bool:
        """Whether the member is written to; nobody writes to the dead or the dissolved."""
        return self not in {self.DECEASED, self.ORGANISATION_DISSOLVED}


# How long who left can come back; after that everything is erased.
RETURN_WITHIN = timedelta(days=30)
_IS_LIVING = text("ended_at IS NULL")


def return_until(ended_at: datetime) -> datetime:
    """The last minute at which somebody who left then can come back."""
    return end_of_day(ended_at + RETURN_WITHIN)


class Membership(Model):
    """One period of belonging to one network. It has its own copy of the contact data, so that
    networks and applications can be erased apart from each other.

    Where an organisation is a member once at most, the membership takes a numbered seat of it:
    the first one without more ado, each further one for a written reason.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(
            "holder = 'person' OR organisation_name IS NOT NULL", name="organisation_has_a_name"
        ),
        CheckConstraint(
            "(holder = 'person') = (account_id IS NOT NULL)"
            " AND (holder = 'person') = (first_name IS NOT NULL)"
            " AND (holder = 'person') = (last_name IS NOT NULL)",
            name="person_is_named_here",
        ),
        CheckConstraint(
            "(organisation_id IS NULL) = (seat_number IS NULL)", name="seat_has_an_organisation"
        ),
        CheckConstraint(
            "seat_number IS NULL OR seat_number = 1 OR seat_reason IS NOT NULL",
            name="another_seat_has_a_reason",
        ),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end_has_a_reason"),
        Index(
            "ux_memberships_one_living",
            "network_id",
            "account_id",
            unique=True,
            postgresql_where=_IS_LIVING,
            sqlite_where=_IS_LIVING,
        ),
        Index(
            "ux_memberships_one_seat",
            "network_id",
            "organisation_id",
            "seat_number",
            unique=True,
            postgresql_where=_IS_LIVING,
            sqlite_where=_IS_LIVING,
        ),
    )
    subject_type: ClassVar[str] = "membership"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("definition_versions.id"))
    holder: Mapped[Holder]
    first_name: Mapped[str | None] = mapped_column(String(80))
    last_name: Mapped[str | None] = mapped_column(String(80))
    organisation_name: Mapped[str | None] = mapped_column(String(160))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    seat_number: Mapped[int | None]
    seat_reason: Mapped[str | None] = mapped_column(Text)
    answers: Mapped[dict[str, Any]]
    member_since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[EndReason | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    to_check_since: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    definition: Mapped[DefinitionVersion] = relationship()
    organisation: Mapped[Organisation | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    @property
    def is_living(self) -> bool:
        return self.ended_at is None

    @property
    def may_return_until(self) -> datetime | None:
        """Until when whoever left can come back; None while it lives, or if others ended it."""
        if self.ended_at is None or self.end_reason is not EndReason.OWN_EXIT:
            return None
        return return_until(self.ended_at)


class Representative(Model):
    """Somebody who acts for an organisation that is a member, for a time."""

    __tablename__ = "representatives"
    __table_args__ = (
        Index(
            "ux_representatives_one_living",
            "membership_id",
            "account_id",
            unique=True,
            postgresql_where=_IS_LIVING,
            sqlite_where=_IS_LIVING,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    answers: Mapped[dict[str, Any]]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
