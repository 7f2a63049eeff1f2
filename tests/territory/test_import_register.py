"""Importing the official register replaces the stored one, or changes nothing."""

from __future__ import annotations

import os
from datetime import date
from io import BytesIO

import pytest

from memberships.database import unit_of_work
from memberships.territory.errors import NotARegister
from memberships.territory.models import TerritoryDistrict, TerritoryMunicipality
from memberships.territory.register import Fault
from memberships.territory.services import import_register
from tests.tables import all_of, nothing_stored
from tests.territory.registers import (
    LINES,
    SCHOENECK,
    STUTTGART,
    VINTAGE,
    district,
    imported,
    land,
    municipality,
    register,
)

pytestmark = pytest.mark.usefixtures("app")


def municipalities() -> list[str]:
    return [row.name for row in all_of(TerritoryMunicipality)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
def test_a_register_is_stored_with_its_districts(encoding: str) -> None:
    done = imported(encoding=encoding)

    assert (done.vintage, done.laender, done.faults) == (date(2025, 8, 31), {"BW", "SN"}, [])
    assert (len(done.districts), done.municipalities) == (5, 6)
    assert [(d.key, d.name, d.kind, d.land) for d in all_of(TerritoryDistrict)] == [
        ("08111", "Stuttgart, Stadtkreis", "Stadtkreis", "BW"),
        ("08115", "Böblingen", "Landkreis", "BW"),
        ("08116", "Esslingen", "Landkreis", "BW"),
        ("08128", "Main-Tauber-Kreis", "Landkreis", "BW"),
        ("14523", "Vogtlandkreis", "Landkreis", "SN"),
    ]
    schoeneck = all_of(TerritoryMunicipality)[-1]
    assert (schoeneck.ags, schoeneck.name) == ("14523370", "Schöneck/Vogtl., Stadt")
    assert (schoeneck.name_key, schoeneck.kind) == ("schoeneck vogtl", "Stadt")
    assert (schoeneck.seat_postal_code, schoeneck.population) == ("08261", 2857)
    assert (schoeneck.district.name, schoeneck.land) == ("Vogtlandkreis", "SN")
    assert schoeneck.vintage == date(2025, 8, 31)


def test_importing_twice_stores_the_same_once() -> None:
    imported()
    with nothing_stored():
        imported()


def test_a_newer_register_replaces_all_of_the_last() -> None:
    imported()
    newer = [line.replace(VINTAGE, "20261231", 1) for line in LINES[:6]]

    assert imported(newer).vintage == date(2026, 12, 31)

    assert municipalities() == ["Stuttgart, Landeshauptstadt"]
    assert [row.vintage for row in all_of(TerritoryDistrict)] == [date(2026, 12, 31)]


BROKEN = {
    "99" + STUTTGART[2:]: "unknown kind of record '99'",
    "kaputt": "unknown kind of record 'ka'",
    STUTTGART.replace(VINTAGE, "20251399", 1): "the vintage '20251399' is no date (YYYYMMDD)",
    STUTTGART.replace(VINTAGE, "        ", 1): "the vintage '        ' is no date (YYYYMMDD)",
    STUTTGART.replace(VINTAGE, "20240101", 1): (
        "the vintage is 2024-01-01, that of the first record 2025-08-31"
    ),
    STUTTGART.replace("08111000", "0811100 "): "the key '0811100' does not have 8 digits",
    STUTTGART.replace("08111000", "17111000"): "there is no Land with the number '17'",
    district("0811", "Stuttgart", "44"): "the key '0811' does not have 5 digits",
    land("00", "Bund"): "there is no Land with the number '00'",
    municipality("08111001", "", "64", "70173"): "the name is missing",
    municipality("08111001", "A\0B", "64", "70173"): "the name holds control characters",
    municipality("08111001", "Neudorf", "64", "7O173"): (
        "the postal code '7O173' does not have five digits"
    ),
    municipality("08111001", "Neudorf", "64", "70173", "12x"): (
        "the population '0000000012x' is no number"
    ),
    municipality("08111001", "Neudorf", "64", "70173", "99999999999"): (
        "the population '99999999999' is no number"
    ),
    STUTTGART: "there is a record of 08111000 already",
    district("08111", "Stuttgart", "42"): "there is a record of 08111 already",
    municipality("08999001", "Neudorf", "64", "70173"): (
        "there is no record of its district 08999 before it"
    ),
}


@pytest.mark.parametrize("line", BROKEN, ids=BROKEN.values())
def test_a_wrong_line_is_reported_and_nothing_else_is_lost(line: str) -> None:
    done = imported([*LINES[:8], line, *LINES[8:]])

    assert done.faults == [Fault(9, BROKEN[line])]
    assert len(municipalities()) == done.municipalities == 6
    assert len(all_of(TerritoryDistrict)) == 5


def test_blank_lines_and_cut_off_blanks_are_no_fault() -> None:
    done = imported([line.rstrip() for line in [*LINES, "", "   "]])
    assert (done.faults, done.municipalities) == ([], 6)


def test_an_unknown_kind_an_unknown_population_and_no_postal_code_are_no_fault() -> None:
    assert imported([*LINES, municipality("14523999", "Neudorf", "99", "")]).faults == []

    row = all_of(TerritoryMunicipality)[-1]
    assert (row.name, row.kind, row.population, row.seat_postal_code) == ("Neudorf", "", None, "")


def test_uninhabited_areas_are_counted_and_not_stored() -> None:
    done = imported([*LINES, municipality("14523999", "Forst", "66", "")])
    assert (done.uninhabited, done.municipalities) == (1, 6)
    assert "Forst" not in municipalities()


NO_REGISTER = {
    "nothing": b"",
    "blank lines": b"\n" * 500,
    "a table": b"ags,name\n08111000,Stuttgart\n" * 200,
    "a short table": b"ags,name\n08111000,Stuttgart\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000,
    "one endless line": b"6" * 1_000_000,
    "UTF-16": "\n".join(LINES).encode("utf-16"),
    "no municipality": register([line for line in LINES if not line.startswith("60")]).read(),
    "no district": register([line for line in LINES if not line.startswith("40")]).read(),
}


@pytest.mark.parametrize("what", NO_REGISTER)
def test_what_is_no_register_is_refused_and_the_last_one_stays(what: str) -> None:
    imported()
    with nothing_stored(), pytest.raises(NotARegister), unit_of_work():
        import_register(BytesIO(NO_REGISTER[what]))


def test_an_import_that_breaks_off_leaves_the_last_register() -> None:
    imported()

    class Torn(BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 1000:
                raise OSError(os.strerror(5))
            return super().readline(size)

    with nothing_stored(), pytest.raises(OSError, match=os.strerror(5)), unit_of_work():
        import_register(Torn(register([LINES[0], *LINES[3:4], SCHOENECK] * 9).read()))
