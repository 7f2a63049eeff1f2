"""The log leaves as a file, with a purpose, recorded, for whoever may see it."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.audit import queries
from memberships.events.models import Event
from memberships.members.models import Export, ExportContent
from memberships.permissions import Permission, Role, may
from tests.pages import get
from tests.review.cases import CHECK, FORUM, Staff, approve, case, signed_in, staff
from tests.tables import all_of, nothing_stored

FILE = f"/koordination/{CHECK}/protokoll/export"
PURPOSE = "Prüfung durch den Vorstand"


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.AUDITOR, CHECK, name="Aud Itor"))


def sent(browser: FlaskClient, query: str = "", **typed: str):
    form = get(browser, FILE + query).form("/protokoll/export" + query)
    with browser.post(form.action, data=form.fields | {"format": "csv"} | typed) as answer:
        answer.get_data()
        return answer


def table(answer) -> list[list[str]]:
    text = answer.data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_every_event_is_in_the_file_in_words(auditor, kim: Staff, monkeypatch) -> None:
    monkeypatch.setattr(queries, "_BATCH", 2)
    applied = case()
    approve(applied, kim)
    network_id = applied.row.network_id
    events = [event for event in all_of(Event) if event.network_id == network_id]

    answer = sent(auditor, purpose=PURPOSE)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "protokoll-" in answer.headers["Content-Disposition"]
    head, *rows = table(answer)
    assert head == ["Wann", "Was", "Wer", "Kennung", "Ereignis"]
    assert len(rows) == len(events) > 3
    assert any(row[1] == "Antrag angenommen" and row[2] == kim.name for row in rows)
    assert rows[-1][1] == "Formular abgesendet"
    assert rows[-1][2] == "antragstellende Person"


def test_the_file_holds_what_the_page_was_narrowed_to(auditor, kim: Staff) -> None:
    approve(case(), kim)

    _, *rows = table(sent(auditor, "?was=mitgliedschaften", purpose=PURPOSE))

    assert [row[1] for row in rows] == ["Mitgliedschaft begonnen"]
    (export,) = all_of(Export)
    assert export.content is ExportContent.LOG
    assert (export.purpose, export.row_count) == (PURPOSE, 1)
    assert export.filter == {"log": "Mitgliedschaften"}
    shown = get(auditor, f"/koordination/{CHECK}/exporte").words
    assert "Protokoll (CSV)" in shown
    assert "Filter: Mitgliedschaften" in shown
    assert "Datei exportiert" in get(auditor, f"/koordination/{CHECK}/protokoll").words


def test_without_a_purpose_there_is_no_file(auditor: FlaskClient) -> None:
    case()
    form = get(auditor, FILE).form("/protokoll/export")
    with nothing_stored():
        answer = auditor.post(form.action, data=form.fields | {"format": "csv", "purpose": " "})
    assert answer.status_code == 422
    assert "Schreiben Sie, wofür Sie die Datei brauchen." in answer.text


def test_opening_the_page_stores_nothing(auditor: FlaskClient) -> None:
    with nothing_stored():
        assert get(auditor, FILE).status == 200


def test_what_another_network_did_is_not_in_it(auditor: FlaskClient) -> None:
    case(FORUM)

    assert len(table(sent(auditor, purpose=PURPOSE))) == 1
    with nothing_stored():
        assert auditor.get(f"/koordination/{FORUM}/protokoll/export").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_who_may_not_see_the_log_gets_no_file(app: Flask, role: Role) -> None:
    browser = signed_in(app, staff(role, CHECK))
    expected = 200 if may(role, Permission.VIEW_LOG) else 403
    with nothing_stored():
        assert browser.get(FILE).status_code == expected


@pytest.mark.parametrize("beginning", ["=", "+", "@"])
def test_a_name_that_is_a_formula_is_text(app: Flask, auditor, beginning: str) -> None:
    approve(case(), staff(name=f"{beginning}cmd"))

    _, *rows = table(sent(auditor, purpose=PURPOSE))

    assert f"'{beginning}cmd" in {row[2] for row in rows}
