"""A decision waits a while: it is taken back with a click, and takes effect when nobody does."""

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

REPLY = "Guten Tag {{full_name}}, schön, dass Sie dabei sind."


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """As for the others, but a decision can be taken back for a minute."""
    folder = tmp_path_factory.mktemp("grace")
    more = {"MEMBERSHIPS_NETWORKS_DIR": networks_dir(folder), "MEMBERSHIPS_GRACE_MINUTES": "1"}
    with served(folder, **more) as product:
        fill_with_demonstration(product)
        yield product


@pytest.fixture(scope="module")
def open_sessions() -> dict[str, Any]:
    """Sessions of the other office do not hold here."""
    return {}


@pytest.fixture(params=[{"width": 1280}, {"width": 390, "java_script_enabled": False}])
def lead(request: pytest.FixtureRequest, colleague: Callable[..., Colleague]) -> Colleague:
    return colleague(LEAD, **request.param)


def save_reply(lead: Colleague, title: str) -> None:
    page = lead.page
    lead.opens(f"{CITY}/bausteine")
    lead.looks_right("saved replies")
    lead.clicks("Baustein speichern")
    expect(page.get_by_role("link", name="Wählen Sie aus, wofür.")).to_be_visible()
    lead.looks_right("saved replies wrong")
    page.get_by_role("radio", name="Aufnahmen").check()
    page.get_by_label("Titel").fill(title)
    page.get_by_label("Text", exact=True).fill(REPLY)
    lead.clicks("Baustein speichern")
    expect(page.get_by_role("link", name=title)).to_be_visible()


def test_a_decision_is_taken_back_and_takes_effect_later(lead: Colleague) -> None:
    page, name, email = lead.page, family_name(), new_address()
    title = f"Schön, {name}"
    save_reply(lead, title)
    case = lead.enters(name, email)

    lead.clicks("Aufnehmen – Mail ansehen")
    page.get_by_label("Textbaustein").select_option(label=title)
    lead.clicks("Einfügen")
    expect(page.locator("pre.app-mail")).to_contain_text(
        f"Guten Tag Käthe {name}, schön, dass Sie dabei sind."
    )
    expect(page.get_by_text("Das gilt in 1 Minuten")).to_have_count(0)
    expect(page.get_by_text("Das gilt in einer Minute")).to_be_visible()
    lead.looks_right("approve with saved reply")
    lead.clicks("Aufnehmen und Mail senden")
    banner = page.get_by_role("group", name=f"Käthe {name}: Aufnahme beschlossen.")
    expect(banner).to_be_focused()
    lead.looks_right("banner of a pending decision")
    lead.clicks("Entscheidung zurücknehmen")
    lead.sees(f"Käthe {name}")
    expect(page.get_by_role("button", name="Aufnehmen – Mail ansehen")).to_be_visible()

    lead.clicks("Ablehnen – Mail ansehen")
    page.get_by_role("radio").first.check()
    lead.clicks("Ablehnen und Mail senden")
    lead.opens(case)
    expect(page.get_by_text("Ablehnung beschlossen von Ihnen")).to_be_visible()
    lead.looks_right("pending decision")
    expect(page.get_by_text("Stand Abgelehnt")).to_have_count(0)
    for _ in range(40):
        page.wait_for_timeout(3000)
        lead.opens(case)
        if page.get_by_role("link", name="Noch einmal prüfen").count():
            break
    lead.clicks("Noch einmal prüfen", role="link")
    lead.looks_right("reopen")
    page.get_by_label("Warum wird noch einmal geprüft?").fill("Der Nachweis war da.")
    lead.clicks("Noch einmal prüfen und Mail senden")
    lead.opens(case)
    lead.clicks("An jemand anderen übergeben", role="link")
    lead.looks_right("hand on")
    page.get_by_role("radio").first.check()
    lead.clicks("Übergeben")
    lead.sees(f"Käthe {name}")
