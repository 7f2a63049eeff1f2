from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.person import new_address
from tests.journeys.server import Product
from tests.journeys.staff import Colleague

pytestmark = pytest.mark.timeout(120)

NAME = "Netzwerk Bürgerhaushalt"


def test_a_member_edits_unsubscribes_leaves_and_returns(
    arrives_at_work: Any, office: Product
) -> None:
    email = new_address("mitglied")
    member: Colleague = arrives_at_work(width=390)
    page = member.page
    member.applies(email=email, organisation="Verein Grüner Hof", circular=True)
    member.opens(member.link(email))
    member.clicks("Anmeldung bestätigen")
    member.sees("Verein Grüner Hof ist Mitglied im Netzwerk Bürgerhaushalt")
    member.signs_in(email)
    member.sees("Mein Profil", state="profile")

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

    member.clicks(f"Widerrufen Rundbrief, {NAME}")
    expect(page.get_by_role("group", name="Ihre Einwilligung ist widerrufen.")).to_be_focused()
    expect(page.get_by_role("button", name="Widerrufen")).to_have_count(0)

    member.clicks(f"Nicht mehr Ansprechperson sein {NAME}", role="link")
    member.sees("Mitgliedschaft beenden", state="profile leave")
    member.clicks("Mitgliedschaft beenden")
    expect(page.get_by_role("group", name="Das ist erledigt.")).to_be_focused()
    member.looks_right("profile left")
    member.clicks(f"Zurückkommen {NAME}")
    expect(page.get_by_role("group", name="Willkommen zurück.")).to_be_focused()
    member.clicks("Adresse ändern", role="link")
    member.sees("E-Mail-Adresse ändern", state="profile address")
