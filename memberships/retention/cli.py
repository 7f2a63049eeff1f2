from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from uuid import UUID

import click
from flask.cli import with_appcontext

from memberships.applications.services import erase_expired_applications
from memberships.calendar import BERLIN
from memberships.database import DatabaseBusy, forget_old_pages, unit_of_work
from memberships.events.models import SYSTEM
from memberships.retention import queries, services
from memberships.retention.errors import BatchUnknown
from memberships.retention.models import ErasureBatch
from memberships.traces import trace_without_values

log = logging.getLogger(__name__)


def run_retention() -> int:
    """Announce what falls due, erase what was announced and is due; returns how much of it is gone.

    Records that are kept for the same time everywhere go too, uncounted. May be repeated and
    interrupted at any time, and run by several workers at once.
    """
    for network_id in services.network_ids():
        with unit_of_work():
            services.plan_erasures(network_id)
    erased = _erase_due()
    with unit_of_work():
        services.erase_old_records()
    for step in (services.erase_old_exports, services.erase_old_chains):
        _all_of(step)
    for account_id in services.idle_accounts():
        with unit_of_work():
            services.erase_unneeded_account(account_id)
    _clean_up()
    return erased


def _erase_due() -> int:
    """One item per unit of work. One that cannot be erased is reported and does not stop others."""
    erased, after = 0, None
    while after := queries.next_ready(after):
        try:
            with unit_of_work():
                erased += services.erase_item(after)
        except DatabaseBusy:
            raise
        except Exception as error:  # noqa: BLE001 - the others are promised a day, too
            log.error("retention: item %s: %s", after, trace_without_values(error))  # noqa: TRY400 - no values
    return erased


def _all_of(step: Callable[[], int]) -> int:
    total = 0
    while True:
        with unit_of_work():
            done = step()
        total += done
        if not done:
            return total


def _clean_up() -> None:
    try:
        forget_old_pages()
    except sqlite3.OperationalError:
        log.warning("retention: the database file is in use; its old pages go with the next run")


@click.group()
def retention() -> None:
    """What must be erased, and what was."""


@retention.command()
@click.option("--dry-run", is_flag=True, help="Only show what would happen.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def run(*, dry_run: bool, yes: bool) -> None:
    """Show what falls due; then announce it, and erase what was announced and is due.

    Erased is only what has been announced for three days: until then anybody from the network's
    lead can take it out.
    """
    _show(services.preview_plans(), "to be announced")
    _show(queries.announced(), "announced")
    if dry_run:
        return
    if not yes:
        click.confirm("Go on?", abort=True)
    unconfirmed = _all_of(erase_expired_applications)
    click.echo(f"{unconfirmed} unconfirmed applications erased")
    click.echo(f"{run_retention()} erased")


def _show(rows: list[queries.Foreseen], title: str) -> None:
    click.echo(f"{title}: {sum(row.count for row in rows)}")
    for row in rows:
        first, last = (f"{at.astimezone(BERLIN):%d.%m.%Y}" for at in (row.first, row.last))
        days = first if first == last else f"{first} to {last}"
        halt = "  STOPPED: unusually many" if row.is_stopped else ""
        halt += "  waits for an archive" if row.needs_archive else ""
        click.echo(f"  {row.slug:24}  {row.kind:16}  {row.count:6}  {days}{halt}")


@retention.command()
@click.argument("batch", type=click.UUID)
@with_appcontext
def release(batch: UUID) -> None:
    """Let a batch that was stopped as unusually large be erased after all."""
    try:
        with unit_of_work():
            done = services.release_batch(services.batch_for_change(batch), by=SYSTEM)
    except BatchUnknown:
        raise click.ClickException(f"no open batch {batch}; see: retention log") from None
    click.echo("released" if done else "it is not stopped")


@retention.command(name="log")
@with_appcontext
def show_log() -> None:
    """Batches that wait, and the newest ones that are done; without personal data."""
    for network_id in services.network_ids():
        for state in queries.open_batches(network_id):
            halt = "  STOPPED" if state.batch.is_stopped else ""
            halt += "  waits for an archive" if state.batch.awaits_archive else ""
            click.echo(
                f"{_line(state.batch)}  {state.waiting} wait, {state.held} taken out{halt}  "
                f"{state.batch.id}"
            )
    for done in queries.erasure_log():
        click.echo(f"{_line(done)}  {done.erased} erased of {done.planned}, {done.cause}")


def _line(batch: ErasureBatch) -> str:
    day = f"{batch.planned_at.astimezone(BERLIN):%d.%m.%Y}"
    return f"{day}  {batch.network.slug:24}  {batch.kind:16}"
