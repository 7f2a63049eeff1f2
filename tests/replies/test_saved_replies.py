"""What an office writes again and again is saved once, and put into the mail of a case."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.models import ApplicationStatus
from memberships.database import unit_of_work
from memberships.permissions import Role
from memberships.replies.models import MOST, SavedReply, Use
from memberships.replies.services import save_reply
from tests.organisations.registry import network_of
from tests.pages import get, post
from tests.review.cases import BIPAR, CHECK, FORUM, Staff, case, case_url, signed_in, staff
from tests.tables import all_of, nothing_stored, only

PLACE = f"/koordination/{CHECK}/bausteine"
TYPED = {
    "use": "question",
    "title": "Wo tätig?",
    "text": "Guten Tag {{full_name}}, wo sind Sie tätig? Ihr {{office_name}}",
}


@pytest.fixture
def lead(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.LEAD, CHECK, name="Lea Leitner"))


def saved(browser: FlaskClient, **changes: str) -> SavedReply:
    fields = get(browser, PLACE).form("/bausteine").fields
    assert post(browser, PLACE, fields | TYPED | changes).status == 303
    return all_of(SavedReply)[-1]


def test_it_is_written_changed_and_removed(lead: FlaskClient) -> None:
    reply = saved(lead)
    page = get(lead, PLACE)
    assert "Für Rückfragen Wo tätig?" in page.words
    address = f"{PLACE}/{reply.id}"
    form = get(lead, address).form(str(reply.id))
    assert form.fields["text"].strip() == TYPED["text"]
    typed = form.fields | {"title": "Ort", "text": "Wo?"}
    assert post(lead, address, typed).status == 303
    assert (only(SavedReply).title, only(SavedReply).text) == ("Ort", "Wo?")
    with nothing_stored():
        stale = post(lead, address, typed | {"title": "Anders"})
    assert stale.status == 409
    form = stale.form(str(reply.id))
    assert form.fields["title"] == "Anders"
    assert post(lead, address, form.fields | {"loeschen": "y"}).status == 303
    assert all_of(SavedReply) == []
    with nothing_stored():
        assert post(lead, address, form.fields).status == 409
    assert get(lead, address).status == 404


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"use": ""}, "use", "Wählen Sie aus, wofür."),
        ({"title": " "}, "title", "Geben Sie dem Baustein einen Titel."),
        ({"title": "x" * 81}, "title", "Der Titel ist zu lang."),
        ({"text": ""}, "text", "Schreiben Sie den Text."),
        ({"text": "x" * 4001}, "text", "Der Text ist zu lang."),
        ({"text": "Guten Tag {{vorname}}"}, "text", "Das kennen wir nicht: vorname."),
        ({"text": "Guten Tag {{full_name"}, "text", "Das kennen wir nicht: {{."),
        ({"text": "a\u202eb"}, "text", "Der Text enthält Steuerzeichen"),
    ],
)
def test_bad_input_is_told_beside_the_field(
    lead: FlaskClient, changes: dict[str, str], field: str, message: str
) -> None:
    fields = get(lead, PLACE).form("/bausteine").fields
    with nothing_stored():
        page = post(lead, PLACE, fields | TYPED | changes)
    assert page.status == 422
    assert page.errors[field].startswith(message)


def test_a_title_is_there_once_for_each_use(lead: FlaskClient) -> None:
    saved(lead)
    fields = get(lead, PLACE).form("/bausteine").fields
    with nothing_stored():
        page = post(lead, PLACE, fields | TYPED)
    assert (page.status, page.errors["title"][:34]) == (422, "Einen Baustein mit diesem Titel gi")
    saved(lead, use="decline")


def test_nobody_finds_more_than_a_hundred(lead: FlaskClient) -> None:
    network, by = network_of(CHECK), staff().actor
    with unit_of_work():
        for n in range(MOST):
            save_reply(network, Use.QUESTION, f"Nr. {n}", "Wo?", by=by)
    fields = get(lead, PLACE).form("/bausteine").fields
    with nothing_stored():
        assert post(lead, PLACE, fields | TYPED).status == 409


@pytest.mark.parametrize(
    ("use", "verb", "field"),
    [
        ("question", "rueckfrage", "question"),
        ("approval", "aufnehmen", "message"),
        ("decline", "ablehnen", "message"),
    ],
)
def test_it_is_put_under_what_is_typed_and_the_mail_shows_it(
    app: Flask, lead: FlaskClient, kim: Staff, use: str, verb: str, field: str
) -> None:
    reply = saved(lead, use=use)
    applied = case(first_name="Thea", last_name="Wald")
    browser, address = signed_in(app, kim), case_url(applied, verb=verb)
    fields = get(browser, address).form(verb).fields
    chosen = fields | {field: "Vorab: danke.", "baustein": str(reply.id), "einfuegen": "y"}
    with nothing_stored(but="drafts"):
        page = post(browser, address, chosen)
    assert page.status == 200
    put_in = page.form(verb).fields[field].strip()
    assert put_in.startswith("Vorab: danke.")
    assert "Guten Tag Thea Wald, wo sind Sie tätig?" in put_in
    assert "Guten Tag Thea Wald, wo sind Sie tätig?" in page.words
    sent = {k: v for k, v in page.form(verb).fields.items() if k != "einfuegen"}
    assert post(browser, address, sent | {"reason": "not_eligible"}).status == 303
    assert applied.row.status is not ApplicationStatus.IN_REVIEW


@pytest.mark.parametrize("chosen", ["", "nichts", "0190a1b2-c3d4-7000-8000-00000000abcd"])
def test_nothing_chosen_changes_nothing_that_is_typed(
    app: Flask, lead: FlaskClient, kim: Staff, chosen: str
) -> None:
    saved(lead)
    browser, address = signed_in(app, kim), case_url(case(), verb="rueckfrage")
    fields = get(browser, address).form("rueckfrage").fields
    with nothing_stored(but="drafts"):
        page = post(
            browser, address, fields | {"question": "Wo?", "baustein": chosen, "einfuegen": "y"}
        )
    assert page.form("rueckfrage").fields["question"].strip() == "Wo?"


def test_what_another_network_saved_is_not_offered(app: Flask, lead: FlaskClient) -> None:
    reply = saved(lead)
    other = signed_in(app, staff(Role.LEAD, FORUM))
    place = f"/koordination/{FORUM}/bausteine"
    assert "Wo tätig?" not in get(other, place).words
    assert get(other, f"{place}/{reply.id}").status == 404
    browser, address = other, case_url(case(FORUM), FORUM, "rueckfrage")
    fields = get(browser, address).form("rueckfrage").fields
    page = post(browser, address, fields | {"baustein": str(reply.id), "einfuegen": "y"})
    assert "wo sind Sie tätig" not in page.words


@pytest.mark.parametrize("role", [Role.READER, Role.COORDINATOR, Role.AUDITOR])
def test_only_who_edits_texts_edits_them(app: Flask, role: Role) -> None:
    browser = signed_in(app, staff(role, CHECK))
    with nothing_stored():
        assert get(browser, PLACE).status == 403


def test_a_body_has_them_for_its_questions_too(app: Flask) -> None:
    browser = signed_in(app, staff(Role.LEAD, BIPAR))
    assert get(browser, f"/koordination/{BIPAR}/bausteine").status == 200


def test_it_goes_into_the_question_to_a_picked_field_where_that_is_wanted(
    lead: FlaskClient,
) -> None:
    reply, url = saved(lead), case_url(case(), verb="rueckfrage")
    form = get(lead, f"{url}?feld=portfolio").form("/rueckfrage")
    assert form.fields["wohin"] == "portfolio"
    typed = form.fields | {"baustein": str(reply.id), "einfuegen": ""}
    with nothing_stored(but="drafts"):
        page = post(lead, url, typed)
    fields = page.form("/rueckfrage").fields
    assert "wo sind Sie tätig?" in fields["frage_portfolio"]
    assert fields["question"].strip() == ""
    strange = post(lead, url, typed | {"wohin": "email"})
    assert "wo sind Sie tätig?" in strange.form("/rueckfrage").fields["question"]
