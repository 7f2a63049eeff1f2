from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Arrives
from tests.journeys.person import new_address
from tests.journeys.server import Product
from tests.journeys.staff import apply_to_bipar, family_name

pytestmark = pytest.mark.timeout(300)

WINDOWS: list[Any] = [
    pytest.param({"width": 1280, "color_scheme": "dark"}, id="1280"),
    pytest.param({"width": 390}, id="390"),
    pytest.param({"width": 390, "java_script_enabled": False}, id="no-script"),
]


@pytest.mark.parametrize("window", WINDOWS)
def test_answers_are_corrected_read_and_withdrawn(
    arrives: Arrives, product: Product, window: dict[str, Any]
) -> None:
    person, email, last_name = arrives(product, **window), new_address(), family_name()
    page = person.page
    apply_to_bipar(person, email, last_name=last_name)
    own_page = page.url
    person.clicks("Angaben korrigieren", role="link")
    person.sees("Angaben korrigieren", state="correct")
    page.get_by_label("Nachname").fill("")
    page.get_by_label("Erfahrung und Kompetenzen").fill("Drei Bürgerräte.\nUnd „mehr“.")
    person.clicks("Angaben speichern")
    person.sees("Angaben korrigieren", state="correct with a mistake")
    expect(page.get_by_role("group", name="Bitte prüfen Sie eine Angabe")).to_be_focused()
    expect(page.get_by_label("Erfahrung und Kompetenzen")).to_have_value(
        "Drei Bürgerräte.\nUnd „mehr“."
    )
    page.get_by_label("Nachname").fill(f"{last_name}-Neu")
    person.clicks("Angaben speichern")
    person.sees("Ihr Antrag ist eingegangen", state="own page corrected")
    expect(page.get_by_text("Sie haben Angaben geändert")).to_be_visible()
    expect(page.get_by_text(f"{last_name}-Neu")).to_be_visible()

    person.clicks("Alles ansehen, was gespeichert ist", role="link")
    person.sees("Meine Daten", state="my data")
    for words in (email, "Österreich", "Klima und Energie", f"{last_name}-Neu"):
        expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()
    with page.expect_download() as download:
        person.clicks("Als Datei herunterladen (JSON)", role="link")
    assert download.value.suggested_filename == "meine-angaben.json"
    stored = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert stored["answers"]["email"] == email
    assert stored["answers"]["last_name"] == f"{last_name}-Neu"
    assert "climate" in stored["answers"]["topics"]

    person.opens(own_page)
    person.clicks("Antrag zurückziehen", role="link")
    person.sees("Antrag zurückziehen", state="withdraw")
    person.clicks("Antrag zurückziehen")
    person.sees("Ihr Antrag ist zurückgezogen", state="withdrawn")
    page.go_back()
    person.sees("Dieser Link gilt nicht mehr")
    expect(person.mail(email, "Ihr Antrag ist zurückgezogen")).to_contain_text("zurückgezogen")
    person.opens(own_page)
    person.sees("Dieser Link gilt nicht mehr", state="link dead after withdrawing")


def test_two_tabs_of_ones_own_page_lose_nothing(arrives: Arrives, product: Product) -> None:
    person, email, last_name = arrives(product, width=390), new_address(), family_name()
    page = person.page
    apply_to_bipar(person, email, last_name=last_name)
    own_page = page.url
    person.opens(f"{own_page}/angaben")
    page.get_by_label("Vorname").fill("Katharina")
    tab = person.context.new_page()
    tab.goto(f"{own_page}/angaben")
    tab.get_by_label("Vorname").fill("Kathi")
    tab.get_by_role("button", name="Angaben speichern").click()
    tab.get_by_role("heading", name="Ihr Antrag ist eingegangen").wait_for()
    person.clicks("Angaben speichern")
    person.sees("Angaben korrigieren", state="correct stale")
    told = page.get_by_role("group", name="Ihre Angaben haben sich inzwischen geändert.")
    expect(told).to_be_focused()
    expect(page.get_by_label("Vorname")).to_have_value("Katharina")
