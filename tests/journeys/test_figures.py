from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.staff import BIPAR, COORDINATOR


@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_figures_to_the_report(colleague: Any, width: int) -> None:
    staff = colleague(COORDINATOR, width=width, color_scheme="dark" if width < 600 else "light")
    page = staff.page
    staff.opens(f"{BIPAR}/uebersicht")
    staff.sees("Zahlen", state="figures")
    shown = "narrow" if width < 600 else "wide"
    expect(page.locator(f".app-drawing--{shown}").first).to_be_visible()
    for summary in page.get_by_text("Werte als Tabelle").all():
        summary.click()
    staff.looks_right("figures with tables")

    staff.clicks("Nach außen", role="link")
    staff.sees("Zahlen", state="figures outside")
    staff.clicks("Bericht zum Drucken", role="link")
    staff.sees("Zahlen", state="figures report")
    page.emulate_media(media="print")
    staff.looks_right("figures printed")
    page.emulate_media(media="screen")

    page.get_by_label("Stichtag").fill("morgen")
    staff.clicks("Anzeigen")
    staff.sees("Zahlen", state="figures of a bad day")
    expect(page.get_by_text("Geben Sie einen Tag ein")).to_be_visible()
    expect(page.get_by_label("Stichtag")).to_have_value("morgen")
    page.get_by_label("Stichtag").fill("01.02.2020")
    staff.clicks("Anzeigen")
    expect(page.get_by_text("Noch keine Zahlen")).to_be_visible()
    staff.looks_right("figures of nothing")

    staff.opens(f"{BIPAR}/uebersicht")
    with page.expect_download() as waiting:
        staff.clicks("Als Excel-Datei", role="link")
    assert waiting.value.suggested_filename.startswith("zahlen-bipar-")
