"""Announcing what falls due, days before it is erased; stopping what is unusually much."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db, utcnow, uuid7
from memberships.events.models import SYSTEM, EventTag
from memberships.events.services import record_event
from memberships.networks.models import Network
from memberships.retention import mails
from memberships.retention.models import Cause, ErasureBatch, ErasureItem, Kind
from memberships.retention.queries import (
    Due,
    Foreseen,
    due_until,
    exports_that_held,
    living_count,
    needs_archive,
    planned_since,
    times_listed,
)

# How long at least something is announced, and can be taken out, before it is erased.
UNDO_WINDOW = timedelta(days=3)
# A run a day finds everything at least that long before its day.
PLAN_AHEAD = UNDO_WINDOW + timedelta(days=1)
USUAL_OVER = timedelta(days=90)
ALWAYS_USUAL = 20
TIMES_USUAL = 3
SHARE_OF_ALL = 10

log = logging.getLogger(__name__)


def preview_plans() -> list[Foreseen]:
    """What `plan_erasures` would announce now, by network and kind; stores nothing."""
    now = utcnow()
    return [
        Foreseen(
            network.slug,
            kind,
            len(due),
            min(_erase_after(one, now) for one in due),
            max(_erase_after(one, now) for one in due),
            _is_unusual(network.id, kind, len(due), now),
            needs_archive(network),
        )
        for network in db.session.scalars(sa.select(Network).order_by(Network.slug)).all()
        for kind, due in _new(network, due_until(network, now + PLAN_AHEAD), now).items()
        if due
    ]


def network_ids() -> Sequence[int]:
    """Every network, also those whose file is gone."""
    return db.session.scalars(sa.select(Network.id).order_by(Network.id)).all()


def plan_erasures(network_id: int) -> Sequence[ErasureBatch]:
    """Announce everything of a network that falls due soon; one batch per kind.

    What no longer falls due is taken off; what was taken out until now is announced anew. The
    network's lock lets two runs pass one after the other, and the second finds nothing new.
    """
    network = db.session.scalars(
        sa.select(Network).where(Network.id == network_id).with_for_update(key_share=True)
    ).one()
    now = utcnow()
    due = due_until(network, now + PLAN_AHEAD)
    _forget_settled(network, due)
    found = _new(network, due, now)
    batches = [_plan(network, kind, found[kind], now) for kind in found if found[kind]]
    finish_batches(network_id)
    return batches


def _new(
    network: Network, due: Mapping[Kind, Sequence[Due]], now: datetime
) -> dict[Kind, list[Due]]:
    """What falls due and is not announced, or was taken out until now."""
    announced = {
        (item.kind, item.subject_id)
        for item in _items(network.id)
        if item.held_until is None or item.held_until > now
    }
    return {
        kind: [one for one in found if (kind, one.subject_id) not in announced]
        for kind, found in due.items()
    }


def _items(network_id: int) -> Sequence[ErasureItem]:
    return db.session.scalars(
        sa.select(ErasureItem)
        .join(ErasureBatch, ErasureBatch.id == ErasureItem.batch_id)
        .where(ErasureBatch.network_id == network_id, ErasureBatch.finished_at.is_(None))
    ).all()


def _forget_settled(network: Network, due: Mapping[Kind, Sequence[Due]]) -> None:
    """Take off what is not due any more: who came back, what is taken up again or restricted."""
    standing = {(kind, one.subject_id) for kind, found in due.items() for one in found}
    for item in _items(network.id):
        if (item.kind, item.subject_id) not in standing:
            db.session.delete(item)
    db.session.flush()


def _erase_after(due: Due, now: datetime) -> datetime:
    return max(due.due_at, now + UNDO_WINDOW)


def _plan(network: Network, kind: Kind, due: Sequence[Due], now: datetime) -> ErasureBatch:
    subjects = [one.subject_id for one in due]
    batch = ErasureBatch(
        id=uuid7(),
        network_id=network.id,
        kind=kind,
        cause=Cause.PERIOD,
        planned_at=now,
        planned=len(due),
        erased=0,
        stopped_at=now if _is_unusual(network.id, kind, len(due), now) else None,
        needs_archive=needs_archive(network),
        export_ids=exports_that_held(network.id, times_listed(kind, subjects)),
    )
    db.session.execute(
        sa.delete(ErasureItem).where(ErasureItem.kind == kind, ErasureItem.subject_id.in_(subjects))
    )
    db.session.add(batch)
    db.session.flush()
    db.session.add_all(
        ErasureItem(
            batch_id=batch.id,
            kind=kind,
            subject_id=one.subject_id,
            due_at=one.due_at,
            erase_after=_erase_after(one, now),
        )
        for one in due
    )
    if batch.is_stopped:
        _alarm(network, batch)
    return batch


def _is_unusual(network_id: int, kind: Kind, count: int, now: datetime) -> bool:
    """Whether a day brings more than twenty and than three times the usual number of a day, and
    more than a tenth of all there is: a wrong clock, period or import would look like that.

    What was stopped and never released makes the next such day no more usual.
    """
    today = now - timedelta(hours=24)
    count += planned_since(network_id, kind, today, now)
    before = planned_since(network_id, kind, now - USUAL_OVER, today, stopped=False)
    usual = before / USUAL_OVER.days
    return count > max(ALWAYS_USUAL, TIMES_USUAL * usual) and count * SHARE_OF_ALL > living_count(
        network_id, kind
    )


def _alarm(network: Network, batch: ErasureBatch) -> None:
    log.error(
        "retention: %d of kind %s in network %s are unusually many; batch %s waits for a release",
        batch.planned, batch.kind, network.slug, batch.id,
    )  # fmt: skip
    record_event(EventTag.RETENTION_STOPPED, batch, by=SYSTEM, count=batch.planned)
    mails.erasure_stopped(network, batch)


def finish_batches(network_id: int | None = None) -> None:
    """Close every batch of which nothing is left."""
    is_left = sa.exists().where(ErasureItem.batch_id == ErasureBatch.id)
    of_network = sa.true() if network_id is None else ErasureBatch.network_id == network_id
    db.session.flush()
    db.session.execute(
        sa.update(ErasureBatch)
        .where(ErasureBatch.finished_at.is_(None), ~is_left, of_network)
        .values(finished_at=utcnow())
    )


def forget_item(subject_id: UUID) -> None:
    """Take off whatever is announced about something that is gone."""
    db.session.execute(sa.delete(ErasureItem).where(ErasureItem.subject_id == subject_id))
