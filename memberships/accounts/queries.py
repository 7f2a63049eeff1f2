"""Reading who is staff where, and the requests that a link or a page belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from memberships.accounts.models import Account, SignInRequest, StaffRole
from memberships.database import db
from memberships.tokens import token_hash


def roles_of(account_id: UUID) -> Sequence[StaffRole]:
    """Every role that the account holds, its network loaded, by the network's slug."""
    return db.session.scalars(
        sa.select(StaffRole)
        .where(StaffRole.account_id == account_id)
        .options(joinedload(StaffRole.network))
        .order_by(StaffRole.network_id, StaffRole.id)
    ).all()


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
