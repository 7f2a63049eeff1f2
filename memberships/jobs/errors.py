"""What two workers can run into."""

from __future__ import annotations

from memberships.database import conflict


@conflict("uq_job_runs_job_period")
class RunTaken(Exception):
    """Another worker began this period of the job at the same moment."""
