from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Arrives
from tests.journeys.person import FORM, NETWORK, Person, new_address
from tests.journeys.server import Product
from tests.journeys.staff import family_name

PAGES = {
    "/": "Mitglied werden in einem Netzwerk für Beteiligung",
    "/?als=person": "Mitglied werden in einem Netzwerk für Beteiligung",
    "/?als=organisation": "Mitglied werden in einem Netzwerk für Beteiligung",
    NETWORK: "Netzwerk Bürgerhaushalt",
    FORM: "Anmeldung zum Netzwerk Bürgerhaushalt",
    f"{FORM}?applicant_kind=organisation": "Anmeldung zum Netzwerk Bürgerhaushalt",
    f"{NETWORK}/impressum": "Impressum",
    f"{NETWORK}/datenschutz": "Datenschutzhinweise",
    f"{NETWORK}/barrierefreiheit": "Erklärung zur Barrierefreiheit",
    f"{NETWORK}/barriere-melden": "Barriere melden",
    f"{NETWORK}/mitglieder": "Mitglieder",
    f"{NETWORK}/mitglieder?suche=niemand": "Mitglieder",
    "/barrierefreiheit": "Erklärung zur Barrierefreiheit",
    "/impressum": "Impressum",
    "/datenschutz": "Datenschutzhinweise",
    "/widerruf/unbekannt": "Dieser Link gilt nicht mehr",
    "/zugang": "Mein Zugang",
    "/netzwerke/beteiligungsnetzwerk-bw": "Beteiligungsnetzwerk Baden-Württemberg",
    "/netzwerke/ebbs-sachsen": "Erfahrungs- und Beratungsnetzwerk Bürgerbeteiligung Sachsen",
    "/netzwerke/avd/datenschutz": "Datenschutzhinweise",
    "/netzwerke/fachverband/impressum": "Impressum",
    "/antrag/unbekannt/warten": "Diese Seite ist erledigt",
    "/antrag/unbekannt/bestaetigen": "Dieser Link gilt nicht mehr",
    "/vorgang/unbekannt": "Dieser Link gilt nicht mehr",
    "/gibt-es-nicht": "Diese Seite gibt es nicht",
    "/antrag/unbekannt/code": "So lässt sich diese Seite nicht öffnen",
    "/postfach": "Postfach der Entwicklung",
}


@pytest.fixture(params=["light", "dark"])
def anybody(
    request: pytest.FixtureRequest, arrives: Arrives, product: Product, width: int
) -> Person:
    return arrives(product, width=width, color_scheme=request.param)


def test_every_page_is_accessible_by_day_and_night(anybody: Person) -> None:
    for path, title in PAGES.items():
        anybody.opens(path)
        anybody.sees(title, state=f"page {path}")


def test_every_state_is_accessible_by_day_and_night(anybody: Person) -> None:
    """The states that lie behind a form, once in each look."""
    page, email = anybody.page, new_address()
    anybody.opens(FORM)
    page.get_by_label("Für eine Organisation oder Initiative").check()
    anybody.clicks("Anmelden")
    anybody.sees("Anmeldung zum Netzwerk Bürgerhaushalt", state="all mistakes")
    club = f"Verein {family_name()}"
    waiting = anybody.applies(email=email, organisation=club, circular=True)
    page.get_by_text("E-Mail-Adresse korrigieren").click()
    anybody.sees("Wir haben Ihnen eine E-Mail geschickt", state="all of waiting")
    page.get_by_label("Code aus der E-Mail").fill("1")
    anybody.clicks("Bestätigen")
    anybody.sees("Wir haben Ihnen eine E-Mail geschickt", state="wrong code")
    link = anybody.link(email)
    anybody.sees("Bitte bestätigen: Ihre Anmeldung im Netzwerk Bürgerhaushalt", state="mail")
    anybody.opens(link)
    anybody.sees("Anmeldung bestätigen", state="confirm with circular")
    anybody.clicks("Anmeldung bestätigen")
    anybody.sees(f"{club} ist Mitglied im Netzwerk Bürgerhaushalt", state="member")
    anybody.opens(link)
    anybody.sees("Ihre Anmeldung ist schon bestätigt", state="confirmed before")
    anybody.opens(waiting)
    anybody.sees("Diese Seite ist erledigt", state="waiting is over")


def test_the_page_of_a_network_prints(arrives: Arrives, product: Product) -> None:
    person = arrives(product, width=794)
    person.page.emulate_media(media="print")
    person.opens(NETWORK)
    person.sees("Netzwerk Bürgerhaushalt", state="print")
    page = person.page
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("heading", level=2)).to_have_text("Diese Angaben brauchen Sie")
    expect(page.get_by_text("E-Mail-Adresse", exact=True)).to_be_visible()
    expect(page.get_by_text(f"Das Formular finden Sie hier: {product.url}{FORM}")).to_be_visible()


def test_forced_colours_hide_nothing(arrives: Arrives, product: Product, width: int) -> None:
    person = arrives(product, width=width, forced_colors="active")
    person.opens(FORM)
    person.sends()
    person.sees("Anmeldung zum Netzwerk Bürgerhaushalt", state="forced-colours")
    page = person.page
    expect(page.get_by_label("Vorname")).to_have_css("border-bottom-style", "solid")
    # Backgrounds are taken away there, so a dot or an arrow made of one must be kept on purpose.
    chosen, other = page.get_by_label("Keine Angabe"), page.get_by_label("Aus Interesse")
    assert chosen.screenshot() != other.screenshot()
    page.get_by_label("Für eine Organisation oder Initiative").check()
    arrow = page.locator(".kern-form-input__select-wrapper").evaluate(
        "list => getComputedStyle(list, '::after').backgroundColor"
    )
    assert arrow != page.locator("main").evaluate("main => getComputedStyle(main).backgroundColor")
    person.looks_right("forced-colours-institution")


def test_who_sends_too_often_is_told_when_to_come_back(person: Person) -> None:
    page = person.page
    refused = page.get_by_role("heading", name="Zu viele Versuche")
    # Each of the two web processes counts for itself, and which one answers is chance.
    for _ in range(20):
        for _ in range(20):
            person.context.request.post(FORM, headers={"Connection": "close"})
        person.opens(FORM)
        page.get_by_label("Vorname").fill("Käthe")
        with page.expect_navigation():
            person.clicks("Anmelden")
        if refused.count():
            break
    person.sees("Zu viele Versuche", state="429")
    expect(page.get_by_text("Bitte warten Sie")).to_contain_text("Minuten")
    page.go_back()
    expect(page.get_by_label("Vorname")).to_have_value("Käthe")


class _Foreign(BaseHTTPRequestHandler):
    page = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page)

    def log_request(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def foreign(product: Product) -> Iterator[str]:
    """Another site, with a form that posts to ours."""
    page = f"""<!doctype html><html lang="de"><title>Fremd</title><link rel="icon" href="data:,">
        <form method="post" action="{product.url}{FORM}"><input name="first_name" value="Käthe">
        <button>Gewinnen</button></form>"""
    handler = type("Handler", (_Foreign,), {"page": page.encode()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_form_on_another_site_cannot_apply(
    person: Person, product: Product, foreign: str
) -> None:
    before = product.rows("SELECT count(*) FROM applications")
    person.also_visits.add(foreign)
    person.page.goto(foreign)
    person.clicks("Gewinnen")
    person.sees("Das ist hier nicht erlaubt", state="403")
    assert person.posts == [FORM]
    assert product.rows("SELECT count(*) FROM applications") == before
