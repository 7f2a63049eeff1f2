"""Filters that somebody keeps: their own, in one network, under one name."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from memberships.accounts.models import Account, StaffRole
from memberships.database import db, unit_of_work
from memberships.review import services
from memberships.review.models import SavedFilter
from memberships.rights.queries import person_data
from tests.pages import Page, get, post
from tests.review.cases import CHECK, FORUM, Staff, signed_in, staff, token_on
from tests.tables import all_of, nothing_stored, only

QUEUE = f"/koordination/{CHECK}/antraege"
LIST = f"/koordination/{CHECK}/filter"


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def save(browser: FlaskClient, name: str, query: str = "suche=Öderan&frist=vorbei") -> Page:
    form = get(browser, f"{QUEUE}?{query}").form("/filter")
    return post(browser, form.action, form.fields | {"name": name})


def test_a_filter_is_saved_shown_renamed_and_removed(browser) -> None:
    assert save(browser, "Öderan eilig").status == 303
    saved = only(SavedFilter)
    assert saved.arguments == {"ansicht": "offen", "suche": "Öderan", "frist": "vorbei"}
    page = get(browser, QUEUE)
    (link,) = [e for e in page.root if e.tag == "a" and e.words == "Öderan eilig"]
    assert "suche=%C3%96deran" in link.get("href")
    assert get(browser, link.get("href")).status == 200
    form = get(browser, LIST).form(str(saved.id))
    assert post(browser, form.action, form.fields | {"name": "Eilig"}).status == 303
    assert only(SavedFilter).name == "Eilig"
    form = get(browser, LIST).form(str(saved.id))
    assert post(browser, form.action, form.fields | {"loeschen": ""}).status == 303
    assert all_of(SavedFilter) == []
    assert post(browser, form.action, form.fields | {"loeschen": ""}).status == 404


def test_a_name_twice_and_a_name_that_is_none_are_refused(browser) -> None:
    save(browser, "Eilig")
    with nothing_stored():
        for name, words in (
            ("Eilig", "haben Sie schon"),
            (" ", "einen Namen"),
            ("x" * 61, "zu lang"),
        ):
            page = save(browser, name, "suche=x")
            assert (page.status, words in page.words) == (422, True)
            # What was to be saved is still there for another name.
            assert "suche=x" in page.form("/filter").fields["filter"]
    save(browser, "Zweiter")
    form = get(browser, LIST).form(str(all_of(SavedFilter)[1].id))
    with nothing_stored():
        assert post(browser, form.action, form.fields | {"name": "Eilig"}).status == 422


def test_more_than_twenty_are_refused(browser, monkeypatch) -> None:
    monkeypatch.setattr(services, "MOST_FILTERS", 2)
    save(browser, "Eins")
    save(browser, "Zwei")
    with nothing_stored():
        assert save(browser, "Drei").status == 409


def test_each_sees_and_changes_only_their_own_and_of_this_network(app, browser, kim) -> None:
    save(browser, "Eilig")
    saved = only(SavedFilter)
    other = signed_in(app, staff("coordinator", CHECK, FORUM))
    assert "Eilig" not in get(other, QUEUE).words
    assert "Eilig" not in get(other, LIST).words
    token = token_on(get(other, f"{QUEUE}?suche=x"))
    with nothing_stored():
        for slug in (CHECK, FORUM):
            address = f"/koordination/{slug}/filter/{saved.id}"
            typed = {"csrf_token": token, "loeschen": ""}
            assert post(other, address, typed).status == 404
            assert post(other, address, typed | {"name": "x"}).status == 404


def test_without_its_token_nothing_is_saved(browser) -> None:
    with nothing_stored():
        assert post(browser, LIST, {"name": "Eilig", "filter": "suche=x"}).status == 400


def test_odd_arguments_are_cleaned_before_they_are_saved(browser) -> None:
    form = get(browser, f"{QUEUE}?suche=x").form("/filter")
    odd = "ansicht=x&suche=%00a%ff&von=morgen&ab=1&slug=bipar&_external=1"
    assert post(browser, form.action, form.fields | {"name": "N", "filter": odd}).status == 303
    assert set(only(SavedFilter).arguments) == {"ansicht", "suche"}
    assert get(browser, QUEUE).status == 200


def test_they_are_told_to_their_owner_and_go_with_the_account(app, browser, kim) -> None:
    save(browser, "Eilig")
    account = db.session.get_one(Account, kim.account_id)
    assert person_data(account)["account"]["saved_filters"][0]["name"] == "Eilig"
    with unit_of_work():
        db.session.execute(sa.delete(StaffRole).where(StaffRole.account_id == kim.account_id))
        db.session.execute(sa.delete(Account).where(Account.id == kim.account_id))
    assert all_of(SavedFilter) == []
