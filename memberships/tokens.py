"""Secrets that travel in links and mails. Only their hashes are stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets

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
