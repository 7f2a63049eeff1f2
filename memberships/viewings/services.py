"""Viewings are recorded after a page was shown, and erased after ninety days."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db, utcnow
from memberships.networks.models import Network
from memberships.viewings.models import KEPT, ONCE_WITHIN, Viewing


def record_viewing(
    account_id: UUID,
    network_ids: Collection[int],
    page: str,
    *,
    application_id: UUID | None = None,
    membership_id: UUID | None = None,
    other_id: UUID | None = None,
) -> None:
    """Record that this person was shown the page, in each of the networks; one statement.

    Nothing is added where the same person was shown the same of it within the last ten minutes.
    """
    now = utcnow()
    subject = (
        (Viewing.application_id, application_id),
        (Viewing.membership_id, membership_id),
        (Viewing.other_id, other_id),
    )
    shown_before = sa.exists().where(
        Viewing.account_id == account_id,
        Viewing.network_id == Network.id,
        Viewing.page == page,
        Viewing.at > now - ONCE_WITHIN,
        *(column.is_(None) if value is None else column == value for column, value in subject),
    )
    values: dict[Any, Any] = {
        Viewing.network_id: Network.id,
        Viewing.account_id: sa.literal(account_id, sa.Uuid()),
        Viewing.page: sa.literal(page, sa.String()),
        Viewing.at: sa.literal(now, Viewing.at.type),
        **{column: sa.literal(value, sa.Uuid()) for column, value in subject},
    }
    rows = (
        sa.select(*values.values())
        .select_from(Network)
        .where(Network.id.in_(network_ids), ~shown_before)
    )
    db.session.execute(sa.insert(Viewing).from_select([c.key for c in values], rows))


def erase_old_viewings(limit: int = 1000) -> int:
    """Erase what is older than ninety days; returns how many rows."""
    old = sa.select(Viewing.id).where(Viewing.at < utcnow() - KEPT).order_by(Viewing.at)
    ids = db.session.scalars(old.limit(limit)).all()
    db.session.execute(sa.delete(Viewing).where(Viewing.id.in_(ids)))
    return len(ids)
