"""Workers as processes of their own, to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask

from memberships.database import db, unit_of_work, utcnow
from memberships.mails.models import OutgoingMail
from memberships.settings import ROOT, Settings


@contextmanager
def worker_process(app: Flask) -> Iterator[subprocess.Popen[bytes]]:
    """`memberships worker` on the application's database and mail server."""
    settings: Settings = app.config["SETTINGS"]
    environment = {name: value for name, value in os.environ.items() if "MEMBERSHIPS" not in name}
    process = subprocess.Popen(
        [sys.executable, "-c", "from memberships.cli import main; main()", "worker"],
        cwd=ROOT,
        env=environment
        | {
            "MEMBERSHIPS_ENV": settings.env,
            "MEMBERSHIPS_DATA_DIR": str(settings.data_dir),
            "MEMBERSHIPS_DATABASE_URL": settings.database_url,
            "MEMBERSHIPS_SMTP_URL": settings.smtp_url,
        },
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def end_leases() -> None:
    """What time does: the mails of a worker that is gone become due again."""
    with unit_of_work():
        db.session.execute(sa.update(OutgoingMail).values(due_at=utcnow()))


@contextmanager
def mails_locked() -> Iterator[None]:
    """Nobody can write to any mail meanwhile: a worker waits with its mark."""
    with unit_of_work():
        db.session.execute(sa.select(OutgoingMail.id).with_for_update()).all()
        yield
