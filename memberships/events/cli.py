from __future__ import annotations

import click
from flask.cli import with_appcontext

from memberships.events.queries import check_log, erasures_by_rule


@click.group()
def audit() -> None:
    """The log of what happened."""


@audit.command()
@with_appcontext
def verify() -> None:
    """Recompute the whole log; exits with 1 when anything was changed or is missing."""
    found = check_log()
    click.echo(
        f"{found.events} events in {found.chains} chains, "
        f"{found.tombstones} erased chains, {found.anchors} anchors"
    )
    for network_id, rule, count in erasures_by_rule():
        click.echo(f"network {network_id}: {count} erased by rule {rule}")
    for fault in found.faults:
        click.echo(f"FAULT {fault}")
    if found.faults:
        raise SystemExit(1)
    click.echo("the log is whole")
