"""How the list of members grows: medians of a page, by number of members and by database.

    python -m benchmarks.member_list [rows ...]      (1500 and 100000 unless named)

Runs on SQLite, and on the PostgreSQL that the tests bring along. Everybody in it is invented.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from memberships import create_app
from memberships.accounts.models import Account
from memberships.database import db, unit_of_work, utcnow, uuid7
from memberships.members import files, listing
from memberships.members.columns import NAME_COLUMNS, columns_of
from memberships.members.listing import MemberFilter, Order
from memberships.members.models import ExportFormat, Holder, Membership, Representative
from memberships.networks.queries import current_definitions
from memberships.networks.services import publish_definition
from memberships.schema import upgrade_schema
from memberships.settings import load_settings
from memberships.territory.models import LAENDER
from tests.postgres import database, postgres_server

SLUG = "beteiligungsnetzwerk-bw"
TIMES = 9
WANTED: dict[str, MemberFilter] = {
    "by name": MemberFilter(),
    "newest first": MemberFilter(order=Order.SINCE),
    "one Land": MemberFilter(state="SN"),
    "one kind": MemberFilter(kind="university"),
    "Land and kind": MemberFilter(state="HB", kind="cooperative"),
    "joined this week": MemberFilter(since=(utcnow() - timedelta(days=7)).date()),
    "no circular": MemberFilter(circular=False),
    "circular": MemberFilter(circular=True),
    "text: muell": MemberFilter(text="müll"),
    "text: none": MemberFilter(text="xyzzy"),
}


def fill(count: int) -> int:
    """That many organisations, each with one person who represents it."""
    chance = random.Random(7)
    names = ("Müller", "Öztürk", "Berg", "Żak", "Weiß", "Nguyen", "Pfister", "Hofmann")
    with unit_of_work():
        version = publish_definition(current_definitions()[SLUG])
        network_id, definition_id = version.network_id, version.id
    kinds = ["association", "foundation", "municipality", "university", "cooperative"]
    for start in range(0, count, 10_000):
        rows: dict[Any, list[dict[str, Any]]] = {Account: [], Membership: [], Representative: []}
        for n in range(start, min(start + 10_000, count)):
            _add(rows, n, chance, names, kinds, network_id, definition_id)
        with unit_of_work():
            for model, values in rows.items():
                db.session.execute(sa.insert(model), values)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    return network_id


def _add(
    rows: dict[Any, list[dict[str, Any]]],
    n: int,
    chance: random.Random,
    names: Sequence[str],
    kinds: Sequence[str],
    network_id: int,
    definition_id: int,
) -> None:
    name, kind, land = chance.choice(names), chance.choice(kinds), chance.choice(list(LAENDER))
    account, membership, email = uuid7(), uuid7(), f"person{n}@example.org"
    since = utcnow() - timedelta(minutes=chance.randrange(5_000_000))
    title = f"Verein {chance.randrange(10**9):09} {name}"
    rows[Account].append({"id": account, "email": email, "name": "", "session_epoch": 0})
    rows[Membership].append(
        {
            "id": membership, "network_id": network_id, "definition_id": definition_id,
            "holder": Holder.ORGANISATION, "organisation_name": title, "member_since": since,
            "answers": {"organisation_kind": kind, "federal_state": land}, "version": 1,
            "search_text": f"{title} {email}".lower().replace("ü", "ue"),
            "sort_name": title.lower(), "organisation_kind": kind, "federal_state": land,
            "district_key": f"kreis {chance.randrange(400)}",
        }
    )  # fmt: skip
    rows[Representative].append(
        {
            "id": uuid7(), "membership_id": membership, "account_id": account,
            "first_name": "Mara", "last_name": name, "answers": {}, "since": since,
        }
    )  # fmt: skip


def milliseconds(ask: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        db.session.rollback()
        db.session.expunge_all()
        start = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)


def measure(network_id: int) -> dict[str, float]:
    """Page and count of each view of the list, and of a page in the middle."""

    def page_and_count(wanted: MemberFilter) -> Callable[[], object]:
        return lambda: (
            listing.member_page(network_id, wanted),
            listing.member_count(network_id, wanted),
        )

    found = {name: milliseconds(page_and_count(wanted)) for name, wanted in WANTED.items()}
    middle = db.session.scalars(
        sa.select(Membership.id).where(Membership.sort_name > "verein 5").limit(1)
    ).one()
    found["from the middle"] = milliseconds(page_and_count(MemberFilter(after=str(middle))))
    return found


def measure_files(network_id: int) -> Iterator[str]:
    columns = [*NAME_COLUMNS, *columns_of(current_definitions()[SLUG]).values()]
    for format_ in ExportFormat:
        rows = (
            ["; ".join(column.cell(row)) for column in columns]
            for row in listing.all_members(network_id, MemberFilter())
        )
        peak = [_mebibytes()]
        before, start = peak[0], time.perf_counter()
        file, count = files.written(
            format_, [column.label for column in columns], _watched(rows, peak)
        )
        seconds, more = time.perf_counter() - start, peak[0] - before
        file.close()
        yield f"{format_.value} of {count} rows: {seconds:.1f} s, {more:.0f} MiB more at the peak"


def _watched(rows: Iterable[list[str]], peak: list[float]) -> Iterator[list[str]]:
    for n, row in enumerate(rows):
        if n % 1000 == 0:
            peak[0] = max(peak[0], _mebibytes())
        yield row


def _mebibytes() -> float:
    """What this process holds in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


@contextmanager
def installation(url: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        named = {"database_url": url} if url else {}
        app = create_app(load_settings({}, env="testing", data_dir=Path(folder), **named))
        with app.app_context():
            upgrade_schema()
            yield
            db.session.remove()
            db.engine.dispose()


def main(sizes: Sequence[int]) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        for engine in ("sqlite", "postgresql"):
            found: dict[int, dict[str, float]] = {}
            for size in sizes:
                with ExitStack() as one:
                    url = one.enter_context(database(server)) if engine != "sqlite" else ""
                    one.enter_context(installation(url))
                    network_id = fill(size)
                    found[size] = measure(network_id)
                    for line in measure_files(network_id) if size == sizes[-1] else ():
                        print(f"{engine}: {line}", flush=True)
            print(f"\n{engine}, median of {TIMES}, milliseconds, page and count")
            print(f"{'':18}" + "".join(f"{size:>12}" for size in sizes))
            for name in found[sizes[0]]:
                print(
                    f"{name:18}" + "".join(f"{found[size][name]:12.1f}" for size in sizes),
                    flush=True,
                )


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1500, 100_000])
