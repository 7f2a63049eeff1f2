"""How finding organisations grows: by number of organisations and by database.

    python -m benchmarks.organisations [sizes ...]     (1000 and 100000 unless named)
    python -m benchmarks.organisations --recall FOLDER

The organisations are invented: what associations, foundations and offices are for, and where. The
second form hides one side of each perturbed pair of FOLDER/org_pairs_dev_perturbed.csv among
FOLDER/organisations.csv, and looks for it by the other.
"""

import csv
import io
import random
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from benchmarks.member_list import installation
from memberships.database import db, unit_of_work
from memberships.organisations.models import SHARED, Description
from memberships.organisations.queries import candidates
from memberships.organisations.reading import Line, read_lines
from memberships.organisations.services import import_organisations
from memberships.territory.loading import TABLES
from tests.postgres import database, postgres_server

TIMES = 400
AT_ONCE = 20_000
COLUMNS = "name,postal_code,city,federal_state,domain,kind"
WHAT = """
    Bürgerbeteiligung Energie Nachbarschaft Kultur Naturschutz Musikschule Feuerwehr Sportfreunde
    Heimatpflege Jugendarbeit Seniorenhilfe Mehrgenerationen Radverkehr Klimaschutz Gärten Bücherei
    Tafel Inklusion Integration Demokratie Stadtteil Dorfladen Wohnprojekt Genossenschaften Chöre
    Theater Bildung Ehrenamt Tierschutz Wanderwege Denkmalpflege Landwirtschaft Handwerk Technik
""".split()  # noqa: SIM905 - a list of quoted words cannot be read
SHAPES = (
    ("Verein für {what} {city} e. V.", "association"),
    ("{what}initiative {city} und Umgebung e. V.", "association"),
    ("Förderverein {what} {district} {city}", "association"),
    ("{what}-Stiftung {city}", "foundation"),
    ("Freunde der {what} in {city}-{district}", "association"),
    ("{what}werkstatt {district} gGmbH", "nonprofit_company"),
    ("Gesellschaft für {what} und {other} {city} mbH", "company"),
    ("Arbeitskreis {what} und {other} {district}", "association"),
)
SIDES = "Nord Süd Ost West Mitte Altstadt Neustadt Hafen Bahnhof Berg Tal Mühle Aue Heide".split()  # noqa: SIM905 - as above


def invented(count: int) -> Iterator[str]:
    """That many different organisations, as the lines of a file."""
    chance = random.Random(7)
    with (TABLES / "postal_codes.csv").open(encoding="utf-8", newline="") as file:
        places = list(islice(csv.reader(file), 1, None))
    yield COLUMNS + "\n"
    seen: set[int] = set()
    while len(seen) < count:
        code, land, city = chance.choice(places)
        shape, kind = chance.choice(SHAPES)
        what, other = chance.sample(WHAT, 2)
        district = chance.choice(SIDES) + chance.choice(["", "stadt", "viertel", "dorf", "hausen"])
        name = shape.format(what=what, other=other, city=city, district=district)
        if chance.random() < 0.3:
            name += f" von {chance.randrange(1850, 2025)}"
        known = hash((name, code))
        if known in seen:
            continue
        seen.add(known)
        domain = f"verein-{len(seen)}.de" if chance.random() < 0.4 else ""
        yield _row(name, code, city, land, domain, kind)


def _row(*cells: str) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def fill(lines: Iterable[str]) -> float:
    """Store them as the command does; the seconds that it took."""
    start = time.perf_counter()
    read = (line for line in read_lines(lines, SHARED) if isinstance(line, Line))
    while some := list(islice(read, AT_ONCE)):
        with unit_of_work():
            import_organisations(some)
    taken = time.perf_counter() - start
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    return taken


def asked(chance: random.Random, described: Sequence[sa.Row[tuple[str, str, str]]]) -> Description:
    """One of the stored ones as somebody may write it: half of them with a slip of the pen."""
    name, code, city = chance.choice(described)
    if chance.random() < 0.5:
        at = chance.randrange(len(name))
        name = name[:at] + name[at + 1 :]
    return Description(name, SHARED, postal_code=code, city=city)


def measure() -> tuple[float, float, float]:
    """Median and 95th percentile in milliseconds, and how many were among the first five."""
    chance = random.Random(11)
    stored = db.session.execute(
        sa.text(
            "SELECT id, name, postal_code, city FROM organisations"
            " ORDER BY name_key DESC LIMIT 20000"
        ).columns(id=sa.Uuid, name=sa.String, postal_code=sa.String, city=sa.String)
    ).all()
    taken, found = [], 0
    for n in range(TIMES + 20):
        id_, *known = chance.choice(stored)
        what = asked(chance, [tuple(known)])  # type: ignore[list-item]  # three texts
        db.session.rollback()
        db.session.expunge_all()
        start = time.perf_counter()
        answer = candidates(what)
        if n >= 20:
            taken.append(1000 * (time.perf_counter() - start))
            found += any(one.organisation.id == id_ for one in answer[:5])
    taken.sort()
    return median(taken), taken[int(len(taken) * 0.95)], found / TIMES


def size_of() -> float:
    """Mebibytes of the database."""
    if db.engine.dialect.name == "postgresql":
        query = "SELECT pg_database_size(current_database())"
    else:
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    return float(db.session.scalar(sa.text(query)) or 0) / 2**20


def growth(engine: str, sizes: Sequence[int], server: str) -> None:
    for size in sizes:
        with ExitStack() as one:
            url = one.enter_context(database(server)) if engine == "postgresql" else ""
            one.enter_context(installation(url))
            seconds = fill(invented(size))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            middle, high, found = sorted(measure() for _ in range(3))[1]
            print(
                f"{engine:10} {size:>9} organisations: import {seconds:6.1f} s, "
                f"at most {memory:5.0f} MiB of memory, {size_of():7.0f} MiB stored, "
                f"find {middle:5.1f} ms median, {high:5.1f} ms p95, "
                f"{found:.1%} among the first five",
                flush=True,
            )


def recall(folder: Path) -> None:
    """How often the hidden side of a perturbed pair is among the first five."""
    with installation(""):
        with (folder / "organisations.csv").open(encoding="utf-8", newline="") as file:
            fill(file)
        with (folder / "org_pairs_dev_perturbed.csv").open(encoding="utf-8", newline="") as file:
            pairs = [row for row in csv.DictReader(file) if row["same"] == "1"]
        found = [
            _is_found(row, here, there)
            for row in pairs
            for here, there in (("left", "right"), ("right", "left"))
        ]
    print(f"{sum(found) / len(found):.2%} of {len(found)} among the first five")


def _is_found(row: dict[str, str], here: str, there: str) -> bool:
    """Each is hidden in a transaction of its own that is taken back."""
    hidden = io.StringIO()
    csv.writer(hidden).writerows(
        [
            ["name", "plz", "domain"],
            [row[f"{there}_{what}"] for what in ("name", "plz", "domain")],
        ]
    )
    lines = [
        one for one in read_lines(hidden.getvalue().splitlines(), SHARED) if isinstance(one, Line)
    ]
    described = Description(
        row[f"{here}_name"],
        SHARED,
        postal_code=row[f"{here}_plz"],
        domain=row[f"{here}_domain"],
    )
    with unit_of_work():
        import_organisations(lines)
        names = {one.organisation.name for one in candidates(described)[:5]}
        db.session.rollback()
    return row[f"{there}_name"] in names


def main(words: Sequence[str]) -> None:
    if words[:1] == ["--recall"]:
        recall(Path(words[1]))
        return
    engines = [word for word in words if not word.isdigit()] or ["sqlite", "postgresql"]
    sizes = [int(word) for word in words if word.isdigit()] or [1000, 100_000]
    with postgres_server() as server:
        for engine in engines:
            growth(engine, sizes, server)


if __name__ == "__main__":
    main(sys.argv[1:])
