from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from memberships.database import db, unit_of_work, utcnow
from memberships.jobs.models import JobRun
from memberships.jobs.queries import latest_runs
from memberships.jobs.services import LEASE, Job, run_due_jobs

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECRET = "person@example.org"


@pytest.fixture
def clock(app):
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


class Counted:
    """A job that counts, and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.runs = 0
        self.failures = failures

    def __call__(self) -> None:
        self.runs += 1
        if self.runs <= self.failures:
            raise LookupError(SECRET)


def all_runs() -> list[JobRun]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(JobRun).order_by(JobRun.id)))


def test_a_job_runs_once_in_a_period_and_once_in_the_next(clock):
    work = Counted()
    jobs = [Job("hourly", HOUR, work)]

    assert run_due_jobs(jobs) == {"hourly": True}
    clock.shift(59 * 60)
    assert run_due_jobs(jobs) == {}
    clock.shift(60)
    assert run_due_jobs(jobs) == {"hourly": True}

    assert work.runs == 2
    assert [run.period for run in all_runs()] == [NOON, NOON + HOUR]


@pytest.mark.parametrize(
    ("every", "begin"),
    [
        (timedelta(minutes=10), datetime(2026, 11, 22, 12, 30, tzinfo=UTC)),
        (timedelta(days=1), datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)
def test_a_period_begins_at_the_same_time_for_every_worker(every, begin):
    at = datetime(2026, 11, 22, 12, 34, 56, tzinfo=UTC)

    assert Job("any", every, Counted()).period_at(at) == begin


def test_periods_in_which_no_worker_ran_are_not_made_up_for(clock):
    work = Counted()
    run_due_jobs([Job("hourly", HOUR, work)])

    clock.shift(HOUR * 5)
    run_due_jobs([Job("hourly", HOUR, work)])
    run_due_jobs([Job("hourly", HOUR, work)])

    assert work.runs == 2


def test_workers_that_begin_a_period_at_the_same_moment_run_it_once(app):
    work, begin = Counted(), threading.Barrier(4)
    outcomes = []

    def poll() -> None:
        with app.app_context():
            begin.wait()
            outcomes.append(run_due_jobs([Job("yearly", timedelta(days=365), work)]))

    threads = [threading.Thread(target=poll) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert work.runs == 1
    assert sorted(map(len, outcomes)) == [0, 0, 0, 1]


def test_a_failed_job_is_tried_again_later_each_time(clock):
    work = Counted(failures=3)
    jobs = [Job("daily", timedelta(days=1), work)]

    tries_at = []
    for _ in range(100):
        if run_due_jobs(jobs):
            tries_at.append(utcnow() - NOON)
        clock.shift(1)

    assert [int(at.total_seconds()) for at in tries_at] == [0, 10, 30, 70]
    assert all_runs()[0].finished_at == NOON + timedelta(seconds=70)


def test_the_wait_after_a_failure_is_never_longer_than_a_quarter_of_an_hour(clock):
    work = Counted(failures=99)
    run_due_jobs([Job("daily", timedelta(days=1), work)])
    with unit_of_work():
        db.session.execute(sa.update(JobRun).values(tries=50, due_at=utcnow()))

    run_due_jobs([Job("daily", timedelta(days=1), work)])

    assert all_runs()[0].due_at == NOON + timedelta(minutes=15)


def test_a_failed_job_does_not_keep_the_others_from_running(clock, caplog):
    work = Counted()
    jobs = [Job("faulty", HOUR, Counted(failures=1)), Job("sound", HOUR, work)]

    assert run_due_jobs(jobs) == {"faulty": False, "sound": True}


def test_what_a_job_failed_at_is_logged_without_values(clock, caplog):
    run_due_jobs([Job("faulty", HOUR, Counted(failures=1))])

    assert "job faulty failed" in caplog.text
    assert "LookupError" in caplog.text
    assert "in __call__" in caplog.text
    assert SECRET not in caplog.text


def test_what_a_failed_job_left_unfinished_is_not_stored(clock):
    def leave_a_row_and_fail() -> None:
        with unit_of_work():
            db.session.add(a_run("left over"))
            db.session.flush()
            raise LookupError

    run_due_jobs([Job("faulty", HOUR, leave_a_row_and_fail)])

    assert [run.job for run in all_runs()] == ["faulty"]


def a_run(job: str) -> JobRun:
    return JobRun(job=job, period=NOON, started_at=NOON, due_at=NOON, tries=1)


def test_a_run_whose_worker_was_killed_is_taken_up_when_its_lease_ends(clock):
    class Killed(BaseException):
        pass

    def be_killed() -> None:
        raise Killed

    with pytest.raises(Killed):
        run_due_jobs([Job("daily", timedelta(days=1), be_killed)])
    work = Counted()
    jobs = [Job("daily", timedelta(days=1), work)]

    clock.shift(LEASE - timedelta(seconds=1))
    assert run_due_jobs(jobs) == {}
    clock.shift(1)
    assert run_due_jobs(jobs) == {"daily": True}
    assert [(run.tries, run.finished_at) for run in all_runs()] == [(2, utcnow())]


def test_a_run_that_outlived_its_lease_does_not_mark_that_of_the_next_worker(clock, app):
    def outlive_the_lease() -> None:
        clock.shift(LEASE)
        with app.app_context(), pytest.raises(SystemExit):
            run_due_jobs([Job("daily", timedelta(days=1), stop_here)])

    def stop_here() -> None:
        raise SystemExit

    run_due_jobs([Job("daily", timedelta(days=1), outlive_the_lease)])

    [run] = all_runs()
    assert (run.tries, run.finished_at) == (2, None)
    assert run.lease is not None


def test_told_to_stop_no_further_job_is_begun(clock):
    stop = threading.Event()
    work = Counted()
    jobs = [Job("first", HOUR, stop.set), Job("second", HOUR, work)]

    assert run_due_jobs(jobs, is_stopping=stop.is_set) == {"first": True}

    assert work.runs == 0


def test_runs_are_forgotten_after_thirty_days_but_never_the_present_one(clock):
    jobs = [Job("monthly", timedelta(days=31), Counted()), Job("hourly", HOUR, Counted())]
    run_due_jobs(jobs)
    clock.shift(timedelta(days=30) + HOUR)

    run_due_jobs([jobs[1]])
    assert run_due_jobs([Job("hourly", HOUR, Counted())]) == {}

    assert {run.job: run.period for run in latest_runs()}["hourly"] == utcnow()
    assert [run.job for run in all_runs()].count("hourly") == 1
    assert [run.job for run in all_runs()].count("monthly") == 1


def test_the_latest_run_of_every_job_is_shown(clock):
    jobs = [Job("hourly", HOUR, Counted()), Job("daily", timedelta(days=1), Counted())]
    run_due_jobs(jobs)
    clock.shift(HOUR)
    run_due_jobs(jobs)

    assert [(run.job, run.period) for run in latest_runs()] == [
        ("daily", datetime(2026, 11, 22, tzinfo=UTC)),
        ("hourly", NOON + HOUR),
    ]
