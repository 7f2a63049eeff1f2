"""Reading the tables that set-up has built (scripts/build_territory.py)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from memberships.search import fold
from memberships.territory.errors import TerritoryTablesMissing
from memberships.territory.models import District, Place

TABLES = Path(__file__).parent / "tables"


def require_tables(folder: Path = TABLES) -> None:
    """Raises TerritoryTablesMissing when set-up has not built the table of postal codes."""
    if not (folder / "postal_codes.csv").is_file():
        raise TerritoryTablesMissing(
            f"{folder / 'postal_codes.csv'} has not been built; build it with: make territory"
        )


def load_places(folder: Path) -> Mapping[str, tuple[Place, ...]]:
    """The places of every postal code, sorted by Land, then name.

    Raises TerritoryTablesMissing: without this table every code would seem unknown.
    """
    found: dict[str, set[Place]] = {}
    known: dict[Place, Place] = {}
    require_tables(folder)
    for code, land, name in _rows(folder / "postal_codes.csv"):
        place = Place(land, name)
        found.setdefault(code, set()).add(known.setdefault(place, place))
    return {code: tuple(sorted(places)) for code, places in found.items()}


def load_districts(folder: Path) -> Mapping[str, tuple[District, ...]]:
    """The districts of every Land by name; empty when set-up could not bring them."""
    found: dict[str, list[District]] = {}
    try:
        for key, name, kind, land in _rows(folder / "districts.csv"):
            found.setdefault(land, []).append(District(key, name, kind, land))
    except FileNotFoundError:
        return {}
    return {land: tuple(sorted(some, key=_by_name)) for land, some in found.items()}


def _rows(table: Path) -> Iterator[list[str]]:
    with table.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def _by_name(district: District) -> tuple[str, str]:
    return fold(district.label), district.key
