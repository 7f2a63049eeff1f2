"""Asking for a sign-in link shows nothing about whom we know."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.accounts.cli import answer_sign_in_requests
from memberships.accounts.guard import sign_target
from memberships.accounts.models import SignInRequest
from memberships.mails.models import OutgoingMail
from tests.accounts.cases import LEAD, ask, asked_and_answered, browser, cookies, invited
from tests.pages import get, post
from tests.tables import all_of, only, statements


def _without_secrets(text: str) -> str:
    return re.sub(r"warten/[\w-]{22}", "warten/…", text)


def _seen(client: FlaskClient, email: str) -> list[object]:
    """Everything an outsider can observe of asking, waiting and a wrong code."""
    seen: list[object] = []
    with statements() as sent:
        response = client.post("/zugang", data={"email": email})
        place = response.headers["Location"]
        pages = [response, client.get(place)]
        answer = len(sent)
    seen += sent[:answer]
    answer_sign_in_requests()
    with statements() as sent:
        pages += [client.get(place), *(client.post(place, data={"code": "1"}) for _ in range(6))]
    seen += sent
    for page in pages:
        headers = [(k, _without_secrets(v)) for k, v in page.headers if k != "Date"]
        seen.append((page.status_code, headers, _without_secrets(page.text)))
    return seen


def test_known_and_unknown_addresses_look_the_same(client: FlaskClient) -> None:
    invited()
    client.get("/zugang")
    first = _seen(client, "nobody@example.org")

    assert _seen(client, LEAD) == first
    assert [mail.to_address for mail in all_of(OutgoingMail)] == [LEAD]


def test_the_request_is_stored_and_nothing_else_happens(client: FlaskClient) -> None:
    invited()

    ask(client, "  Lead@Example.org ")

    assert only(SignInRequest).email == LEAD
    assert all_of(OutgoingMail) == []


def test_the_page_that_waits_shows_no_address(client: FlaskClient) -> None:
    page = get(client, ask(client))

    assert page.heading == "Bitte sehen Sie in Ihr Postfach"
    assert "Wenn zu dieser Adresse ein Zugang besteht, ist eine Nachricht unterwegs." in page.words
    assert LEAD not in page.html


@pytest.mark.parametrize(
    "typed", ["", "lead", "lead@", "a@b@example.org", "lead@example", "l\x00@example.org"]
)
def test_an_incomplete_address_is_asked_for_again(client: FlaskClient, typed: str) -> None:
    page = post(client, "/zugang", {"email": typed})

    assert page.status == 422
    assert list(page.errors) == ["email"]
    assert page.form("/zugang").fields["email"] == typed
    assert all_of(SignInRequest) == []


def test_asking_sets_no_cookie(app: Flask) -> None:
    client = browser(app)

    responses = [client.get("/zugang"), client.post("/zugang", data={"email": LEAD})]
    responses.append(client.get(responses[-1].headers["Location"]))

    assert [cookies(response) for response in responses] == [[], [], []]


def test_after_signing_in_one_lands_where_one_wanted_to_go(app: Flask) -> None:
    invited()
    client = browser(app)
    wanted = "/koordination/buergerhaushalt/team?stand=eingeladen"

    sent = client.get(wanted)
    form = get(client, sent.headers["Location"]).form("/zugang").fields
    _, link, _ = asked_and_answered(client, weiter=form["weiter"])

    assert sent.status_code == 303
    assert client.post(link).headers["Location"] == wanted


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/a\\b",
    "/\t/evil.example",
    "/a\r\nSet-Cookie: x=y",
    "javascript:alert(1)",
    "evil.example",
    "http:/evil",
    "",
    "/" + "a" * 500,
]


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("is_signed", [True, False])
def test_nobody_is_sent_elsewhere(app: Flask, target: str, is_signed: bool) -> None:
    invited()
    client = browser(app)
    weiter = sign_target(target) if is_signed else target

    _, link, _ = asked_and_answered(client, weiter=weiter)
    signed_in = client.post(link)
    again = client.get("/zugang", query_string={"weiter": weiter})

    assert only(SignInRequest).target == ""
    assert signed_in.headers["Location"] == "/koordination/"
    assert again.status_code == 200


def test_a_target_of_our_own_needs_our_signature(client: FlaskClient) -> None:
    ask(client, weiter="/koordination/")

    assert only(SignInRequest).target == ""
