from __future__ import annotations

import click
from flask.cli import with_appcontext

from memberships.applications.services import erase_expired_applications
from memberships.database import unit_of_work


def erase_expired() -> int:
    """Erase all expired unconfirmed applications, a hundred per transaction."""
    erased = 0
    while True:
        with unit_of_work():
            batch = erase_expired_applications()
        erased += batch
        if not batch:
            return erased


@click.group()
def retention() -> None:
    """What must be erased."""


@retention.command()
@with_appcontext
def run() -> None:
    """Erase applications whose address nobody confirmed in time."""
    click.echo(f"{erase_expired()} unconfirmed applications erased")
