"""(c) the queue as it grows, (d) opening a case and approving it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from statistics import median
from uuid import UUID

import sqlalchemy as sa

from benchmarks import apps
from benchmarks.filling import fill, new_staff
from benchmarks.serving import HEAD, Browser, Figures, Place, run_series, served, timed
from memberships.applications.models import Application, ApplicationStatus
from memberships.applications.queries import application_by_confirm_token
from memberships.applications.services import (
    confirm_application,
    submission_key,
    submit_application,
)
from memberships.database import db, unit_of_work
from memberships.mails.models import OutgoingMail
from memberships.networks.queries import current_definitions
from memberships.tokens import new_token, token_hash

SLUG = "fachverband"
PAGES = (
    "",
    "?ansicht=gefragt",
    "?ansicht=alle",
    "?wer=niemand",
    "?wer=ich",
    "?ansicht=automatisch",
)
_numbers = count(1)


def grow(where: Place, sizes: list[int], *, seconds: float, rounds: int) -> str:
    """The pages of the queue and 'Heute' with ever more rows, on one connection per worker."""
    lines, first = [HEAD], {}
    for size in sizes:
        fill(where, SLUG, size)
        cookie = new_staff(SLUG)
        with served("served") as server:
            for page in (
                *(f"/koordination/{SLUG}/antraege{page}" for page in PAGES),
                "/koordination/",
            ):
                unit = _opening(page)
                run_series(server, where, unit, seconds=1.5, connections=2, cookie=cookie)
                figures = Figures(
                    [
                        run_series(
                            server, where, unit, seconds=seconds, connections=2, cookie=cookie
                        )
                        for _ in range(rounds)
                    ]
                )
                first.setdefault(page, []).append(figures.web_ms + figures.database_ms)
                lines.append(
                    figures.row(f"{page.removeprefix('/koordination/') or 'Heute'} {size:,}")
                )
    lines += [
        f"{page}: slowest {max(costs) / min(costs):.2f} times the fastest, by processor time"
        for page, costs in first.items()
    ]
    return "\n".join(lines)


def _opening(page: str) -> Callable[[Browser], float]:
    return lambda browser: timed(lambda: browser.get(page))


def approve(where: Place, *, cases: int) -> str:
    """One person works through cases: opens each, reads what would be mailed, approves."""
    waiting = _cases(cases)
    cookie = new_staff(SLUG)
    opened, previewed, approved = [], [], []

    def unit(browser: Browser) -> float:
        address = f"/koordination/{SLUG}/antraege/{waiting.pop()}"
        opened.append(timed(lambda: browser.get(address)))
        page: list[str] = []
        previewed.append(timed(lambda: page.append(browser.get(f"{address}/aufnehmen"))))
        typed = {name: _value(page[0], name) for name in ("csrf_token", "version")}
        approved.append(timed(lambda: browser.post(f"{address}/aufnehmen", typed)))
        return opened[-1] + approved[-1]

    with served("served") as server:
        for _ in range(10):
            unit(Browser(server.port, cookie))
        figures = Figures()
        while len(waiting) > 40:
            figures.series.append(
                run_series(server, where, unit, seconds=1, connections=1, cookie=cookie)
            )
    parts = [f"{median(waits[10:]) * 1000:.1f}" for waits in (opened, previewed, approved)]
    return "\n".join(
        [
            HEAD,
            figures.row("case + approval"),
            f"case {parts[0]} ms, page before approving {parts[1]} ms, approval {parts[2]} ms",
        ]
    )


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return found[1]


def _cases(number: int) -> list[UUID]:
    with apps.ours().app_context():
        return [_case() for _ in range(number)]


def _case() -> UUID:
    mark = next(_numbers)
    answers = {
        "first_name": "Mara",
        "last_name": f"Hofmann {mark}",
        "email": f"mara{mark}@example.org",
        "participation": "active",
        "activity_context": "voluntary",
    }
    definition = current_definitions()[SLUG]
    with unit_of_work():
        key = submission_key(new_token(), answers, set())
        application_id = submit_application(definition, answers, set(), key=key).id
    body = db.session.scalar(
        sa.select(OutgoingMail.body).where(OutgoingMail.subject_id == application_id)
    )
    found = re.search(r"/antrag/([\w-]+)/", body or "")
    assert found
    with unit_of_work():
        application = application_by_confirm_token(found[1], for_change=True)
        assert application is not None
        proof = token_hash(found[1])
        confirm_application(application, proof=proof, channel="link", newsletter=False)
        assert db.session.get_one(Application, application_id).status is ApplicationStatus.IN_REVIEW
    return application_id
