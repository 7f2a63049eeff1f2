"""Which consents belong to a membership: those of its applications, and those given since.

In the profile a person agrees as the membership, a representative as that row.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from memberships.applications.models import Application
from memberships.database import db
from memberships.members.models import Representative
from memberships.members.queries import Standing
from memberships.privacy.models import ConsentEvent
from memberships.privacy.queries import newest_steps


def consents_in(membership_id: UUID) -> list[ConsentEvent]:
    """The newest step of every consent of everybody who acts in the membership."""
    return newest_steps([membership_id, *_others(membership_id)])


def _others(membership_id: UUID) -> Sequence[UUID]:
    """The applications that led to it, and who represents it: each has consents of its own."""
    applied = sa.select(Application.id).where(Application.membership_id == membership_id)
    people = sa.select(Representative.id).where(Representative.membership_id == membership_id)
    return db.session.scalars(sa.union_all(applied, people)).all()


def consents_of_standing(standing: Standing, email: str) -> list[ConsentEvent]:
    """The same of one account: of several representatives each has their own, by address."""
    found = consents_in(standing.membership.id)
    if standing.representative is None:
        return found
    return [consent for consent in found if consent.email == email]
