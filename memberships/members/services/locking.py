"""A membership for change: locked with its account and organisation, in the order of the house.

Organisation, account, membership, and each without its key, as an approval takes them: whoever
joins, leaves or is ended at the same moment passes one after the other.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.database import db
from memberships.members.errors import (
    MembershipChanged,
    MembershipEnded,
    MembershipRestricted,
    MembershipUnknown,
)
from memberships.members.models import Membership
from memberships.members.queries import Standing, membership_of, standing_of
from memberships.organisations.models import Organisation


def own_membership_for_change(account_id: UUID, membership_id: UUID) -> Standing:
    """The membership as this account has it, ended or not, locked.

    Raises MembershipUnknown when it is somebody else's, or none.
    """
    found = standing_of(account_id, membership_id)
    if found is None:
        raise MembershipUnknown
    _lock(found.membership, account_id)
    current = standing_of(account_id, membership_id, fresh=True)
    if current is None:
        raise MembershipUnknown
    return current


def membership_for_change(
    network_id: int, membership_id: UUID, *, seen_version: int | None
) -> Membership:
    """The living membership of that network, locked, as the office saw it.

    Raises MembershipUnknown when the network has none of this id, MembershipEnded,
    MembershipRestricted when its data is only kept, MembershipChanged when it is not as seen.
    """
    membership = membership_of(network_id, membership_id)
    if membership is None:
        raise MembershipUnknown
    _lock(membership, membership.account_id)
    if not membership.is_living:
        raise MembershipEnded
    if membership.restricted_at is not None:
        raise MembershipRestricted
    if membership.version != seen_version:
        raise MembershipChanged
    return membership


def _lock(membership: Membership, account_id: UUID | None) -> None:
    for column, value in (
        (Organisation.id, membership.organisation_id),
        (Account.id, account_id),
    ):
        if value is not None:
            db.session.execute(
                sa.select(column).where(column == value).with_for_update(key_share=True)
            )
    found = db.session.scalar(
        sa.select(Membership)
        .where(Membership.id == membership.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:  # erased while we waited
        raise MembershipUnknown
