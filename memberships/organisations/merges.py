"""What a merge would do, seen by one network, and what was merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from memberships.applications.models import Application
from memberships.database import db
from memberships.members.models import Membership
from memberships.networks.models import Network
from memberships.organisations.models import SHARED, Merge, Organisation, ToldApart
from memberships.organisations.queries import Known, known_besides, scopes_of


@dataclass(frozen=True)
class MergePlan:
    """What moves from one organisation to the other, as one network may know it.

    Of other networks it says only that there is something. `collisions` are memberships that need
    another seat number, as both organisations hold that seat in the network.
    """

    keep: Organisation
    drop: Organisation
    moves: Known
    memberships: Sequence[Membership]
    cases: Sequence[Application]
    collisions: Sequence[Membership]
    is_known_elsewhere: bool
    collides_elsewhere: bool
    is_of_interest: bool
    are_apart: bool
    fits: bool


def may_merge_scopes(keep: Organisation, drop: Organisation) -> bool:
    """Whatever only one network knows may lead to what all know, as it stays unseen by them; not
    the other way round: the others would lose what they refer to.
    """
    return keep.scope in {SHARED, drop.scope}


def plan_merge(keep: Organisation, drop: Organisation, network: Network) -> MergePlan:
    """What merging would move. Raises nothing: what stands in the way is said in the plan."""
    moves = known_besides([drop.id], scopes_of(network.slug))[drop.id]
    moves.names.insert(0, drop.name)
    both = (keep.id, drop.id)
    members = db.session.scalars(
        sa.select(Membership)
        .where(Membership.organisation_id.in_(both))
        .order_by(Membership.network_id, Membership.seat_number, Membership.id)
    ).all()
    cases = db.session.scalars(
        sa.select(Application).where(Application.organisation_id.in_(both)).order_by(Application.id)
    ).all()
    held = {
        (one.network_id, one.seat_number)
        for one in members
        if one.organisation_id == keep.id and one.is_living
    }
    moved = [one for one in members if one.organisation_id == drop.id]
    collisions = [
        one for one in moved if one.is_living and (one.network_id, one.seat_number) in held
    ]
    concerned = {one.network_id for one in members} | {one.network_id for one in cases}
    return MergePlan(
        keep=keep,
        drop=drop,
        moves=moves,
        memberships=[
            one for one in moved if one.network_id == network.id and one.restricted_at is None
        ],
        cases=[
            one for one in cases if one.organisation_id == drop.id and one.network_id == network.id
        ],
        collisions=[one for one in collisions if one.network_id == network.id],
        is_known_elsewhere=bool(concerned - {network.id}),
        collides_elsewhere=any(one.network_id != network.id for one in collisions),
        is_of_interest=network.id in concerned,
        are_apart=_is_pair(keep.id, drop.id),
        fits=keep.id != drop.id and may_merge_scopes(keep, drop),
    )


def _is_pair(one: UUID, other: UUID) -> bool:
    first, second = sorted((one, other))
    return db.session.get(ToldApart, (first, second)) is not None


def done_merge(merge_id: UUID) -> Merge | None:
    """The merge as it is now, unless it was undone."""
    return db.session.scalar(
        sa.select(Merge)
        .where(Merge.id == merge_id, Merge.undone_at.is_(None))
        .execution_options(populate_existing=True)
    )


def merges_of(organisation_id: UUID) -> Sequence[Merge]:
    """Every merge that the organisation was part of, the newest first."""
    return db.session.scalars(
        sa.select(Merge)
        .where(sa.or_(Merge.kept_id == organisation_id, Merge.dropped_id == organisation_id))
        .order_by(Merge.id.desc())
    ).all()
