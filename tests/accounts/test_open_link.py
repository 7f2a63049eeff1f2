"""The link from the mail signs in: by its button, once, within the hour."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships import create_app
from memberships.accounts.models import SignInRequest
from memberships.database import db, utcnow
from memberships.permissions import Role
from tests.accounts.cases import (
    LEAD,
    account,
    asked_and_answered,
    browser,
    cookies,
    invited,
    is_in,
    signed_in,
)
from tests.pages import get
from tests.tables import nothing_stored, only


def test_the_button_signs_in(app: Flask) -> None:
    invited()
    client = browser(app)
    _, link, _ = asked_and_answered(client)

    page = get(client, link)
    answer = client.post(link)

    assert page.form(link).fields == {}
    assert LEAD in page.words
    assert (answer.status_code, answer.headers["Location"]) == (303, "/koordination/")
    assert is_in(client)


def test_an_operator_begins_at_the_own_account(app: Flask) -> None:
    invited(role=Role.OPERATOR)
    client = browser(app)
    _, link, _ = asked_and_answered(client)

    assert client.post(link).headers["Location"] == "/zugang"
    assert "hält die Anlage am Laufen" in get(signed_in(app), "/zugang").words


def test_the_first_sign_in_proves_the_address(app: Flask) -> None:
    invited()
    client = browser(app)
    _, link, _ = asked_and_answered(client)
    assert account().verified_at is None

    client.post(link)

    assert account().verified_at is not None


def test_opening_the_page_changes_nothing(app: Flask) -> None:
    invited()
    client = browser(app)
    _, link, _ = asked_and_answered(client)

    with nothing_stored():
        responses = [client.get(link) for _ in range(3)] + [client.head(link)]

    assert [(r.status_code, cookies(r)) for r in responses] == [(200, [])] * 4


def test_a_second_use_is_told_and_signs_nobody_in(app: Flask) -> None:
    invited()
    _, link, _ = asked_and_answered(browser(app))
    browser(app).post(link)

    for answer in (browser(app).post(link), browser(app).get(link)):
        assert answer.status_code == 410
        assert "Dieser Link wurde schon benutzt" in answer.text
        assert cookies(answer) == []


def test_a_double_click_lands_where_the_first_one_led(app: Flask) -> None:
    invited()
    client = browser(app)
    _, link, _ = asked_and_answered(client)
    client.post(link)

    assert client.post(link).status_code == client.get(link).status_code == 303


@pytest.mark.parametrize("minutes", [59, 61])
def test_the_link_lives_an_hour(app: Flask, minutes: int) -> None:
    invited()
    client = browser(app)
    _, link, _ = asked_and_answered(client)

    with time_machine.travel(utcnow() + timedelta(minutes=minutes)):
        answers = [client.get(link).status_code, client.post(link).status_code]

    assert answers == ([200, 303] if minutes < 60 else [404, 404])


@pytest.mark.parametrize("token", ["x", "A" * 22, "warten", "%00", "ä", "None"])
def test_an_unknown_link_says_what_to_do(client: FlaskClient, token: str) -> None:
    for answer in (client.get(f"/zugang/{token}"), client.post(f"/zugang/{token}")):
        assert answer.status_code == 404
        assert "Geben Sie Ihre Adresse ein, dann schicken wir einen neuen." in answer.text


def test_the_code_is_dead_once_the_link_was_used(app: Flask) -> None:
    invited()
    page, link, code = asked_and_answered(browser(app))
    browser(app).post(link)

    answer = browser(app).post(page, data={"code": code})

    assert (answer.status_code, cookies(answer)) == (410, [])


def test_a_session_starts_afresh(app: Flask) -> None:
    invited()
    client = browser(app)
    with client.session_transaction() as session:
        session["csrf_token"] = "known to an attacker"
    _, link, _ = asked_and_answered(client)

    client.post(link)

    with client.session_transaction() as session:
        assert sorted(session) == ["_fresh", "_user_id", "began", "seen"]


def _open(settings: Any, link: str, start: Any, outcomes: Any) -> None:
    app = create_app(settings)
    start.wait()
    answer = app.test_client().post(link)
    outcomes.put((answer.status_code, len(cookies(answer))))


def test_of_twenty_at_once_one_gets_in(app: Flask) -> None:
    invited()
    _, link, _ = asked_and_answered(browser(app))
    db.session.remove()
    db.engine.dispose()
    fork = multiprocessing.get_context("fork")
    start, outcomes = fork.Barrier(20), fork.SimpleQueue()
    racers = [
        fork.Process(target=_open, args=(app.config["SETTINGS"], link, start, outcomes))
        for _ in range(20)
    ]
    for racer in racers:
        racer.start()
    found = Counter(outcomes.get() for _ in racers)
    for racer in racers:
        racer.join()

    assert found == {(303, 1): 1, (410, 0): 19}
    assert only(SignInRequest).used_at is not None
