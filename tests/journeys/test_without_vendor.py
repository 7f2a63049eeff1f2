from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Arrives
from tests.journeys.person import FORM, NETWORK, Person, new_address
from tests.journeys.server import Product, copy_without_vendor, served, wait_for
from tests.journeys.staff import family_name


@pytest.fixture
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """From a checkout in which set-up could not bring the style sheet and the fonts."""
    checkout = copy_without_vendor(tmp_path_factory.mktemp("checkout"))
    with served(tmp_path_factory.mktemp("plain"), PYTHONPATH=str(checkout)) as product:
        yield product


def test_without_the_style_sheet_everything_still_works(arrives: Arrives, plain: Product) -> None:
    wait_for(lambda: "Ctrl-C" in plain.said, "the console says where to click")
    assert "plainly styled: the style sheet could not be fetched" in plain.said
    assert "make vendor" in plain.said
    # One test for both, since each worker that runs one would start this product anew.
    joins(arrives(plain, width=1280, color_scheme="light"))
    joins(arrives(plain, width=390, color_scheme="dark"))


def joins(person: Person) -> None:
    page, email = person.page, new_address()
    for path in ("/", NETWORK, f"{NETWORK}/datenschutz", f"{NETWORK}/impressum", "/postfach"):
        person.opens(path)
        person.looks_right(state=f"plain {path}")
    assert page.locator("link[href*=vendor]").count() == 0
    person.opens(FORM)
    expect(page.get_by_label("Art der Organisation")).to_be_hidden()
    person.sends()
    person.sees("Anmeldung zum Netzwerk Bürgerhaushalt", state="plain form")
    club = f"Verein {family_name()}"
    person.applies(email=email, organisation=club)
    person.sees("Wir haben Ihnen eine E-Mail geschickt", state="plain waiting")
    person.opens(person.link(email))
    person.clicks("Anmeldung bestätigen")
    person.sees(f"{club} ist Mitglied im Netzwerk Bürgerhaushalt", state="plain member")
