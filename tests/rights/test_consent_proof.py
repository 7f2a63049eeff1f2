"""The proof of one person's consents: every step with its full text, to print (Art. 7(1) GDPR)."""

from __future__ import annotations

from flask import Flask

from memberships.permissions import Role
from memberships.tokens import token_hash
from tests.factories import network
from tests.members.cases import MARA, leave, membership_of
from tests.pages import get
from tests.review.cases import CHECK, FORUM, approve, case, case_url, send, signed_in, staff
from tests.tables import nothing_stored


def test_the_whole_chain_is_shown(app: Flask, kim) -> None:
    applied = case(newsletter=True, email=MARA)
    approve(applied, kim)
    leave(membership_of(applied), MARA)
    page = get(signed_in(app, kim), case_url(applied, verb="einwilligungen"))
    text = network(CHECK).field("newsletter_consent").text
    for words in (
        text,
        network(CHECK).field("newsletter_consent").text_version,
        f"/netzwerke/{CHECK}/antrag, Fassung 1 vom",
        "Angekreuzt",
        "Bestätigt",
        "mit dem Link aus der E-Mail",
        token_hash(applied.confirm_token),
        "Widerrufen",
        "mit dem Austritt",
        MARA,
    ):
        assert words in page.words, words


def test_a_lead_finds_it_by_the_address(app: Flask) -> None:
    case(newsletter=True, email=MARA)
    browser = signed_in(app, staff(Role.LEAD, CHECK))
    with nothing_stored():
        page = send(
            browser, f"/koordination/{CHECK}/einwilligungen", {"email": " Mara@example.org"}
        )
    assert page.status == 200
    assert "Bestätigt" in page.words


def test_another_network_finds_nothing(app: Flask) -> None:
    case(newsletter=True, email=MARA)
    browser = signed_in(app, staff(Role.LEAD, FORUM))
    page = send(browser, f"/koordination/{FORUM}/einwilligungen", {"email": MARA})
    assert "keine Einwilligung gespeichert" in page.words
    assert "Bestätigt" not in page.words


def test_without_an_address_it_asks_for_one(app: Flask) -> None:
    browser = signed_in(app, staff(Role.LEAD, CHECK))
    page = send(browser, f"/koordination/{CHECK}/einwilligungen", {"email": ""})
    assert page.status == 422
    assert "Geben Sie die E-Mail-Adresse ein." in page.words


def test_a_coordinator_does_not_search_by_address(app: Flask, kim) -> None:
    answer = signed_in(app, kim).get(f"/koordination/{CHECK}/einwilligungen")
    assert answer.status_code == 403
