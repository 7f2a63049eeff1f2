"""One-time codes, recovery codes and known devices: the second factor of staff (ADR 0022)."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

import pyotp
import sqlalchemy as sa

from memberships.accounts import mails
from memberships.accounts.errors import CodeRefused, FactorThere, LastFactor, OwnRole
from memberships.accounts.models import (
    Account,
    KnownDevice,
    Passkey,
    RecoveryCode,
    SecondFactor,
)
from memberships.accounts.queries import (
    has_factor,
    passkeys_of,
    recovery_codes_left,
    roles_of,
    second_factor_of,
)
from memberships.accounts.services.recording import record_staff_event
from memberships.accounts.services.sessions import end_sessions
from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.mails.services import erase_mails
from memberships.settings import current_settings
from memberships.tokens import keyed_hash, new_token, sealed, token_hash, unsealed

STEP_SECONDS = 30
TRIES, TRIES_WINDOW = 5, timedelta(minutes=15)
RECOVERY_CODES = 10
DEVICE_DAYS = 30
# How long a page that shows a new secret can be sent.
OFFER_SECONDS = 3600

_STORED, _OFFERED = "totp secret", "offered totp secret"
# Without letters and digits that look alike on paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def offer_totp(account_id: UUID) -> tuple[str, str]:
    """A new secret, and the sealed form in which the page carries it; nothing is stored."""
    secret = pyotp.random_base32()
    return secret, sealed(_OFFERED, f"{account_id}:{secret}")


def offered_secret(account_id: UUID, offer: str) -> str | None:
    """The secret that we offered to this account within the last hour."""
    owner, _, secret = (unsealed(_OFFERED, offer, seconds=OFFER_SECONDS) or "").partition(":")
    return secret if secret and owner == str(account_id) else None


def add_totp(
    account_id: UUID, secret: str, code: str, *, beside: bool, replaces: bool, by: Actor
) -> None:
    """Begin to ask for codes of this secret; an earlier one ends. Mailed, logged, ends sessions.

    `replaces`: whatever else there was is lost and goes too. Raises CodeRefused for a wrong code,
    FactorThere unless it may stand `beside` others: a mailbox alone sets up the first one only.
    """
    factor = factor_for_change(account_id)
    if not beside and has_factor(account_id):
        raise FactorThere
    step = _step_of(secret, code, after=0)
    if step is None:
        raise CodeRefused
    if replaces:
        drop_factors(factor)
    factor.totp_sealed, factor.totp_since = sealed(_STORED, secret), utcnow()
    factor.last_step = step
    factor_added(factor, "totp", by=by)


def factor_added(factor: SecondFactor, kind: str, *, by: Actor) -> None:
    """Log and mail a new factor, and end all sessions and known devices."""
    _tell(factor, EventTag.ACCOUNT_FACTOR_ADDED, "added", by=by, kind=kind)


def remove_totp(account_id: UUID, *, by: Actor) -> None:
    """Stop asking for codes. Raises LastFactor when there is no passkey; nothing without codes."""
    factor = factor_for_change(account_id)
    if factor.totp_sealed is None:
        return
    if not passkeys_of(account_id):
        raise LastFactor
    factor.totp_sealed = factor.totp_since = None
    factor_removed(factor, "totp", by=by)


def factor_removed(factor: SecondFactor, kind: str, *, by: Actor) -> None:
    """Log and mail that a factor went, and end all sessions and known devices."""
    _tell(factor, EventTag.ACCOUNT_FACTOR_REMOVED, "removed", by=by, kind=kind)


def enter_totp(account_id: UUID, code: str) -> bool:
    """Whether the code is right, now, for the first time. A wrong one costs one of five tries.

    Without tries left every code is wrong until a quarter of an hour after the first.
    """
    factor = factor_for_change(account_id)
    secret = _secret_of(factor)
    step = _step_of(secret, code, after=factor.last_step) if secret else None
    if not _may_try(factor) or step is None:
        _count_try(factor)
        return False
    factor.last_step, factor.tries, factor.tries_since = step, 0, None
    return True


def use_recovery_code(account_id: UUID, code: str, *, by: Actor) -> bool:
    """Whether it is one of the printed codes; it never is again. Costs tries as other codes do."""
    factor = factor_for_change(account_id)
    if not _may_try(factor) or not _take_recovery_code(account_id, code):
        _count_try(factor)
        return False
    factor.tries, factor.tries_since = 0, None
    _record(account_id, EventTag.ACCOUNT_RECOVERY_CODE_USED, by=by)
    mails.second_factor_changed(factor, "recovered")
    return True


def _take_recovery_code(account_id: UUID, code: str) -> bool:
    found = db.session.scalar(
        sa.select(RecoveryCode).where(RecoveryCode.code_hash == _code_hash(account_id, code))
    )
    if found is None:
        return False
    db.session.delete(found)
    db.session.flush()
    return True


def make_recovery_codes(account_id: UUID, *, by: Actor, is_first: bool = False) -> list[str]:
    """Ten new codes, to be shown once; earlier ones end. Logged; mailed unless `is_first`."""
    factor = factor_for_change(account_id)
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    now = utcnow()
    db.session.add_all(
        RecoveryCode(account_id=account_id, code_hash=_code_hash(account_id, code), since=now)
        for code in codes
    )
    _record(account_id, EventTag.ACCOUNT_RECOVERY_CODES_MADE, by=by)
    if not is_first:
        mails.second_factor_changed(factor, "codes")
    return codes


def _new_recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def _code_hash(account_id: UUID, code: str) -> str:
    typed = "".join(letter for letter in code.lower() if letter in _LETTERS)
    return keyed_hash("recovery code", str(account_id), typed)


def reset_factors(account_id: UUID, *, by: Actor) -> None:
    """Take every factor from somebody who lost all: logged, mailed, every session ends.

    Raises OwnRole for one's own: that would be a way round the second factor.
    """
    if account_id == by.id:
        raise OwnRole
    factor = factor_for_change(account_id)
    drop_factors(factor)
    _tell(factor, EventTag.ACCOUNT_FACTOR_RESET, "reset", by=by)


def remember_device(account_id: UUID, name: str) -> str:
    """Ask this browser no more for thirty days; returns the token for its cookie."""
    account, token, now = db.session.get_one(Account, account_id), new_token(), utcnow()
    db.session.add(
        KnownDevice(
            account_id=account_id,
            session_epoch=account.session_epoch,
            token_hash=token_hash(token),
            name=name[:80],
            since=now,
            expires_at=now + timedelta(days=DEVICE_DAYS),
        )
    )
    return token


def forget_device(account_id: UUID, device_id: UUID) -> None:
    """Ask that browser again; nothing for a device of somebody else."""
    db.session.execute(
        sa.delete(KnownDevice).where(
            KnownDevice.id == device_id, KnownDevice.account_id == account_id
        )
    )


def forget_factors(account_id: UUID) -> None:
    """Erase everything about the account's second factor, with the mails about it."""
    for factor in db.session.scalars(
        sa.select(SecondFactor).where(SecondFactor.account_id == account_id)
    ).all():
        erase_mails(factor.id)
        db.session.delete(factor)
    db.session.flush()
    for model in (Passkey, RecoveryCode, KnownDevice):
        db.session.execute(sa.delete(model).where(model.account_id == account_id))


def demonstration_code(account_id: UUID) -> str | None:
    """The code that the person's device would show; in development only, never elsewhere."""
    factor = second_factor_of(account_id)
    secret = _secret_of(factor) if factor else None
    if factor is None or secret is None or not current_settings().is_development:
        return None
    # The oldest that still counts: who tries it out signs in more than once in half a minute.
    return _code_at(secret, max(factor.last_step + 1, _step_now() - 1))


def demonstration_code_of(secret: str) -> str | None:
    """The same for a secret that is only offered so far."""
    return _code_at(secret, _step_now() - 1) if current_settings().is_development else None


def factor_for_change(account_id: UUID) -> SecondFactor:
    """The account's state, made if there is none. The account is locked: one after the other."""
    db.session.execute(
        sa.select(Account.id).where(Account.id == account_id).with_for_update(key_share=True)
    )
    factor = second_factor_of(account_id)
    if factor is None:
        factor = SecondFactor(account_id=account_id, last_step=0, tries=0)
        db.session.add(factor)
        db.session.flush()
    return factor


def _secret_of(factor: SecondFactor) -> str | None:
    return unsealed(_STORED, factor.totp_sealed) if factor.totp_sealed else None


def _step_now() -> int:
    return int(utcnow().timestamp()) // STEP_SECONDS


def _code_at(secret: str, step: int) -> str:
    return str(pyotp.TOTP(secret).at(step * STEP_SECONDS))


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """The time step of the code: this one, or one beside it for clocks that drift."""
    typed, now = "".join(filter(str.isdigit, code)), _step_now()
    steps = [step for step in (now - 1, now, now + 1) if step > after]
    return next(
        (
            step
            for step in steps
            if hmac.compare_digest(_code_at(secret, step).encode(), typed.encode())
        ),
        None,
    )


def _may_try(factor: SecondFactor) -> bool:
    if factor.tries_since is None or utcnow() - factor.tries_since >= TRIES_WINDOW:
        factor.tries, factor.tries_since = 0, None
    return factor.tries < TRIES


def _count_try(factor: SecondFactor) -> None:
    if factor.tries < TRIES:
        factor.tries += 1
        factor.tries_since = factor.tries_since or utcnow()


def drop_factors(factor: SecondFactor) -> None:
    """Take every factor and printed code of the account, in a change that tells of it."""
    factor.totp_sealed = factor.totp_since = None
    for model in (Passkey, RecoveryCode):
        db.session.execute(sa.delete(model).where(model.account_id == factor.account_id))


def _tell(
    factor: SecondFactor, tag: EventTag, what: str, *, by: Actor, **details: str | int | None
) -> None:
    db.session.execute(sa.delete(KnownDevice).where(KnownDevice.account_id == factor.account_id))
    end_sessions(factor.account_id)
    _record(factor.account_id, tag, by=by, **details)
    mails.second_factor_changed(factor, what)


def _record(account_id: UUID, tag: EventTag, *, by: Actor, **details: str | int | None) -> None:
    for held in roles_of(account_id):
        record_staff_event(tag, held, by=by, **details)


def totp_uri(secret: str, address: str, issuer: str) -> str:
    """What the picture says to an app."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=issuer))


def first_recovery_codes(account_id: UUID, *, by: Actor) -> list[str]:
    """Ten codes for somebody who has none yet, to be shown once; none otherwise."""
    if recovery_codes_left(account_id):
        return []
    return make_recovery_codes(account_id, by=by, is_first=True)
