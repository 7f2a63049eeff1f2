"""The code from the mail signs in on the page that asked for it: five tries, then it is dead."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from flask import Flask
from werkzeug.datastructures import Headers

from memberships.database import utcnow
from tests.accounts.cases import (
    LEAD,
    ask,
    asked_and_answered,
    browser,
    cookies,
    invited,
    is_in,
)
from tests.pages import post


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_signs_in(app: Flask) -> None:
    invited()
    client = browser(app)
    page, _, code = asked_and_answered(client)

    answer = client.post(page, data={"code": f" {code[:3]} {code[3:]} "})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/koordination/")
    assert is_in(client)


def test_the_right_code_after_four_wrong_ones_is_right(app: Flask) -> None:
    invited()
    client = browser(app)
    page, _, code = asked_and_answered(client)

    answers = [post(client, page, {"code": _wrong(code)}) for _ in range(4)]

    assert {answer.status for answer in answers} == {422}
    assert {answer.errors["code"] for answer in answers} == {
        "Der Code stimmt nicht. Geben Sie die sechs Ziffern aus der neuesten E-Mail ein."
    }
    assert client.post(page, data={"code": code}).status_code == 303


def test_after_five_wrong_ones_the_right_one_is_dead(app: Flask) -> None:
    invited()
    client = browser(app)
    page, link, code = asked_and_answered(client)

    answers = [post(client, page, {"code": _wrong(code)}) for _ in range(5)]
    last = post(client, page, {"code": code})

    assert "Dieser Code gilt nicht mehr." in answers[-1].notice
    assert (last.status, cookies_of(last.headers)) == (422, [])
    assert "Dieser Code gilt nicht mehr." in last.notice
    assert client.post(link).status_code == 303


def test_a_code_works_on_its_own_page_only(app: Flask) -> None:
    invited()
    client = browser(app)
    first, _, first_code = asked_and_answered(client)
    stranger = ask(client, "stranger@example.org")

    answer = client.post(stranger, data={"code": first_code})

    assert (answer.status_code, cookies(answer)) == (422, [])
    assert client.post(first, data={"code": first_code}).status_code == 303


def test_no_code_works_before_the_worker_has_answered(app: Flask) -> None:
    invited()
    client = browser(app)
    page = ask(client)

    for code in ("", "000000", "None"):
        assert client.post(page, data={"code": code}).status_code == 422


def test_the_code_lives_an_hour(app: Flask) -> None:
    invited()
    client = browser(app)
    page, _, code = asked_and_answered(client)

    with time_machine.travel(utcnow() + timedelta(minutes=61)):
        answer = client.post(page, data={"code": code})
        again = client.get(page)

    assert (answer.status_code, again.status_code, cookies(answer)) == (404, 404, [])


def test_the_code_works_once(app: Flask) -> None:
    invited()
    page, link, code = asked_and_answered(browser(app))
    browser(app).post(page, data={"code": code})

    answer = browser(app).post(page, data={"code": code})

    assert (answer.status_code, cookies(answer)) == (410, [])
    assert browser(app).post(link).status_code == 410


def test_a_double_click_on_the_code_is_no_mistake(app: Flask) -> None:
    invited()
    client = browser(app)
    page, _, code = asked_and_answered(client)
    client.post(page, data={"code": code})

    assert client.post(page, data={"code": code}).status_code == 303


def test_an_unknown_page_says_what_to_do(app: Flask) -> None:
    client = browser(app)

    assert client.get("/zugang/warten/unknown").status_code == 404
    assert client.post("/zugang/warten/unknown", data={"code": "123456"}).status_code == 404
    assert LEAD not in client.get("/zugang/warten/unknown").text


def cookies_of(headers: Headers) -> list[str]:
    return headers.getlist("Set-Cookie")
