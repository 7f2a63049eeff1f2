"""Keeping the counts of large networks up to date."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from memberships.database import db, unit_of_work, upsert, utcnow
from memberships.figures import queries
from memberships.figures.models import FigureMonth, FigureStand, Part
from memberships.figures.tally import day_of, packed
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions


def refresh_figures() -> int:
    """Count every large network anew; returns how many there are.

    Reading takes seconds for a million rows and holds no lock; then one small unit of work stores
    the months that differ. A network that is small, or has become so, keeps nothing.
    """
    ids = db.session.execute(sa.select(Network.id, Network.slug).order_by(Network.id))
    refreshed = 0
    for network_id, slug in ids.all():
        if slug in current_definitions() and queries.is_large(network_id):
            _refresh(network_id, slug)
            refreshed += 1
        else:
            _forget(network_id)
    return refreshed


def _refresh(network_id: int, slug: str) -> None:
    now = utcnow()
    tally = queries.count_network(network_id, current_definitions()[slug])
    months = packed(tally, day_of(now))
    with unit_of_work():
        _store(network_id, months)
        upsert(FigureStand, {"network_id": network_id}, {"counted_at": now}, {"counted_at": now})


def _store(network_id: int, months: dict[tuple[Part, date], str]) -> None:
    stored = queries.stored_months(network_id)
    for part, month in stored.keys() - months.keys():
        db.session.execute(
            sa.delete(FigureMonth).where(
                FigureMonth.network_id == network_id,
                FigureMonth.part == part,
                FigureMonth.month == month,
            )
        )
    for (part, month), content in months.items():
        if stored.get((part, month)) != content:
            identity = {"network_id": network_id, "part": part, "month": month}
            upsert(FigureMonth, identity, {"content": content}, {"content": content})


def _forget(network_id: int) -> None:
    if db.session.get(FigureStand, network_id) is None:
        return
    with unit_of_work():
        for model in (FigureMonth, FigureStand):
            db.session.execute(sa.delete(model).where(model.network_id == network_id))
