"""Reading the log: a subject's events, and whether the log is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db
from memberships.events.chain import (
    GENESIS,
    anchor_signature,
    canonical_record,
    record_hash,
    tombstone_signature,
)
from memberships.events.models import Anchor, Event, Tombstone


@dataclass
class LogCheck:
    """What a verification found. An empty `faults` means that the log is whole."""

    events: int = 0
    chains: int = 0
    tombstones: int = 0
    anchors: int = 0
    faults: list[str] = field(default_factory=list)


def events_about(subject_id: UUID) -> Sequence[Event]:
    """All events of a subject, oldest first."""
    return db.session.scalars(
        sa.select(Event).where(Event.subject_id == subject_id).order_by(Event.seq)
    ).all()


def erasures_by_rule() -> list[tuple[int, str, int]]:
    """How many chains were erased, by network and rule: what stays of them for figures."""
    rows = db.session.execute(
        sa.select(Tombstone.network_id, Tombstone.rule, sa.func.count())
        .group_by(Tombstone.network_id, Tombstone.rule)
        .order_by(Tombstone.network_id, Tombstone.rule)
    )
    return [(network_id, rule, count) for network_id, rule, count in rows]


def check_log() -> LogCheck:
    """Recompute every hash, tombstone and anchor. Memory grows with the erased chains only."""
    check = LogCheck()
    erased = {stone.subject_id: stone for stone in db.session.scalars(sa.select(Tombstone))}
    for stone in erased.values():
        check.tombstones += 1
        if stone.signature != tombstone_signature(stone):
            check.faults.append(f"tombstone {stone.subject_id}: the signature does not fit")
    rows = db.session.scalars(
        sa.select(Event).order_by(Event.subject_id, Event.seq).execution_options(yield_per=1000)
    )
    for subject_id, chain in groupby(rows, key=lambda event: event.subject_id):
        check.chains += 1
        if subject_id in erased:
            check.faults.append(f"chain {subject_id}: erased, but still has events")
        check.faults += _faults_of_chain(chain, check)
    check.faults += _faults_of_anchors(erased, check)
    return check


def _faults_of_chain(chain: Iterator[Event], check: LogCheck) -> Iterator[str]:
    previous = GENESIS
    for seq, event in enumerate(chain, start=1):
        check.events += 1
        if event.seq != seq:
            yield f"chain {event.subject_id}: event {seq} is missing"
            return
        details = json.loads(event.record).get("details", {})
        if event.record != canonical_record(event, previous, details):
            yield f"chain {event.subject_id}: event {seq} was changed or does not follow"
            return
        if event.hash != record_hash(event.record):
            yield f"chain {event.subject_id}: event {seq} has a hash that does not fit"
            return
        previous = event.hash


def _faults_of_anchors(erased: dict[UUID, Tombstone], check: LogCheck) -> Iterator[str]:
    previous = GENESIS
    for anchor in db.session.scalars(sa.select(Anchor).order_by(Anchor.day)):
        check.anchors += 1
        if anchor.previous != previous or anchor.signature != anchor_signature(anchor):
            yield f"anchor {anchor.day}: changed, or the one before is missing"
        previous = anchor.signature
        for subject, seq, hash_ in json.loads(anchor.heads):
            if not _head_stands(UUID(subject), seq, hash_, erased):
                yield f"anchor {anchor.day}: chain {subject} no longer has its event {seq}"


def _head_stands(subject_id: UUID, seq: int, hash_: str, erased: dict[UUID, Tombstone]) -> bool:
    stone = erased.get(subject_id)
    if stone is not None:
        return stone.events > seq or (stone.events == seq and stone.last_hash == hash_)
    found = db.session.scalar(
        sa.select(Event.hash).where(Event.subject_id == subject_id, Event.seq == seq)
    )
    return found == hash_
