from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Self, TextIO
from uuid import UUID

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from memberships.database import ChangedMeanwhile, db, unit_of_work
from memberships.events.models import SYSTEM
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.organisations import services
from memberships.organisations.errors import (
    MergeBuried,
    MergeUndone,
    NotARegistry,
    NotMergeable,
    NotPairs,
    OrganisationsAreOne,
)
from memberships.organisations.matching import Verdict, bare_domain
from memberships.organisations.merges import plan_merge
from memberships.organisations.models import SHARED, Description, Merge, Organisation
from memberships.organisations.pairs import ANSWER, compared_pairs
from memberships.organisations.queries import candidates
from memberships.organisations.reading import Fault, Line, read_lines
from memberships.organisations.services.importing import Imported

_AT_ONCE = 20_000
_SHOWN_FAULTS = 50
_IN_WORDS = {Verdict.SAME: "dieselbe", Verdict.PERHAPS: "vielleicht"}


@click.group()
def organisations() -> None:
    """The registry of organisations."""


@organisations.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--network", default=SHARED, help="Whose initiatives and self-employed these are.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="All wrong lines.")
@with_appcontext
def import_command(file: Path, network: str, report: Path | None) -> None:
    """Import a CSV of organisations; run it again whenever it was broken off.

    Columns: name, former_names, short_names, other_names, domains (several with ";"), postal_code,
    city, federal_state, municipality_key, kind. Also known as plz, state, ags, category, domain.
    """
    _require_network(network)
    imported = Imported()
    size = file.stat().st_size
    try:
        with (
            file.open("rb") as raw,
            io.TextIOWrapper(
                raw, encoding="utf-8-sig", errors="surrogateescape", newline=""
            ) as text,
            _Faults(report) as faults,
            click.progressbar(length=size, label=file.name) as bar,
        ):
            lines = faults.without(read_lines(text, network))
            while some := list(islice(lines, _AT_ONCE)):
                with unit_of_work():
                    imported.add(services.import_organisations(some))
                bar.update(raw.tell() - bar.pos)
            bar.update(size - bar.pos)
    except NotARegistry:
        click.echo(f'{file} has no header with a column "name". Nothing was stored.')
        raise SystemExit(1) from None
    for fault in faults.shown:
        click.echo(f"line {fault.number} left out: {fault.reason}")
    if (more := faults.count - len(faults.shown)) > 0:
        click.echo(f"and {more} more lines left out; --report FILE names all")
    click.echo(
        f"{imported.new} new, {imported.changed} learned something, "
        f"{imported.unchanged} known as they are, {faults.count} lines wrong"
    )


@organisations.command("compare")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output", type=click.File("w", encoding="utf-8"), default="-", help="Instead of the screen."
)
def compare_command(file: Path, output: TextIO) -> None:
    """Compare the pairs of a CSV; write probability, verdict and reasons for each, in its order.

    Columns: left_name, left_plz, left_domain, right_name, right_plz, right_domain. Nothing but the
    pair itself is asked: no registry, no database.
    """
    table = csv.writer(output, lineterminator="\n")
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        pairs = compared_pairs(lines)
        try:
            first = next(pairs, None)
        except NotPairs as error:
            raise click.ClickException(
                f"{file} lacks the columns {', '.join(error.missing)}"
            ) from None
        table.writerow(ANSWER)
        table.writerows([first] if first else [])
        table.writerows(pairs)


class _Faults:
    """Counts wrong lines, remembers the first, and writes all of them down where one asked."""

    def __init__(self, report: Path | None) -> None:
        self.count, self.shown = 0, list[Fault]()
        self._file = report.open("w", encoding="utf-8", newline="") if report else None
        self._report = csv.writer(self._file) if self._file else None

    def __enter__(self) -> Self:
        self._write("line", "reason")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def without(self, lines: Iterable[Line | Fault]) -> Iterator[Line]:
        for line in lines:
            if isinstance(line, Line):
                yield line
                continue
            self.count += 1
            self.shown += [line] if len(self.shown) < _SHOWN_FAULTS else []
            self._write(line.number, line.reason)

    def _write(self, *cells: int | str) -> None:
        if self._report:
            self._report.writerow(cells)


def _require_network(slug: str) -> None:
    if slug and slug not in current_definitions():
        raise click.BadParameter(f"no such network: {slug}", param_hint="--network")


@organisations.command()
@with_appcontext
def index() -> None:
    """Make anew what organisations are found by; needed once after an update that says so."""
    after: UUID | None = None
    while True:
        with unit_of_work():
            after = services.index_organisations(after, _AT_ONCE)
        if after is None:
            return


@organisations.command()
@click.argument("name")
@click.option("--postal-code", default="")
@click.option("--city", default="")
@click.option("--domain", default="")
@click.option("--network", default=SHARED, help="Also what only this network knows.")
@with_appcontext
def find(name: str, postal_code: str, city: str, domain: str, network: str) -> None:
    """Print which organisations may be meant, and why; exits with 1 when none may."""
    _require_network(network)
    described = Description(
        name, network, postal_code=postal_code, city=city, domain=bare_domain(domain)
    )
    rows = [
        (
            _IN_WORDS[one.verdict],
            one.organisation.name + (f" (als {one.via_name})" if one.via_name else ""),
            " ".join(filter(None, (one.organisation.postal_code, one.organisation.city))),
            one.reason,
            str(one.organisation.id),
        )
        for one in candidates(described)
    ]
    if not rows:
        click.echo("keine bekannte Organisation")
        raise SystemExit(1)
    for line in _table(rows):
        click.echo(line)


@organisations.command()
@click.argument("keep", type=click.UUID)
@click.argument("drop", type=click.UUID)
@click.option("--network", required=True, help="In whose log it is written.")
@click.option("--reason", default="", help="Why they are one; asked for when it is missing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def merge(keep: UUID, drop: UUID, network: str, reason: str, yes: bool) -> None:  # noqa: FBT001 - click gives it
    """Make one organisation of two, in all networks: DROP leads to KEEP from then on."""
    for_network = _network(network)
    kept, dropped = (db.session.get(Organisation, id_) for id_ in (keep, drop))
    if kept is None or dropped is None:
        raise click.ClickException("no such organisation")
    plan = plan_merge(kept, dropped, for_network)
    click.echo(f"{dropped.name} ({dropped.city or dropped.postal_code}) leads to {kept.name}.")
    click.echo(f"names: {'; '.join(plan.moves.names)}")
    click.echo(f"domains: {'; '.join(plan.moves.domains) or 'none'}")
    click.echo(
        f"of {network}: {len(plan.memberships)} memberships, {len(plan.cases)} cases; "
        f"{len(plan.collisions)} get another seat number"
    )
    for is_so, words in (
        (plan.is_known_elsewhere, "Other networks have members or cases of them as well."),
        (plan.collides_elsewhere, "Members of other networks get another seat number."),
        (plan.are_apart, "Somebody has said that these two are not the same."),
    ):
        if is_so:
            click.echo(words)
    reason = reason or click.prompt("Reason")
    if not yes:
        click.confirm("Merge them?", abort=True)
    try:
        with unit_of_work():
            done = services.merge_organisations(
                keep,
                drop,
                network=for_network,
                by=SYSTEM,
                reason=reason,
                is_operator=True,
            ).id
    except (NotMergeable, OrganisationsAreOne, ChangedMeanwhile) as error:
        raise click.ClickException(f"not merged: {type(error).__name__}") from None
    click.echo(f"merged; undo it with: memberships organisations undo {done}")


@organisations.command()
@click.argument("merge_id", type=click.UUID)
@with_appcontext
def undo(merge_id: UUID) -> None:
    """Take two merged organisations apart again."""
    found = db.session.get(Merge, merge_id)
    if found is None:
        raise click.ClickException("no such merge")
    network = db.session.get_one(Network, found.network_id)
    try:
        with unit_of_work():
            services.undo_merge(merge_id, network=network, by=SYSTEM, is_operator=True)
    except (MergeBuried, MergeUndone, ChangedMeanwhile) as error:
        raise click.ClickException(f"not undone: {type(error).__name__}") from None
    click.echo("undone")


def _network(slug: str) -> Network:
    found = db.session.scalar(sa.select(Network).where(Network.slug == slug))
    if found is None:
        raise click.BadParameter(f"no such network, or unused: {slug}", param_hint="--network")
    return found


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
