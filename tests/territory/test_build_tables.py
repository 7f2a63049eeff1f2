"""What the set-up script keeps of the packages, and what it has built here."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from memberships.territory.loading import TABLES
from memberships.territory.models import LAENDER, LAND_OF_NUMBER
from scripts.build_territory import district_rows, postal_rows, write
from scripts.third_party import Unreachable


def record(code: str = "70173", land: str = "BW", place: str = "Stuttgart") -> dict[str, Any]:
    return {"code": code, "countryCode": "DE", "stateCode": land, "localityName": place}


EVERYWHERE = [record("99999", land, "Ort") for land in LAENDER]
DISTRICTS = [
    {"AGS": f"{number}001", "name": "Ort", "type": "Landkreis"} for number in LAND_OF_NUMBER
]


def test_postal_codes_are_kept_once_and_sorted() -> None:
    rows = postal_rows([record(), *EVERYWHERE, record(place=" Stuttgart  "), record("01067", "SN")])
    assert rows[:2] == [("01067", "SN", "Stuttgart"), ("70173", "BW", "Stuttgart")]
    assert len(rows) == 18


@pytest.mark.parametrize(
    "odd",
    [
        record() | {"countryCode": "AT"},
        record("7017"),
        record("7017x"),
        record(land="XX"),
        record(land=""),
        record(place=""),
        record(place=" "),
    ],
)
def test_what_is_not_german_or_not_whole_is_left_out(odd: dict[str, Any]) -> None:
    assert postal_rows([*EVERYWHERE, odd]) == postal_rows(EVERYWHERE)


def test_a_package_that_lost_a_land_is_refused() -> None:
    with pytest.raises(Unreachable, match="no postal code in SN"):
        postal_rows([r for r in EVERYWHERE if r["stateCode"] != "SN"])
    with pytest.raises(Unreachable, match="no district in SH"):
        district_rows(DISTRICTS[1:])


def test_district_keys_have_five_digits_even_if_they_come_as_numbers() -> None:
    rows = district_rows([*DISTRICTS[1:], {"AGS": 1001, "name": "Flensburg ", "type": "Kreis"}])
    assert rows[0] == ("01001", "Flensburg", "Kreis", "SH")


def test_a_table_is_written_with_its_header(tmp_path: Path) -> None:
    write(tmp_path / "table.csv", "key,name", [("1", "Kiel, Stadt")])
    assert (tmp_path / "table.csv").read_text("utf-8") == 'key,name\n1,"Kiel, Stadt"\n'


def test_the_built_tables_name_their_licences() -> None:
    notice = (TABLES / "NOTICE.txt").read_text("utf-8")
    for line in ("Open Database License (ODbL) 1.0", "opendatacommons.org/licenses/odbl/1-0/"):
        assert line in notice
    for line in ("CC BY 4.0", "Statistisches Bundesamt", "creativecommons.org/licenses/by/4.0/"):
        assert line in notice


@pytest.mark.parametrize(("table", "least"), [("postal_codes.csv", 12_000), ("districts.csv", 390)])
def test_the_built_tables_are_whole(table: str, least: int) -> None:
    with (TABLES / table).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= least
    assert {row["land"] for row in rows} == set(LAENDER)
    assert all(all(row.values()) for row in rows)
