"""Somebody goes through a list: deciding or skipping a case leads to the next of that list."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.permissions import Role
from tests.factories import Applied
from tests.pages import get, post
from tests.review.cases import CHECK, FORUM, Staff, case, case_url, signed_in, staff
from tests.tables import nothing_stored

QUEUE = f"/koordination/{CHECK}/antraege"
WALK = f"{QUEUE}/reihe"


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def people(*names: str) -> list[Applied]:
    return [
        case(last_name=name, email=f"p{n}@example.org", organisation_name="")
        for n, name in enumerate(names)
    ]


def followed(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_it_begins_with_the_first_and_ends_at_the_list(browser: FlaskClient) -> None:
    one, two, three = people("Adler", "Berg", "Clausen")
    place = followed(browser, f"{WALK}?suche=example")
    seen = []
    while "/antraege/" in place:
        page = get(browser, place)
        assert "Sie gehen die Liste der Reihe nach durch: „example“." in page.words
        seen.append(urlsplit(place).path)
        skip = next(e.get("href") for e in page.root if "/weiter?" in e.get("href"))
        place = followed(browser, skip)

    assert seen == [case_url(one), case_url(two), case_url(three)]
    assert parse_qs(urlsplit(place).query)["suche"] == ["example"]
    assert urlsplit(place).path == QUEUE


def test_deciding_leads_to_the_next_of_the_list_not_of_all(browser: FlaskClient) -> None:
    one, _, three = people("Adlerberg", "Clausen", "Dornberg")
    page = get(browser, followed(browser, f"{WALK}?suche=berg"))
    form = next(f for f in page.forms if "/aufnehmen" in f.action)
    assert form.action.startswith(case_url(one, verb="aufnehmen"))
    page = post(browser, form.action, form.fields | {"beginnen": "1"})
    page = get(browser, page.headers["Location"])
    form = next(f for f in page.forms if "/aufnehmen" in f.action)

    answer = browser.post(form.action, data=form.fields)

    place = answer.headers["Location"]
    assert urlsplit(place).path == case_url(three)
    query = parse_qs(urlsplit(place).query)
    assert query["erledigt"] == [str(one.id)]
    assert "suche=berg" in query["reihe"][0]


def test_an_empty_list_begins_nothing(browser: FlaskClient) -> None:
    people("Adler")

    place = followed(browser, f"{WALK}?suche=niemand")

    assert urlsplit(place).path == QUEUE


def test_without_a_list_the_next_case_follows_too(browser: FlaskClient) -> None:
    one, two = people("Adler", "Berg")

    place = followed(browser, case_url(one, verb="weiter"))

    assert urlsplit(place).path == case_url(two)
    assert "reihe" not in parse_qs(urlsplit(place).query)


@pytest.mark.parametrize("walk", ["x" * 5000, "ansicht=%00&von=gestern", "&&&=", "suche=%ff%fe"])
def test_a_list_that_is_none_breaks_nothing(browser: FlaskClient, walk: str) -> None:
    (one,) = people("Adler")

    assert get(browser, f"{case_url(one)}?reihe={walk}").status == 200
    assert browser.get(f"{case_url(one, verb='weiter')}?reihe={walk}").status_code == 303


def test_only_cases_of_the_own_network_follow(app: Flask, browser: FlaskClient) -> None:
    (one,) = people("Adler")
    foreign = case(FORUM)
    reader = signed_in(app, staff(Role.READER, FORUM))

    with nothing_stored():
        assert browser.get(case_url(foreign, verb="weiter")).status_code == 404
        assert reader.get(case_url(one, verb="weiter")).status_code == 404
        assert urlsplit(followed(browser, case_url(one, verb="weiter"))).path == QUEUE
