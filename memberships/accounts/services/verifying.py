"""Accounts come into being when an address is proven or invited."""

from __future__ import annotations

from typing import Any

from memberships.accounts.models import Account
from memberships.database import insert_or_lock, utcnow, uuid7


def verify_account(email: str) -> Account:
    """The account of a proven address, made if there is none, locked for the unit of work.

    The lock lets two confirmations of one address pass one after the other.
    """
    return _account(email, verified_at=utcnow())


def account_for_change(email: str) -> Account:
    """The account of an address, made if there is none, locked for the unit of work."""
    return _account(email)


def _account(email: str, **proof: Any) -> Account:
    identity = {"email": email}
    values = {"id": uuid7(), "name": "", "session_epoch": 0} | proof
    return insert_or_lock(Account, identity, values, fill=[*proof])
