"""Tables of applications and of the secrets that open them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import Model, uuid7
from memberships.networks.models import DefinitionVersion, Network


class ApplicationStatus(StrEnum):
    """Where an application stands (domain.md, section 2)."""

    UNCONFIRMED = "unconfirmed"
    IN_REVIEW = "in_review"
    INFORMATION_REQUESTED = "information_requested"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class ApplicantKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class Channel(StrEnum):
    """How an application reached us."""

    ONLINE = "online"


ALREADY_MEMBER = "already_member"
_IS_UNCONFIRMED = text("status = 'unconfirmed'")


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
        Index(
            "ix_applications_unconfirmed",
            "expires_at",
            postgresql_where=_IS_UNCONFIRMED,
            sqlite_where=_IS_UNCONFIRMED,
        ),
    )
    subject_type: ClassVar[str] = "application"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"), index=True)
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
    answers: Mapped[dict[str, Any]]

    submitted_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmation_mails: Mapped[int]
    confirmation_mailed_at: Mapped[datetime]
    address_corrected_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    takes_effect_at: Mapped[datetime | None]
    decided_by_rule: Mapped[str | None] = mapped_column(String(40))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("memberships.id"), index=True)
    version: Mapped[int] = mapped_column()

    network: Mapped[Network] = relationship()
    definition: Mapped[DefinitionVersion] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def is_repeated(self) -> bool:
        """Whether the applicant was a member already, so that approval changed nothing."""
        return self.decided_by_rule == ALREADY_MEMBER

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
