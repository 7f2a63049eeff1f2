"""Colleagues of the coordination: who they are, how they sign in, and what they do every day."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from playwright.sync_api import Page

from memberships.settings import load_settings
from tests.journeys.person import Person
from tests.journeys.server import PROGRAM, Product, environment_for
from tests.review.cases import CHECK, with_check_networks

COORDINATOR = "coordinator@example.org"
DIRECTORATE = "direktorium@example.org"
LEAD = "leitung@example.org"

TODAY = "/koordination/"
BIPAR = "/koordination/bipar"
CITY = f"/koordination/{CHECK}"
MEETING_DAY = "2026-01-20"
IN_MAILS = "Bitte sehen Sie in Ihr Postfach"


def networks_dir(folder: Path) -> str:
    """The shipped networks and one more, in which the coordination decides."""
    return str(with_check_networks(load_settings({}), folder).networks_dir)


def fill_with_demonstration(office: Product) -> None:
    """The people and cases of the demonstration, who also work for the network that decides."""
    command(office, "demo")
    join_team(office, COORDINATOR, "coordinator", CHECK)
    join_team(office, LEAD, "lead", CHECK)


def join_team(office: Product, email: str, role: str, network: str = "bipar") -> None:
    command(office, "staff", "invite", email, "--network", network, "--role", role)


def command(product: Product, *words: str) -> None:
    """As the operator types it, in the installation's own environment."""
    _run(product, PROGRAM, *words)


def run_inside(product: Product, program: str, *words: str) -> None:
    """A few lines of Python that use the installation's own services."""
    _run(product, sys.executable, "-c", program, *words)


def _run(product: Product, *words: str | Path) -> None:
    port = urlsplit(product.url).port or 0
    more = {"MEMBERSHIPS_NETWORKS_DIR": str(product.folder / "config" / "networks")}
    subprocess.run(
        [*words],
        env=environment_for(product.folder, port, **more),
        check=True,
        capture_output=True,
        timeout=100,
    )


class Colleague(Person):
    """Somebody of the team; the session is the one cookie that there is."""

    cookies = frozenset({"session"})

    def asks_for_access(self, email: str) -> None:
        """From the page of the access to the one that waits for the mail."""
        self.page.get_by_label("E-Mail-Adresse").fill(email)
        self.clicks("E-Mail senden")
        self.sees(IN_MAILS)

    def sign_in_link(self, email: str, *, number: int = 1) -> str:
        body = self.mail(email, "Ihr Link zum persönlichen Bereich", number=number)
        targets = [link.get_attribute("href") or "" for link in body.get_by_role("link").all()]
        return next(target for target in targets if "/zugang/" in target)

    def signs_in(self, email: str, *, number: int = 1) -> None:
        """With the link, to where it leads."""
        self.opens("/zugang")
        self.asks_for_access(email)
        self.opens(self.sign_in_link(email, number=number))
        self.clicks("Bereich öffnen")
        self.page.get_by_role("heading", name="Bereich öffnen").wait_for(state="detached")
        self.gives_second_factor()

    def gives_second_factor(self) -> None:
        """With the code that the demonstration shows; members are not asked for any."""
        if "/zweiter-faktor" not in self.page.url:
            return
        is_new = "/einrichten" in self.page.url
        self.types_shown_code("Einrichten" if is_new else "Bestätigen")
        if is_new:
            self.clicks("Ich habe die Codes, weiter", role="link")

    def gives_second_factor_again(self) -> None:
        self.opens("/zugang/zweiter-faktor")
        self.types_shown_code("Bestätigen")

    def types_shown_code(self, button: str) -> None:
        """A code counts once, for a minute: who is quick waits, who is slow takes the next."""
        for _ in range(3):
            shown = self.page.locator("[data-shown-code]").inner_text()
            self.page.get_by_label("Code aus der App").fill(shown)
            with self.page.expect_navigation():
                self.clicks(button)
            if self.page.get_by_text("Dieser Code gilt nicht").count():
                self.page.wait_for_timeout(16_000)
                self.page.reload()
            elif not self.page.get_by_text("Der Code passt nicht").count():
                return

    def enters(self, last_name: str, email: str, *, room: str = CITY) -> str:
        """An application that came on paper; returns the address of its case."""
        page = self.page
        self.opens(f"{room}/erfassen")
        page.get_by_label("Auf welchem Weg?").select_option("letter")
        page.get_by_label("Wann?").fill("2026-01-12")
        fill_in_person(page, last_name, email)
        page.get_by_label("Unterstützend").check()
        self.clicks("Antrag erfassen")
        self.sees(f"Käthe {last_name}")
        return urlsplit(page.url).path

    def opens_second_tab(self) -> Page:
        """Another one of the same browser; the first stays as it is."""
        return self.context.new_page()


def fill_in_person(page: Page, last_name: str, email: str) -> None:
    page.get_by_label("Vorname").fill("Käthe")
    page.get_by_label("Nachname").fill(last_name)
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_label("Ehrenamtlich").check()


def apply_to_bipar(person: Person, email: str, *, last_name: str, state: str = "") -> None:
    """Every kind of field, then the mail and its button; ends on the page of one's own."""
    page = person.page
    person.opens("/netzwerke/bipar/antrag")
    fill_in_person(page, last_name, email)
    page.get_by_label("Telefon für Rückfragen").fill("030 23125 618")
    page.get_by_role("combobox", name="Land").select_option("AT")
    page.get_by_label("Postleitzahl der Organisation").fill("5310")
    page.get_by_label("In Projekten").check()
    page.get_by_label("Erfahrung und Kompetenzen").fill("Zwei Bürgerräte.\nEine Leitlinie & mehr.")
    page.get_by_label("Klima und Energie").check()
    page.get_by_label("Infrastruktur").check()
    page.get_by_label("Rundbrief per E-Mail").check()
    if state:
        person.looks_right(f"{state} form")
    person.takes_time()
    person.clicks("Antrag stellen")
    person.sees("Wir haben Ihnen eine E-Mail geschickt")
    person.opens(person.link(email, subject="Bitte bestätigen"))
    person.clicks("Antrag bestätigen")
    person.sees("Ihr Antrag ist eingegangen", state=f"{state} own page" if state else "")


def family_name() -> str:
    """One that nobody else here has."""
    return f"Żak-{uuid4().hex[:8]}"
