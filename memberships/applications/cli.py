from __future__ import annotations

import logging
from uuid import UUID

import click
from flask.cli import with_appcontext

from memberships.applications.queries import due_decisions
from memberships.applications.services import (
    IMPOSSIBLE,
    carry_out_decision,
    erase_expired_applications,
    give_up_decision,
    index_applications,
)
from memberships.database import ChangedMeanwhile, unit_of_work, utcnow
from memberships.traces import trace_without_values

_BATCH = 20
_INDEXED_AT_ONCE = 2000

log = logging.getLogger(__name__)


def carry_out_decisions() -> bool:
    """What the worker does in every round: let decisions take effect; True when more may wait.

    Each in a transaction of its own. One that has become impossible is given up, and its case waits
    for a person again; one that met somebody else's change, or failed, is tried again in the next
    round and keeps no other waiting.
    """
    due = due_decisions(utcnow(), _BATCH)
    carried_out = 0
    for application_id in due:
        try:
            with unit_of_work():
                carry_out_decision(application_id)
            carried_out += 1
        except IMPOSSIBLE as error:
            with unit_of_work():
                give_up_decision(application_id, type(error).__name__)
        except ChangedMeanwhile:
            log.info("a decision met another change; it is tried again")
        except Exception as error:  # noqa: BLE001 - the others are due as well
            log.error("a decision failed: %s", trace_without_values(error))  # noqa: TRY400 - no values
    return carried_out == _BATCH


def erase_expired() -> int:
    """Erase all expired unconfirmed applications, a hundred per transaction."""
    erased = 0
    while True:
        with unit_of_work():
            batch = erase_expired_applications()
        erased += batch
        if not batch:
            return erased


@click.group()
def applications() -> None:
    """The cases of all networks."""


@applications.command()
@with_appcontext
def index() -> None:
    """Make anew what cases are found by."""
    index_all()


def index_all() -> None:
    """Make anew what cases are found by, some hundred per transaction."""
    after: UUID | None = None
    while True:
        with unit_of_work():
            after = index_applications(after, _INDEXED_AT_ONCE)
        if after is None:
            return
