"""Table of periodic jobs: which period of which job was begun, by whom, and done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model


class JobRun(Model):
    """One period of one job. Its existence is the claim: the unique index lets one worker in.

    `due_at` says when an unfinished run may be tried (again): after a failure a while later, and
    when its worker vanished, after the lease.
    """

    __tablename__ = "job_runs"
    __table_args__ = (Index("uq_job_runs_job_period", "job", "period", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(60))
    period: Mapped[datetime]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int]
    lease: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]
