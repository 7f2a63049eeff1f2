"""How many statements a page may cost, whatever the number of rows.

Counted are SELECT, INSERT, UPDATE and DELETE as they are sent. BEGIN, COMMIT, SAVEPOINT and PRAGMA
are not: they come with every transaction and ask nothing of a table. A page with personal data
costs the staff one more, the record of who saw it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.settings import Settings
from tests.applications.joining import ANSWERS, AVD, BH, BW, FV, SN, joined
from tests.factories import submitted
from tests.members.cases import a_member
from tests.members.showing import released
from tests.pages import PERSON, get, new_stamp, post
from tests.review.cases import (
    APPLICANT,
    BIPAR,
    CHECK,
    Staff,
    ask,
    case,
    case_url,
    form_of,
    send,
    signed_in,
    staff,
    with_check_networks,
)
from tests.tables import statements

COUNTED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
ALL_ANSWERS = ANSWERS | {BIPAR: APPLICANT, BH: PERSON}
SHIPPED = sorted([AVD, BH, BIPAR, BW, FV, SN])


@pytest.fixture(scope="module")
def networks_settings(migrated: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return with_check_networks(migrated, Path(tmp_path_factory.mktemp("networks")))


@pytest.fixture
def settings(networks_settings: Settings) -> Settings:
    return networks_settings


@contextmanager
def at_most(budget: int) -> Iterator[list[str]]:
    with statements() as sent:
        yield sent
    counted = [s for s in sent if s.lstrip().upper().startswith(COUNTED)]
    assert len(counted) <= budget, "\n".join([f"{len(counted)} of {budget}", *counted])


def form_address(slug: str) -> str:
    return f"/netzwerke/{slug}/antrag"


def apply_to(client: FlaskClient, slug: str, email: str) -> None:
    typed = ALL_ANSWERS[slug] | {"email": email, "stamp": new_stamp(client, form_address(slug))}
    page = post(client, form_address(slug), typed)
    assert page.status == 303, page.words


@pytest.mark.parametrize("slug", SHIPPED)
def test_an_open_form_asks_the_database_nothing(client: FlaskClient, slug: str) -> None:
    apply_to(client, slug, "first@example.org")
    with at_most(0):
        assert get(client, form_address(slug)).status == 200


@pytest.mark.parametrize("slug", SHIPPED)
def test_sending_a_form(client: FlaskClient, slug: str) -> None:
    apply_to(client, slug, "first@example.org")
    with at_most(6):
        apply_to(client, slug, "second@example.org")


@pytest.mark.parametrize(("slug", "budget"), [(BH, 16), (FV, 16), (BIPAR, 13), (BW, 25), (AVD, 13)])
def test_confirming_by_the_link(client: FlaskClient, slug: str, budget: int) -> None:
    joined(slug) if slug in ANSWERS else case(slug)
    own = {} if slug == BH else {"organisation_name": "Zweite Werkstatt Öderan"}
    applied = submitted(ALL_ANSWERS[slug] | own, slug=slug)
    with at_most(budget):
        assert post(client, applied.confirm).status == 303


@pytest.mark.parametrize("address", [f"/koordination/{CHECK}/antraege", "/koordination/"])
def test_a_list_of_cases(app: Flask, address: str) -> None:
    browser = signed_in(app, staff())
    for waiting in (1, 29):
        for _ in range(waiting):
            case()
        with at_most(8):
            assert get(browser, address).status == 200


def much_happened_to(browser: FlaskClient, kim: Staff) -> str:
    applied = case(email="joern@example.org")
    for _ in range(3):
        case(email="joern@example.org")
    ask(applied, kim)
    send(browser, case_url(applied), {"answer": "Dort.", "channel": "phone"}, ending="/antwort")
    for _ in range(30):
        send(browser, case_url(applied), {"text": "Notiz."}, ending="/notiz")
    return case_url(applied)


@pytest.mark.parametrize("has_history", [False, True])
def test_opening_a_case_and_approving_it(app: Flask, has_history: bool) -> None:
    kim = staff()
    browser = signed_in(app, kim)
    case()
    address = much_happened_to(browser, kim) if has_history else case_url(case())
    form = form_of(browser, f"{address}/aufnehmen", "aufnehmen")
    with at_most(17):
        assert get(browser, address).status == 200
        assert post(browser, form.action, form.fields).status == 303


@pytest.mark.parametrize(("slug", "budget"), [(AVD, 30), (SN, 31)])
def test_the_same_where_organisations_are_told_apart(app: Flask, slug: str, budget: int) -> None:
    browser = signed_in(app, staff("coordinator", slug))  # type: ignore[arg-type]
    applied = joined(slug)
    form = form_of(browser, case_url(applied, slug, "aufnehmen"), "aufnehmen")
    with at_most(budget):
        assert get(browser, case_url(applied, slug)).status == 200
        assert post(browser, form.action, form.fields).status == 303


@pytest.mark.parametrize("address", [f"/netzwerke/{BH}/mitglieder", f"/netzwerke/{BH}"])
def test_the_public_list_of_members(app: Flask, address: str) -> None:
    shown = 0
    for more in (1, 29):
        for n in range(shown, shown + more):
            released(a_member(f"p{n}@example.org"), "name", email=f"p{n}@example.org")
        shown += more
        with at_most(1):
            page = get(app.test_client(), address, query_string={"suche": "mara"})
    assert page.words.count("Mara Hofmann") == (30 if address.endswith("mitglieder") else 0)


def test_the_page_before_an_approval(app: Flask) -> None:
    browser = signed_in(app, staff())
    address = case_url(case(), verb="aufnehmen")
    with at_most(7):
        assert get(browser, address).status == 200
