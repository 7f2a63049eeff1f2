from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.staff import BIPAR, COORDINATOR, LEAD

MEMBERS = f"{BIPAR}/mitglieder"
PURPOSE = "Namensschilder für das Treffen"


@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_list_to_a_file_and_its_entry(colleague: Any, width: int, tmp_path: Path) -> None:
    staff = colleague(COORDINATOR, width=width, color_scheme="dark" if width < 600 else "light")
    page = staff.page
    staff.opens(MEMBERS)
    staff.sees("Mitglieder", state="members")
    page.get_by_text("Weitere Filter und Spalten").click()
    page.get_by_label("E-Mail", exact=True).check()
    page.get_by_label("Rundbrief").last.check()
    page.get_by_label("Name, Organisation, Ort, E-Mail").fill("graevert")
    staff.clicks("Filtern")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("link", name="Timo Grävert")).to_be_visible()
    staff.looks_right("members filtered")

    staff.clicks("Exportieren", role="link")
    staff.sees("Mitglieder exportieren", state="members export")
    staff.clicks("Datei herunterladen")
    staff.sees("Mitglieder exportieren", state="members export without purpose")
    page.get_by_label("Wofür brauchen Sie die Datei?").fill(PURPOSE)
    page.get_by_label("CSV, passend für Excel").check()
    with page.expect_download() as waiting:
        staff.clicks("Datei herunterladen")
    assert waiting.value.suggested_filename.startswith("mitglieder-bipar-")
    waiting.value.save_as(tmp_path / "list.csv")
    head, row = (tmp_path / "list.csv").read_text("utf-8-sig").splitlines()
    assert head.startswith('"Mitglied";"Ansprechpersonen";"Organisation";"E-Mail"')
    assert row.startswith('"Timo Grävert";"";"Büro Grävert Moderation"')

    lead = colleague(LEAD, width=width)
    lead.opens(f"{BIPAR}/exporte")
    lead.sees("Exporte", state="exports")
    expect(lead.page.get_by_text(PURPOSE).first).to_be_visible()

    lead.opens(f"{BIPAR}/loeschung")
    lead.sees("Löschung", state="erasure")
