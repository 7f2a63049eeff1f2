from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Arrives
from tests.journeys.person import Person, new_address
from tests.journeys.server import Product, wait_for
from tests.journeys.staff import (
    BIPAR,
    COORDINATOR,
    DIRECTORATE,
    LEAD,
    MEETING_DAY,
    TODAY,
    Colleague,
    apply_to_bipar,
    family_name,
)

# Long ways, some of them over long pages that are judged whole.
pytestmark = pytest.mark.timeout(300)

QUESTION = "In welchem Bürgerrat haben Sie mitgewirkt, und wann?"
ANSWER = "Im Bürgerrat Klima, 2024.\nAls „Moderation“ & Co."

WINDOWS: list[Any] = [
    pytest.param({"width": 1280}, id="1280"),
    pytest.param({"width": 390, "color_scheme": "dark"}, id="390"),
    pytest.param({"width": 390, "java_script_enabled": False}, id="no-script"),
]


def find(staff: Colleague, last_name: str) -> None:
    """In the list of today, by searching."""
    staff.opens(TODAY)
    staff.page.get_by_label("Name, Organisation, Ort, E-Mail").fill(last_name)
    staff.clicks("Filtern")
    staff.page.get_by_role("row").get_by_role("link", name=last_name).click()
    staff.sees(f"Käthe {last_name}")


def claim_note_and_ask(staff: Colleague, last_name: str) -> None:
    page = staff.page
    find(staff, last_name)
    staff.looks_right("case new")
    staff.clicks("Übernehmen")
    expect(page.get_by_role("button", name="Abgeben")).to_be_visible()
    page.get_by_label("Neue Notiz").fill("Klingt gut,\nnur eine Frage ist offen.")
    staff.clicks("Notiz speichern")
    expect(page.get_by_text("nur eine Frage ist offen.")).to_be_visible()
    staff.clicks("Rückfrage – Mail ansehen")
    staff.sees(f"Rückfrage an Käthe {last_name}", state="ask")
    page.get_by_label("Ihre Frage – optional").fill(QUESTION)
    staff.clicks("Vorschau aktualisieren")
    expect(page.locator("pre.app-mail")).to_contain_text(QUESTION)
    staff.looks_right("ask previewed")
    staff.clicks("Frage senden")
    banner = page.get_by_role("group", name=f"Die Rückfrage an Käthe {last_name} ist unterwegs.")
    expect(banner).to_be_focused()
    staff.looks_right("next case with banner")


def answer(applicant: Person, email: str) -> None:
    page = applicant.page
    applicant.opens(applicant.link(email, subject="Eine Frage zu"))
    applicant.sees("Wir brauchen noch eine Antwort von Ihnen", state="own page asked")
    expect(page.get_by_text(QUESTION)).to_be_visible()
    applicant.clicks("Antwort senden")
    applicant.sees("Wir brauchen noch eine Antwort von Ihnen", state="own page answer missing")
    page.get_by_label("Ihre Antwort").fill(ANSWER)
    applicant.clicks("Antwort senden")
    applicant.sees("Ihr Antrag ist eingegangen", state="own page answered")


def recommend(staff: Colleague, last_name: str, choice: str) -> None:
    page = staff.page
    find(staff, last_name)
    page.get_by_label(choice, exact=True).check()
    page.get_by_label("Begründung für das Gremium").fill("Erfahren, passt zum Klima.")
    staff.clicks("Empfehlung speichern")
    expect(page.get_by_role("group", name=f"Die Empfehlung zu Käthe {last_name}")).to_be_focused()


def enter_results(staff: Colleague, approved: str, declined: str) -> None:
    """First without the reason and the day, which is told and loses nothing."""
    page = staff.page
    staff.opens(f"{BIPAR}/sitzung")
    staff.sees("Liste für die Sitzung", state="meeting")
    page.get_by_role("radiogroup", name=f"Käthe {approved}").get_by_label("Aufnehmen").check()
    page.get_by_role("radiogroup", name=f"Käthe {declined}").get_by_label("Ablehnen").check()
    page.get_by_label("Gremium").fill("Direktorium")
    staff.clicks("Ergebnisse eintragen und Mails senden")
    staff.sees("Liste für die Sitzung", state="meeting without reason")
    expect(page.get_by_role("group", name="Bitte prüfen Sie 2 Angaben")).to_be_focused()
    chosen = page.get_by_role("radiogroup", name=f"Käthe {declined}").get_by_label("Ablehnen")
    expect(chosen).to_be_checked()
    page.get_by_label(f"Grund zu Käthe {declined}").select_option("Voraussetzung nicht erfüllt")
    page.get_by_label("Tag der Sitzung").fill(MEETING_DAY)
    staff.clicks("Ergebnisse eintragen und Mails senden")
    staff.sees("Anträge", state="queue after meeting")


@pytest.mark.parametrize("window", WINDOWS)
def test_from_the_form_to_the_decision(
    arrives: Arrives, colleague: Any, office: Product, window: dict[str, Any]
) -> None:
    applicant, other = arrives(office, **window), arrives(office, runs_axe=False)
    email, last_name, declined_email, declined = (
        new_address(),
        family_name(),
        new_address(),
        family_name(),
    )
    apply_to_bipar(applicant, email, last_name=last_name, state="bipar")
    expect(applicant.page.get_by_text("Sie hören bis zum")).to_be_visible()
    apply_to_bipar(other, declined_email, last_name=declined)
    coordinator, directorate = colleague(COORDINATOR, **window), colleague(DIRECTORATE, **window)

    claim_note_and_ask(coordinator, last_name)
    answer(applicant, email)
    recommend(coordinator, last_name, "Aufnehmen")
    recommend(coordinator, declined, "Nicht aufnehmen")
    enter_results(directorate, last_name, declined)

    applicant.opens(applicant.link(email, subject="Willkommen"))
    applicant.sees(
        "Sie sind assoziiertes Mitglied beim Berlin Institut für Partizipation",
        state="own page approved",
    )
    expect(other.mail(declined_email, "Ihr Antrag vom")).to_contain_text("nicht erfüllt")
    other.opens(other.link(declined_email, subject="Ihr Antrag ist eingegangen"))
    other.sees("Ihr Antrag wurde nicht angenommen", state="own page declined")
    expect(other.page.get_by_role("main")).to_contain_text("sehen wir zurzeit nicht erfüllt")

    coordinator.opens(f"{TODAY}?ansicht=alle&suche={last_name}")
    coordinator.page.get_by_role("row").get_by_role("link", name=last_name).click()
    coordinator.sees(f"Käthe {last_name}", state="case approved")
    timeline = coordinator.page.get_by_role("region", name="Verlauf")
    for words in ("Übernommen", "Notiz geschrieben", "Rückfrage gestellt", "Antwort eingegangen"):
        expect(timeline).to_contain_text(words)
    welcome = timeline.get_by_text("Willkommen beim Berlin Institut für Partizipation")
    wait_for(lambda: coordinator.page.reload() and welcome.count(), "the mail in the timeline")
    expect(welcome).to_contain_text("zugestellt an den Mailserver")
    expect(coordinator.page.get_by_text("nur eine Frage ist offen.")).to_be_visible()
    expect(coordinator.page.get_by_text("Als „Moderation“ & Co.")).to_be_visible()


@pytest.mark.parametrize("window", WINDOWS)
def test_an_application_on_paper(
    arrives: Arrives, colleague: Any, office: Product, window: dict[str, Any]
) -> None:
    staff, email, last_name = colleague(LEAD, **window), new_address(), family_name()
    staff.opens(f"{BIPAR}/erfassen")
    staff.sees("Antrag für jemanden erfassen", state="enter")
    staff.clicks("Antrag erfassen")
    staff.sees("Antrag für jemanden erfassen", state="enter nothing filled in")
    case = staff.enters(last_name, email, room=BIPAR)
    staff.looks_right("case entered")
    expect(staff.page.get_by_text("die E-Mail-Adresse ist nicht bestätigt")).to_be_visible()

    applicant = arrives(office, **window)
    body = applicant.mail(email, "Ihr Antrag ist eingegangen")
    expect(body).to_contain_text("per Post")
    expect(body).to_contain_text("Datenschutz:")
    privacy = [link.get_attribute("href") or "" for link in body.get_by_role("link").all()]
    assert any(link.endswith("/netzwerke/bipar/datenschutz") for link in privacy)
    applicant.opens(applicant.link(email, subject="Ihr Antrag ist eingegangen"))
    applicant.sees("Ihr Antrag ist eingegangen", state="own page entered by staff")
    assert case in staff.page.url


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_page_of_the_team_by_day_and_night(colleague: Any, width: int, look: str) -> None:
    staff: Colleague = colleague(LEAD, width=width, color_scheme=look)
    pages = {
        TODAY: "Heute",
        f"{TODAY}?ansicht=gefragt": "Heute",
        f"{TODAY}?ansicht=automatisch": "Heute",
        f"{TODAY}?ansicht=alle": "Heute",
        f"{TODAY}?suche=gibt-es-nicht": "Heute",
        f"{BIPAR}/antraege": "Anträge",
        f"{BIPAR}/antraege?ansicht=alle&wer=ich": "Anträge",
        "/koordination/buergerhaushalt/antraege": "Anträge",
        f"{BIPAR}/erfassen": "Antrag für jemanden erfassen",
        f"{BIPAR}/team": "Team",
        "/zugang": "Mein Zugang",
        "/koordination/gibt-es-nicht/antraege": "Diese Seite gibt es nicht",
    }
    for path, title in pages.items():
        staff.opens(path)
        staff.sees(title, state=f"team {path}")
    if look == "dark":
        # The longest page, which takes the longest to judge; the day has it on the way above.
        staff.opens(f"{BIPAR}/sitzung")
        staff.sees("Liste für die Sitzung", state="team meeting")


def test_a_case_is_decided_with_the_keyboard_alone(colleague: Any, width: int) -> None:
    staff: Colleague = colleague(COORDINATOR, width=width)
    page, last_name = staff.page, family_name()
    staff.enters(last_name, new_address())
    press = page.keyboard.press

    def enter() -> None:
        with page.expect_navigation():
            press("Enter")

    def tab_to(target: Locator) -> None:
        for _ in range(40):
            press("Tab")
            assert staff.focus_is_visible(), f"no focus ring at {page.locator(':focus')}"
            if target.evaluate("e => e === document.activeElement"):
                return
        raise AssertionError(f"no way to {target} by Tab")

    staff.opens(TODAY)
    tab_to(page.get_by_label("Name, Organisation, Ort, E-Mail"))
    page.keyboard.type(last_name)
    enter()
    tab_to(page.get_by_role("row").get_by_role("link", name=last_name))
    enter()
    staff.sees(f"Käthe {last_name}")
    tab_to(page.get_by_role("button", name="Ablehnen – Mail ansehen"))
    enter()
    staff.sees(f"Käthe {last_name} ablehnen")
    tab_to(page.get_by_label("Voraussetzung nicht erfüllt"))
    press("Space")
    # Enter in a field never decides: it only shows the mail.
    enter()
    expect(page.locator("pre.app-mail")).to_contain_text("nicht erfüllt")
    staff.sees(f"Käthe {last_name} ablehnen")
    tab_to(page.get_by_role("button", name="Ablehnen und Mail senden"))
    enter()
    told = page.get_by_role("group", name=f"Käthe {last_name} ist abgelehnt.")
    expect(told).to_be_focused()
