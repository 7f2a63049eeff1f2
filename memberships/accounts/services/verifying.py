"""Accounts come into being when an address is proven or invited."""

from __future__ import annotations

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.database import db, insert_if_absent, utcnow, uuid7


def verify_account(email: str) -> Account:
    """The account of a proven address, made if there is none, locked for the unit of work.

    The lock lets two confirmations of one address pass one after the other.
    """
    account = account_for_change(email)
    account.verified_at = account.verified_at or utcnow()
    return account


def account_for_change(email: str) -> Account:
    """The account of an address, made if there is none, locked for the unit of work."""
    insert_if_absent(Account, id=uuid7(), email=email, name="", session_epoch=0)
    return db.session.scalars(
        sa.select(Account).where(Account.email == email).with_for_update(key_share=True)
    ).one()
