from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Arrives
from tests.journeys.person import FORM, Person, new_address
from tests.journeys.server import Product, served, served_over_https
from tests.journeys.staff import family_name
from tests.postgres import VARIABLE, database

MEMBER = "Sie sind Mitglied im Netzwerk Bürgerhaushalt"


def join(person: Person, email: str) -> None:
    """From the start page to the member page, and there again from the welcome mail."""
    page = person.page
    person.opens("/")
    person.sees("Mitglied werden in einem Netzwerk für Beteiligung", state="start")
    person.clicks("Netzwerk Bürgerhaushalt", role="link")
    person.sees("Netzwerk Bürgerhaushalt", state="network")
    page.get_by_role("main").get_by_role("link", name="Anmelden").first.click()
    person.sees("Anmeldung zum Netzwerk Bürgerhaushalt", state="form")
    person.opens(page.url)
    person.fills_in(email=email)
    person.sends()
    person.sees("Wir haben Ihnen eine E-Mail geschickt", state="waiting")
    person.mail(email, "Bitte bestätigen")
    person.sees("Bitte bestätigen: Ihre Anmeldung im Netzwerk Bürgerhaushalt", state="mail-confirm")
    page.locator("pre").get_by_role("link").first.click()
    person.sees("Anmeldung bestätigen", state="confirm")
    person.clicks("Anmeldung bestätigen")
    person.sees(MEMBER, state="member")
    expect(page.get_by_text("Käthe", exact=True)).to_be_visible()
    person.mail(email, "Willkommen")
    person.sees("Willkommen im Netzwerk Bürgerhaushalt", state="mail-welcome")
    page.locator("pre").get_by_role("link").first.click()
    person.sees(MEMBER, state="member-from-mail")


def test_a_person_joins(arrives: Arrives, product: Product, width: int) -> None:
    join(arrives(product, width=width), new_address())


def test_a_person_joins_without_scripts(arrives: Arrives, product: Product) -> None:
    join(arrives(product, width=390, java_script_enabled=False), new_address())


def test_a_person_joins_on_postgresql(arrives: Arrives, tmp_path: Path) -> None:
    with (
        database(os.environ[VARIABLE]) as url,
        served(tmp_path, MEMBERSHIPS_DATABASE_URL=url) as product,
    ):
        person = arrives(product, width=390, runs_axe=False)
        join(person, new_address())
        person.context.close()


def test_a_person_joins_over_https(arrives: Arrives, tmp_path: Path) -> None:
    with served_over_https(tmp_path) as product:
        person = arrives(product, color_scheme="dark", runs_axe=False)
        email = new_address()
        join(person, email)
        own_page = person.link(email, subject="Willkommen")
        assert own_page.startswith(f"{product.url}/vorgang/")
        # Over HTTPS browsers are stricter with pages that must not be stored.
        person.pastes_too_much()
        person.sees("Das war zu viel Text")
        person.goes_back_to_all_that_was_typed()
        person.context.close()


@pytest.mark.parametrize(
    ("width", "has_script"), [(1280, True), (390, False)], ids=["desk", "phone-no-script"]
)
def test_an_institution_joins_by_keyboard_and_code(
    arrives: Arrives, product: Product, width: int, has_script: bool
) -> None:
    person = arrives(product, width=width, java_script_enabled=has_script)
    email = new_address("rathaus")
    person.opens(FORM)
    press, page = person.page.keyboard.press, person.page
    name = page.get_by_label("Organisation oder Initiative", exact=True)
    kind = page.get_by_label("Art der Organisation")

    def tab_to(label: str) -> None:
        target = page.get_by_label(label, exact=True).or_(page.get_by_role("button", name=label))
        for _ in range(20):
            press("Tab")
            assert person.focus_is_visible(), f"no focus ring at {page.locator(':focus')}"
            if target.evaluate("e => e === document.activeElement"):
                return
        raise AssertionError(f"no way to {label} by Tab")

    tab_to("Für mich")
    press("Space")
    expect(name).to_be_hidden()
    expect(kind).to_be_hidden()
    press("ArrowDown")
    expect(page.get_by_label("Für eine Organisation oder Initiative")).to_be_checked()
    expect(name).to_be_visible()
    expect(kind).to_be_visible()
    person.sees("Anmeldung zum Netzwerk Bürgerhaushalt", state="form-institution")
    tab_to("Organisation oder Initiative")
    town = f"Gemeinde {family_name()}"
    page.keyboard.type(town)
    tab_to("Art der Organisation")
    page.keyboard.type("Gemeinde")
    for label, text in [("Vorname", "Jörg"), ("Nachname", "Pfister"), ("E-Mail-Adresse", email)]:
        tab_to(label)
        page.keyboard.type(text)
    tab_to("Anmelden")
    person.takes_time()
    press("Enter")
    person.sees("Wir haben Ihnen eine E-Mail geschickt", state="waiting-institution")

    waiting = page.url
    code = person.code(email)
    person.opens(waiting)
    tab_to("Code aus der E-Mail")
    page.keyboard.type(code)
    press("Enter")
    member = f"{town} ist Mitglied im Netzwerk Bürgerhaushalt"
    person.sees(member, state="member-institution")
    person.mail(email, "Willkommen")
    page.locator("pre").get_by_role("link").first.click()
    person.sees(member, state="member-institution-from-mail")
