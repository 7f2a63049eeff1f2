"""Passkeys (WebAuthn): one challenge at a time, good for two minutes and once."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from memberships.accounts.errors import FactorThere, LastFactor, PasskeyRefused
from memberships.accounts.models import Account, Passkey, SecondFactor
from memberships.accounts.queries import has_factor, passkeys_of
from memberships.accounts.services.factors import (
    drop_factors,
    factor_added,
    factor_for_change,
    factor_removed,
)
from memberships.database import db, utcnow
from memberships.events.models import Actor
from memberships.settings import current_settings
from memberships.tokens import new_token

CHALLENGE_LIVES = timedelta(minutes=2)
LONGEST_NAME = 80
_MOST_PASSKEYS = 20


def relying_party() -> tuple[str, str]:
    """Our id (the host of the public URL) and the one origin that may ask for our passkeys."""
    public = urlsplit(current_settings().public_url)
    return public.hostname or "", f"{public.scheme}://{public.netloc}"


def are_passkeys_possible() -> bool:
    """Whether browsers will make passkeys for us: a name is needed, an IP address is none."""
    host, _ = relying_party()
    return not (host.replace(".", "").isdigit() or ":" in host)


def registration_options(account_id: UUID) -> str:
    """What the browser needs to make a passkey, as JSON; ends every earlier challenge."""
    factor, (rp_id, _) = factor_for_change(account_id), relying_party()
    account = db.session.get_one(Account, account_id)
    options = webauthn.generate_registration_options(
        rp_id=rp_id,
        rp_name=current_settings().platform_name,
        user_name=account.email,
        user_display_name=account.shown_name,
        user_id=account_id.bytes,
        challenge=_new_challenge(factor),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(account_id),
    )
    return webauthn.options_to_json(options)


def authentication_options(account_id: UUID) -> str:
    """What the browser needs to use one of the account's passkeys, as JSON."""
    factor, (rp_id, _) = factor_for_change(account_id), relying_party()
    options = webauthn.generate_authentication_options(
        rp_id=rp_id,
        challenge=_new_challenge(factor),
        allow_credentials=_descriptors(account_id),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options)


def add_passkey(
    account_id: UUID, credential: str, name: str, *, beside: bool, replaces: bool, by: Actor
) -> None:
    """Take a passkey that the browser has just made. Mailed, logged, ends sessions.

    Raises PasskeyRefused, or FactorThere unless it may stand `beside` others.
    """
    factor, (rp_id, origin) = factor_for_change(account_id), relying_party()
    if not beside and has_factor(account_id):
        raise FactorThere
    challenge = _take_challenge(factor)
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused from error
    if replaces:
        drop_factors(factor)
    credential_id = bytes_to_base64url(made.credential_id)
    _require_new(account_id, credential_id)
    db.session.add(
        Passkey(
            account_id=account_id,
            name=" ".join(name.split())[:LONGEST_NAME] or "Passkey",
            credential_id=credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            since=utcnow(),
        )
    )
    factor_added(factor, "passkey", by=by)


def _require_new(account_id: UUID, credential_id: str) -> None:
    known = sa.select(Passkey.id).where(Passkey.credential_id == credential_id)
    if db.session.scalar(known) or len(passkeys_of(account_id)) >= _MOST_PASSKEYS:
        raise PasskeyRefused


def use_passkey(account_id: UUID, credential: str) -> bool:
    """Whether it proves one of the account's passkeys; the challenge is used up either way.

    A signature count that does not grow, where the device counts, is a copied key: refused.
    """
    factor, (rp_id, origin) = factor_for_change(account_id), relying_party()
    try:
        challenge = _take_challenge(factor)
        passkey = _named_passkey(account_id, credential)
        proof = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    except (PasskeyRefused, WebAuthnException, ValueError, KeyError, TypeError):
        return False
    passkey.sign_count, passkey.used_at = proof.new_sign_count, utcnow()
    return True


def _named_passkey(account_id: UUID, credential: str) -> Passkey:
    sent = json.loads(credential)
    named = str(sent.get("id", "")) if isinstance(sent, dict) else ""
    found = next((key for key in passkeys_of(account_id) if key.credential_id == named), None)
    if found is None:
        raise PasskeyRefused
    return found


def remove_passkey(account_id: UUID, passkey_id: UUID, *, by: Actor) -> bool:
    """Take a passkey out; False for one that is not the account's. Raises LastFactor."""
    factor, keys = factor_for_change(account_id), passkeys_of(account_id)
    found = next((key for key in keys if key.id == passkey_id), None)
    if found is None:
        return False
    if len(keys) == 1 and factor.totp_sealed is None:
        raise LastFactor
    db.session.delete(found)
    db.session.flush()
    factor_removed(factor, "passkey", by=by)
    return True


def _descriptors(account_id: UUID) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id))
        for key in passkeys_of(account_id)
    ]


def _new_challenge(factor: SecondFactor) -> bytes:
    challenge = new_token() + new_token()
    factor.challenge, factor.challenge_until = challenge, utcnow() + CHALLENGE_LIVES
    return challenge.encode()


def _take_challenge(factor: SecondFactor) -> bytes:
    challenge, until = factor.challenge, factor.challenge_until
    factor.challenge = factor.challenge_until = None
    if challenge is None or until is None or utcnow() >= until:
        raise PasskeyRefused
    return challenge.encode()
