"""What a guarded view asks for, and that nothing typed is lost on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from memberships.database import utcnow
from memberships.permissions import Role
from tests.accounts.cases import LEAD, account, browser, csrf, invited, signed_in
from tests.pages import Page, get, post
from tests.tables import nothing_stored, statements

TEAM = "/koordination/buergerhaushalt/team"
TYPED = {
    "name": "Jörg Pfister",
    "email": "joerg@example.org",
    "role": "reader",
    "note": "\nErste Zeile\nZweite <Zeile> & mehr",
    "version": "7",
}


def _sent(page: Page) -> dict[str, str]:
    """What 'Erneut absenden' would send, the token apart; lines end as browsers end them."""
    fields = page.form(TEAM).fields
    return {key: value for key, value in fields.items() if key != "csrf_token"}


def test_a_page_sends_to_the_sign_in_page(app: Flask) -> None:
    answer = browser(app).get(TEAM)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/zugang?weiter=")


def test_what_was_typed_after_the_session_ended_is_kept(app: Flask) -> None:
    invited()
    client = signed_in(app)
    with time_machine.travel(utcnow() + timedelta(hours=3)), nothing_stored():
        page = post(client, TEAM, TYPED | csrf(app))

    assert page.status == 401
    assert page.heading == "Das ist noch nicht gespeichert"
    assert _sent(page) == TYPED
    areas = [e.text.removeprefix("\n") for e in page.root if e.tag == "textarea"]
    assert areas == [TYPED["name"], TYPED["email"], TYPED["note"]]
    assert "csrf_token" not in page.form(TEAM).fields


def test_sent_again_after_signing_in_it_takes_one_more_press(app: Flask) -> None:
    invited()
    kept = post(
        browser(app), TEAM, {"name": "Jörg Pfister", "email": "joerg@example.org", "role": "reader"}
    )
    client = signed_in(app)

    with nothing_stored():
        again = post(client, TEAM, kept.form(TEAM).fields)
    done = post(client, TEAM, again.form(TEAM).fields)

    assert (kept.status, again.status, done.status) == (401, 400, 303)
    assert account("joerg@example.org").name == "Jörg Pfister"


@pytest.mark.parametrize("token", ["", "nonsense", "other session"])
def test_a_missing_or_foreign_token_changes_nothing_and_keeps_the_text(
    app: Flask, token: str
) -> None:
    invited()
    client = signed_in(app)
    if token == "other session":
        token = csrf(app)["csrf_token"]
        with client.session_transaction() as session:
            session["csrf_token"] = "of this session"

    with nothing_stored():
        page = post(client, TEAM, TYPED | {"csrf_token": token})

    assert page.status == 400
    assert _sent(page) == TYPED
    assert page.form(TEAM).fields["csrf_token"] not in {"", token}


def test_the_query_of_the_address_is_kept(app: Flask) -> None:
    page = post(browser(app), f"{TEAM}?seite=2", TYPED)

    assert page.form("seite=2").action == f"{TEAM}?seite=2"


def test_a_post_from_another_site_is_refused_before_anything(app: Flask) -> None:
    invited()
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answer = signed_in(app).post(TEAM, data=TYPED | csrf(app), headers=headers)

    assert answer.status_code == 403
    assert "Jörg" not in answer.text


def test_no_role_in_a_network_looks_like_no_network(app: Flask) -> None:
    invited()
    client = signed_in(app)

    answers = [client.get(f"/koordination/{slug}/team") for slug in ("bipar", "gibtesnicht")]

    assert [a.status_code for a in answers] == [404, 404]
    assert answers[0].text == answers[1].text


def test_a_role_without_the_permission_is_told_so(app: Flask) -> None:
    invited(role=Role.READER)

    page = get(signed_in(app), TEAM)

    assert page.status == 403
    assert page.heading == "Das ist in Ihrer Rolle nicht vorgesehen"


def test_roles_are_read_once_for_each_request(app: Flask) -> None:
    invited()
    invited(slug="bipar")
    client = signed_in(app)
    client.get(TEAM)

    with statements() as sent:
        client.get(TEAM)

    assert len([s for s in sent if "staff_roles" in s and "FROM accounts" in s]) == 1


def test_a_page_of_the_signed_in_is_not_kept_by_the_browser(app: Flask) -> None:
    invited()

    answer = signed_in(app).get(TEAM)

    assert answer.headers["Cache-Control"] == "no-store"
    assert LEAD in answer.text
