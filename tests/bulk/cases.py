"""Preparing and beginning runs as a coordinator does, at the pages."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask.testing import FlaskClient

from memberships.bulk.models import BulkItem, BulkRun
from memberships.bulk.running import look_at, work_on_runs
from memberships.database import db
from tests.factories import Applied
from tests.pages import Page, PageForm, get, post
from tests.review.cases import CHECK, token_on
from tests.tables import all_of

QUEUE = f"/koordination/{CHECK}/antraege"
RUNS = f"/koordination/{CHECK}/sammelvorgaenge"


def chosen(
    browser: FlaskClient,
    action: str,
    cases: Sequence[Applied] = (),
    *,
    query: str = "",
    **typed: str,
) -> Page:
    """Press the button under the list, with these cases ticked."""
    page = get(browser, f"{QUEUE}{query}")
    form = next((form for form in page.forms if "/sammelvorgaenge" in form.action), None)
    form = form or PageForm(RUNS, session_token(browser))
    ticked = {"fall": [str(c.id) for c in cases]}
    return post(browser, form.action, form.fields | {"aktion": action} | ticked | typed)


def planned(browser: FlaskClient, action: str, cases: Sequence[Applied] = (), **typed: str) -> str:
    """The address of the prepared run."""
    page = chosen(browser, action, cases, **typed)
    assert page.status == 303, page.words
    return page.headers["Location"]


def press(browser: FlaskClient, address: str, verb: str, **typed: str) -> Page:
    """A button of the run's page, by the end of its address."""
    return post(browser, f"{address}/{verb}", session_token(browser) | typed)


def session_token(browser: FlaskClient) -> dict[str, str]:
    """What every form of somebody signed in carries: from the page of one's own access."""
    return {"csrf_token": token_on(get(browser, "/zugang"))}


def begun(browser: FlaskClient, action: str, cases: Sequence[Applied], **typed: str) -> str:
    address = planned(browser, action, cases)
    look_at(run_at(address).id, 60)  # the request looks for a second: few cases on a busy machine
    page = press(browser, address, "beginnen", **typed)
    assert page.status == 303, page.words
    return address


def worked() -> None:
    """What the worker does until nothing is left."""
    while work_on_runs():
        pass


def run_at(address: str) -> BulkRun:
    db.session.rollback()
    return db.session.get_one(BulkRun, UUID(address.rsplit("/", 1)[1]))


def ends(address: str) -> list[tuple[str, str]]:
    """State and reason of each case of the run, in its order."""
    run_id = UUID(address.rsplit("/", 1)[1])
    items = [item for item in all_of(BulkItem) if item.run_id == run_id]
    return [(item.state.value, item.why) for item in sorted(items, key=lambda i: i.position)]
