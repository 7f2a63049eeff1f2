"""Which consents belong to a membership: those of the applications that led to it."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from memberships.applications.models import Application
from memberships.database import db
from memberships.members.queries import Standing
from memberships.privacy.models import ConsentEvent
from memberships.privacy.queries import newest_steps


def consents_in(membership_id: UUID) -> list[ConsentEvent]:
    """The newest step of every consent of everybody who acts in the membership."""
    subjects = db.session.scalars(
        sa.select(Application.id).where(Application.membership_id == membership_id)
    ).all()
    return newest_steps(subjects)


def consents_of_standing(standing: Standing, email: str) -> list[ConsentEvent]:
    """The same of one account: of several representatives each has their own, by address."""
    found = consents_in(standing.membership.id)
    if standing.representative is None:
        return found
    return [consent for consent in found if consent.email == email]
