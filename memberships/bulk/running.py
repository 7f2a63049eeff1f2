"""What the worker does for runs, a little in every round, and the first look at a plan."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from memberships.applications.services import get_ready
from memberships.bulk import services
from memberships.bulk.models import BulkItem, BulkRun, RunState, Why
from memberships.bulk.queries import busy_runs, next_item, unchecked_items
from memberships.database import ChangedMeanwhile, DatabaseBusy, db, unit_of_work
from memberships.traces import trace_without_values

# Mails and decisions that are due wait no longer than this.
ROUND_SECONDS = 1.0
_LOOKED_AT_ONCE = 25

log = logging.getLogger(__name__)


def work_on_runs() -> bool:
    """What the worker does in every round; True when more may wait.

    Each case is a transaction of its own, which also marks its item: a worker that is killed has
    done it wholly or not at all, and several workers never do the same one.
    """
    runs = busy_runs()
    if runs:
        get_ready()
    share = ROUND_SECONDS / max(len(runs), 1)
    has_more = [_take_turn(run_id, state, share) for run_id, state in runs]
    return True in has_more


def _take_turn(run_id: UUID, state: RunState, seconds: float) -> bool:
    """Work on one run for that long; whether it has more. A long run keeps no other waiting."""
    until = time.monotonic() + seconds
    step = _look if state is RunState.CHECKING else _do_next
    while step(run_id):
        if time.monotonic() >= until:
            return True
    return False


def look_at(run_id: UUID, seconds: float = ROUND_SECONDS) -> None:
    """Look at the cases of a plan for that long; the worker looks at the rest."""
    get_ready()
    until = time.monotonic() + seconds
    while _look(run_id) and time.monotonic() < until:
        pass


def _look(run_id: UUID) -> bool:
    """Whether more of this plan is to be looked at. Looking holds no lock."""
    db.session.rollback()
    run = db.session.get(BulkRun, run_id)
    if run is None:
        return False
    items = unchecked_items(run_id, _LOOKED_AT_ONCE)
    found = [_verdict(item, run) for item in items]
    with unit_of_work():
        return not services.note_verdicts(run_id, found)


def _verdict(item: BulkItem, run: BulkRun) -> services.Verdict:
    try:
        return services.verdict_on(item, run)
    except Exception as error:  # noqa: BLE001 - the other cases of the plan can be looked at
        log.error("a case could not be looked at: %s", trace_without_values(error))  # noqa: TRY400 - no values
        return services.Verdict(item.position, item.seen_version, Why.FAILED, "", is_claimed=False)


def _do_next(run_id: UUID) -> bool:
    """Do one case; False when none is left that is in nobody's hands."""
    position = -1
    try:
        with unit_of_work():
            item = next_item(run_id)
            if item is None:
                services.finish_run(run_id)
                return False
            position = item.position
            services.carry_out_item(item)
    except DatabaseBusy:
        raise
    except ChangedMeanwhile:
        log.info("a case of a run met another change; it is tried again")
    except Exception as error:  # noqa: BLE001 - the other cases of the run have a right to go on
        if not isinstance(error, services.REFUSALS):
            log.error("a case of a run failed: %s", trace_without_values(error))  # noqa: TRY400 - no values
        with unit_of_work():
            services.skip_item(run_id, position, error)
    return True


def erase_old_runs() -> None:
    """Erase runs whose time is over, a hundred per transaction."""
    while True:
        with unit_of_work():
            if not services.erase_old_runs():
                return
