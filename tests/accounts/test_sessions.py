"""Sessions end by themselves, by their owner's wish, and with the role."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from memberships.accounts import services
from memberships.accounts.models import SignInRequest
from memberships.database import unit_of_work, utcnow
from memberships.events.models import SYSTEM, Event
from memberships.permissions import Role
from tests.accounts.cases import (
    LEAD,
    account,
    asked_and_answered,
    browser,
    cookies,
    csrf,
    invited,
    is_in,
    role_row,
    signed_in,
)
from tests.tables import all_of, only


def test_a_session_ends_when_idle_for_two_hours(app: Flask) -> None:
    invited()
    with time_machine.travel(utcnow(), tick=False) as clock:
        client = signed_in(app)
        clock.shift(timedelta(minutes=119))
        assert is_in(client)
        clock.shift(timedelta(minutes=119))
        assert is_in(client)
        clock.shift(timedelta(minutes=120))
        assert not is_in(client)


def test_a_session_ends_after_twelve_hours_of_use(app: Flask) -> None:
    invited()
    with time_machine.travel(utcnow(), tick=False) as clock:
        client = signed_in(app)
        for _ in range(11):
            clock.shift(timedelta(hours=1))
            assert is_in(client)
        clock.shift(timedelta(hours=1))
        assert not is_in(client)


def test_an_ended_session_loses_its_cookie(app: Flask) -> None:
    invited()
    client = signed_in(app)

    with time_machine.travel(utcnow() + timedelta(hours=3)):
        answer = client.get("/koordination/")

    assert cookies(answer)[0].startswith("session=; Expires=Thu, 01 Jan 1970")


def test_use_is_noted_once_a_minute(app: Flask) -> None:
    invited()
    with time_machine.travel(utcnow(), tick=False) as clock:
        client = signed_in(app)
        clock.shift(timedelta(seconds=59))
        assert cookies(client.get("/koordination/buergerhaushalt/team")) == []
        clock.shift(timedelta(seconds=1))
        assert len(cookies(client.get("/koordination/buergerhaushalt/team"))) == 1


def test_a_session_without_times_is_none(app: Flask) -> None:
    invited()
    client = browser(app)
    with client.session_transaction() as session:
        session["_user_id"] = account().get_id()

    assert not is_in(client)


def test_signing_out_ends_this_session(app: Flask) -> None:
    invited()
    here, there = signed_in(app), signed_in(app)

    answer = here.post("/abmelden")

    assert answer.headers["Location"] == "/zugang?stand=abgemeldet"
    assert "Sie sind abgemeldet." in here.get(answer.headers["Location"]).text
    assert (is_in(here), is_in(there)) == (False, True)


def test_signing_out_everywhere_ends_all_sessions_and_open_links(app: Flask) -> None:
    role_id = invited()
    here, there = signed_in(app), signed_in(app)
    _, link, _ = asked_and_answered(browser(app))

    answer = here.post("/abmelden/ueberall", data=csrf(app))

    assert answer.status_code == 303
    assert (is_in(here), is_in(there)) == (False, False)
    assert browser(app).post(link).status_code == 404
    event = all_of(Event)[-1]
    assert (event.tag, event.subject_id) == ("account:signed_out_everywhere", role_id)
    assert event.actor_id == account().id


def test_another_account_stays_signed_in(app: Flask) -> None:
    invited()
    invited("other@example.org")
    here, other = signed_in(app), signed_in(app, "other@example.org")

    here.post("/abmelden/ueberall", data=csrf(app))

    assert is_in(other)


def test_signing_out_without_a_session_is_no_mistake(app: Flask) -> None:
    assert browser(app).post("/abmelden").status_code == 303


@pytest.mark.parametrize("change", ["role", "removal"])
def test_a_changed_role_ends_the_sessions(app: Flask, change: str) -> None:
    invited("other@example.org")
    role_id = invited()
    client = signed_in(app)
    _, link, _ = asked_and_answered(browser(app))
    with unit_of_work():
        held = role_row(role_id)
        assert held
        if change == "role":
            services.change_role(held, Role.READER, seen=Role.LEAD, by=SYSTEM)
        else:
            services.remove_staff(held, by=SYSTEM)

    assert not is_in(client)
    assert browser(app).post(link).status_code == 404
    assert only(SignInRequest).used_at is None


def test_the_cookie_is_closed_to_scripts_and_other_sites(app: Flask) -> None:
    invited()
    client = browser(app)
    _, link, _ = asked_and_answered(client)

    (cookie,) = cookies(client.post(link))

    name, *rest = cookie.split("; ")
    assert name.startswith("session=")
    assert sorted(rest) == ["HttpOnly", "Path=/", "SameSite=Lax"]


def test_the_cookie_holds_nothing_personal(app: Flask) -> None:
    invited(name="Katrin Lehmann")
    client = browser(app)
    _, link, _ = asked_and_answered(client)

    (cookie,) = cookies(client.post(link, headers={"User-Agent": "Firefox"}))

    payload = cookie.split("=", 1)[1].split(";")[0]
    packed = payload.startswith(".")
    body = payload.lstrip(".").split(".")[0]
    data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    held = json.loads(zlib.decompress(data) if packed else data)
    assert sorted(held) == ["_fresh", "_user_id", "began", "seen"]
    assert held["_user_id"] == f"{account().id}:0"


def test_public_pages_set_no_cookie_even_for_the_signed_in(app: Flask) -> None:
    invited()
    client = signed_in(app)

    for address in ("/", "/netzwerke/buergerhaushalt", "/netzwerke/buergerhaushalt/antrag"):
        assert cookies(client.get(address)) == []


def test_the_own_page_shows_the_roles(app: Flask) -> None:
    invited(name="Katrin Lehmann")

    page = signed_in(app).get("/zugang").text

    for words in ("Katrin Lehmann", LEAD, "Netzwerk Bürgerhaushalt", "Leitung", "Überall abmelden"):
        assert words in page
