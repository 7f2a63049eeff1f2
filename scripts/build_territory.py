"""Build memberships/territory/tables/: postal codes with Land and place, and the districts.

Both come from locked packages and are never committed. Without the postal codes there is no
product: a failed try ends with 1. Without the districts the product asks for them in words: a
failed try is a warning, unless --required is given or CI is set. Nothing half-built is ever left
behind, and what is up to date is not brought again.
"""

import csv
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts import third_party
from scripts.third_party import ROOT, Unreachable

TABLES = ROOT / "memberships" / "territory" / "tables"
STAMP = TABLES / ".built-from"
LOCK = ROOT / "requirements" / "territory.lock"
INPUTS = (*third_party.NPM_INPUTS, LOCK, Path(__file__), Path(third_party.__file__))
POSTAL_CODES = "countrystatecity_postal_codes/data/by-country/DE/postcodes.json"
INCOMPLETE = " without districts"

NOTICE = """\
These tables were built from the following works. Selected, shortened and sorted.

postal_codes.csv
    countrystatecity-postal-codes {postal_codes}, the German part
    Contains information from the Countries States Cities Database (dr5hn and contributors),
    made available under the Open Database License (ODbL) 1.0.
    https://opendatacommons.org/licenses/odbl/1-0/
    Whoever passes this table on, changed or not, does so under the same licence.
"""
NOTICE_DISTRICTS = """
districts.csv
    landkreise-deutschland {districts} (Alexander Wunschik), as of 31 December 2018
    © Statistisches Bundesamt (Destatis), 2019; Gemeindeverzeichnis-Informationssystem GV-ISys.
    Daten verändert. Licensed under Creative Commons Attribution 4.0 International (CC BY 4.0).
    https://creativecommons.org/licenses/by/4.0/legalcode
"""

Row = tuple[str, ...]


def postal_rows(records: Iterable[Mapping[str, Any]]) -> list[Row]:
    """(code, Land, place), each once, sorted. What is not German or not whole is left out."""
    from memberships.territory.models import LAENDER

    rows = {
        (record["code"], record["stateCode"], " ".join(record["localityName"].split()))
        for record in records
        if record["countryCode"] == "DE" and record["localityName"]
    }
    good = sorted(
        row for row in rows if re.fullmatch(r"[0-9]{5}", row[0]) and row[1] in LAENDER and row[2]
    )
    if missing := LAENDER.keys() - {land for _, land, _ in good}:
        raise Unreachable(f"the package has no postal code in {', '.join(sorted(missing))}")
    return good


def district_rows(records: Iterable[Mapping[str, Any]]) -> list[Row]:
    """(key, name, kind, Land), sorted by key."""
    from memberships.territory.models import LAENDER, LAND_OF_NUMBER

    # The package writes some keys as numbers.
    keyed = {str(record["AGS"]).zfill(5): record for record in records}
    rows = sorted(
        (key, record["name"].strip(), record["type"].strip(), LAND_OF_NUMBER[key[:2]])
        for key, record in keyed.items()
    )
    if missing := LAENDER.keys() - {land for *_, land in rows}:
        raise Unreachable(f"the package has no district in {', '.join(sorted(missing))}")
    return rows


def write(table: Path, header: str, rows: Iterable[Row]) -> None:
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def build_postal_codes(tables: Path, work: Path) -> str:
    wheel = third_party.wheel("territory", work)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(POSTAL_CODES) as file:
            write(tables / "postal_codes.csv", "code,land,place", postal_rows(json.load(file)))
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise Unreachable(f"the package is not as it was: {error!r}") from error
    return NOTICE.format(postal_codes=wheel.name.split("-")[1])


def build_districts(tables: Path, work: Path) -> str:
    package = third_party.node_modules(work) / "landkreise-deutschland"
    try:
        records = json.loads((package / "data/districts.json").read_text("utf-8"))
        version = json.loads((package / "package.json").read_text("utf-8"))["version"]
        rows = district_rows(records)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise Unreachable(f"the package is not as it was: {error!r}") from error
    write(tables / "districts.csv", "key,name,kind,land", rows)
    return NOTICE_DISTRICTS.format(districts=version)


def build(inputs: str) -> None:
    # Inside the checkout: renaming works only within one file system.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".vendor-") as temporary:
        work = Path(temporary)
        tables = work / "tables"
        tables.mkdir()
        print("Building the tables of postal codes and districts", flush=True)
        notice = build_postal_codes(tables, work)
        try:
            notice += build_districts(tables, work)
        except Unreachable as error:
            if third_party.is_required():
                raise
            print(f"The districts could not be brought: {error}", file=sys.stderr)
            print("Going on without them. Try again with: make territory", file=sys.stderr)
            inputs += INCOMPLETE
        (tables / "NOTICE.txt").write_text(notice, "utf-8")
        (tables / STAMP.name).write_text(inputs)
        third_party.swap_in(tables, TABLES, aside=work / "before")


def main() -> None:
    inputs = third_party.fingerprint(INPUTS)
    if STAMP.exists() and STAMP.read_text() == inputs:
        STAMP.touch()
        return
    try:
        build(inputs)
    except Unreachable as error:
        print(f"The territory tables could not be built: {error}", file=sys.stderr)
        sys.exit("They are required here. Try again with: make territory")


if __name__ == "__main__":
    main()
