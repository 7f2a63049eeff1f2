"""Tables of applications and of the secrets that open them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.accounts.models import Account
from memberships.calendar import end_of_day
from memberships.database import JsonObject, Model, uuid7
from memberships.members.models import Membership
from memberships.networks.models import DefinitionVersion, Network
from memberships.organisations.models import Organisation


class ApplicationStatus(StrEnum):
    """Where an application stands (domain.md, section 2)."""

    UNCONFIRMED = "unconfirmed"
    IN_REVIEW = "in_review"
    INFORMATION_REQUESTED = "information_requested"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"

    @property
    def is_decidable(self) -> bool:
        return self in {self.IN_REVIEW, self.INFORMATION_REQUESTED}

    @property
    def may_be_withdrawn(self) -> bool:
        return self in {self.IN_REVIEW, self.INFORMATION_REQUESTED, self.CLOSED}


class ApplicantKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class Channel(StrEnum):
    """How an application reached us."""

    ONLINE = "online"
    EMAIL = "email"
    PHONE = "phone"
    LETTER = "letter"
    MEETING = "meeting"


class Recommendation(StrEnum):
    """What coordination advises the body to decide."""

    APPROVE = "approve"
    DECLINE = "decline"


ALREADY_MEMBER = "already_member"
# Why a person looks, besides the network's own rules.
SECOND_PERSON = "second_person"
ORGANISATION_UNCLEAR = "organisation_unclear"
_IS_UNCONFIRMED = text("status = 'unconfirmed'")
_IS_CLAIMED = text("claimed_by_id IS NOT NULL")
_IS_RESTRICTED = text("restricted_at IS NOT NULL")
_IS_ENTERED = text("received_on IS NOT NULL")
_IS_PENDING = text("pending IS NOT NULL")
_IS_AUTOMATIC = text("decided_by_id IS NULL AND decided_at IS NOT NULL")


class Application(Model):
    """A request to become a member of one network."""

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_is_lowercase"),
        CheckConstraint(
            "(status = 'unconfirmed') = (confirmed_at IS NULL)", name="confirmation_has_a_time"
        ),
        CheckConstraint(
            "(status IN ('approved', 'declined')) = (decided_at IS NOT NULL)",
            name="decision_has_a_time",
        ),
        CheckConstraint(
            "(status = 'approved') = (membership_id IS NOT NULL)", name="approval_has_a_membership"
        ),
        CheckConstraint(
            "(status = 'information_requested') = (clock_stopped_at IS NOT NULL)",
            name="clock_stands_while_asked",
        ),
        CheckConstraint(
            "(status = 'declined') = (decline_reason IS NOT NULL)", name="decline_has_a_reason"
        ),
        # Art. 22 GDPR: a machine may admit, never decline.
        CheckConstraint(
            "status <> 'declined' OR decided_by_id IS NOT NULL", name="decline_has_a_person"
        ),
        Index("ix_applications_queue", "network_id", "status", "due_at", "id"),
        Index("ix_applications_newest", "network_id", "id"),
        Index("ix_applications_status", "network_id", "status", "id"),
        Index("ix_applications_kind", "network_id", "applicant_kind", "id"),
        Index(
            "ix_applications_received_on",
            "network_id",
            "id",
            "received_on",
            postgresql_where=_IS_ENTERED,
            sqlite_where=_IS_ENTERED,
        ),
        Index(
            "ix_applications_claimed",
            "network_id",
            "claimed_by_id",
            "due_at",
            "id",
            postgresql_where=_IS_CLAIMED,
            sqlite_where=_IS_CLAIMED,
        ),
        Index(
            "ix_applications_restricted",
            "network_id",
            "id",
            postgresql_where=_IS_RESTRICTED,
            sqlite_where=_IS_RESTRICTED,
        ),
        Index(
            "ix_applications_automatic",
            "network_id",
            "decided_at",
            postgresql_where=_IS_AUTOMATIC,
            sqlite_where=_IS_AUTOMATIC,
        ),
        CheckConstraint(
            "pending IS NULL OR status IN ('in_review', 'information_requested')",
            name="only_open_ones_are_pending",
        ),
        CheckConstraint(
            "pending IS NULL OR (takes_effect_at IS NOT NULL AND decided_by_id IS NOT NULL)",
            name="pending_has_time_and_person",
        ),
        Index(
            "ix_applications_pending",
            "takes_effect_at",
            postgresql_where=_IS_PENDING,
            sqlite_where=_IS_PENDING,
        ),
        CheckConstraint(
            "claimed_until IS NULL OR claimed_by_id IS NOT NULL", name="only_claims_run_out"
        ),
        Index(
            "ix_applications_unconfirmed",
            "expires_at",
            postgresql_where=_IS_UNCONFIRMED,
            sqlite_where=_IS_UNCONFIRMED,
        ),
    )
    subject_type: ClassVar[str] = "application"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    definition_id: Mapped[int] = mapped_column(ForeignKey("definition_versions.id"))
    status: Mapped[ApplicationStatus] = mapped_column(default=ApplicationStatus.UNCONFIRMED)
    channel: Mapped[Channel] = mapped_column(default=Channel.ONLINE)
    submission_key: Mapped[str] = mapped_column(String(64), unique=True)
    page_token_hash: Mapped[str] = mapped_column(String(64), unique=True)

    email: Mapped[str] = mapped_column(String(254))
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    applicant_kind: Mapped[ApplicantKind]
    organisation_name: Mapped[str | None] = mapped_column(String(160))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    linked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    seat_reason: Mapped[str | None] = mapped_column(Text)
    review_reason: Mapped[str | None] = mapped_column(String(40))
    answers: Mapped[dict[str, Any]]

    submitted_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmation_mails: Mapped[int]
    confirmation_mailed_at: Mapped[datetime]
    address_corrected_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    takes_effect_at: Mapped[datetime | None]
    pending: Mapped[dict[str, Any] | None]
    settled_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    clock_stopped_at: Mapped[datetime | None]
    claimed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    claimed_at: Mapped[datetime | None]
    # Of a claim that came of beginning to decide; one taken on purpose has none.
    claimed_until: Mapped[datetime | None]
    recommendation: Mapped[Recommendation | None]
    recommendation_note: Mapped[str | None] = mapped_column(Text)
    recommended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    recommended_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by_body: Mapped[str | None] = mapped_column(String(120))
    body_decided_on: Mapped[date | None]
    decline_reason: Mapped[str | None] = mapped_column(String(40))
    received_on: Mapped[date | None]
    entered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    search_text: Mapped[str] = mapped_column(Text)
    decided_by_rule: Mapped[str | None] = mapped_column(String(40))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("memberships.id"), index=True)
    restricted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    network: Mapped[Network] = relationship()
    definition: Mapped[DefinitionVersion] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    membership: Mapped[Membership | None] = relationship()
    claimed_by: Mapped[Account | None] = relationship(foreign_keys=[claimed_by_id])
    decided_by: Mapped[Account | None] = relationship(foreign_keys=[decided_by_id])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    @property
    def is_open(self) -> bool:
        """Whether the office or the applicant still has something to do."""
        return self.status.is_decidable

    @property
    def waits_for_office(self) -> bool:
        """Whether the office has something to do: it is open, and nobody has decided yet."""
        return self.is_open and self.pending is None

    @property
    def is_being_decided(self) -> bool:
        """Whether its owner has it only because they began to decide."""
        return self.claimed_until is not None

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def was_entered(self) -> bool:
        """Whether staff entered it for somebody; nobody has proven the address then."""
        return self.entered_by_id is not None

    @property
    def is_repeated(self) -> bool:
        """Whether the applicant was a member already, so that approval changed nothing."""
        return self.decided_by_rule == ALREADY_MEMBER

    def is_just_confirmed(self, now: datetime) -> bool:
        """Whether a second click may still be a double click: within a quarter of an hour."""
        return (
            self.confirmed_at is not None
            and self.status is not ApplicationStatus.WITHDRAWN
            and now < self.confirmed_at + timedelta(minutes=15)
        )

    def is_confirmable(self, now: datetime) -> bool:
        """Whether the proof of the address can still be given."""
        return self.status is ApplicationStatus.UNCONFIRMED and now < self.expires_at

    @property
    def all_answers(self) -> dict[str, Any]:
        """Every answer by field key, wherever it is stored."""
        return {
            **self.answers,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "organisation_name": self.organisation_name,
        }


class ApplicationSearch(Model):
    """What a case is found by, repeated from it and folded; `index_application` keeps it.

    `text` is searched for parts of words. Of the answers only whole words are found: `keys` has
    them as numbers, beside those of the parts, and `words` where a database has no such lists.
    """

    __tablename__ = "application_search"
    __table_args__ = (
        # SQLite keeps no keys, and an empty index for them.
        Index("ix_application_search_keys", "keys", postgresql_using="gin"),
        Index("ix_application_search_received_on", "network_id", "received_on", "application_id"),
    )

    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True
    )
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    federal_state: Mapped[str | None] = mapped_column(String(2))
    received_on: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    keys: Mapped[list[int] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(ARRAY(BigInteger), "postgresql")
    )

    application: Mapped[Application] = relationship()


class Confirmation(Model):
    """The link and the code of one confirmation mail; both exist in clear only in that mail."""

    __tablename__ = "confirmations"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    tries_left: Mapped[int]
    made_at: Mapped[datetime]

    application: Mapped[Application] = relationship()


class CaseToken(Model):
    """Opens the applicant's own page. Each mail has its own, with a purpose and an end."""

    __tablename__ = "case_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(40))
    expires_at: Mapped[datetime]


_IS_OPEN = text("answered_at IS NULL AND ended_at IS NULL")


class InformationRequest(Model):
    """A question to the applicant, and the answer. One at a time is open.

    `question` is empty where only single fields were asked about. `fields` holds those, in the
    order of the form: their `key`, the `question`, the answer `before` and, once it is there,
    `after`. What changed because of them stands behind them, with an empty question. `draft` is
    what the applicant has put by, as it was typed.
    """

    __tablename__ = "information_requests"
    __table_args__ = (
        Index(
            "ux_information_requests_one_open",
            "application_id",
            unique=True,
            postgresql_where=_IS_OPEN,
            sqlite_where=_IS_OPEN,
        ),
        Index("ix_information_requests_application_id", "application_id", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    question: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    close_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    answered_via: Mapped[Channel | None]
    ended_at: Mapped[datetime | None]
    fields: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonObject)
    draft: Mapped[dict[str, Any] | None]
    drafted_at: Mapped[datetime | None]

    @classmethod
    def asked_now(
        cls, question: str, now: datetime, fields: list[dict[str, Any]] | None = None
    ) -> InformationRequest:
        """The question with its two dates: answer within 14 days, closed after 28."""
        return cls(
            question=question,
            fields=fields,
            asked_at=now,
            answer_by=end_of_day(now + timedelta(days=14)),
            close_at=end_of_day(now + timedelta(days=28)),
        )

    @property
    def asked_keys(self) -> list[str]:
        """The keys of the fields that were asked about."""
        return [field["key"] for field in self.fields or () if field["question"]]


class Note(Model):
    """What staff write down about a case. The applicant gets it with an access request."""

    __tablename__ = "notes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]

    author: Mapped[Account] = relationship()


class RuledOut(Model):
    """An organisation that the office said the application is not of; it is not asked again."""

    __tablename__ = "organisations_ruled_out"

    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True
    )
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]


class AnswerRevision(Model):
    """Answers as they were; `until_version` is the last row version that had them."""

    __tablename__ = "answer_revisions"
    __table_args__ = (
        Index("ix_answer_revisions_application_id", "application_id", "until_version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    until_version: Mapped[int]
    answers: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
