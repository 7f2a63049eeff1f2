from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from memberships import worker
from memberships.database import db
from memberships.mails.models import MailState
from memberships.worker import Job, run_worker
from tests.mails.cases import stored
from tests.smtp_servers import refused_port

PATIENCE = 20


@contextmanager
def running(app: Flask, *jobs: Job) -> Iterator[threading.Thread]:
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=(app, jobs), kwargs={"stop": stop})
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


class Told(logging.Handler):
    """Waits for a line of the log."""

    def __init__(self, beginning: str) -> None:
        super().__init__()
        self.beginning = beginning
        self.event = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith(self.beginning):
            self.event.set()


@pytest.fixture
def told() -> Iterator[Callable[[str], threading.Event]]:
    handlers = []

    def wait_for(beginning: str) -> threading.Event:
        handlers.append(Told(beginning))
        logging.getLogger("memberships").addHandler(handlers[-1])
        return handlers[-1].event

    yield wait_for
    for handler in handlers:
        logging.getLogger("memberships").removeHandler(handler)


def rename(old: str, new: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_a_mail_queued_while_the_worker_is_idle_is_sent(app, queue, inbox):
    with running(app):
        first = queue()
        inbox.arrivals.get(timeout=PATIENCE)
        second = queue()
        inbox.arrivals.get(timeout=PATIENCE)

    assert [stored(mail_id).state for mail_id in (first, second)] == [MailState.SENT] * 2


def test_while_batches_are_full_the_worker_does_not_rest(app, queue, inbox, monkeypatch):
    monkeypatch.setattr(worker, "IDLE_SECONDS", 3600)
    for _ in range(45):
        queue()

    with running(app):
        for _ in range(45):
            inbox.arrivals.get(timeout=PATIENCE)


def test_told_to_stop_a_resting_worker_ends_at_once(app, monkeypatch):
    monkeypatch.setattr(worker, "IDLE_SECONDS", 3600)
    polled = threading.Event()

    with running(app, Job("any", timedelta(days=1), polled.set)) as thread:
        assert polled.wait(PATIENCE)

    assert not thread.is_alive()


def test_jobs_run_beside_the_mail(app, queue, inbox):
    done = threading.Event()

    with running(app, Job("any", timedelta(days=1), done.set)):
        queue()
        inbox.arrivals.get(timeout=PATIENCE)
        assert done.wait(PATIENCE)


def test_a_failing_job_ends_neither_the_worker_nor_the_mail(app, queue, inbox, told):
    has_failed = told("job faulty failed")

    def fail() -> None:
        raise LookupError

    with running(app, Job("faulty", timedelta(days=1), fail)) as thread:
        assert has_failed.wait(PATIENCE)
        queue()
        inbox.arrivals.get(timeout=PATIENCE)
        assert thread.is_alive()


def test_a_failing_database_ends_neither_the_worker_nor_the_jobs(app, queue, inbox, told):
    rests, done = told("the worker rests"), threading.Event()
    mail_id = queue()
    rename("outgoing_mails", "gone")

    with running(app, Job("any", timedelta(days=1), done.set)):
        assert rests.wait(PATIENCE)
        assert done.wait(PATIENCE)
        rename("gone", "outgoing_mails")
        inbox.arrivals.get(timeout=PATIENCE)

    assert stored(mail_id).state is MailState.SENT


def test_a_mail_server_that_is_down_does_not_end_the_worker(app, queue, use_server, told):
    tried = told("mail ")
    queue()
    with refused_port() as port:
        use_server(port)
        with running(app) as thread:
            assert tried.wait(PATIENCE)
            assert thread.is_alive()
