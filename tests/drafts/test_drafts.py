"""What is typed on a case and not sent is still there, for whoever typed it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.accounts.models import Account
from memberships.applications.models import Application
from memberships.database import db, unit_of_work, utcnow
from memberships.drafts.errors import DraftChanged, DraftTooLong
from memberships.drafts.models import MOST_CHARACTERS, Draft, DraftForm
from memberships.drafts.services import drop_draft, erase_old_drafts, save_draft
from memberships.permissions import Role
from memberships.rights.queries import own_data
from memberships.rights.services import party_of_case, restrict
from tests.factories import Applied
from tests.pages import get, post
from tests.review.cases import (
    CHECK,
    FORUM,
    Staff,
    case,
    case_url,
    locked,
    send,
    signed_in,
    staff,
    token_on,
)
from tests.tables import all_of, nothing_stored, only

TEXT = "Bitte noch\nprüfen & schreiben"


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def keep(
    browser: FlaskClient, applied: Applied, form: str, slug: str = CHECK, **fields: str
) -> Any:
    """As the script sends it."""
    token = token_on(get(browser, f"/koordination/{slug}/antraege/{applied.id}"))
    return browser.post(
        case_url(applied, slug, f"entwurf/{form}"), data={"csrf_token": token, "stamp": ""} | fields
    )


def saved(
    by: Staff, applied: Applied, form: DraftForm, seen: str | None = "", **fields: str
) -> str:
    with unit_of_work():
        return save_draft(
            by.account_id,
            locked(applied),
            form,
            {name: [value] for name, value in fields.items()},
            seen=seen,
        )


def typed(browser: FlaskClient, applied: Applied, verb: str, name: str) -> str:
    page = get(browser, case_url(applied, verb=verb) if verb else case_url(applied))
    return page.form(verb or "notiz").fields.get(name, "").strip()


@pytest.mark.parametrize(
    ("form", "verb", "name"),
    [
        ("note", "", "text"),
        ("question", "rueckfrage", "question"),
        ("approval", "aufnehmen", "message"),
        ("decline", "ablehnen", "message"),
    ],
)
def test_what_was_typed_is_there_again(
    browser: FlaskClient, form: str, verb: str, name: str
) -> None:
    applied = case()

    answer = keep(browser, applied, form, **{name: TEXT})

    assert answer.status_code == 200
    assert answer.json["stamp"] == only(Draft).stamp
    assert answer.json["said"].startswith("Entwurf gesichert, ")
    assert typed(browser, applied, verb, name) == TEXT
    assert "Ihr Entwurf vom" in get(browser, case_url(applied, verb=verb)).words


def test_a_chosen_reason_is_kept_too(browser: FlaskClient) -> None:
    applied = case()
    keep(browser, applied, "decline", reason="not_eligible")

    assert typed(browser, applied, "ablehnen", "reason") == "not_eligible"


def test_a_draft_is_for_whoever_typed_it(app: Flask, browser: FlaskClient) -> None:
    applied = case()
    keep(browser, applied, "note", text=TEXT)
    other = signed_in(app, staff(name="Toni Muster"))

    assert typed(other, applied, "", "text") == ""
    assert "Ihr Entwurf" not in get(other, case_url(applied)).words


def test_emptying_the_field_drops_the_draft(browser: FlaskClient) -> None:
    applied = case()
    stamp = keep(browser, applied, "note", text=TEXT).json["stamp"]

    answer = keep(browser, applied, "note", text=" \n", stamp=stamp)

    assert answer.json == {"stamp": "", "said": ""}
    assert all_of(Draft) == []


def test_a_second_window_does_not_overwrite_the_first(browser: FlaskClient) -> None:
    applied = case()
    first = keep(browser, applied, "note", text="eins").json["stamp"]
    second = keep(browser, applied, "note", text="zwei", stamp=first)

    with nothing_stored():
        late = keep(browser, applied, "note", text="drei", stamp=first)

    assert (second.status_code, late.status_code) == (200, 409)
    assert late.json["said"] == "In einem anderen Fenster wurde weitergeschrieben."
    assert only(Draft).fields == {"text": ["zwei"]}


def test_a_save_that_comes_after_sending_is_refused(browser: FlaskClient, kim: Staff) -> None:
    applied = case()
    stamp = saved(kim, applied, DraftForm.NOTE, text="eins")
    send(browser, case_url(applied), {"text": "eins, fertig"}, ending="notiz")
    assert all_of(Draft) == []

    with nothing_stored():
        assert keep(browser, applied, "note", text="eins", stamp=stamp).status_code == 409


def test_asking_for_the_preview_keeps_it_without_script(browser: FlaskClient) -> None:
    applied = case()
    send(browser, case_url(applied, verb="aufnehmen"), {"message": TEXT, "ansehen": "1"})

    assert typed(browser, applied, "aufnehmen", "message") == TEXT


def test_deciding_drops_the_drafts_of_all_decisions_but_not_the_note(
    browser: FlaskClient, kim: Staff
) -> None:
    applied = case()
    saved(kim, applied, DraftForm.NOTE, text=TEXT)
    saved(kim, applied, DraftForm.DECLINE, message="Leider")
    saved(kim, applied, DraftForm.QUESTION, question="Wo?")

    page = send(browser, case_url(applied, verb="aufnehmen"), {"message": "Willkommen"})

    assert page.status == 303
    assert [draft.form for draft in all_of(Draft)] == [DraftForm.NOTE]


def test_a_refused_decision_keeps_the_draft(browser: FlaskClient, kim: Staff) -> None:
    applied = case()
    saved(kim, applied, DraftForm.DECLINE, message="Leider")

    page = send(
        browser, case_url(applied, verb="ablehnen"), {"version": "99", "reason": "not_eligible"}
    )

    assert page.status == 409
    assert only(Draft).fields == {"message": ["Leider"]}


def test_a_button_throws_it_away(browser: FlaskClient) -> None:
    applied = case()
    keep(browser, applied, "decline", message=TEXT)
    page = get(browser, case_url(applied, verb="ablehnen"))

    done = post(
        browser, case_url(applied, verb="entwurf/decline/verwerfen"), {"csrf_token": token_on(page)}
    )

    assert done.status == 303
    assert all_of(Draft) == []
    assert typed(browser, applied, "ablehnen", "message") == ""


@pytest.mark.parametrize("form", ["unknown", "NOTE", ""])
def test_only_the_forms_of_a_case_have_drafts(browser: FlaskClient, form: str) -> None:
    applied = case()
    with nothing_stored():
        assert keep(browser, applied, form or "x", text=TEXT).status_code == 404


def test_more_than_a_form_can_hold_is_refused(browser: FlaskClient, kim: Staff) -> None:
    applied = case()
    with nothing_stored():
        answer = keep(browser, applied, "note", text="x" * (MOST_CHARACTERS + 1))
        with pytest.raises(DraftTooLong):
            saved(kim, applied, DraftForm.NOTE, **{f"f{n}": "x" for n in range(121)})

    assert answer.status_code == 422


def test_a_reader_keeps_no_draft_and_nobody_of_another_network_does(app: Flask) -> None:
    applied = case()
    reader = signed_in(app, staff(Role.READER))
    stranger = signed_in(app, staff(Role.LEAD, FORUM))
    own = case(FORUM)
    token = token_on(get(stranger, case_url(own, FORUM)))

    with nothing_stored():
        address = case_url(applied, verb="entwurf/note")
        assert reader.post(address, data={"text": TEXT}).status_code == 403
        for slug, status in ((CHECK, 404), (FORUM, 404)):
            foreign = case_url(applied, slug, "entwurf/note")
            answer = stranger.post(foreign, data={"text": TEXT, "csrf_token": token})
            assert answer.status_code == status


def test_what_is_restricted_gets_no_draft(app: Flask, browser: FlaskClient, kim: Staff) -> None:
    applied = case()
    token = token_on(get(browser, case_url(applied)))
    with unit_of_work():
        restrict(party_of_case(locked(applied)), by=kim.actor)

    with nothing_stored():
        answer = browser.post(
            case_url(applied, verb="entwurf/note"), data={"csrf_token": token, "text": TEXT}
        )

    assert answer.status_code == 404


def test_drafts_end_after_thirty_days_without_change(kim: Staff) -> None:
    old, new = case(), case(email="ada@example.org")
    saved(kim, old, DraftForm.NOTE, text=TEXT)
    with time_machine.travel(utcnow() + timedelta(days=29)):
        saved(kim, new, DraftForm.NOTE, text=TEXT)
        with unit_of_work():
            assert erase_old_drafts() == 0
    with time_machine.travel(utcnow() + timedelta(days=31)), unit_of_work():
        assert erase_old_drafts() == 1

    assert only(Draft).application_id == new.id


def test_drafts_go_with_their_case_and_with_their_writer(kim: Staff) -> None:
    first, second = case(), case(email="ada@example.org")
    toni = staff(name="Toni Muster")
    saved(kim, first, DraftForm.NOTE, text=TEXT)
    saved(toni, second, DraftForm.NOTE, text=TEXT)
    saved(kim, second, DraftForm.NOTE, text=TEXT)
    with unit_of_work():
        drop_draft(toni.account_id, first.id, DraftForm.NOTE)

    foreign = {
        key.column.table.name: key.ondelete
        for key in Draft.__table__.foreign_keys  # type: ignore[attr-defined]
    }

    assert foreign == {Account.__tablename__: "CASCADE", Application.__tablename__: "CASCADE"}
    assert len(all_of(Draft)) == 3
    with pytest.raises(DraftChanged):
        saved(kim, first, DraftForm.NOTE, seen="other", text="x")
    assert db.session.get(Draft, (kim.account_id, first.id, DraftForm.NOTE))


def test_whoever_asks_for_all_that_is_stored_gets_the_drafts_too(
    app: Flask, browser: FlaskClient
) -> None:
    applied = case()
    keep(browser, applied, "note", text=TEXT)

    with app.test_request_context():
        stored = own_data(applied.row)

    assert [draft["text"] for draft in stored["drafts"]] == [TEXT]
