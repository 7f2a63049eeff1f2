"""Reading who is staff where, and the requests that a link or a page belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from memberships.accounts.models import (
    Account,
    AddressChange,
    KnownDevice,
    Passkey,
    RecoveryCode,
    SecondFactor,
    SignInRequest,
    StaffRole,
)
from memberships.applications.models import Application, ApplicationStatus
from memberships.database import db, utcnow
from memberships.networks.models import DefinitionVersion, Network
from memberships.permissions import NETWORK_ROLES, Permission, may
from memberships.tokens import token_hash


def roles_of(account_id: UUID) -> Sequence[StaffRole]:
    """Every role that the account holds, its network loaded, by the network's slug."""
    return db.session.scalars(
        sa.select(StaffRole)
        .where(StaffRole.account_id == account_id)
        .options(joinedload(StaffRole.network))
        .order_by(StaffRole.network_id, StaffRole.id)
    ).all()


def colleagues_in(network_id: int, permission: Permission) -> Sequence[Account]:
    """Who holds that permission in the network, by name."""
    roles = [role for role in NETWORK_ROLES if may(role, permission)]
    found = db.session.scalars(
        sa.select(Account)
        .join(StaffRole, StaffRole.account_id == Account.id)
        .where(StaffRole.network_id == network_id, StaffRole.role.in_(roles))
    ).all()
    return sorted(found, key=lambda account: account.shown_name.casefold())


def account_with_roles(account_id: UUID) -> tuple[Account | None, Sequence[StaffRole]]:
    """Who signed in, and every role that they hold with its network; one statement.

    Copies of what is stored now: they stay readable when the session's transaction ends.
    """
    rows: Sequence[Any] = db.session.execute(
        sa.select(Account, StaffRole, Network)
        .outerjoin(StaffRole, StaffRole.account_id == Account.id)
        .outerjoin(StaffRole.network)
        .where(Account.id == account_id)
        .options(contains_eager(StaffRole.network))
        .order_by(StaffRole.network_id, StaffRole.id)
    ).all()
    for entity in {entity for row in rows for entity in row} - {None}:
        db.session.expunge(entity)
    return rows[0][0] if rows else None, [row[1] for row in rows if row[1]]


def team_of(network_id: int) -> Sequence[StaffRole]:
    """Everybody who holds a role in this network, the account loaded, longest-standing first."""
    return db.session.scalars(
        sa.select(StaffRole)
        .join(StaffRole.account)
        .where(StaffRole.network_id == network_id)
        .options(contains_eager(StaffRole.account))
        .order_by(StaffRole.since, StaffRole.id)
    ).all()


def request_by_page_token(page_token: str, *, for_change: bool = False) -> SignInRequest | None:
    """The request that this browser made."""
    return _request(SignInRequest.page_token_hash == token_hash(page_token), for_change=for_change)


def request_by_token(token: str, *, for_change: bool = False) -> SignInRequest | None:
    """The request whose mail held this link, used or not, until it is erased."""
    return _request(SignInRequest.token_hash == token_hash(token), for_change=for_change)


def _request(condition: sa.ColumnElement[bool], *, for_change: bool) -> SignInRequest | None:
    query = sa.select(SignInRequest).where(condition)
    return db.session.scalar(query.with_for_update() if for_change else query)


def account_by_email(email: str) -> Account | None:
    """The account of an address. Never asked inside a public request."""
    return db.session.scalar(sa.select(Account).where(Account.email == email))


def role_in_network(network_id: int, role_id: UUID) -> StaffRole | None:
    """One role of this network's team, with its account; of no other network's."""
    return db.session.scalar(
        sa.select(StaffRole)
        .where(StaffRole.id == role_id, StaffRole.network_id == network_id)
        .options(joinedload(StaffRole.account))
    )


def all_roles() -> Sequence[StaffRole]:
    """Every role of the installation, account and network loaded; operators last."""
    return db.session.scalars(
        sa.select(StaffRole)
        .join(StaffRole.account)
        .outerjoin(StaffRole.network)
        .options(contains_eager(StaffRole.account), contains_eager(StaffRole.network))
        .order_by(Network.slug.is_(None), Network.slug, StaffRole.since, StaffRole.id)
    ).all()


def has_open_requests(now: datetime) -> bool:
    """Whether the worker would find a request to answer: asked before any lock is taken."""
    return db.session.scalar(_open(now).limit(1)) is not None


def open_requests(now: datetime, limit: int) -> Sequence[SignInRequest]:
    """Requests that nobody has answered, locked, oldest first; those in other hands are skipped."""
    return db.session.scalars(
        _open(now).order_by(SignInRequest.asked_at).limit(limit).with_for_update(skip_locked=True)
    ).all()


def _open(now: datetime) -> sa.Select[SignInRequest]:
    # Literal, so that SQLite uses the partial index.
    return sa.select(SignInRequest).where(
        sa.text("answered_at IS NULL"), SignInRequest.expires_at > now
    )


def answered_with_mail(email: str, *, since: datetime) -> int:
    """How many mails went to this address in answer to requests since then."""
    return (
        db.session.scalar(
            sa.select(sa.func.sum(SignInRequest.mails)).where(
                SignInRequest.email == email,
                SignInRequest.answered_at > since,
                SignInRequest.mails > 0,
            )
        )
        or 0
    )


def living_applications_of(
    email: str, limit: int, *, besides: ApplicationStatus | None = None
) -> Sequence[Application]:
    """Applications of a proven address, newest first, but for those of the status `besides`.

    Withdrawing one has ended its links.
    """
    unopened = [ApplicationStatus.UNCONFIRMED, ApplicationStatus.WITHDRAWN, besides]
    return db.session.scalars(
        sa.select(Application)
        .where(
            Application.email == email,
            Application.status.not_in([status for status in unopened if status]),
        )
        .options(joinedload(Application.definition).joinedload(DefinitionVersion.network))
        .order_by(Application.submitted_at.desc(), Application.id)
        .limit(limit)
    ).all()


def address_change_by_token(token: str, *, for_change: bool = False) -> AddressChange | None:
    """The change whose mail to the new address held this link, until it is erased."""
    return _address_change(AddressChange.token_hash == token_hash(token), for_change=for_change)


def address_change_by_stop_token(token: str, *, for_change: bool = False) -> AddressChange | None:
    """The change whose mail to the old address held this link, until it is erased."""
    by_stop = AddressChange.stop_token_hash == token_hash(token)
    return _address_change(by_stop, for_change=for_change)


def _address_change(condition: sa.ColumnElement[bool], *, for_change: bool) -> AddressChange | None:
    query = sa.select(AddressChange).where(condition).execution_options(populate_existing=True)
    return db.session.scalar(query.with_for_update() if for_change else query)


def has_unanswered_changes(now: datetime) -> bool:
    """Whether the worker would find an address change to answer."""
    return db.session.scalar(_unanswered(now).limit(1)) is not None


def unanswered_changes(now: datetime, limit: int) -> Sequence[AddressChange]:
    """Address changes that nobody has answered, locked, oldest first; others' are skipped."""
    return db.session.scalars(
        _unanswered(now)
        .order_by(AddressChange.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def _unanswered(now: datetime) -> sa.Select[AddressChange]:
    # Literal, so that SQLite uses the partial index.
    return sa.select(AddressChange).where(
        sa.text("answered_at IS NULL"), AddressChange.expires_at > now
    )


def address_changes_asked(account_id: UUID, *, since: datetime) -> int:
    """How many address changes this account has asked for since then."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                AddressChange.account_id == account_id, AddressChange.asked_at > since
            )
        )
        or 0
    )


def second_factor_of(account_id: UUID) -> SecondFactor | None:
    """The state of the account's one-time codes, if it ever began to set one up."""
    return db.session.scalar(
        sa.select(SecondFactor)
        .where(SecondFactor.account_id == account_id)
        .execution_options(populate_existing=True)
    )


def passkeys_of(account_id: UUID) -> Sequence[Passkey]:
    """The account's passkeys, oldest first."""
    return db.session.scalars(
        sa.select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)
    ).all()


def has_factor(account_id: UUID) -> bool:
    """Whether the account has one-time codes or a passkey."""
    factor = second_factor_of(account_id)
    return bool(factor and factor.totp_sealed) or bool(passkeys_of(account_id))


def recovery_codes_left(account_id: UUID) -> int:
    """How many printed codes have not been used."""
    return (
        db.session.scalar(sa.select(sa.func.count()).where(RecoveryCode.account_id == account_id))
        or 0
    )


def known_devices_of(account: Account) -> Sequence[KnownDevice]:
    """The devices that are not asked again now, newest first."""
    return db.session.scalars(
        sa.select(KnownDevice)
        .where(
            KnownDevice.account_id == account.id,
            KnownDevice.session_epoch == account.session_epoch,
            KnownDevice.expires_at > utcnow(),
        )
        .order_by(KnownDevice.id.desc())
    ).all()


def is_known_device(account: Account, token: str) -> bool:
    """Whether this browser gave the second factor lately, and was asked to be remembered."""
    return any(device.token_hash == token_hash(token) for device in known_devices_of(account))


def factors_about(account: Account) -> list[tuple[str, str, datetime]]:
    """Kind, name and date of everything stored for the second factor; never a secret."""
    factor = second_factor_of(account.id)
    codes = db.session.scalars(
        sa.select(RecoveryCode).where(RecoveryCode.account_id == account.id)
    ).all()
    devices = db.session.scalars(
        sa.select(KnownDevice).where(KnownDevice.account_id == account.id)
    ).all()
    totp = [("totp", "", factor.totp_since)] if factor and factor.totp_since else []
    return [
        *totp,
        *(("passkey", key.name, key.since) for key in passkeys_of(account.id)),
        *(("recovery_code", "", code.since) for code in codes),
        *(("known_device", device.name, device.since) for device in devices),
    ]
