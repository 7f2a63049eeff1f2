"""Tables of memberships and of those who act for an organisation that is a member."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.accounts.models import Account
from memberships.calendar import BERLIN, end_of_day
from memberships.database import JsonObject, Model, uuid7
from memberships.networks.definition import RETURN_WITHIN
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

    @property
    def leaves_vacancy(self) -> bool:
        """Whether the organisation's seat waits for somebody else afterwards."""
        closing = {self.SEAT_VACANT, self.ORGANISATION_DISSOLVED, self.MERGED_DUPLICATE}
        return self not in closing


_IS_LIVING = text("ended_at IS NULL")
_HAS_ENDED = text("ended_at IS NOT NULL")
_IS_TO_CHECK = text("to_check_since IS NOT NULL")
_IS_RESTRICTED = text("restricted_at IS NOT NULL")
_IS_VACANT = text("vacant_since IS NOT NULL")
_IS_RESTRICTED = text("restricted_at IS NOT NULL")
LONGEST_KEY = 330
# By code point on both engines, so that both sort the same.
_SORTED = String(LONGEST_KEY).with_variant(String(LONGEST_KEY, collation="C"), "postgresql")


def _list_index(name: str, *columns: str, where: Any = _IS_LIVING) -> Index:
    return Index(
        f"ix_memberships_list_{name}",
        "network_id",
        *columns,
        "id",
        postgresql_where=where,
        sqlite_where=where,
    )


def return_until(ended_at: datetime) -> datetime:
    """The last minute at which somebody who left then can come back; in days of Berlin, as
    erasing counts them, or who left late in the evening before summer time would be gone.
    """
    return end_of_day(ended_at.astimezone(BERLIN) + RETURN_WITHIN)


class Membership(Model):
    """One period of belonging to one network. It has its own copy of the contact data, so that
    networks and applications can be erased apart from each other.

    Where an organisation is a member once at most, the membership takes a numbered seat of it:
    the first one without more ado, each further one for a written reason.

    `directory_text` holds what other members may search in the directory: name, organisation,
    place; a member from before there was one has none, and is found by `sort_name`.

    The columns from `search_text` on repeat, folded, what the list of members is searched, sorted
    and filtered by (adr/0012-columns-for-the-member-list.md); `refresh_listing` keeps them true.

    While `restricted_at` is set, it is kept and nothing else (Art. 18 GDPR): in no list, directory,
    mailing or export, and not erased.
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
        _list_index("name", "sort_name"),
        _list_index("since", "member_since"),
        _list_index("holder", "holder", "sort_name"),
        _list_index("kind", "organisation_kind", "sort_name"),
        _list_index("state", "federal_state", "sort_name"),
        _list_index("district", "district_key", "sort_name"),
        _list_index("ended", "sort_name", where=_HAS_ENDED),
        _list_index("to_check", "sort_name", where=_IS_TO_CHECK),
        Index(
            "ix_memberships_restricted",
            "network_id",
            postgresql_where=_IS_RESTRICTED,
            sqlite_where=_IS_RESTRICTED,
        ),
        _list_index("restricted", "sort_name", where=_IS_RESTRICTED),
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
    search_text: Mapped[str] = mapped_column(Text)
    directory_text: Mapped[str | None] = mapped_column(Text)
    sort_name: Mapped[str] = mapped_column(_SORTED)
    organisation_kind: Mapped[str] = mapped_column(String(40))
    federal_state: Mapped[str] = mapped_column(String(2))
    district_key: Mapped[str] = mapped_column(_SORTED)
    end_reason: Mapped[EndReason | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    to_check_since: Mapped[datetime | None]
    questions_declined_at: Mapped[datetime | None]
    restricted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    account: Mapped[Account | None] = relationship(foreign_keys=[account_id])
    definition: Mapped[DefinitionVersion] = relationship()
    organisation: Mapped[Organisation | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    @property
    def title(self) -> str:
        """Who is the member, as people say it."""
        if self.holder is Holder.ORGANISATION:
            return self.organisation_name or ""
        return f"{self.first_name} {self.last_name}"

    @property
    def is_living(self) -> bool:
        return self.ended_at is None

    @property
    def may_return_until(self) -> datetime | None:
        """Until when whoever left can come back; None while it lives, or if others ended it."""
        if self.ended_at is None or self.end_reason is not EndReason.OWN_EXIT:
            return None
        return return_until(self.ended_at)


class Seat(Model):
    """A place that an organisation has in a network, whoever holds it.

    `holders`: how many have held it one after the other; without names, it outlives them.
    `vacant_since` is set while nobody does and the office has not closed it. A seat of an
    organisation that was merged into another counts as that one's.
    """

    __tablename__ = "seats"
    __table_args__ = (
        UniqueConstraint("network_id", "organisation_id", "number"),
        Index("ix_seats_organisation_id", "organisation_id"),
        Index(
            "ix_seats_vacant",
            "network_id",
            "vacant_since",
            postgresql_where=_IS_VACANT,
            sqlite_where=_IS_VACANT,
        ),
    )
    subject_type: ClassVar[str] = "seat"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    holders: Mapped[int]
    vacant_since: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()


MOST_DEPUTIES = 2


class Deputy(Model):
    """Somebody who acts for a seat beside whoever holds it, or is asked to; two at most.

    Until `accepted_at` there is no account, and nobody but the holder and the office sees them. The
    row is deleted when it ends: nothing is kept of a deputy.
    """

    __tablename__ = "deputies"
    __table_args__ = (
        UniqueConstraint("seat_id", "slot"),
        CheckConstraint("slot BETWEEN 1 AND 2", name="two_at_most"),
        CheckConstraint(
            "(accepted_at IS NULL) = (account_id IS NULL)"
            " AND (accepted_at IS NULL) = (email IS NOT NULL)",
            name="has_account_or_address",
        ),
    )
    subject_type: ClassVar[str] = "deputy"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id", ondelete="CASCADE"))
    slot: Mapped[int]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]

    seat: Mapped[Seat] = relationship()
    account: Mapped[Account | None] = relationship()

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Representative(Model):
    """Somebody who acts for an organisation that is a member, for a time.

    `restricted_at` is of this person alone: the organisation stays listed, without them.
    """

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
        Index(
            "ix_representatives_restricted",
            "membership_id",
            postgresql_where=_IS_RESTRICTED,
            sqlite_where=_IS_RESTRICTED,
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
    restricted_at: Mapped[datetime | None]
    questions_declined_at: Mapped[datetime | None]

    membership: Mapped[Membership] = relationship()
    account: Mapped[Account] = relationship()

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class ObjectionTo(StrEnum):
    """What a member objects to (Art. 21 GDPR): being listed for others, or being written to."""

    DIRECTORY = "directory"
    MAILING = "mailing"


class Objection(Model):
    """One person's objection in one membership; the row is deleted when it is taken back."""

    __tablename__ = "objections"
    __table_args__ = (UniqueConstraint("membership_id", "account_id", "against"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("memberships.id", ondelete="CASCADE"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    against: Mapped[ObjectionTo]
    at: Mapped[datetime]


class EntryStatus(StrEnum):
    """Where a public entry stands: the office looks at the first one before it is shown."""

    WAITING = "waiting"
    RELEASED = "released"
    REFUSED = "refused"


class PublicEntry(Model):
    """What a member has agreed to show to everybody, for as long as the agreement holds.

    `representative` is who agreed for an organisation; a name in the entry is theirs. What is shown
    is read from the answers of today; `search_text`, `sort_name` and `federal_state` repeat,
    folded, what of it the list is searched, sorted and filtered by, and nothing else.

    `changed_at`: since when something is other than what the office released, until it has looked.
    """

    __tablename__ = "public_entries"
    __table_args__ = (
        CheckConstraint("(status = 'released') = (released_at IS NOT NULL)", name="release_dated"),
        CheckConstraint(
            "(status = 'refused') = (refusal IS NOT NULL)", name="refusal_has_a_reason"
        ),
        CheckConstraint("changed_at IS NULL OR status = 'released'", name="only_released_change"),
        Index("ix_public_entries_list", "network_id", "status", "sort_name", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    membership_id: Mapped[UUID] = mapped_column(
        ForeignKey("memberships.id", ondelete="CASCADE"), unique=True
    )
    representative_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("representatives.id", ondelete="CASCADE"), index=True
    )
    fields: Mapped[list[str]] = mapped_column(JsonObject)
    status: Mapped[EntryStatus]
    agreed_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    refusal: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime | None]
    search_text: Mapped[str] = mapped_column(Text)
    sort_name: Mapped[str] = mapped_column(_SORTED)
    federal_state: Mapped[str] = mapped_column(String(2))

    membership: Mapped[Membership] = relationship()
    representative: Mapped[Representative | None] = relationship()

    @property
    def is_public(self) -> bool:
        return self.status is EntryStatus.RELEASED

    @property
    def person(self) -> Membership | Representative:
        """Who agreed."""
        return self.representative or self.membership


class ExportContent(StrEnum):
    """What an export holds: a list, the addresses for one kind of mailing, or the log."""

    MEMBERS = "members"
    MEMBERSHIP_MAILING = "membership_mailing"
    NEWS_MAILING = "news_mailing"
    CASE_MAILING = "case_mailing"
    APPLICATIONS = "applications"
    LOG = "log"


class ExportFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class Export(Model):
    """A file with members' data that staff took out, and what for (Art. 5(1)(b), 5(2) GDPR).

    Holds no personal data of members: of a searched text only that there was one.
    """

    __tablename__ = "exports"
    __table_args__ = (Index("ix_exports_network_id", "network_id", "id"),)
    subject_type: ClassVar[str] = "export"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    content: Mapped[ExportContent]
    format: Mapped[ExportFormat]
    purpose: Mapped[str] = mapped_column(Text)
    filter: Mapped[dict[str, Any]]
    columns: Mapped[list[str]] = mapped_column(JsonObject)
    row_count: Mapped[int]

    account: Mapped[Account] = relationship()
