"""What happens to staff, in the log of every network that it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import StaffRole
from memberships.database import db
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.networks.models import Network


@dataclass(frozen=True)
class _Seen:
    """A role as one network's log sees it."""

    subject_type: ClassVar[str] = StaffRole.subject_type
    id: UUID
    network_id: int


def record_staff_event(
    tag: EventTag, about: StaffRole, *, by: Actor, **details: str | int | None
) -> None:
    """Append to the chain of a role, in the caller's unit of work.

    An operator serves every network: each of them finds the event in its own log.
    """
    # One chain: the lock keeps two events from taking the same place.
    db.session.execute(
        sa.select(StaffRole.id).where(StaffRole.id == about.id).with_for_update(key_share=True)
    )
    for network_id in _networks_of(about):
        record_event(tag, _Seen(about.id, network_id), by=by, **details)


def _networks_of(held: StaffRole) -> list[int]:
    if held.network_id is not None:
        return [held.network_id]
    return list(db.session.scalars(sa.select(Network.id).order_by(Network.id)))
