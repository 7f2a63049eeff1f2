"""Each network takes in its first member, on a phone, by its own rules."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from memberships.networks.loading import load_definitions
from memberships.settings import ROOT
from tests.journeys.conftest import Arrives
from tests.journeys.person import Person, new_address
from tests.journeys.server import Product
from tests.journeys.staff import family_name

SLUGS = sorted(load_definitions(ROOT / "config" / "networks"))
BW = "beteiligungsnetzwerk-bw"


def organisation(page: Page, name: str, kind: str, postal_code: str) -> None:
    page.get_by_label(re.compile("Organisation oder Initiative$")).fill(name)
    page.get_by_label("Art der Organisation").select_option(kind)
    page.get_by_label("Postleitzahl").fill(postal_code)


def to_bw(page: Page) -> None:
    organisation(page, f"Dialogwerk {family_name()}", "association", "70173")


def to_saxony(page: Page) -> None:
    organisation(page, f"Gemeinderat {family_name()}", "municipality", "01067")
    page.get_by_label("Ihre Funktion").fill("Stabsstelle")


def to_the_alliance(page: Page) -> None:
    organisation(page, f"Stadt {family_name()}", "independent_city", "70173")
    page.get_by_label("Ihre Funktion").fill("Stabsstelle")
    page.get_by_label("Weiß ich nicht").check()
    page.get_by_label("Wie gestalten Sie Beteiligung").fill("Leitlinien und ein Beirat.")


def to_the_initiative(page: Page) -> None:
    page.get_by_label("informiert bleiben").check()
    page.get_by_label("Ehrenamtlich").check()


WALKS: dict[str, tuple[Callable[[Page], None], str]] = {
    BW: (to_bw, r"^Dialogwerk .* ist Mitglied im Beteiligungsnetzwerk Baden-Württemberg$"),
    "ebbs-sachsen": (to_saxony, "^Ihre Anmeldung ist eingegangen$"),
    "avd": (to_the_alliance, "^Ihr Antrag ist eingegangen$"),
    "fachverband": (to_the_initiative, "^Sie sind mitwirkende Person in der Initiative"),
}


def fills_in(person: Person, slug: str, email: str) -> None:
    page = person.page
    person.opens(f"/netzwerke/{slug}/antrag")
    WALKS[slug][0](page)
    page.get_by_label("Vorname").fill("Käthe")
    page.get_by_label("Nachname").fill(family_name())
    page.get_by_label("E-Mail-Adresse").fill(email)


def sends(person: Person) -> None:
    person.takes_time()
    person.page.get_by_role("button", name=re.compile("^(Antrag stellen|Anmelden)$")).click()


def confirms(person: Person, email: str) -> None:
    person.opens(person.link(email, subject="Bitte bestätigen"))
    person.page.get_by_role("button", name=re.compile(" bestätigen$")).click()


@pytest.mark.parametrize("slug", WALKS)
def test_a_network_takes_somebody_in(arrives: Arrives, product: Product, slug: str) -> None:
    person = arrives(product, width=390, color_scheme="dark")
    email = new_address()
    person.opens(f"/netzwerke/{slug}")
    person.page.get_by_role("main").get_by_role(
        "link", name=re.compile("Antrag stellen|Anmelden")
    ).first.click()
    fills_in(person, slug, email)
    person.looks_right(f"{slug} form")
    sends(person)
    person.sees("Wir haben Ihnen eine E-Mail geschickt")
    confirms(person, email)
    own_page = person.page.get_by_role("heading", level=1, name=re.compile(WALKS[slug][1]))
    own_page.wait_for()
    person.looks_right(f"{slug} own page")


@pytest.mark.parametrize(
    ("width", "has_script"), [(1280, True), (390, False)], ids=["desk", "phone-no-script"]
)
def test_a_code_outside_is_a_question(
    arrives: Arrives, product: Product, width: int, has_script: bool
) -> None:
    person = arrives(product, width=width, java_script_enabled=has_script)
    page, email = person.page, new_address()
    fills_in(person, BW, email)
    page.get_by_label("Postleitzahl").fill("01067")
    sends(person)
    question = page.get_by_role("link", name="Wo in Baden-Württemberg sind Sie tätig?")
    question.wait_for()
    person.looks_right("bw question")
    question.click()
    place = page.get_by_role("textbox", name=re.compile("^Wo in Baden-Württemberg"))
    expect(place).to_be_focused()
    expect(page.get_by_label("Postleitzahl")).to_have_value("01067")
    place.fill("Ulm")
    sends(person)
    person.sees("Wir haben Ihnen eine E-Mail geschickt")
    confirms(person, email)
    page.get_by_role("heading", level=1, name=re.compile(WALKS[BW][1])).wait_for()


@pytest.mark.parametrize("slug", SLUGS)
def test_on_a_phone_the_first_field_is_in_sight(
    arrives: Arrives, product: Product, slug: str
) -> None:
    person = arrives(product, width=390, runs_axe=False)
    person.opens(f"/netzwerke/{slug}/antrag")
    first = person.page.locator("main form").locator("input:visible, select:visible").first
    box = first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844


def test_the_form_of_bw_asks_for_six_things_only(arrives: Arrives, product: Product) -> None:
    person = arrives(product, width=390, runs_axe=False)
    person.opens(f"/netzwerke/{BW}/antrag")
    expect(person.page.locator("main [aria-required=true]")).to_have_count(6)
