"""Tables of organisations: legal persons, public bodies, initiatives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import Model, uuid7

# Their names can be personal data, so nobody outside their network knows them.
PRIVATE_KINDS = frozenset({"informal_initiative", "self_employed"})
SHARED = ""
LONGEST_NAME = 300
_IS_MERGED = text("merged_into_id IS NOT NULL")
_IS_DONE = text("undone_at IS NULL")


class Origin(StrEnum):
    """How the registry came to know an organisation."""

    APPLICATION = "application"
    IMPORT = "import"


class Organisation(Model):
    """One organisation, whatever network it joins.

    Legal persons and public bodies are shared by all networks; `scope` is the slug of the one
    network that an initiative or a self-employed person is known to.

    One that was merged keeps its row, its names and keys, and leads to the one that lives on
    (`merged_into_id`, never itself merged): found by its names still, shown no more.
    """

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("name_key", "place_key", "scope"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        Index(
            "ix_organisations_merged_into_id",
            "merged_into_id",
            postgresql_where=_IS_MERGED,
            sqlite_where=_IS_MERGED,
        ),
    )
    subject_type: ClassVar[str] = "organisation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    scope: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    name_key: Mapped[str] = mapped_column(String(400))
    place_key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2))
    postal_code: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(120))
    federal_state: Mapped[str] = mapped_column(String(2))
    municipality_key: Mapped[str] = mapped_column(String(8))
    origin: Mapped[Origin] = mapped_column(default=Origin.APPLICATION)
    merged_into_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE")
    )
    registered_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it


class NameKind(StrEnum):
    """What a further name is; the official one stands in the organisation's own row."""

    FORMER = "former"
    SHORT = "short"
    OTHER = "other"


class OrganisationName(Model):
    """A further name of an organisation."""

    __tablename__ = "organisation_names"
    __table_args__ = (UniqueConstraint("organisation_id", "name_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE")
    )
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    name_key: Mapped[str] = mapped_column(String(400))
    kind: Mapped[NameKind]


class OrganisationDomain(Model):
    """A web domain of an organisation, bare and in lower case."""

    __tablename__ = "organisation_domains"

    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    domain: Mapped[str] = mapped_column(String(253), primary_key=True)


class OrganisationKey(Model):
    """What an organisation is found by: hashes made from its names, domains and place."""

    __tablename__ = "organisation_keys"
    __table_args__ = (
        Index("ix_organisation_keys_organisation_id", "organisation_id"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )


class ToldApart(Model):
    """Two organisations that somebody said are not the same; nobody is asked again."""

    __tablename__ = "organisations_told_apart"
    __table_args__ = (
        CheckConstraint("first_id < second_id", name="pair_has_one_order"),
        Index("ix_organisations_told_apart_second_id", "second_id"),
    )

    first_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    second_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]


class Merge(Model):
    """Two organisations that turned out to be one; kept so that it can be undone."""

    __tablename__ = "organisation_merges"
    __table_args__ = (
        CheckConstraint("kept_id <> dropped_id", name="of_two"),
        Index("ix_organisation_merges_kept_id", "kept_id"),
        Index(
            "ux_organisation_merges_one_done",
            "dropped_id",
            unique=True,
            postgresql_where=_IS_DONE,
            sqlite_where=_IS_DONE,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kept_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    dropped_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    merged_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    kept: Mapped[Organisation] = relationship(foreign_keys=[kept_id])
    dropped: Mapped[Organisation] = relationship(foreign_keys=[dropped_id])


class Move(Model):
    """A membership or an application that a merge moved, and the seat as it was before."""

    __tablename__ = "organisation_moves"
    __table_args__ = (
        CheckConstraint(
            "(membership_id IS NULL) <> (application_id IS NULL)", name="moves_one_thing"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    merge_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation_merges.id", ondelete="CASCADE"), index=True
    )
    membership_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("memberships.id", ondelete="CASCADE"), index=True
    )
    application_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), index=True
    )
    seat_number: Mapped[int | None]
    seat_reason: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True)
class InNetwork:
    """An organisation as the log of one network speaks of it."""

    id: UUID
    network_id: int
    subject_type: ClassVar[str] = "organisation"


@dataclass(frozen=True)
class Description:
    """An organisation as somebody describes it; what is not known is empty."""

    name: str
    scope: str
    kind: str = ""
    country: str = ""
    postal_code: str = ""
    city: str = ""
    federal_state: str = ""
    municipality_key: str = ""
    domain: str = ""
