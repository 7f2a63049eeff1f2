"""Many cases at once: chosen in the list, looked at, confirmed, done, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.person import new_address
from tests.journeys.server import Product, served
from tests.journeys.staff import (
    CITY,
    LEAD,
    Colleague,
    family_name,
    fill_with_demonstration,
    networks_dir,
)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """As for the others, but a decision can be taken back for some minutes."""
    folder = tmp_path_factory.mktemp("many")
    more = {"MEMBERSHIPS_NETWORKS_DIR": networks_dir(folder), "MEMBERSHIPS_GRACE_MINUTES": "5"}
    with served(folder, **more) as product:
        fill_with_demonstration(product)
        yield product


@pytest.fixture(scope="module")
def open_sessions() -> dict[str, Any]:
    """Sessions of the other office do not hold here."""
    return {}


@pytest.fixture(params=[{"width": 1280}, {"width": 390}, {"java_script_enabled": False}])
def lead(request: pytest.FixtureRequest, colleague: Callable[..., Colleague]) -> Colleague:
    return colleague(LEAD, **request.param)


def waits_for_the_end(lead: Colleague) -> None:
    """The page reloads by itself; nobody clicks."""
    expect(lead.page.get_by_text("Beendet, von Ihnen")).to_be_visible(timeout=30_000)


def test_many_are_approved_at_once_and_taken_back(lead: Colleague) -> None:
    page, name = lead.page, family_name()
    for _ in range(3):
        lead.enters(name, new_address())
    lead.opens(f"{CITY}/antraege?suche={name}")
    lead.looks_right("queue with boxes")
    page.get_by_role("checkbox").first.check()
    lead.clicks("Weiter zur Vorschau")
    lead.sees("Es ist noch nichts vorbereitet", state="nothing chosen")
    lead.opens(f"{CITY}/antraege?suche={name}")
    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_label("Ablehnen mit Begründung").check()
    lead.clicks("Weiter zur Vorschau")
    lead.sees("2 Anträge ablehnen", state="preview of declining")
    lead.clicks("Diese Fälle ablehnen")
    expect(page.get_by_role("link", name="Wählen Sie einen Grund aus.")).to_be_visible()
    lead.looks_right("preview without reason")
    lead.clicks("Verwerfen")
    lead.sees("Anträge")

    lead.opens(f"{CITY}/antraege?suche={name}")
    page.get_by_label("Alle 3 auf dieser Seite").check()
    page.get_by_label("Aufnehmen", exact=True).check()
    lead.clicks("Weiter zur Vorschau")
    lead.sees("3 Anträge aufnehmen")
    page.get_by_label("Persönlicher Satz in jeder E-Mail").fill("Schön, {{full_name}}.")
    lead.clicks("Vorschau aktualisieren")
    expect(page.locator("pre.app-mail")).to_contain_text(f"Schön, Käthe {name}.")
    lead.looks_right("preview of approving")
    lead.clicks("Diese Fälle aufnehmen")
    waits_for_the_end(lead)
    expect(page.get_by_text("3 erledigt.")).to_be_visible()
    lead.looks_right("run that has ended")
    lead.clicks("Alle 3 Entscheidungen zurücknehmen")
    lead.sees("3 Entscheidungen zurücknehmen")
    waits_for_the_end(lead)
    lead.looks_right("taken back")
    lead.clicks("Sammelvorgänge", role="link")
    lead.sees("Sammelvorgänge", state="list of runs")
    lead.opens(f"{CITY}/antraege?suche={name}")
    expect(page.get_by_role("checkbox")).to_have_count(3)

    page.get_by_label("Alle 3 auf dieser Seite").check()
    page.get_by_label("Exportieren").check()
    lead.clicks("Weiter zur Vorschau")
    lead.sees("3 Anträge exportieren", state="export of cases")
    lead.clicks("Datei herunterladen")
    expect(
        page.get_by_role("link", name="Schreiben Sie, wofür Sie die Datei brauchen.")
    ).to_be_visible()
    lead.looks_right("export without purpose")
    page.get_by_label("Wofür brauchen Sie die Datei?").fill("Sitzung im März")
    with page.expect_download() as download:
        lead.clicks("Datei herunterladen")
    assert download.value.suggested_filename.startswith("antraege-stadtrunde-")
