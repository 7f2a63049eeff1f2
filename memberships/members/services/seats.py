"""Who holds a seat, and since when nobody does. The caller holds the organisation locked."""

from __future__ import annotations

from memberships.database import upsert, utcnow, uuid7
from memberships.members.models import Membership, Seat


def fill_seat(membership: Membership) -> None:
    """Somebody holds the membership's seat from now on, if it has one: one holder more."""
    if membership.organisation_id is None:
        return
    upsert(
        Seat,
        _identity(membership),
        {"id": uuid7(), "holders": 1},
        {"holders": Seat.holders + 1, "vacant_since": None},
    )


def vacate_seat(membership: Membership, *, is_closed: bool) -> None:
    """Nobody holds the membership's seat any more; unless it is closed, it waits for somebody."""
    since = None if is_closed else utcnow()
    _set(membership, since)


def keep_seat(membership: Membership) -> None:
    """Whoever held it last holds it again."""
    _set(membership, None)


def _set(membership: Membership, vacant_since: object) -> None:
    if membership.organisation_id is None:
        return
    upsert(
        Seat,
        _identity(membership),
        {"id": uuid7(), "holders": 1, "vacant_since": vacant_since},
        {"vacant_since": vacant_since},
    )


def _identity(membership: Membership) -> dict[str, object]:
    return {
        "network_id": membership.network_id,
        "organisation_id": membership.organisation_id,
        "number": membership.seat_number,
    }
