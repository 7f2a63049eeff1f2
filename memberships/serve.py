"""Starting the product: the database, web and worker processes, and where to click."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType

import click
from flask.cli import with_appcontext
from honcho.manager import Manager

from memberships import create_app
from memberships.accounts.cli import (
    answer_address_changes,
    answer_sign_in_requests,
    erase_old_requests,
)
from memberships.applications.cli import carry_out_decisions, erase_expired, index_all
from memberships.applications.queries import has_unindexed
from memberships.applications.services import (
    close_unanswered,
    release_stale_claims,
    remind_of_questions,
)
from memberships.bulk.running import erase_old_runs, work_on_runs
from memberships.database import unit_of_work, utcnow
from memberships.drafts.services import erase_old_drafts
from memberships.events.services import write_anchor
from memberships.feedback.services import erase_old_feedback
from memberships.figures.services import refresh_figures
from memberships.networks.queries import current_definitions
from memberships.notices.services import send_due_notices
from memberships.retention.cli import run_retention
from memberships.review.services import send_due_digests
from memberships.schema import upgrade_schema
from memberships.seats.services import (
    advance_handovers,
    end_expired_invitations,
    erase_old_handovers,
)
from memberships.settings import ROOT, Settings, current_settings
from memberships.viewings.services import erase_old_viewings
from memberships.web import has_vendor
from memberships.worker import Job, run_worker

# Two workers of four threads, which share what is loaded before they begin; the benchmarks start
# theirs with the same.
WEB_OPTIONS = (
    "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload",
    "--no-control-socket",
    "--log-level", "warning", "--graceful-timeout", "10",
)  # fmt: skip


@click.group()
def database() -> None:
    """The database schema."""


@database.command()
@with_appcontext
def upgrade() -> None:
    """Bring the schema to the newest migration, and what cases are found by with it."""
    upgrade_schema()
    if has_unindexed():
        index_all()


def remind() -> None:
    """Remind applicants of questions past their time, fifty per transaction."""
    _until_done(remind_of_questions)


def close() -> None:
    """Close what stayed without answer, fifty per transaction."""
    _until_done(close_unanswered)


def release_claims() -> None:
    """Free cases that nobody works on, a hundred per transaction."""
    _until_done(release_stale_claims)


def advance() -> None:
    """Let time do its part in hand-overs of seats; erase those that ended 90 days ago."""
    while advance_handovers():
        pass
    _until_done(erase_old_handovers)
    while end_expired_invitations():
        pass


def erase_drafts() -> None:
    """Erase what nobody has gone on with for thirty days."""
    _until_done(erase_old_drafts)


def erase_feedback() -> None:
    """Erase reports of barriers that were answered a year ago."""
    _until_done(erase_old_feedback)


def erase_viewings() -> None:
    """Erase who looked at what ninety days ago, a thousand rows per transaction."""
    _until_done(erase_old_viewings)


def _until_done(step: Callable[[], int]) -> None:
    while True:
        with unit_of_work():
            if not step():
                return


def digests() -> None:
    """Tell the offices that something waits, and each colleague what waits for them."""
    with unit_of_work():
        send_due_digests()
    for slug in current_definitions():
        with unit_of_work():
            send_due_notices(slug)


def anchor_log() -> None:
    """Sign the log's state of the day."""
    with unit_of_work():
        write_anchor(utcnow().date())


@click.command()
def worker() -> None:
    """Deliver mail and do what is due, until told to stop."""
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    jobs = [
        Job("erase_expired_applications", timedelta(minutes=10), erase_expired),
        Job("erase_sign_in_requests", timedelta(hours=1), erase_old_requests),
        Job("remind_of_questions", timedelta(minutes=10), remind),
        Job("close_unanswered", timedelta(minutes=10), close),
        Job("advance_handovers", timedelta(minutes=10), advance),
        Job("release_stale_claims", timedelta(minutes=10), release_claims),
        Job("send_digests", timedelta(minutes=5), digests),
        Job("run_retention", timedelta(days=1), run_retention),
        Job("erase_old_feedback", timedelta(days=1), erase_feedback),
        Job("erase_old_drafts", timedelta(days=1), erase_drafts),
        Job("erase_old_viewings", timedelta(days=1), erase_viewings),
        Job("erase_old_runs", timedelta(hours=1), erase_old_runs),
        Job("anchor_log", timedelta(days=1), anchor_log),
        Job("refresh_figures", timedelta(minutes=30), refresh_figures),
    ]
    run_worker(
        create_app(),
        jobs,
        stop=stop,
        rounds=[
            answer_sign_in_requests,
            answer_address_changes,
            carry_out_decisions,
            work_on_runs,
        ],
    )


@click.command()
@with_appcontext
def serve() -> None:
    """Run web and worker together until Ctrl-C."""
    settings = current_settings()
    if _is_taken(settings.port):
        raise click.ClickException(
            f"port {settings.port} is in use; choose another: PORT={settings.port + 1} make serve"
        )
    manager = Manager()
    environment = {**os.environ, "PORT": str(settings.port), "PYTHONUNBUFFERED": "1"}
    manager.add_process("web", _web_command(settings), env=environment, cwd=str(ROOT))
    manager.add_process("worker", _program("memberships", "worker"), env=environment, cwd=str(ROOT))
    threading.Thread(target=_say_where_to_click, args=(settings,), daemon=True).start()
    # A closed terminal stops us like Ctrl-C; the children have sessions of their own.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager.loop()
    # Stopped by a person is well; a child that ended by itself is not.
    was_told_to = manager.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM}
    sys.exit(0 if was_told_to else manager.returncode or 1)


def _program(name: str, *arguments: str) -> str:
    return "exec " + shlex.join([str(Path(sys.executable).with_name(name)), *arguments])


def _web_command(settings: Settings) -> str:
    return _program(
        "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{settings.port}", *WEB_OPTIONS
    )  # fmt: skip


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _say_where_to_click(settings: Settings) -> None:
    here = f"http://127.0.0.1:{settings.port}"
    while True:
        try:
            with urllib.request.urlopen(f"{here}/readyz", timeout=2):  # noqa: S310 - our own loopback address
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    lines = [f"Ready: {here}", f"  join a network    {here}/"]
    if settings.is_development:
        lines.append(f"  read the mails    {here}/postfach")
        lines.append(f"  coordinate        {here}/zugang as coordinator@example.org")
    if not has_vendor():
        lines.append(
            "  plainly styled: the style sheet could not be fetched; retry with: make vendor"
        )
    lines.append("  stop with         Ctrl-C")
    click.echo("\n".join(lines))
