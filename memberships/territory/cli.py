from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from memberships.database import unit_of_work
from memberships.territory.errors import NotARegister, TerritoryTablesMissing
from memberships.territory.models import LAENDER, Place
from memberships.territory.queries import all_places_of, district_of, has_register
from memberships.territory.services import ImportedRegister, import_register

_SHOWN_FAULTS = 50
_HOW = "memberships territory import FILE"


@click.group()
def territory() -> None:
    """Postal codes, Länder, districts, municipalities."""


@territory.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def import_command(file: Path) -> None:
    """Import the official register of municipalities (GV100AD, unpacked); it replaces the last."""
    try:
        with file.open("rb") as opened, unit_of_work():
            imported = import_register(opened)
    except NotARegister as error:
        click.echo(f"{file} is no register in the GV100AD format: {error} Nothing was stored.")
        raise SystemExit(1) from None
    for fault in imported.faults[:_SHOWN_FAULTS]:
        click.echo(f"line {fault.line} left out: {fault.reason}")
    if (more := len(imported.faults) - _SHOWN_FAULTS) > 0:
        click.echo(f"and {more} more lines left out")
    click.echo(_summary(imported))


def _summary(imported: ImportedRegister) -> str:
    missing = [name for key, name in LAENDER.items() if key not in imported.laender]
    without = f" (without {', '.join(missing)})" if missing else ""
    return (
        f"register of {imported.vintage}: {len(imported.laender)} Länder{without}, "
        f"{len(imported.districts)} districts, {imported.municipalities} municipalities, "
        f"{imported.uninhabited} uninhabited areas passed over, {len(imported.faults)} lines wrong"
    )


@territory.command()
@click.argument("code")
@with_appcontext
def find(code: str) -> None:
    """Print the Länder, places and districts of a postal code; exits with 1 for an unknown one."""
    try:
        places = all_places_of(code)
    except TerritoryTablesMissing as error:
        click.echo(str(error))
        raise SystemExit(1) from None
    if not places:
        click.echo(f"{code}: not known (a large recipient, abroad, or no postal code)")
        raise SystemExit(1)
    for place in places:
        click.echo(f"{LAENDER[place.land]}: {place.name}{_district(code, place)}")
    if not has_register():
        click.echo(f"no register is stored, so no district; bring one with: {_HOW}")


def _district(code: str, place: Place) -> str:
    district = district_of(code, place.name, place.land)
    return f", {district.label}" if district else ""
