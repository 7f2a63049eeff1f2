from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.calendar import BERLIN
from memberships.database import db, utcnow
from memberships.figures import queries
from memberships.figures.services import refresh_figures
from memberships.networks.queries import current_definitions
from memberships.permissions import Role
from tests.applications.joining import ANSWERS, AVD, BH, BW, FV, SN, joined
from tests.members.cases import a_representative, approved
from tests.pages import Page, get
from tests.review.cases import BIPAR, case, decline, signed_in, staff
from tests.tables import nothing_stored, statements

SLUGS = [AVD, BW, SN, BH, FV, BIPAR]
PAGE = "/koordination/{}/uebersicht"


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.READER, *SLUGS))


def cells(page: Page, title: str) -> dict[str, list[str]]:
    """The table of that figure: row by row."""
    (table,) = [
        e
        for e in page.root
        if e.tag == "table" and any(c.tag == "caption" and c.words == title for c in e)
    ]
    rows = [[c.words for c in row if c.tag in {"th", "td"}] for row in table if row.tag == "tr"]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("version", ["", "aussen", "bericht"])
def test_every_network_has_its_page(
    app: Flask, office: FlaskClient, slug: str, version: str
) -> None:
    if slug == BIPAR:
        case(BIPAR)
    else:
        assert slug in ANSWERS
        joined(slug)
    page = get(office, PAGE.format(slug) + f"?fassung={version}")
    assert (page.status, page.heading) == (200, "Zahlen")
    assert "style=" not in page.html
    figures = [e for e in page.root if e.tag == "figure"]
    assert len(figures) >= 8
    for figure in figures:
        assert [e.words for e in figure if e.tag == "figcaption"]
        assert [e for e in figure if e.tag == "table"]
        for drawing in (e for e in figure if e.tag == "svg" and e.has_class("app-drawing")):
            assert drawing.get("role") == "img"
            assert drawing.get("aria-label")
    assert bool([e for e in page.root if e.has_class("app-data")]) is (version != "bericht")


@pytest.mark.parametrize("slug", SLUGS)
def test_an_empty_network_says_so(app: Flask, slug: str) -> None:
    page = get(signed_in(app, staff(Role.AUDITOR, slug)), PAGE.format(slug))
    assert "Noch keine Zahlen" in page.words
    assert not [e for e in page.root if e.tag == "figure"]


def test_the_numbers_stand_in_the_tables(app: Flask, office: FlaskClient) -> None:
    by = staff(Role.COORDINATOR, AVD)
    first = joined(AVD, email="a@example.org", organisation_name="Stadt A")
    joined(AVD, email="b@example.org", organisation_name="Stadt B", postal_code="10115")
    third = joined(AVD, email="c@example.org", organisation_name="Stadt C")
    approved(first)
    decline(third, by)
    page = get(office, PAGE.format(AVD))
    assert cells(page, "Was daraus geworden ist") == {
        "Ausgang": ["Anzahl"], "Aufgenommen": ["1"], "Abgelehnt": ["1"], "Zurückgezogen": ["0"],
        "Ohne Antwort beendet": ["0"], "Noch offen": ["1"], "Zusammen": ["3"],
    }  # fmt: skip
    assert cells(page, "Mitglieder nach Land")["Baden-Württemberg"] == ["1"]
    assert cells(page, "Mitglieder nach Art")["Keine Angabe"] == ["0"]
    assert "3 Anträge in zwölf Wochen" in page.words
    yesterday = (utcnow().astimezone(BERLIN).date() - timedelta(days=1)).isoformat()
    assert "Noch keine Zahlen" in get(office, PAGE.format(AVD) + f"?stichtag={yesterday}").words


def test_a_land_network_shows_districts(app: Flask, office: FlaskClient) -> None:
    a_representative(district="Stuttgart (Stadtkreis)")
    found = cells(get(office, PAGE.format(BW)), "Mitglieder nach Kreis")
    assert len(found) == 44 + 3
    assert "Mitglieder nach Land " not in get(office, PAGE.format(BW)).words


def test_outside_small_numbers_are_not_told(app: Flask, office: FlaskClient) -> None:
    joined(AVD)
    page = get(office, PAGE.format(AVD) + "?fassung=aussen")
    found = cells(page, "Was daraus geworden ist")
    assert {words for row in list(found.values())[1:] for words in row} == {"– nicht gezeigt"}
    assert "Weniger als 5 Anträge in zwölf Wochen" in page.words
    assert "Ein Strich (–) steht für einen Wert, den wir nicht zeigen" in page.words


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("gestern", "Geben Sie einen Tag ein, zum Beispiel"),
        ("2026-02-30", "Geben Sie einen Tag ein, zum Beispiel"),
        ("31.12.2999", "Dieser Tag liegt in der Zukunft."),
        ("1999-12-31", "Geben Sie einen Tag ab dem 1. Januar 2000 ein."),
        ("<b>'\"", "Geben Sie einen Tag ein, zum Beispiel"),
        ("\0", "Geben Sie einen Tag ein, zum Beispiel"),
    ],
)
def test_a_bad_day_is_told_beside_the_field(
    app: Flask, office: FlaskClient, typed: str, message: str
) -> None:
    page = Page(office.get(PAGE.format(AVD), query_string={"stichtag": typed}))
    assert page.status == 422
    assert page.errors["stichtag"].startswith(message)
    (form,) = [form for form in page.forms if form.action.endswith("/uebersicht")]
    assert form.fields["stichtag"] == typed
    assert not [e for e in page.root if e.tag == "figure"]


@pytest.mark.parametrize("typed", ["2026-01-05", "05.01.2026", " 5.1.2026 "])
def test_a_day_is_read_in_both_forms(app: Flask, office: FlaskClient, typed: str) -> None:
    page = Page(office.get(PAGE.format(AVD), query_string={"stichtag": typed}))
    assert "Stichtag: 5. Januar 2026" in page.words


def test_the_csv_file_holds_every_table(app: Flask, office: FlaskClient) -> None:
    joined(AVD)
    page = get(office, PAGE.format(AVD))
    answer = office.get(PAGE.format(AVD) + ".csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="zahlen-avd-')
    head, *lines = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    assert head == ["Tabelle", "Zeile", "Spalte", "Wert"]
    assert lines[0] == ["Bericht", "Netzwerk", "", current_definitions()[AVD].name]
    assert ["Was daraus geworden ist", "Noch offen", "Anzahl", "1"] in lines
    captions = {e.words for e in page.root if e.tag == "caption"}
    assert {line[0] for line in lines} == captions | {"Bericht"}


def test_the_excel_file_has_a_sheet_for_every_table(app: Flask, office: FlaskClient) -> None:
    joined(AVD)
    answer = office.get(PAGE.format(AVD) + ".xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheets = re.findall('<sheet name="(\\w+)"', book.read("xl/workbook.xml").decode())
        second = book.read("xl/worksheets/sheet3.xml").decode()
    assert sheets[:3] == ["Bericht", "wochen", "ausgang"]
    assert len(sheets) == 1 + len(
        [e for e in get(office, PAGE.format(AVD)).root if e.tag == "figure"]
    )
    assert "<v>1</v>" in second


def test_files_tell_no_more_than_the_page(app: Flask, office: FlaskClient) -> None:
    joined(AVD)
    for version in ("aussen", "bericht"):
        answer = office.get(PAGE.format(AVD) + f".csv?fassung={version}")
        lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
        assert ["Was daraus geworden ist", "Noch offen", "Anzahl", "nicht gezeigt"] in lines
        assert "-aussen" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("ending", ["", ".csv", ".xlsx"])
def test_only_who_may_see_them_gets_them(app: Flask, office: FlaskClient, ending: str) -> None:
    address = PAGE.format(AVD) + ending
    assert office.get(address).status_code == 200
    assert signed_in(app, staff(Role.AUDITOR, AVD)).get(address).status_code == 200
    assert signed_in(app, staff(Role.COORDINATOR, BW)).get(address).status_code == 404
    assert app.test_client().get(address).status_code == 303
    assert office.get(f"{address}?fassung=alles").status_code == 404
    assert office.get(f"{address}?stichtag=x").status_code == (404 if ending else 422)


def test_looking_changes_nothing_and_asks_little(app: Flask, office: FlaskClient) -> None:
    joined(AVD)
    for n in range(8):
        joined(AVD, email=f"{n}@example.org", organisation_name=f"Stadt {n}")
    get(office, PAGE.format(AVD))
    db.session.rollback()
    with nothing_stored(), statements() as asked:
        get(office, PAGE.format(AVD))
    assert len(asked) <= 12, asked


def test_the_way_to_the_page(app: Flask, office: FlaskClient) -> None:
    page = get(office, f"/koordination/{AVD}/mitglieder")
    assert PAGE.format(AVD) in [e.get("href") for e in page.root if e.tag == "a"]


def test_a_large_network_says_that_it_is_counted_and_from_when(
    app: Flask, office: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(AVD)
    monkeypatch.setattr(queries, "COUNTED_AT_ONCE", 0)
    page = get(office, PAGE.format(AVD))
    assert (page.status, "Die Zahlen werden noch gezählt" in page.words) == (200, True)
    assert office.get(PAGE.format(AVD) + ".csv").status_code == 404
    with time_machine.travel(utcnow() - timedelta(minutes=50)):
        refresh_figures()
    assert "älter als eine Stunde" not in get(office, PAGE.format(AVD)).words
    with time_machine.travel(utcnow() - timedelta(hours=2)):
        refresh_figures()
    page = get(office, PAGE.format(AVD))
    assert "Diese Zahlen sind älter als eine Stunde." in page.words
    assert cells(page, "Was daraus geworden ist")["Noch offen"] == ["1"]
