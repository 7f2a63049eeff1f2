"""Searching and filtering the cases of one network: median and 95th percentile by database.

    python -m benchmarks.case_search [engine=rows ...]   (sqlite=100000 postgresql=1000000)

Measured is what a page of the queue asks: rows, mails, counts. Everybody in it is invented.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from benchmarks.member_list import installation
from memberships.applications.models import Application, ApplicationSearch, ApplicationStatus
from memberships.applications.services.indexing import index_applications
from memberships.database import db, first_uuid7, unit_of_work, utcnow
from memberships.networks.queries import current_definitions
from memberships.networks.services import publish_definition
from memberships.review.queries import QueueFilter, Tab, queue_page, waiting_counts
from memberships.search import fold
from memberships.territory.models import LAENDER
from tests.postgres import database, postgres_server
from tests.review.cases import staff

SLUG = "beteiligungsnetzwerk-bw"
TIMES = 40
MADE = 20_000
NAMES = ("Müller", "Öztürk", "Berg", "Żak", "Weiß", "Nguyen", "Pfister", "Hofmann")
FIRST = ("Mara", "Jörn", "Ada", "Kim", "Ines", "Tarık", "Lena", "Piotr", "Ruth", "Emre")
PLACES = ("Öderan", "Köln", "Bad Säckingen", "Weimar", "Stuttgart", "Tübingen", "Ulm", "Görlitz")
SYLLABLES = ("ba", "ker", "lin", "mo", "ta", "schu", "wal", "den", "ri", "gau", "nes", "hof", "fel")
STATUSES = {
    ApplicationStatus.APPROVED: 70,
    ApplicationStatus.DECLINED: 12,
    ApplicationStatus.WITHDRAWN: 8,
    ApplicationStatus.CLOSED: 4,
    ApplicationStatus.IN_REVIEW: 5,
    ApplicationStatus.INFORMATION_REQUESTED: 1,
}
LONG_AGO = (utcnow() - timedelta(days=1000)).date()
ALL = QueueFilter(tab=Tab.ALL)
WANTED: dict[str, QueueFilter] = {
    "no filter, open": QueueFilter(),
    "no filter, all": ALL,
    "rare (1 in 20,000)": QueueFilter(tab=Tab.ALL, text="person77@"),
    "part of a rare word": QueueFilter(tab=Tab.ALL, text="schutawal"),
    "one in 1,000": QueueFilter(tab=Tab.ALL, text="kreis-123"),
    "common (müll, 12 %)": QueueFilter(tab=Tab.ALL, text="müll"),
    "everybody (example)": QueueFilter(tab=Tab.ALL, text="example"),
    "two words, 1 %": QueueFilter(tab=Tab.ALL, text="tarik müller"),
    "three words": QueueFilter(tab=Tab.ALL, text="ruth weiß görlitz"),
    "two letters (ul)": QueueFilter(tab=Tab.ALL, text="ul"),
    "no hit": QueueFilter(tab=Tab.ALL, text="xyzzy"),
    "common parts, no hit": QueueFilter(tab=Tab.ALL, text="müllerberg"),
    "answer word, common": QueueFilter(tab=Tab.ALL, text="leitlinien"),
    "answer word, 2 %": QueueFilter(tab=Tab.ALL, text="losverfahren"),
    "answer word, rare": QueueFilter(tab=Tab.ALL, text="thema4711"),
    "open: common": QueueFilter(text="müll"),
    "open: rare": QueueFilter(text="person77@"),
    "Land": QueueFilter(tab=Tab.ALL, state="HB"),
    "Land and common": QueueFilter(tab=Tab.ALL, state="HB", text="müll"),
    "declined and 2 words": QueueFilter(
        tab=Tab.ALL, status=ApplicationStatus.DECLINED, text="tarik müller"
    ),
    "closed": QueueFilter(tab=Tab.ALL, status=ApplicationStatus.CLOSED),
    "closed and 2 %": QueueFilter(
        tab=Tab.ALL, status=ApplicationStatus.CLOSED, text="losverfahren"
    ),
    "closed and common": QueueFilter(tab=Tab.ALL, status=ApplicationStatus.CLOSED, text="müll"),
    "open: 2 %": QueueFilter(text="losverfahren"),
    "overdue: 2 %": QueueFilter(overdue=True, text="losverfahren"),
    "four words": QueueFilter(tab=Tab.ALL, text="ruth weiß görlitz verein"),
    "six words, no hit": QueueFilter(
        tab=Tab.ALL, text="leitlinien verfasst bürgerräte begleitet stuttgart xyzzy"
    ),
    "before three years": QueueFilter(tab=Tab.ALL, until=LONG_AGO),
    "before three years, common": QueueFilter(tab=Tab.ALL, until=LONG_AGO, text="müll"),
    "before three years, 2 %": QueueFilter(tab=Tab.ALL, until=LONG_AGO, text="losverfahren"),
    "Land and declined": QueueFilter(tab=Tab.ALL, state="HB", status=ApplicationStatus.DECLINED),
    "a month long ago": QueueFilter(
        tab=Tab.ALL,
        since=LONG_AGO,
        until=LONG_AGO + timedelta(days=30),
    ),
    "a month long ago, common": QueueFilter(
        tab=Tab.ALL,
        text="müll",
        since=LONG_AGO,
        until=LONG_AGO + timedelta(days=30),
    ),
    "overdue": QueueFilter(overdue=True),
}


def fill(count: int) -> int:
    """That many cases, some made and indexed as the command does it, the rest copies of these."""
    chance = random.Random(7)
    with unit_of_work():
        version = publish_definition(current_definitions()[SLUG])
        network_id, definition_id = version.network_id, version.id
    kim = staff("coordinator", SLUG).account_id
    statuses = chance.choices(list(STATUSES), list(STATUSES.values()), k=MADE)
    start = time.perf_counter()
    with unit_of_work():
        rows = [_case(n, statuses[n], chance, network_id, definition_id, kim) for n in range(MADE)]
        db.session.execute(sa.insert(Application), rows)
    after = None
    while True:
        with unit_of_work():
            after = index_applications(after, 5000)
        db.session.expunge_all()
        if after is None:
            break
    is_postgresql = db.engine.dialect.name == "postgresql"
    with db.engine.begin() as connection:
        if is_postgresql:
            connection.exec_driver_sql("DROP INDEX ix_application_search_keys")
        _copy(connection, Application, count // MADE - 1)
        _copy(connection, ApplicationSearch, count // MADE - 1)
        if is_postgresql:
            connection.exec_driver_sql(
                "CREATE INDEX ix_application_search_keys ON application_search USING gin (keys)"
            )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if is_postgresql else "ANALYZE")
    print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)
    return network_id


def _copy(connection: Any, model: Any, times: int) -> None:
    """Each time all of them again, seventy days older and before them in the order of ids."""
    is_postgresql = connection.dialect.name == "postgresql"
    # The time of a copy in the first twelve digits, as an id of that day has it.
    id_ = (
        "(lpad(to_hex(('x' || left(replace({0}::text, '-', ''), 12))::bit(48)::bigint"
        " - k * 70 * 86400000::bigint), 12, '0') || substr(replace({0}::text, '-', ''), 13))::uuid"
        if is_postgresql
        else "older_id({0}, k)"
    )
    if not is_postgresql:
        connection.connection.driver_connection.create_function("older_id", 2, _older)
    older = (
        "{0} - k * interval '70 days'"
        if is_postgresql
        else "strftime('%Y-%m-%d %H:%M:%S.000000', {0}, (k * -70) || ' days')"
    )
    day = "{0} - k * 70" if is_postgresql else "date({0}, (k * -70) || ' days')"
    changed = {
        "id": id_, "application_id": id_, "submission_key": "{0} || '-' || k",
        "page_token_hash": "{0} || '-' || k", "submitted_at": older, "due_at": older,
        **({"received_on": day} if model is ApplicationSearch else {}),
    }  # fmt: skip
    names = [column.name for column in model.__table__.columns]
    values = ", ".join(changed.get(name, "{0}").format(f"t.{name}") for name in names)
    connection.exec_driver_sql(
        f"INSERT INTO {model.__tablename__} ({', '.join(names)}) "  # noqa: S608 - our own names
        f"WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {times}) "
        f"SELECT {values} FROM n, {model.__tablename__} AS t"
    )


def _older(id_: str, times: int) -> str:
    return f"{int(id_[:12], 16) - times * 70 * 86_400_000:012x}{id_[12:]}"


def _case(
    n: int,
    status: ApplicationStatus,
    chance: random.Random,
    network_id: int,
    definition_id: int,
    kim: Any,
) -> dict[str, Any]:
    first, last, place = chance.choice(FIRST), chance.choice(NAMES), chance.choice(PLACES)
    at = utcnow() - timedelta(days=70 * (1 - n / MADE))
    is_decided = status in {ApplicationStatus.APPROVED, ApplicationStatus.DECLINED}
    is_asked = status is ApplicationStatus.INFORMATION_REQUESTED
    organisation = "".join(chance.choices(SYLLABLES, k=4)).title()
    words = "Leitlinien verfasst, Bürgerräte begleitet" + (
        " im Losverfahren" if chance.random() < 0.02 else ""
    )
    # An approval needs a membership; for finding, a declined one is as good.
    stored = ApplicationStatus.WITHDRAWN if status is ApplicationStatus.APPROVED else status
    return {
        "id": UUID(int=first_uuid7(at).int | chance.getrandbits(80)),
        "network_id": network_id, "definition_id": definition_id,
        "status": stored, "channel": "online", "submission_key": f"s{n}",
        "page_token_hash": f"p{n}", "email": f"person{n}@example.org", "first_name": first,
        "last_name": last, "applicant_kind": "organisation" if n % 5 else "person",
        "organisation_name": f"Verein {organisation}",
        "answers": {
            "federal_state": chance.choices(list(LAENDER), [1 + 3 * (i % 4) for i in range(16)])[0],
            "place": place, "postal_code": f"{chance.randrange(1000, 99999):05}",
            "active_in": f"{words} Thema{chance.randrange(20_000)}",
        },
        "submitted_at": at, "expires_at": at, "confirmation_mails": 1, "confirmation_mailed_at": at,
        "confirmed_at": at, "due_at": at + timedelta(days=14), "version": 1,
        "decided_at": at if is_decided and stored is status else None,
        "decided_by_id": kim if is_decided and stored is status else None,
        "decline_reason": "not_eligible" if stored is ApplicationStatus.DECLINED else None,
        "clock_stopped_at": at if is_asked else None,
        "search_text": fold(
            f"{first} {last} person{n}@example.org Verein {organisation} "
            f"Kreis-{chance.randrange(1000)} {place}"
        ),
    }  # fmt: skip


def milliseconds(ask: Callable[[], object]) -> tuple[float, float]:
    taken = []
    for _ in range(TIMES):
        db.session.rollback()
        db.session.expunge_all()
        start = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - start))
    taken.sort()
    return taken[TIMES // 2], taken[int(TIMES * 0.95)]


def measure(network_id: int) -> None:
    for name, wanted in WANTED.items():
        page = queue_page([network_id], wanted)
        half, most = milliseconds(
            lambda wanted=wanted: (
                queue_page([network_id], wanted),
                waiting_counts([network_id]),
            )
        )
        count = "-" if page.count is None else "1000+" if page.count > 1000 else page.count
        print(f"{name:28}{half:9.1f}{most:9.1f}   {count:>6} found", flush=True)


def main(wanted: Sequence[tuple[str, int]]) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        for engine, size in wanted:
            with ExitStack() as one:
                url = one.enter_context(database(server)) if engine != "sqlite" else ""
                one.enter_context(installation(url))
                network_id = fill(size)
                if url:
                    for table in (Application, ApplicationSearch):
                        name = table.__tablename__
                        total = db.session.scalar(
                            sa.text(f"SELECT pg_total_relation_size('{name}')")
                        )
                        print(f"{name}: {total / 2**20:.0f} MiB with its indexes")
                print(f"\n{engine}, {size:,} cases: median and p95 in ms, first page and counts")
                measure(network_id)


if __name__ == "__main__":
    named = [word.partition("=") for word in sys.argv[1:]]
    main([(e, int(n)) for e, _, n in named] or [("sqlite", 100_000), ("postgresql", 1_000_000)])
