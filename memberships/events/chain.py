"""What the log's hashes and signatures are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from memberships.events.models import Anchor, Event, Tombstone
from memberships.tokens import keyed_hash

GENESIS = "0" * 64


def canonical_record(event: Event, previous: str, details: Mapping[str, Any]) -> str:
    """The text that an event's hash is made of: sorted keys, no blanks, UTC to the microsecond."""
    return json.dumps(
        {
            "actor": [event.actor_kind, event.actor_id and str(event.actor_id)],
            "at": _iso(event.at),
            "details": {key: value for key, value in details.items() if value is not None},
            "network": event.network_id,
            "previous": previous,
            "seq": event.seq,
            "subject": [event.subject_type, str(event.subject_id)],
            "tag": str(event.tag),
        },
        sort_keys=True,
        separators=(",", ":"),
    )


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def record_hash(record: str) -> str:
    """The link of the chain: what the next event's record holds as `previous`."""
    return hashlib.sha256(record.encode()).hexdigest()


def tombstone_signature(stone: Tombstone) -> str:
    """Shows that the installation itself recorded this erasure."""
    return keyed_hash(
        "event-tombstone",
        str(stone.subject_id),
        stone.subject_type,
        str(stone.network_id),
        str(stone.events),
        stone.last_hash,
        stone.rule,
        stone.erased_on.isoformat(),
    )


def anchor_signature(anchor: Anchor) -> str:
    """Signs an anchor together with the one before, so that none can be left out."""
    return keyed_hash(
        "event-anchor",
        anchor.day.isoformat(),
        str(anchor.up_to_event),
        anchor.heads,
        anchor.previous,
    )
