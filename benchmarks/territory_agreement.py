"""How far our postal-code table agrees with a reference that is no part of the product.

Run by `make bench`. The reference (../shared/data, or the folder given) only checks: nothing in
the tables comes from it. Ends with 1 when less than 99.5 % of the common codes agree.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from memberships.territory.loading import TABLES, load_places
from memberships.territory.models import LAND_OF_NUMBER
from memberships.territory.queries import municipality_key

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT.parent / "shared" / "data"
WANTED = 99.5

Laender = Mapping[str, frozenset[str]]


def rows(table: Path) -> Iterable[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def laender(pairs: Iterable[tuple[str, str]]) -> Laender:
    found = defaultdict(set)
    for code, land in pairs:
        found[code].add(land)
    return {code: frozenset(some) for code, some in found.items()}


def spelled(some: Iterable[str]) -> str:
    return " ".join(sorted(some)) or "–"


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} = {100 * part / whole:.2f} %"


def agreeing(ours: Laender, theirs: Laender, codes: Iterable[str]) -> int:
    return sum(ours.get(code) == theirs.get(code) for code in codes)


def compare(ours: Laender, theirs: Laender, osm: set[str]) -> bool:
    common = ours.keys() & theirs.keys()
    same = agreeing(ours, theirs, common)
    print(f"postal codes: {len(ours)} in our table, {len(theirs)} in the reference")
    print(f"same set of Länder, of the codes in both:         {share(same, len(common))}")
    print("same, a missing code counted as a difference:")
    areas = share(agreeing(ours, theirs, osm), len(osm))
    print(f"  codes of areas (reference source osm):          {areas}")
    all_codes = share(same, len(theirs.keys() | ours.keys()))
    print(f"  all, with the codes of administrations' seats:  {all_codes}")
    return 100 * same >= WANTED * len(common)


def list_differences(ours: Laender, theirs: Laender, osm: set[str]) -> None:
    print("\ndifferences, code: ours / reference")
    for code in sorted(ours.keys() & theirs.keys()):
        if ours[code] != theirs[code]:
            print(f"  {code}: {spelled(ours[code])} / {spelled(theirs[code])}")
    for code in sorted(ours.keys() - theirs.keys()):
        print(f"  {code}: {spelled(ours[code])} / not there")
    for code in sorted(theirs.keys() - ours.keys()):
        kind = "area" if code in osm else "an administration's seat only"
        print(f"  {code}: not there / {spelled(theirs[code])} ({kind})")


def compare_two_laender(ours: Laender, reference: Path) -> None:
    theirs = {row["plz"]: row for row in rows(reference / "plz_two_states.csv")}
    ask = {code for code, some in ours.items() if len(some) > 1}
    print(
        f"\ncodes in two Länder: we ask for {len(ask)}, the reference has {len(theirs)},", end=" "
    )
    print(f"{len(ask & theirs.keys())} are the same")
    for code in sorted(theirs.keys() - ask):
        row = theirs[code]
        print(f"  {code}: we say {spelled(ours.get(code, ()))}; {row['municipalities']}", end="")
        print(f" (GeoNames agrees with the reference: {row['geonames_agrees']})")
    for code in sorted(ask - theirs.keys()):
        print(f"  {code}: we ask for {spelled(ours[code])}, the reference has one Land")


def compare_large_recipients(ours: Laender, reference: Path) -> None:
    codes = {row["plz"] for row in rows(reference / "postal_codes_large_recipients.csv")}
    known = share(len(codes & ours.keys()), len(codes))
    print(f"\nlarge recipients: {known} are in our table; the others are flagged, never refused")


def compare_names(reference: Path) -> None:
    official = {
        (LAND_OF_NUMBER[row["ags"][:2]], municipality_key(row["name"]))
        for row in rows(reference / "municipalities.csv")
    }
    places = {place for some in load_places(TABLES).values() for place in some}
    known = sum((place.land, municipality_key(place.name)) in official for place in places)
    print(f"places that are called like a municipality of their Land: {share(known, len(places))}")


def main() -> None:
    reference = Path(sys.argv[1]) if len(sys.argv) > 1 else REFERENCE
    if not (reference / "postal_codes.csv").exists():
        print(f"There is no reference at {reference}: nothing was compared. Give its folder.")
        return
    ours = laender((c, p.land) for c, some in load_places(TABLES).items() for p in some)
    given = list(rows(reference / "postal_codes.csv"))
    theirs = laender((row["plz"], LAND_OF_NUMBER[row["ags"][:2]]) for row in given)
    osm = {row["plz"] for row in given if row["source"] == "osm"}
    good = compare(ours, theirs, osm)
    compare_names(reference)
    compare_two_laender(ours, reference)
    compare_large_recipients(ours, reference)
    list_differences(ours, theirs, osm)
    if not good:
        sys.exit(f"Less than {WANTED} % of the common codes agree.")


if __name__ == "__main__":
    main()
