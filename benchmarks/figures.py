"""How long figures take: counting a network by the job, and a page read from what it stored.

    python -m benchmarks.figures [rows ...]      (10000 and 100000 unless named)

Runs on SQLite, and on the PostgreSQL that the tests bring along. Everybody in it is invented.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks.member_list import installation
from memberships.accounts.models import Account
from memberships.applications.models import (
    ApplicantKind,
    Application,
    ApplicationStatus,
    InformationRequest,
)
from memberships.database import db, unit_of_work, utcnow, uuid7
from memberships.figures import queries, report, services
from memberships.figures.models import FigureMonth
from memberships.figures.numbers import figures_at
from memberships.members.models import EndReason, Holder, Membership
from memberships.networks.queries import current_definitions
from memberships.networks.services import publish_definition
from memberships.territory.models import LAENDER
from memberships.territory.queries import districts_of
from tests.postgres import database, postgres_server

SLUG = "beteiligungsnetzwerk-bw"
YEARS_IN_MINUTES = 3 * 365 * 24 * 60
TIMES = 7


def fill(count: int) -> int:
    """That many applications and as many memberships of the last three years."""
    chance = random.Random(7)
    with unit_of_work():
        version = publish_definition(current_definitions()[SLUG])
        network_id, definition_id = version.network_id, version.id
        by = uuid7()
        values = {"id": by, "email": "kim@example.org", "name": "Kim", "session_epoch": 0}
        db.session.execute(sa.insert(Account), [values])
    for start in range(0, count, 10_000):
        rows: dict[Any, list[dict[str, Any]]] = {
            Membership: [], Application: [], InformationRequest: []
        }  # fmt: skip
        for n in range(start, min(start + 10_000, count)):
            _add(rows, n, chance, network_id, definition_id, by)
        with unit_of_work():
            for model, values_of in rows.items():
                if values_of:
                    db.session.execute(sa.insert(model), values_of)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    return network_id


def _add(
    rows: dict[Any, list[dict[str, Any]]],
    n: int,
    chance: random.Random,
    network_id: int,
    definition_id: int,
    by: Any,
) -> None:
    sent = utcnow() - timedelta(minutes=chance.randrange(60, YEARS_IN_MINUTES))
    settled = sent + timedelta(minutes=chance.randrange(20 * 24 * 60))
    is_settled = settled < utcnow()
    status = chance.choice([*[ApplicationStatus.APPROVED] * 6, ApplicationStatus.DECLINED])
    status = status if is_settled else ApplicationStatus.IN_REVIEW
    kind = chance.choice(["association", "foundation", "municipality", "university"])
    district = chance.choice(districts_of("BW")).label
    answers = {
        "organisation_kind": kind, "district": district, "sector": "administration",
        "level": chance.choice(["state", "municipal"]), "text": "x" * 300,
    }  # fmt: skip
    member, case = uuid7(), uuid7()
    ended = sent + timedelta(days=chance.randrange(3000))
    has_ended = ended < utcnow()
    rows[Membership].append(
        {
            "id": member, "network_id": network_id, "definition_id": definition_id,
            "holder": Holder.ORGANISATION, "organisation_name": f"Verein {n}",
            "member_since": sent, "answers": answers, "version": 1, "search_text": f"verein {n}",
            "sort_name": f"verein {n}", "organisation_kind": kind,
            "federal_state": chance.choice(list(LAENDER)), "district_key": district.lower(),
            "ended_at": ended if has_ended else None,
            "end_reason": EndReason.OWN_EXIT if has_ended else None,
        }
    )  # fmt: skip
    rows[Application].append(
        {
            "id": case, "network_id": network_id, "definition_id": definition_id,
            "status": status, "submission_key": f"{n:064}", "page_token_hash": f"{n:064}",
            "email": f"person{n}@example.org", "first_name": "Mara", "last_name": "Berg",
            "applicant_kind": ApplicantKind.ORGANISATION, "answers": answers,
            "submitted_at": sent, "confirmed_at": sent, "expires_at": sent,
            "confirmation_mails": 1, "confirmation_mailed_at": sent, "search_text": "mara berg",
            "decided_at": settled if is_settled else None,
            "settled_at": settled if is_settled else None,
            "decided_by_id": by if is_settled else None,
            "decline_reason": "other" if status is ApplicationStatus.DECLINED else None,
            "membership_id": member if status is ApplicationStatus.APPROVED else None,
            "version": 1,
        }
    )  # fmt: skip
    if n % 8 == 0:
        rows[InformationRequest].append(
            {
                "id": uuid7(), "application_id": case, "question": "?", "asked_by_id": by,
                "asked_at": sent + timedelta(hours=5), "answer_by": settled, "close_at": settled,
                "answered_at": settled,
            }
        )  # fmt: skip


def milliseconds(ask: Callable[[], object], times: int = TIMES) -> float:
    taken = []
    for _ in range(times):
        db.session.rollback()
        db.session.expunge_all()
        start = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)


def page(network_id: int, *, days_ago: int) -> None:
    """Everything of the page but its template."""
    net, day = current_definitions()[SLUG], (utcnow() - timedelta(days=days_ago)).date()
    tally, _ = queries.tally_for(network_id, net, day)
    report.chapters_of(report.arranged(figures_at(tally, day), net), net)


def measure(network_id: int) -> dict[str, float]:
    net = current_definitions()[SLUG]
    found = {
        "count everything": milliseconds(lambda: queries.count_network(network_id, net), 1),
        "job, all of it": milliseconds(services.refresh_figures, 1),
        "job, again": milliseconds(services.refresh_figures, 1),
        "page of today": milliseconds(lambda: page(network_id, days_ago=0)),
        "page of a year ago": milliseconds(lambda: page(network_id, days_ago=365)),
    }
    size = db.session.scalar(sa.select(sa.func.sum(sa.func.length(FigureMonth.content))))
    return found | {"stored, in KB": (size or 0) / 1000}


def main(sizes: Sequence[int]) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        for engine in ("sqlite", "postgresql"):
            for size in sizes:
                with ExitStack() as one:
                    url = one.enter_context(database(server)) if engine != "sqlite" else ""
                    one.enter_context(installation(url))
                    network_id = fill(size)
                    for name, taken in measure(network_id).items():
                        print(f"{engine:12}{size:>10}  {name:20}{taken:10.1f}", flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000, 100_000])
