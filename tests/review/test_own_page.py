"""The applicant's own page: no sign-in, the link from the mail is enough."""

from __future__ import annotations

import json

import pytest

from memberships.applications.models import ApplicationStatus, InformationRequest
from memberships.applications.services import write_note
from memberships.database import unit_of_work
from memberships.web import german_date
from tests.pages import get, post
from tests.review.cases import (
    ask,
    case,
    case_in,
    case_token,
    decline,
    locked,
    withdraw,
)
from tests.tables import nothing_stored, only

UNKNOWN = "/vorgang/AAAAAAAAAAAAAAAAAAAAAA"
VERBS = ["", "/angaben", "/zurueckziehen", "/daten", "/daten.json"]


@pytest.mark.parametrize(
    "status",
    [s for s in ApplicationStatus if s.value not in {"unconfirmed", "withdrawn"}],
)
def test_the_page_says_where_the_case_stands(app, kim, client, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored():
        page = get(client, f"/vorgang/{case_token(applied)}")
    assert page.status == 200
    assert "Set-Cookie" not in page.headers
    assert "Kim Adler" not in page.words
    buttons = {form.action.rsplit("/", 1)[1] for form in page.forms}
    links = {e.get("href").rsplit("/", 1)[-1] for e in page.root if e.tag == "a"}
    asked = status in {ApplicationStatus.INFORMATION_REQUESTED, ApplicationStatus.CLOSED}
    assert ("antwort" in buttons) is asked
    assert ("angaben" in links) is status.is_decidable
    assert ("zurueckziehen" in links | buttons) is status.may_be_withdrawn


def test_the_promised_day_stands_on_the_page(app, client) -> None:
    applied = case()
    due = applied.row.due_at
    page = get(client, f"/vorgang/{case_token(applied)}")
    assert german_date(due) in page.words


def test_a_question_is_answered_without_signing_in(app, kim, client) -> None:
    applied = case()
    own = f"/vorgang/{ask(applied, kim, 'Wo sind Sie tätig?')}"
    page = get(client, own)
    assert "Wo sind Sie tätig?" in page.words
    form = page.form("/antwort")
    for wrong in ("", "  ", "x" * 4001):
        with nothing_stored():
            assert post(client, form.action, form.fields | {"answer": wrong}).status == 422
    answer = post(client, form.action, form.fields | {"answer": "In <i>Öderan</i>."})
    assert (answer.status, answer.headers["Location"]) == (303, own)
    assert only(InformationRequest).answer == "In <i>Öderan</i>."
    assert applied.row.status is ApplicationStatus.IN_REVIEW
    with nothing_stored():
        again = post(client, form.action, form.fields | {"answer": "Noch einmal."})
    assert again.status == 409
    assert "schon beantwortet" in again.words


def test_answers_are_corrected_on_the_page(app, client) -> None:
    applied = case(email="joern@example.org")
    own = f"/vorgang/{case_token(applied)}"
    form = get(client, f"{own}/angaben").form("/angaben")
    assert form.fields["last_name"] == "Müßig"
    with nothing_stored():
        wrong = post(client, form.action, form.fields | {"last_name": ""})
    assert wrong.status == 422
    typed = {"last_name": "Neu", "email": "fremd@example.org"}
    assert post(client, form.action, form.fields | typed).status == 303
    assert (applied.row.last_name, applied.row.email) == ("Neu", "joern@example.org")
    with nothing_stored():
        stale = post(client, form.action, form.fields | {"last_name": "Zweit"})
    assert stale.status == 409
    assert "inzwischen geändert" in stale.words


def test_a_decided_case_can_neither_be_corrected_nor_withdrawn(app, kim, client) -> None:
    applied = case()
    own = f"/vorgang/{case_token(applied)}"
    form = get(client, f"{own}/angaben").form("/angaben")
    decline(applied, kim)
    with nothing_stored():
        assert get(client, f"{own}/angaben").status == 409
        assert post(client, form.action, form.fields | {"last_name": "Neu"}).status == 409
        assert get(client, f"{own}/zurueckziehen").status == 409
        assert post(client, f"{own}/zurueckziehen").status == 409


def test_all_that_is_stored_can_be_read_and_downloaded(app, kim, client) -> None:
    applied = case(newsletter=True, email="joern@example.org")
    own = f"/vorgang/{ask(applied, kim, 'Wo sind Sie tätig?')}"
    with unit_of_work():
        write_note(locked(applied), "Rief am Montag an.", by=kim.actor)
    with nothing_stored():
        page, file = get(client, f"{own}/daten"), client.get(f"{own}/daten.json")
    assert file.headers["Content-Disposition"] == "attachment; filename=meine-angaben.json"
    stored = json.loads(file.get_data(as_text=True))
    assert stored["answers"]["topics"] == ["climate", "mobility"]
    assert stored["questions"][0]["question"] == "Wo sind Sie tätig?"
    assert stored["notes"][0]["text"] == "Rief am Montag an."
    assert [consent["step"] for consent in stored["consents"]] == ["given", "confirmed"]
    assert [e["what"].partition(":")[2] for e in stored["log"]] == [
        "submitted", "confirmed", "information_requested", "note_written",
    ]  # fmt: skip
    assert len(stored["mails"]) == 3
    for words in ("Klima und Energie", "Wo sind Sie tätig?", "Rief am Montag an.", "Rundbrief"):
        assert words in page.words
    for text in (page.words, file.get_data(as_text=True)):
        assert "Kim Adler" not in text
        assert "token" not in text


def test_an_unknown_and_an_ended_link_open_nothing(app, client) -> None:
    applied = case()
    own = f"/vorgang/{case_token(applied)}"
    withdraw(applied)
    for verb in VERBS:
        with nothing_stored():
            pages = [get(client, address + verb) for address in (own, UNKNOWN)]
        assert [page.status for page in pages] == [404, 404]
        assert "Müßig" not in pages[0].words


def test_a_link_opens_its_own_case_only_and_post_needs_our_own_page(app, kim, client) -> None:
    applied, other = case(last_name="Eigen"), case(last_name="Andere")
    own = f"/vorgang/{ask(applied, kim)}"
    assert "Andere" not in get(client, own).words
    headers = {"Origin": "https://fremd.example.org"}
    with nothing_stored():
        page = post(client, f"{own}/antwort", {"answer": "x"}, headers=headers)
    assert page.status == 403
    assert other.row.status is ApplicationStatus.IN_REVIEW
