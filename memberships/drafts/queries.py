"""The drafts of a person."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db
from memberships.drafts.models import Draft, DraftForm


def draft_of(account_id: UUID, application_id: UUID, form: DraftForm) -> Draft | None:
    """What this person typed into that form and has not sent."""
    return db.session.get(Draft, (account_id, application_id, form), populate_existing=True)


def drafts_about(application_id: UUID) -> Sequence[Draft]:
    """What anybody has typed about a case and not sent."""
    return db.session.scalars(
        sa.select(Draft).where(Draft.application_id == application_id).order_by(Draft.saved_at)
    ).all()
