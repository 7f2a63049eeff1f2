"""Reports about barriers, for the office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.database import db
from memberships.feedback.models import FeedbackCase

PAGE_SIZE = 50


def feedback_page(
    network_id: int, *, closed: bool = False, after: int | None = None
) -> tuple[Sequence[FeedbackCase], int | None]:
    """Open reports, the longest waiting first, or closed ones, the newest first.

    Paged by number: the second value is what to go on `after`, None at the end.
    """
    number = FeedbackCase.number
    query = sa.select(FeedbackCase).where(
        FeedbackCase.network_id == network_id,
        FeedbackCase.closed_at.is_not(None) if closed else FeedbackCase.closed_at.is_(None),
    )
    if after is not None:
        query = query.where(number < after if closed else number > after)
    order = number.desc() if closed else number.asc()
    found = db.session.scalars(query.order_by(order).limit(PAGE_SIZE + 1)).all()
    page = found[:PAGE_SIZE]
    return page, page[-1].number if len(found) > PAGE_SIZE else None


def feedback_case(
    network_id: int, case_id: UUID, *, for_change: bool = False
) -> FeedbackCase | None:
    """A report of that network, locked for change if wished."""
    query = sa.select(FeedbackCase).where(
        FeedbackCase.id == case_id, FeedbackCase.network_id == network_id
    )
    if for_change:
        return db.session.scalar(query.with_for_update(key_share=True))
    return db.session.scalar(query.options(joinedload(FeedbackCase.closed_by)))


def feedback_closed_before(moment: datetime, limit: int) -> Sequence[FeedbackCase]:
    """Reports that were closed before then, locked for erasure; none that another worker has."""
    return db.session.scalars(
        sa.select(FeedbackCase)
        .where(FeedbackCase.closed_at < moment)
        .order_by(FeedbackCase.closed_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
