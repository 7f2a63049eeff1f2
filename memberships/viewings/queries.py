"""The log of viewings, for the auditor, and what of it is about somebody of the staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.database import db
from memberships.networks.models import Network
from memberships.viewings.models import Viewing

PAGE_SIZE = 50


def viewings_in(
    network_id: int,
    *,
    account_id: UUID | None = None,
    application_id: UUID | None = None,
    after: int | None = None,
) -> Sequence[Viewing]:
    """Who looked at what in this network, newest first, a page and one more."""
    query = sa.select(Viewing).where(Viewing.network_id == network_id)
    if account_id is not None:
        query = query.where(Viewing.account_id == account_id)
    if application_id is not None:
        query = query.where(Viewing.application_id == application_id)
    if after is not None:
        query = query.where(Viewing.id < after)
    return db.session.scalars(
        query.options(joinedload(Viewing.account)).order_by(Viewing.id.desc()).limit(PAGE_SIZE + 1)
    ).all()


def viewings_by(account_id: UUID) -> Sequence[tuple[str, datetime]]:
    """When this person was shown personal data, with the network's slug, oldest first."""
    return [
        (slug, at)
        for slug, at in db.session.execute(
            sa.select(Network.slug, Viewing.at)
            .join(Network, Network.id == Viewing.network_id)
            .where(Viewing.account_id == account_id)
            .order_by(Network.slug, Viewing.id)
        )
    ]
