"""What people decide about an announced erasure: release it, take it out, say an archive had it."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from memberships.calendar import BERLIN
from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.retention.errors import BatchChanged, BatchUnknown, ItemGone
from memberships.retention.models import ErasureBatch, ErasureItem
from memberships.retention.services.planning import UNDO_WINDOW


def batch_for_change(
    batch_id: UUID, *, network_id: int | None = None, seen_version: int | None = None
) -> ErasureBatch:
    """The open batch, locked, as the person saw it.

    Raises BatchUnknown when the network has none of this id that is open, BatchChanged when
    somebody has decided about it since.
    """
    batch = db.session.scalar(
        sa.select(ErasureBatch)
        .where(ErasureBatch.id == batch_id, ErasureBatch.finished_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if batch is None or (network_id is not None and batch.network_id != network_id):
        raise BatchUnknown
    if seen_version is not None and batch.version != seen_version:
        raise BatchChanged
    return batch


def release_batch(batch: ErasureBatch, *, by: Actor) -> bool:
    """Let a stopped batch be erased after all; False when it is not stopped."""
    if not batch.is_stopped:
        return False
    batch.released_at = utcnow()
    record_event(EventTag.RETENTION_RELEASED, batch, by=by)
    return True


def offer_to_archive(batch: ErasureBatch, *, by: Actor) -> bool:
    """Say that an archive was offered everything in the batch and did not want it, or has it.

    It can still be taken out for as long as any batch. False when nothing had to be offered, or
    somebody has said so already.
    """
    if not batch.awaits_archive:
        return False
    now = utcnow()
    batch.archive_offered_at = now
    db.session.execute(
        sa.update(ErasureItem)
        .where(ErasureItem.batch_id == batch.id, ErasureItem.erase_after < now + UNDO_WINDOW)
        .values(erase_after=now + UNDO_WINDOW)
    )
    record_event(EventTag.RETENTION_ARCHIVE_OFFERED, batch, by=by)
    return True


def hold_batch(batch: ErasureBatch, reason: str, until: date, *, by: Actor) -> int:
    """Take out everything that waits in the batch; on that day it is announced anew.

    Returns how many. What people wrote down vanishes with each item.
    """
    items = db.session.scalars(
        sa.select(ErasureItem).where(
            ErasureItem.batch_id == batch.id, ErasureItem.held_until.is_(None)
        )
    ).all()
    for item in items:
        _hold(item, reason, until)
    if items:
        _record(batch, len(items), by)
    return len(items)


def hold_item(batch: ErasureBatch, item_id: UUID, reason: str, until: date, *, by: Actor) -> None:
    """Take one thing out of the batch; on that day it is announced anew.

    Raises ItemGone when it is erased, or no longer due.
    """
    item = db.session.scalar(
        sa.select(ErasureItem).where(ErasureItem.id == item_id, ErasureItem.batch_id == batch.id)
    )
    if item is None:
        raise ItemGone
    _hold(item, reason, until)
    _record(batch, 1, by)


def _hold(item: ErasureItem, reason: str, until: date) -> None:
    item.held_until = datetime.combine(until, time(), BERLIN)
    item.held_reason = reason


def _record(batch: ErasureBatch, count: int, by: Actor) -> None:
    record_event(EventTag.RETENTION_HELD, batch, by=by, count=count)
    # A new version though only its items differ.
    flag_modified(batch, "export_ids")
