"""Periodic jobs: each period is run once, by one worker, and again only after a failure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from memberships.database import db, unit_of_work, utcnow
from memberships.jobs.errors import RunTaken
from memberships.jobs.models import JobRun
from memberships.jobs.queries import is_open
from memberships.traces import trace_without_values

# A run that is neither done nor failed by then belongs to a worker that was killed.
LEASE = timedelta(minutes=15)
LONGEST_BACKOFF_SECONDS = 900
RUNS_ARE_KEPT = timedelta(days=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """Something to do once in every period. `run` opens its own units of work, is done within the
    lease of 15 minutes, and may be repeated when it was interrupted.
    """

    name: str
    every: timedelta
    run: Callable[[], object]

    def period_at(self, moment: datetime) -> datetime:
        return moment - (moment - _EPOCH) % self.every


def run_due_jobs(
    jobs: Collection[Job], *, is_stopping: Callable[[], bool] = lambda: False
) -> dict[str, bool]:
    """Run each job whose present period nobody has begun; returns which ran, and whether well.

    A job that raises is logged without values and tried again in this period, later each time.
    A period that passed while no worker ran is not made up for. Raises DatabaseBusy only.
    """
    outcomes: dict[str, bool] = {}
    for job in jobs:
        lease = None if is_stopping() else _claim(job)
        if lease:
            outcomes[job.name] = _run(job, lease)
    return outcomes


def _claim(job: Job) -> UUID | None:
    now, lease = utcnow(), uuid4()
    period = job.period_at(now)
    if not is_open(job.name, period, now):
        return None
    try:
        with unit_of_work():
            return lease if _take_run(job.name, period, lease, now) else None
    except RunTaken:
        return None


def _take_run(job: str, period: datetime, lease: UUID, now: datetime) -> bool:
    run = db.session.scalar(
        sa.select(JobRun).where(JobRun.job == job, JobRun.period == period).with_for_update()
    )
    if run is None:
        _forget_old_runs(job, period)
        run = JobRun(job=job, period=period, started_at=now, due_at=now, tries=0)
        db.session.add(run)
    elif run.finished_at or run.due_at > now:
        return False
    run.due_at, run.lease, run.tries = now + LEASE, lease, run.tries + 1
    return True


def _forget_old_runs(job: str, period: datetime) -> None:
    old = period - RUNS_ARE_KEPT
    db.session.execute(sa.delete(JobRun).where(JobRun.job == job, JobRun.period < old))


def _run(job: Job, lease: UUID) -> bool:
    try:
        job.run()
    except Exception as error:  # noqa: BLE001 - whatever a job raises, the others go on
        log.error("job %s failed: %s", job.name, trace_without_values(error))  # noqa: TRY400 - no values
        _settle(lease, is_done=False)
        return False
    _settle(lease, is_done=True)
    return True


def _settle(lease: UUID, *, is_done: bool) -> None:
    with unit_of_work():
        run = db.session.scalar(sa.select(JobRun).where(JobRun.lease == lease).with_for_update())
        if run is None:  # it took longer than its lease, and another worker took over
            return
        now = utcnow()
        run.lease = None
        if is_done:
            run.finished_at = now
        else:
            run.due_at = now + _backoff(run.tries)


def _backoff(tries: int) -> timedelta:
    return timedelta(seconds=min(5 * 2 ** min(tries, 10), LONGEST_BACKOFF_SECONDS))
