"""Writing the log: events in a chain per subject, tombstones, daily anchors."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session, SessionTransaction

from memberships.database import db, utcnow
from memberships.events.chain import (
    GENESIS,
    anchor_signature,
    canonical_record,
    record_hash,
    tombstone_signature,
)
from memberships.events.models import Actor, Anchor, Event, EventTag, Subject, Tombstone

_HEADS = "heads of chains"


def record_event(tag: EventTag, about: Subject, *, by: Actor, **details: str | int | None) -> Event:
    """Append one event to the subject's chain, in the caller's unit of work.

    `details` may hold ids, tags, counts, times and keyed hashes; never names, addresses or text.
    The caller holds the subject's row locked, so that no two events take the same place. The event
    is sent to the database with the unit of work's next flush, together with all before it.
    """
    last, previous = _head_of(about)
    event = Event(
        network_id=about.network_id,
        subject_type=about.subject_type,
        subject_id=about.id,
        seq=last + 1,
        tag=tag,
        at=utcnow(),
        actor_kind=by.kind,
        actor_id=by.id,
    )
    event.record = canonical_record(event, previous, details)
    event.hash = record_hash(event.record)
    db.session.add(event)
    _heads()[about.id] = (event.seq, event.hash)
    return event


def _head_of(about: Subject) -> tuple[int, str]:
    """Place and hash of the subject's last event: asked once per transaction, as it is locked.

    A subject that this unit of work has made, and not stored yet, cannot have any.
    """
    if about.id in _heads():
        return _heads()[about.id]
    if about in db.session.new:
        return 0, GENESIS
    with db.session.no_autoflush:
        last = db.session.execute(
            sa.select(Event.seq, Event.hash)
            .where(Event.subject_id == about.id)
            .order_by(Event.seq.desc())
            .limit(1)
        ).one_or_none()
    return (last.seq, last.hash) if last else (0, GENESIS)


def _heads() -> dict[UUID, tuple[int, str]]:
    heads: dict[UUID, tuple[int, str]] = db.session.info.setdefault(_HEADS, {})
    return heads


@listens_for(db.session, "after_transaction_end")
def _forget_heads(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:  # a flush is a transaction within the transaction
        session.info.pop(_HEADS, None)


def erase_events(about: Subject, *, rule: str) -> Tombstone:
    """Delete a subject's whole chain and leave a signed tombstone, in the caller's unit of work.

    The database refuses the deletion without the tombstone, and any later event of the subject.
    """
    count, last_hash = db.session.execute(
        sa.select(Event.seq, Event.hash)
        .where(Event.subject_id == about.id)
        .order_by(Event.seq.desc())
        .limit(1)
    ).one()
    stone = Tombstone(
        subject_id=about.id,
        subject_type=about.subject_type,
        network_id=about.network_id,
        events=count,
        last_hash=last_hash,
        rule=rule,
        erased_on=utcnow().date(),
    )
    stone.signature = tombstone_signature(stone)
    db.session.add(stone)
    db.session.flush()
    db.session.execute(sa.delete(Event).where(Event.subject_id == about.id))
    return stone


def write_anchor(day: date) -> Anchor | None:
    """Sign the heads of all chains that grew since the last anchor; None when none grew.

    Idempotent per day: a second call on the same day changes nothing.
    """
    last = db.session.scalar(sa.select(Anchor).order_by(Anchor.day.desc()).limit(1))
    if last is not None and last.day >= day:
        return None
    heads = _heads_since(last)
    if not heads or (last is not None and heads[-1][3] <= last.up_to_event):
        return None
    anchor = Anchor(
        day=day,
        up_to_event=max(row[3] for row in heads),
        heads=json.dumps([[str(subject), seq, hash_] for subject, seq, hash_, _ in heads]),
        previous=last.signature if last else GENESIS,
    )
    anchor.signature = anchor_signature(anchor)
    db.session.add(anchor)
    return anchor


def _heads_since(last: Anchor | None) -> list[tuple[UUID, int, str, int]]:
    query = sa.select(Event.subject_id, sa.func.max(Event.seq).label("seq"))
    if last is not None:
        # Ids are given before the commit: of the last anchor's day some may have come in after it.
        its_day = datetime.combine(last.day, time(), UTC)
        query = query.where(sa.or_(Event.id > last.up_to_event, Event.at >= its_day))
    grown = query.group_by(Event.subject_id).subquery()
    rows = db.session.execute(
        sa.select(Event.subject_id, Event.seq, Event.hash, Event.id)
        .join(grown, sa.and_(grown.c.subject_id == Event.subject_id, grown.c.seq == Event.seq))
        .order_by(Event.id)
    )
    return [(subject, seq, hash_, id_) for subject, seq, hash_, id_ in rows]
