from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.person import new_address
from tests.journeys.server import Product
from tests.journeys.staff import Colleague, join_team

pytestmark = pytest.mark.timeout(120)

NAME = "Netzwerk Bürgerhaushalt"


def test_a_member_edits_unsubscribes_leaves_and_returns(
    arrives_at_work: Any, office: Product
) -> None:
    email, kim = new_address("mitglied"), new_address("kim")
    join_team(office, kim, "coordinator", "buergerhaushalt")
    member: Colleague = arrives_at_work(width=390)
    page = member.page
    member.applies(email=email, organisation="Verein Grüner Hof", circular=True)
    member.opens(member.link(email))
    member.clicks("Anmeldung bestätigen")
    member.sees("Verein Grüner Hof ist Mitglied im Netzwerk Bürgerhaushalt")
    member.signs_in(email)
    member.sees("Mein Profil", state="profile")
    member.clicks(f"Nein danke {NAME}")
    expect(page.get_by_text("wenn Sie mögen")).to_have_count(0)

    member.clicks(f"Angaben ändern {NAME}", role="link")
    member.sees("Angaben ändern", state="profile change")
    expect(page.get_by_label("Organisation oder Initiative", exact=True)).to_have_count(0)
    page.get_by_label("Nachname").fill("")
    member.clicks("Angaben speichern")
    member.sees("Angaben ändern", state="profile change mistake")
    page.get_by_label("Nachname").fill("Ändermann")
    member.clicks("Angaben speichern")
    expect(page.get_by_role("group", name="Ihre Angaben sind gespeichert.")).to_be_focused()
    expect(page.get_by_text("Ändermann", exact=True)).to_be_visible()

    colleague: Colleague = arrives_at_work(width=390)
    has_a_public_entry(member, colleague, kim)
    joins_the_directory(member)
    takes_it_back(member, colleague)

    member.clicks(f"Widerrufen Rundbrief, {NAME}")
    expect(page.get_by_role("group", name="Ihre Einwilligung ist widerrufen.")).to_be_focused()
    expect(page.get_by_role("button", name="Widerrufen Rundbrief")).to_have_count(0)

    member.clicks(f"Nicht mehr Ansprechperson sein {NAME}", role="link")
    member.sees("Mitgliedschaft beenden", state="profile leave")
    member.clicks("Mitgliedschaft beenden")
    expect(page.get_by_role("group", name="Das ist erledigt.")).to_be_focused()
    member.looks_right("profile left")
    member.clicks(f"Zurückkommen {NAME}")
    expect(page.get_by_role("group", name="Willkommen zurück.")).to_be_focused()
    member.clicks("Adresse ändern", role="link")
    member.sees("E-Mail-Adresse ändern", state="profile address")


def has_a_public_entry(member: Colleague, colleague: Colleague, kim: str) -> None:
    page = member.page
    member.clicks(f"Öffentlichen Eintrag anlegen {NAME}", role="link")
    member.sees("Öffentlicher Eintrag", state="entry empty")
    member.clicks("Vorschau")
    member.sees("Öffentlicher Eintrag", state="entry mistake")
    page.get_by_label("Organisation oder Initiative").check()
    page.get_by_label("Art der Organisation").check()
    member.clicks("Vorschau")
    member.sees("Öffentlicher Eintrag", state="entry preview")
    expect(page.get_by_role("article")).to_contain_text("Verein Grüner Hof")
    member.clicks("Eintrag veröffentlichen")
    member.sees("Öffentlicher Eintrag", state="entry without age")
    page.get_by_label("Ich bin mindestens 16 Jahre alt.").check()
    member.clicks("Eintrag veröffentlichen")
    expect(page.get_by_text("wartet auf die Freigabe")).to_be_visible()

    colleague.signs_in(kim)
    colleague.opens("/koordination/buergerhaushalt/mitglieder/eintraege")
    colleague.sees("Öffentliche Einträge", state="entries to release")
    colleague.clicks("Freigeben Verein Grüner Hof")
    colleague.sees("Öffentliche Einträge", state="entries released")
    colleague.opens("/netzwerke/buergerhaushalt/mitglieder?suche=gruener")
    colleague.sees("Mitglieder", state="public list")
    colleague.clicks("Verein Grüner Hof", role="link")
    colleague.sees(f"Mitglied im {NAME}", state="public entry")


def joins_the_directory(member: Colleague) -> None:
    member.opens("/profil")
    member.clicks(f"Im Verzeichnis stehen {NAME}", role="link")
    member.sees("Im Verzeichnis für Mitglieder stehen", state="directory consent")
    member.clicks("Im Verzeichnis zeigen")
    member.looks_right("profile shown")
    member.clicks(f"Verzeichnis ansehen {NAME}", role="link")
    member.sees("Verzeichnis für Mitglieder", state="directory")
    own = member.page.get_by_role("article").filter(has_text="Verein Grüner Hof")
    expect(own).to_be_visible()


def takes_it_back(member: Colleague, colleague: Colleague) -> None:
    page = member.page
    member.opens("/profil")
    member.clicks(f"Eintrag entfernen {NAME}")
    expect(page.get_by_text("Sie haben keinen")).to_be_visible()
    colleague.page.reload()
    colleague.sees("Diese Seite gibt es nicht", state="public entry gone")
