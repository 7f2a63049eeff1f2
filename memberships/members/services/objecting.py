"""Members object to being listed or written to, and take that back (Art. 21 GDPR)."""

from __future__ import annotations

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.errors import MembershipEnded
from memberships.members.models import Objection, ObjectionTo
from memberships.members.queries import Standing


def object_to(standing: Standing, against: ObjectionTo, *, account: Account, by: Actor) -> bool:
    """Note the account's objection in this membership; it holds at once and everywhere.

    Returns False, and stores nothing, when it holds already. Raises MembershipEnded.
    """
    if not standing.is_living:
        raise MembershipEnded
    if _objection(standing, against, account) is not None:
        return False
    db.session.add(
        Objection(
            membership_id=standing.membership.id,
            account_id=account.id,
            against=against,
            at=utcnow(),
        )
    )
    record_event(EventTag.MEMBERSHIP_OBJECTED, standing.membership, by=by, against=against)
    return True


def take_back_objection(
    standing: Standing, against: ObjectionTo, *, account: Account, by: Actor
) -> bool:
    """Delete the account's objection; False, and nothing stored, when none holds.

    Raises MembershipEnded.
    """
    if not standing.is_living:
        raise MembershipEnded
    objection = _objection(standing, against, account)
    if objection is None:
        return False
    db.session.delete(objection)
    record_event(
        EventTag.MEMBERSHIP_OBJECTION_TAKEN_BACK, standing.membership, by=by, against=against
    )
    return True


def _objection(standing: Standing, against: ObjectionTo, account: Account) -> Objection | None:
    return db.session.scalar(
        sa.select(Objection).where(
            Objection.membership_id == standing.membership.id,
            Objection.account_id == account.id,
            Objection.against == against,
        )
    )
