"""The worker: one loop that delivers mail and runs periodic jobs until it is told to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from threading import Event

from flask import Flask

from memberships.jobs.services import Job, run_due_jobs
from memberships.mails.delivery import deliver_due_mails
from memberships.networks.queries import follow_edits
from memberships.traces import trace_without_values

__all__ = ["Job", "run_worker"]

IDLE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# Short, as it is also the time between the signal and the end.
NAP_SECONDS = 0.1

log = logging.getLogger(__name__)


def run_worker(
    app: Flask,
    jobs: Collection[Job],
    *,
    stop: Event,
    rounds: Collection[Callable[[], object]] = (),
) -> None:
    """Deliver due mails and run due jobs until `stop` is set, then finish the mail at hand.

    Before the mails, each of `rounds` is called; one that returns True has more to do at once.

    Any number of workers may run at once. Nothing that a job, the mail server or the database does
    ends the loop; after a failure it rests, longer each time, up to half a minute.
    """
    failures = 0
    while not stop.is_set():
        try:
            is_busy = _poll(app, jobs, rounds, stop.is_set)
            failures = 0
            pause = 0.0 if is_busy else IDLE_SECONDS
        except Exception as error:  # noqa: BLE001 - a worker that ends is worse than one that waits
            log.error("the worker rests: %s", trace_without_values(error))  # noqa: TRY400 - no values
            failures += 1
            pause = min(IDLE_SECONDS * 2 ** min(failures, 10), LONGEST_PAUSE_SECONDS)
        _rest(pause, stop)


def _poll(
    app: Flask,
    jobs: Collection[Job],
    rounds: Collection[Callable[[], object]],
    is_stopping: Callable[[], bool],
) -> bool:
    # A context of its own each time: what failed in the last round leaves no session behind.
    try:
        try:
            has_more = _go_round(app, rounds)
        finally:
            with app.app_context():
                has_mails = deliver_due_mails(is_stopping=is_stopping).has_more
        return has_more or has_mails
    finally:
        with app.app_context():
            run_due_jobs(jobs, is_stopping=is_stopping)


def _go_round(app: Flask, rounds: Collection[Callable[[], object]]) -> bool:
    with app.app_context():
        follow_edits()
        outcomes = [step() for step in rounds]
    return True in outcomes


def _rest(seconds: float, stop: Event) -> None:
    # Not stop.wait(): a signal handler that sets the event while its own thread holds the lock of
    # the event would wait for itself.
    until = time.monotonic() + seconds
    while not stop.is_set() and time.monotonic() < until:
        time.sleep(NAP_SECONDS)
