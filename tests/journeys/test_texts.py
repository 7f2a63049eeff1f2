"""The lead changes a text, a mail and the admission; the public sees it within seconds."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.staff import LEAD, Colleague

TEXTS_OF_BIPAR = "/koordination/bipar/texte"
LONGEST_WAIT = 8

# It begins as the shipped one: other journeys in the same office look for their mail by that.
WELCOME = "Willkommen beim Berlin Institut für Partizipation, schön, dass Sie da sind"


def shows(page: Page, address: str, words: str) -> bool:
    """Each of the web processes follows by itself: look again for some seconds."""
    for _ in range(LONGEST_WAIT * 2):
        page.goto(address)
        if page.get_by_text(words).count():
            return True
        page.wait_for_timeout(500)
    return False


def test_a_lead_edits_texts_a_mail_and_a_pause(
    colleague: Callable[..., Colleague], width: int
) -> None:
    lead = colleague(LEAD, width=width)
    page = lead.page
    lead.opens(TEXTS_OF_BIPAR)
    lead.sees("Texte und Kontakt", state="texts")
    page.get_by_label("Name der Geschäftsstelle").fill("")
    lead.clicks("Speichern")
    lead.sees("Texte und Kontakt", state="texts wrong")
    page.get_by_label("Name der Geschäftsstelle").fill("Geschäftsstelle")
    page.get_by_label("Telefon").fill(f"030 23125 {width}")
    page.get_by_label("Antwort innerhalb von").fill("20")
    lead.clicks("Speichern")
    lead.sees("Texte und Kontakt", state="texts changed")
    assert shows(page, "/netzwerke/bipar", f"030 23125 {width}")

    lead.opens(f"{TEXTS_OF_BIPAR}/mails/application_approved")
    page.get_by_label("Text", exact=True).fill("Hallo {{name}}")
    lead.clicks("Vorschau aktualisieren")
    lead.sees("E-Mail „Aufnahme“", state="mail wrong")
    page.goto(f"{TEXTS_OF_BIPAR}/mails/application_approved")
    page.get_by_label("Betreff").fill(WELCOME)
    lead.clicks("Speichern")
    lead.sees("E-Mail „Aufnahme“", state="mail saved")
    lead.opens(f"{TEXTS_OF_BIPAR}/fassungen")
    lead.sees("Fassungen der Texte", state="versions")
    page.get_by_role("link", name="Fassung 1", exact=True).click()
    lead.sees("Fassung 1", state="version")
    lead.opens("/koordination/bipar/verarbeitungsverzeichnis")
    lead.sees("Verzeichnis von Verarbeitungstätigkeiten", state="record of processing")

    lead.opens("/netzwerke/bipar/barriere-melden")
    page.get_by_label("Was geht nicht?").fill("Die Schrift ist zu klein.")
    lead.takes_time()
    lead.clicks("Meldung senden")
    lead.sees("Danke für Ihre Meldung", state="barrier reported")
    lead.opens("/koordination/bipar/barrieren")
    lead.sees("Gemeldete Barrieren", state="barriers")
    page.get_by_role("link", name="Nummer").first.click()
    page.get_by_label("Ihre Antwort").fill("Sie ist jetzt größer.")
    lead.looks_right("barrier")
    lead.clicks("Abschließen")
    page.get_by_text("Sie ist jetzt größer.").wait_for()
