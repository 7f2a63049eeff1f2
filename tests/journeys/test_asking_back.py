"""The office asks about single fields, the applicant answers on the phone, twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Arrives
from tests.journeys.person import Person, new_address
from tests.journeys.server import Product
from tests.journeys.staff import COORDINATOR, Colleague, family_name

pytestmark = pytest.mark.timeout(300)

ASKED = "Eine Frage zu Ihrem Antrag"
CODE, ROLE = "Postleitzahl der Organisation", "Gewünschte Mitwirkung"
WINDOWS: list[Any] = [
    pytest.param({"width": 1280}, id="1280"),
    pytest.param({"width": 390, "java_script_enabled": False}, id="no-script"),
]


def asks_about(page: Page, label: str, question: str, section: str) -> None:
    if not page.get_by_role("checkbox", name=label).is_visible():
        page.locator("summary").filter(has_text=section).click()
    box = page.get_by_role("checkbox", name=label)
    if not box.is_checked():
        box.check()
    page.get_by_label(f"Ihre Frage zu „{label}“").fill(question)


def answers_with_a_mistake(person: Person, link: str) -> None:
    page = person.page
    person.opens(link)
    person.sees("Unsere Fragen zu Ihren Angaben", state="asked fields")
    expect(page.get_by_label("Vorname")).to_have_count(0)
    expect(page.get_by_label("Unterstützend")).to_be_checked()
    page.get_by_label(CODE).fill("0106")
    page.get_by_label("In Projekten").check()
    page.get_by_label("Ihre Antwort").fill("Seit 2019.\nErst zu zweit.")
    person.clicks("Zwischenspeichern")
    expect(page.get_by_role("group", name="Abgesendet ist noch nichts")).to_be_focused()
    person.looks_right("asked fields put by")
    person.opens(link)
    expect(page.get_by_label("Ihre Antwort")).to_have_value("Seit 2019.\nErst zu zweit.")
    person.clicks("Antworten senden")
    expect(page.get_by_role("group", name="Bitte prüfen Sie 2 Angaben")).to_be_focused()
    person.looks_right("asked fields with a mistake")
    expect(page.get_by_label("In Projekten")).to_be_checked()
    page.get_by_label(CODE).fill("01067")
    page.get_by_label("Erfahrung und Kompetenzen").fill("Zwei Bürgerräte.")
    person.clicks("Antworten senden")
    person.sees("Ihr Antrag ist eingegangen", state="own page after asked fields")


@pytest.mark.parametrize("window", WINDOWS)
def test_fields_are_asked_answered_and_asked_again(
    colleague: Callable[..., Colleague], arrives: Arrives, office: Product, window: dict[str, Any]
) -> None:
    kim, email, name = colleague(COORDINATOR, **window), new_address(), family_name()
    page = kim.page
    case = kim.enters(name, email)
    kim.looks_right("case to ask about")
    page.get_by_role("link", name=f"Nachfragen zu {ROLE}").click()
    kim.sees(f"Rückfrage an Käthe {name}", state="ask fields")
    page.get_by_label("Ihre Frage", exact=False).first.fill("Seit wann gibt es Sie?")
    asks_about(page, ROLE, "Nur unterstützend?", "Ihre Mitwirkung")
    page.locator("summary").filter(has_text="Ihre Organisation oder Initiative").click()
    page.get_by_role("checkbox", name=CODE).check()
    kim.clicks("Frage senden")
    expect(page.get_by_role("group", name="Bitte prüfen Sie eine Angabe")).to_be_focused()
    kim.looks_right("ask fields without question")
    asks_about(page, CODE, "Wo sitzt die Werkstatt?", "Ihre Organisation oder Initiative")
    kim.clicks("Vorschau aktualisieren")
    expect(page.locator("pre.app-mail")).to_contain_text("Wo sitzt die Werkstatt?")
    kim.looks_right("ask fields previewed")
    kim.clicks("Frage senden")
    kim.opens(case)
    expect(page.get_by_text("Nur unterstützend?")).to_be_visible()
    kim.looks_right("case with asked fields")

    phone = arrives(office, width=390, java_script_enabled=window.get("java_script_enabled", True))
    answers_with_a_mistake(phone, phone.link(email, subject=ASKED))

    kim.opens(case)
    table = page.get_by_role("table", name="Gefragte Angaben, vorher und jetzt")
    expect(table.get_by_role("row").filter(has_text=ROLE)).to_contain_text("In Projekten")
    expect(table.get_by_role("row").filter(has_text=ROLE)).to_contain_text("Unterstützend")
    expect(table.locator("mark", has_text="01067")).to_be_visible()
    kim.looks_right("case with old and new")
    page.get_by_role("link", name=f"Nachfragen zu {CODE}").click()
    asks_about(page, CODE, "Wirklich Dresden?", "Ihre Organisation oder Initiative")
    kim.clicks("Frage senden")
    phone.opens(phone.link(email, subject=ASKED, number=2))
    phone.sees("Unsere Frage zu Ihren Angaben", state="asked one field")
    phone.clicks("Antworten senden")
    phone.sees("Ihr Antrag ist eingegangen")
    kim.opens(case)
    expect(page.get_by_role("heading", name="2. Rückfrage")).to_be_visible()
    expect(page.get_by_text("Stimmt so, unverändert")).to_be_visible()
    kim.looks_right("case with two rounds")


def test_fields_are_asked_and_answered_with_the_keyboard_alone(
    colleague: Callable[..., Colleague], arrives: Arrives, office: Product
) -> None:
    kim, email, name = colleague(COORDINATOR), new_address(), family_name()
    page, person = kim.page, arrives(office)
    kim.enters(name, email)
    tab_to(kim, page.get_by_role("link", name="Nachfragen zu Nachname"))
    page.keyboard.press("Enter")
    kim.sees(f"Rückfrage an Käthe {name}")
    expect(page.get_by_label("Ihre Frage zu „Nachname“")).to_be_focused()
    page.keyboard.type("Wie schreiben Sie sich?")
    tab_to(kim, page.get_by_role("button", name="Frage senden"))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "rueckfrage" not in url)

    person.opens(person.link(email, subject=ASKED))
    person.sees("Unsere Frage zu Ihren Angaben")
    tab_to(person, person.page.get_by_label("Nachname"))
    person.page.keyboard.type(f"{name}-Neu")
    tab_to(person, person.page.get_by_role("button", name="Antworten senden"))
    person.page.keyboard.press("Enter")
    person.sees("Ihr Antrag ist eingegangen")
    expect(person.page.get_by_text(f"{name}-Neu")).to_be_visible()


def tab_to(person: Person, target: Locator) -> None:
    for _ in range(80):
        person.page.keyboard.press("Tab")
        assert person.focus_is_visible(), person.page.url
        if target.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError(f"no way to {target} by Tab")
