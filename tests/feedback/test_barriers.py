"""Reporting a barrier: for everybody, answered within a month, forgotten after a year."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.database import unit_of_work, utcnow
from memberships.events.models import Event, Tombstone
from memberships.feedback.models import FeedbackCase
from memberships.feedback.services import erase_old_feedback
from memberships.mails.models import OutgoingMail
from memberships.permissions import Role
from tests.pages import Page, get, post
from tests.review.cases import Staff, send, signed_in, staff
from tests.tables import all_of, nothing_stored, only

SLUG = "avd"
REPORT = f"/netzwerke/{SLUG}/barriere-melden"
CASES = f"/koordination/{SLUG}/barrieren"
TYPED = {"text": "Die Schrift ist <b>zu klein</b>.", "page": "/netzwerke/avd", "name": "Ute Öz"}


@pytest.fixture
def kim(app: Flask) -> Staff:
    return staff(Role.COORDINATOR, SLUG, name="Kim Adler")


def report(client: FlaskClient, **changes: str) -> Page:
    form = get(client, f"{REPORT}?seite=/netzwerke/avd").form("/barriere-melden")
    return post(client, REPORT, form.fields | TYPED | changes)


def mails(kind: str) -> list[OutgoingMail]:
    return [mail for mail in all_of(OutgoingMail) if mail.kind == kind]


def case_page() -> str:
    return f"{CASES}/{only(FeedbackCase).id}"


def test_a_report_is_stored_and_the_office_is_told_numbers_only(client: FlaskClient) -> None:
    page = report(client, email="Ute@Example.org")

    assert page.status == 303
    case = only(FeedbackCase)
    assert (case.number, case.text, case.email) == (1, TYPED["text"], "ute@example.org")
    assert timedelta(days=29) < case.due_at - utcnow() < timedelta(days=32)
    (told,), (receipt,) = mails("barrier_reported"), mails("barrier_received")
    assert (told.to_address, receipt.to_address) == ("allianz@example.org", "ute@example.org")
    for mail in (told, receipt):
        assert not any(word in (mail.body or "") for word in ("Schrift", "Ute", "/netzwerke/avd\n"))
    assert f"{CASES}/{case.id}" in (told.body or "")
    (event,) = all_of(Event)
    assert event.tag == "feedback:received"
    assert "Schrift" not in event.record


def test_without_an_address_nobody_is_written_to_but_the_office(client: FlaskClient) -> None:
    report(client)

    assert [mail.kind for mail in all_of(OutgoingMail)] == ["barrier_reported"]


def test_a_double_click_is_one_report(client: FlaskClient) -> None:
    form = get(client, REPORT).form("/barriere-melden")
    pages = [post(client, REPORT, form.fields | TYPED) for _ in range(2)]

    assert [page.status for page in pages] == [303, 303]
    assert only(FeedbackCase).number == 1


@pytest.mark.parametrize(
    ("seite", "shown"),
    [
        ("/netzwerke/avd", "/netzwerke/avd"),
        ("/netzwerke/avd?suche=Ute#x", "/netzwerke/avd"),
        ("https://example.org/", ""),
        ("//example.org/", ""),
        ('/"><script>', ""),
        ("javascript:alert(1)", ""),
        ("/" + "x" * 400, ""),
    ],
)
def test_only_a_path_of_ours_is_filled_in(client: FlaskClient, seite: str, shown: str) -> None:
    page = Page(client.get(REPORT, query_string={"seite": seite}))

    assert page.form("/barriere-melden").fields["page"] == shown


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("text", " ", "Beschreiben Sie, was nicht geht."),
        ("text", "x" * 2001, "Der Text ist zu lang. Möglich sind 2000 Zeichen."),
        ("name", "x" * 161, "Der Text ist zu lang. Möglich sind 160 Zeichen."),
        ("page", "x" * 301, "Der Text ist zu lang. Möglich sind 300 Zeichen."),
        ("email", "ute", "Geben Sie eine vollständige E-Mail-Adresse ein"),
        ("text", "a\x00b", "Der Text enthält Steuerzeichen"),
    ],
)
def test_a_faulty_report_is_refused_beside_the_field(
    client: FlaskClient, field: str, typed: str, message: str
) -> None:
    with nothing_stored():
        page = report(client, **{field: typed})

    assert page.status == 422
    assert page.errors[field].startswith(message)


@pytest.mark.parametrize("wrong", [{"stamp": "made up"}, {"stamp": ""}, {"feld_b7": "x"}])
def test_the_form_is_protected_like_the_application_form(
    client: FlaskClient, wrong: dict[str, str]
) -> None:
    with nothing_stored():
        page = report(client, **wrong)

    assert page.status == 422
    assert page.form("/barriere-melden").fields["name"] == "Ute Öz"
    assert page.headers.getlist("Set-Cookie") == []


def test_the_office_answers_by_mail_and_closes(app: Flask, client: FlaskClient, kim: Staff) -> None:
    report(client, email="ute@example.org")
    browser, address = signed_in(app, kim), case_page()
    assert "Nummer 1" in get(browser, CASES).words
    page = get(browser, address)
    assert "&lt;b&gt;zu klein&lt;/b&gt;" in page.html

    assert send(browser, address, {"answer": "Sie ist jetzt größer."}).status == 303
    case = only(FeedbackCase)
    assert (case.closed_by_id, case.answer) == (kim.account_id, "Sie ist jetzt größer.")
    (mail,) = mails("barrier_answered")
    assert "Sie ist jetzt größer." in (mail.body or "")
    assert "Ute" not in (mail.body or "")
    assert [e.tag for e in all_of(Event)] == ["feedback:received", "feedback:closed"]
    assert "Nummer 1" not in get(browser, CASES).words
    assert "Nummer 1" in get(browser, f"{CASES}?beantwortete=1").words
    assert "Kim Adler" in get(browser, address).words


def test_a_second_answer_is_refused_and_kept(app: Flask, client: FlaskClient, kim: Staff) -> None:
    report(client, email="ute@example.org")
    browser, address = signed_in(app, kim), case_page()
    form = get(browser, address).form(address)
    post(browser, address, form.fields | {"answer": "Erste."})
    with nothing_stored():
        page = post(browser, address, form.fields | {"answer": "Zweite."})

    assert page.status == 409
    assert "Zweite." in page.words
    assert len(mails("barrier_answered")) == 1


def test_an_empty_answer_closes_nothing(app: Flask, client: FlaskClient, kim: Staff) -> None:
    report(client)
    with nothing_stored():
        page = send(signed_in(app, kim), case_page(), {"answer": " "})

    assert page.status == 422
    assert page.errors["answer"]


def test_without_an_address_the_answer_stays_as_proof(
    app: Flask, client: FlaskClient, kim: Staff
) -> None:
    report(client)
    send(signed_in(app, kim), case_page(), {"answer": "Behoben."})

    assert mails("barrier_answered") == []
    assert "Nicht gesendet" in get(signed_in(app, kim), case_page()).words


def test_after_a_month_it_is_overdue(app: Flask, client: FlaskClient, kim: Staff) -> None:
    report(client)
    with time_machine.travel(utcnow() + timedelta(days=32)):
        assert "überfällig seit" in get(signed_in(app, kim), CASES).words


def test_another_network_and_other_roles_see_no_report(app: Flask, client: FlaskClient) -> None:
    report(client)
    stranger = signed_in(app, staff(Role.LEAD, "bipar"))
    reader = signed_in(app, staff(Role.READER, SLUG))

    assert get(stranger, case_page().replace("/avd/", "/bipar/")).status == 404
    assert "Nummer 1" not in get(stranger, "/koordination/bipar/barrieren").words
    assert get(reader, case_page()).status == 403
    with nothing_stored():
        assert post(reader, case_page(), {"answer": "x", "version": "1"}).status == 403


def test_a_year_after_its_answer_it_is_erased_and_an_open_one_is_kept(
    app: Flask, client: FlaskClient, kim: Staff
) -> None:
    report(client, email="ute@example.org")
    send(signed_in(app, kim), case_page(), {"answer": "Behoben."})
    report(client, text="Noch offen.")
    with time_machine.travel(utcnow() + timedelta(days=364)), unit_of_work():
        assert erase_old_feedback() == 0
    with time_machine.travel(utcnow() + timedelta(days=366)), unit_of_work():
        assert erase_old_feedback() == 1

    assert only(FeedbackCase).text == "Noch offen."
    assert only(Tombstone).rule == "feedback_closed_a_year"
    assert {mail.subject_id for mail in all_of(OutgoingMail)} == {only(FeedbackCase).id}
