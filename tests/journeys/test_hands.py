"""All day long: a key for what is done often, and nothing typed is lost with the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.person import new_address
from tests.journeys.server import Product
from tests.journeys.staff import CITY, LEAD, Colleague, family_name, run_inside

pytestmark = pytest.mark.timeout(300)

TEXT = "Rückruf am Montag,\nnach „zehn“ Uhr"
SAVED = "Entwurf gesichert"


def test_a_case_is_decided_with_keys_alone(colleague: Callable[..., Colleague]) -> None:
    lead, name = colleague(LEAD), family_name()
    page = lead.page
    case = lead.enters(name, new_address())
    lead.opens(f"{CITY}/antraege")
    page.keyboard.press("/")
    expect(page.get_by_label("Name, Organisation, Ort, E-Mail")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=f"„{name}“")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{case}")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Tastenkürzel auf dieser Seite")
    expect(keys).to_contain_text("Aufnehmen – Mail ansehen")
    lead.looks_right("keys")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("a")
    lead.sees(f"Käthe {name} aufnehmen")
    page.get_by_label("Persönlicher Satz in der E-Mail").focus()
    page.keyboard.type("Willkommen, a und l schreiben hier nur.")
    page.keyboard.press("Control+Enter")
    banner = page.get_by_role("group", name=f"Käthe {name}")
    expect(banner).to_contain_text("ist aufgenommen")


def test_keys_can_be_switched_off(colleague: Callable[..., Colleague]) -> None:
    lead = colleague(LEAD)
    page = lead.page
    case = lead.enters(family_name(), new_address())
    lead.opens(case)
    page.get_by_role("button", name="Tastenkürzel").click()
    page.get_by_label("Tastenkürzel benutzen").uncheck()
    page.get_by_role("button", name="Schließen").click()
    page.keyboard.press("n")
    expect(page.get_by_label("Neue Notiz")).not_to_be_focused()
    lead.opens(case)
    page.keyboard.press("a")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Tastenkürzel").click()
    page.get_by_label("Tastenkürzel benutzen").check()
    page.get_by_role("button", name="Schließen").click()
    page.keyboard.press("n")
    expect(page.get_by_label("Neue Notiz")).to_be_focused()


def test_a_closed_browser_loses_no_draft(colleague: Callable[..., Colleague], width: int) -> None:
    lead = colleague(LEAD, width=width)
    case = lead.enters(family_name(), new_address())
    for path, label in (
        (case, "Neue Notiz"),
        (f"{case}/rueckfrage", "Ihre Frage – optional"),
        (f"{case}/ablehnen", "Persönlicher Satz in der E-Mail"),
    ):
        lead.opens(path)
        lead.page.get_by_label(label).fill(TEXT)
        expect(lead.page.get_by_text(SAVED)).to_be_visible()
    lead.leaves()

    later = colleague(LEAD, width=width)
    later.opens(case)
    expect(later.page.get_by_label("Neue Notiz")).to_have_value(TEXT)
    later.looks_right("draft of a note")
    later.opens(f"{case}/ablehnen")
    expect(later.page.get_by_label("Persönlicher Satz in der E-Mail")).to_have_value(TEXT)
    later.looks_right("draft of a decline")
    later.clicks("Entwurf verwerfen")
    later.opens(f"{case}/ablehnen")
    expect(later.page.get_by_label("Persönlicher Satz in der E-Mail")).to_have_value("")
    later.opens(f"{case}/rueckfrage")
    expect(later.page.get_by_label("Ihre Frage – optional")).to_have_value(TEXT)
    later.clicks("Frage senden")
    later.opens(case)
    expect(later.page.get_by_role("main")).to_contain_text("Rückruf am Montag")


def test_two_windows_do_not_overwrite_each_other(colleague: Callable[..., Colleague]) -> None:
    lead = colleague(LEAD)
    case = lead.enters(family_name(), new_address())
    here, there = colleague(LEAD), colleague(LEAD)
    for window in (here, there):
        window.opens(case)
    here.page.get_by_label("Neue Notiz").fill("hier")
    expect(here.page.get_by_text(SAVED)).to_be_visible()
    there.page.get_by_label("Neue Notiz").fill("dort")
    expect(
        there.page.get_by_text("In einem anderen Fenster wurde weitergeschrieben.")
    ).to_be_visible()
    there.faults.clear()
    lead.opens(case)
    expect(lead.page.get_by_label("Neue Notiz")).to_have_value("hier")


COUNT_CLICKS = """addEventListener('click', e => { if (e.isTrusted)
  sessionStorage.clicks = 1 + Number(sessionStorage.clicks || 0) }, true)"""
ENTER_THIRTY = """
import sys
from memberships import create_app
from memberships.permissions import Role
from tests.review.cases import CHECK, entered, staff
with create_app().app_context():
    by = staff(Role.COORDINATOR, CHECK, name="Ein Beispiel")
    for n in range(30):
        entered(by, CHECK, last_name=f"{sys.argv[1]}{n:02}", organisation_name="",
                email=f"{sys.argv[1][-8:]}-{n:02}@example.org")
"""
# Twenty admitted, five declined, five asked: what it takes may fall, and never rises.
MOST_CLICKS, MOST_LOADS = 72, 61


def test_thirty_mixed_cases_one_after_the_other(
    colleague: Callable[..., Colleague], office: Product, record_property: Callable[..., None]
) -> None:
    lead, name = colleague(LEAD), family_name()
    run_inside(office, ENTER_THIRTY, name)
    page, loads = lead.page, []
    lead.context.add_init_script(COUNT_CLICKS)
    page.on("load", lambda _: loads.append(page.url))
    lead.opens(f"{CITY}/antraege?suche={name}")
    lead.looks_right("queue of thirty")
    loads.clear()
    lead.clicks("Der Reihe nach bearbeiten", role="link")

    for n in range(30):
        lead.sees(f"Jörn {name}{n:02}")
        if n % 6 == 4:
            lead.clicks("Ablehnen – Mail ansehen")
            page.get_by_role("radio").first.click()
            lead.clicks("Ablehnen und Mail senden")
        elif n % 6 == 5:
            lead.clicks("Rückfrage – Mail ansehen")
            page.get_by_label("Ihre Frage – optional").click()
            page.keyboard.type("Wo sind Sie tätig?")
            lead.clicks("Frage senden")
        else:
            lead.clicks("Aufnehmen – Mail ansehen")
            lead.clicks("Aufnehmen und Mail senden")

    lead.sees("Anträge")
    expect(page.get_by_text("Dazu haben wir nichts gefunden")).to_be_visible()
    clicks = int(page.evaluate("sessionStorage.clicks"))
    record_property("clicks per case", round(clicks / 30, 2))
    record_property("page loads per case", round(len(loads) / 30, 2))
    assert clicks <= MOST_CLICKS
    assert len(loads) <= MOST_LOADS
