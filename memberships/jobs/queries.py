"""Reading what ran."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from memberships.database import db
from memberships.jobs.models import JobRun


def latest_runs() -> Sequence[JobRun]:
    """The newest run of every job, by name."""
    newest = sa.select(sa.func.max(JobRun.id)).group_by(JobRun.job)
    return db.session.scalars(
        sa.select(JobRun).where(JobRun.id.in_(newest)).order_by(JobRun.job)
    ).all()


def is_open(job: str, period: datetime, at: datetime) -> bool:
    """Whether this period of the job still has to be run: asked before any lock is taken."""
    run = db.session.scalar(sa.select(JobRun).where(JobRun.job == job, JobRun.period == period))
    return run is None or (run.finished_at is None and run.due_at <= at)
