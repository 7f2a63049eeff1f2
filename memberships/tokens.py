"""Secrets that travel in links and mails. Only their hashes are stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from memberships.settings import current_settings


def new_token() -> str:
    """A random token of 128 bits, 22 characters that are safe in a URL."""
    return secrets.token_urlsafe(16)


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(1_000_000):06}"


def token_hash(token: str) -> str:
    """What is stored of a token. 128 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_hash(purpose: str, *parts: str) -> str:
    """HMAC-SHA-256 under the installation's secret; each purpose has its own key.

    For whatever could be guessed when hashed plainly: codes, addresses, signatures of the log.
    """
    key = hmac.digest(current_settings().secret_key.encode(), purpose.encode(), "sha256")
    return hmac.new(key, "\x1f".join(parts).encode(), "sha256").hexdigest()


def consent_token(subject_id: UUID, email: str) -> str:
    """Opens the consents of this address in the network of that case or membership; 38 characters.

    It stands in the footer of mails and is not stored: it names the subject, and holds 96 bits of
    proof that we made it for this address. It ends when the address is another one.
    """
    proof = bytes.fromhex(keyed_hash("consent link", str(subject_id), email))[:12]
    return urlsafe_b64encode(subject_id.bytes).decode()[:22] + urlsafe_b64encode(proof).decode()


def subject_of_consent_token(token: str) -> UUID | None:
    """Which case or membership a token names; it proves nothing yet. None if it is none."""
    try:
        return UUID(bytes=urlsafe_b64decode(token[:22] + "=="))
    except ValueError:
        return None


def sealed(purpose: str, text: str) -> str:
    """The text encrypted under the installation's secret; each purpose has its own key (ADR 0022).

    For what we must be able to read again and a copy of the database alone must not show.
    """
    return _fernet(purpose).encrypt(text.encode()).decode()


def unsealed(purpose: str, token: str, *, seconds: int | None = None) -> str | None:
    """What was sealed for that purpose, at most so long ago; None if it was not, or has expired."""
    try:
        return _fernet(purpose).decrypt(token.encode(), ttl=seconds).decode()
    except InvalidToken:
        return None


def _fernet(purpose: str) -> Fernet:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return Fernet(urlsafe_b64encode(derive.derive(current_settings().secret_key.encode())))
