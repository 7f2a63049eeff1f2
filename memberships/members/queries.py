"""Who is a member."""

from __future__ import annotations

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.database import db
from memberships.members.models import Membership


def living_membership(account: Account, network_id: int) -> Membership | None:
    """The account's membership in that network that has not ended, if any."""
    return db.session.scalar(
        sa.select(Membership).where(
            Membership.network_id == network_id,
            Membership.account_id == account.id,
            Membership.ended_at.is_(None),
        )
    )


def standing_membership(email: str, network_id: int) -> Membership | None:
    """The living membership of whoever reads that address, if any. Never for a public page."""
    account = db.session.scalar(sa.select(Account).where(Account.email == email))
    return living_membership(account, network_id) if account else None
