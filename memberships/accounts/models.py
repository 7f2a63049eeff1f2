"""Tables of accounts, of the roles that staff hold, and of asked-for sign-in links."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import Model, uuid7
from memberships.networks.models import Network
from memberships.permissions import Role

_IN_A_NETWORK = text("network_id IS NOT NULL")
_EVERYWHERE = text("network_id IS NULL")
_UNANSWERED = text("answered_at IS NULL")


class Account(Model):
    """One mail address that can sign in. Nobody has a password; several people may read one
    mailbox. `name` is what colleagues read. An invited address is proven by its first sign-in.

    Sessions carry `session_epoch`: raising it ends them all.
    """

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lowercase"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(160), default="")
    session_epoch: Mapped[int] = mapped_column(default=0)
    verified_at: Mapped[datetime | None]

    # What Flask-Login asks of an account.
    is_active: ClassVar[bool] = True
    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    def get_id(self) -> str:
        return f"{self.id}:{self.session_epoch}"

    @property
    def shown_name(self) -> str:
        return self.name or self.email


class StaffRole(Model):
    """What one account is in one network, or as an operator in none."""

    __tablename__ = "staff_roles"
    __table_args__ = (
        CheckConstraint(
            "(role = 'operator') = (network_id IS NULL)", name="only_operators_have_no_network"
        ),
        Index(
            "ux_staff_roles_one_per_network",
            "account_id",
            "network_id",
            unique=True,
            postgresql_where=_IN_A_NETWORK,
            sqlite_where=_IN_A_NETWORK,
        ),
        Index(
            "ux_staff_roles_one_operator",
            "account_id",
            unique=True,
            postgresql_where=_EVERYWHERE,
            sqlite_where=_EVERYWHERE,
        ),
        Index("ix_staff_roles_network_id", "network_id"),
    )
    subject_type: ClassVar[str] = "staff_role"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    network_id: Mapped[int | None] = mapped_column(ForeignKey("networks.id"))
    role: Mapped[Role]
    since: Mapped[datetime]

    account: Mapped[Account] = relationship()
    network: Mapped[Network | None] = relationship()


class SignInRequest(Model):
    """Somebody typed an address. Stored for known and unknown ones alike; the worker answers.

    Link and code exist in clear only in the mail; the code works only with the page that asked.
    Erased after a day.
    """

    __tablename__ = "sign_in_requests"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_is_lowercase"),
        Index(
            "ix_sign_in_requests_unanswered",
            "asked_at",
            postgresql_where=_UNANSWERED,
            sqlite_where=_UNANSWERED,
        ),
        Index("ix_sign_in_requests_email_answered_at", "email", "answered_at"),
        Index("ix_sign_in_requests_asked_at", "asked_at"),
    )
    subject_type: ClassVar[str] = "sign_in"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    email: Mapped[str] = mapped_column(String(254))
    page_token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    target: Mapped[str] = mapped_column(String(500))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries_left: Mapped[int]
    answered_at: Mapped[datetime | None]
    mails: Mapped[int] = mapped_column(default=0)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    used_at: Mapped[datetime | None]

    account: Mapped[Account | None] = relationship()

    @property
    def network_id(self) -> None:
        """Mails about it come from the installation itself."""
        return

    def is_open(self, now: datetime) -> bool:
        """Whether its link and code can still be used."""
        return self.used_at is None and now < self.expires_at


class AddressChange(Model):
    """Somebody signed in wants another address for the account. The worker answers.

    The link in the mail to the new address changes it, the one in the mail to the old address stops
    it. Erased a day after it has expired.
    """

    __tablename__ = "address_changes"
    __table_args__ = (
        CheckConstraint("new_email = lower(new_email)", name="email_is_lowercase"),
        CheckConstraint("changed_at IS NULL OR stopped_at IS NULL", name="not_changed_and_stopped"),
        Index(
            "ix_address_changes_unanswered",
            "asked_at",
            postgresql_where=_UNANSWERED,
            sqlite_where=_UNANSWERED,
        ),
    )
    subject_type: ClassVar[str] = "address_change"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    old_email: Mapped[str] = mapped_column(String(254))
    new_email: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    stop_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    changed_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()

    @property
    def network_id(self) -> None:
        """Mails about it come from the installation itself."""
        return

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be confirmed or stopped."""
        return self.changed_at is None and self.stopped_at is None and now < self.expires_at


class SecondFactor(Model):
    """What an account gives beside its mailbox: the state of its one-time codes and of its tries.

    The secret is sealed under the installation's key. `last_step` is the newest time step that a
    code was taken for: no code counts twice. A challenge is for one passkey, once.
    """

    __tablename__ = "second_factors"
    subject_type: ClassVar[str] = "second_factor"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), unique=True)
    totp_sealed: Mapped[str | None] = mapped_column(String(400))
    totp_since: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    tries: Mapped[int] = mapped_column(default=0)
    tries_since: Mapped[datetime | None]
    challenge: Mapped[str | None] = mapped_column(String(100))
    challenge_until: Mapped[datetime | None]

    account: Mapped[Account] = relationship()

    @property
    def network_id(self) -> None:
        """Mails about it come from the installation itself."""
        return


class Passkey(Model):
    """A key in somebody's device or password manager; only its public half is here."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Model):
    """One of the printed codes that has not been used; stored as a keyed hash."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    since: Mapped[datetime]


class KnownDevice(Model):
    """A browser that is not asked again until `expires_at`, or until the account's epoch rises."""

    __tablename__ = "known_devices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    session_epoch: Mapped[int]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    since: Mapped[datetime]
    expires_at: Mapped[datetime]
