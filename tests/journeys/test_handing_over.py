from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.person import new_address
from tests.journeys.server import Product
from tests.journeys.staff import Colleague, join_team

pytestmark = pytest.mark.timeout(300)

NAME, CLUB = "Netzwerk Bürgerhaushalt", "Verein Blauer Hof"


def names(person: Colleague, first: str, last: str, email: str) -> None:
    person.page.get_by_label("Vorname").fill(first)
    person.page.get_by_label("Nachname").fill(last)
    person.page.get_by_label("E-Mail-Adresse").fill(email)


def test_a_deputy_proposes_the_holder_objects_the_office_decides(
    arrives_at_work: Any, office: Product
) -> None:
    email, dora, ada, kim = (new_address(who) for who in ("mitglied", "dora", "ada", "kim"))
    join_team(office, kim, "coordinator", "buergerhaushalt")
    member: Colleague = arrives_at_work(width=390)
    member.applies(email=email, organisation=CLUB)
    member.opens(member.link(email))
    member.clicks("Anmeldung bestätigen")
    member.sees(f"{CLUB} ist Mitglied im {NAME}")
    member.signs_in(email)
    has_a_deputy(member, dora)

    proposes(arrives_at_work(width=1280), dora, ada)

    announced = member.link(email, subject="Nachfolge für Ihren Sitz")
    member.opens(announced)
    member.sees("Soll Ihr Sitz übergehen?", state="hand-over announced")
    member.page.get_by_label("Was spricht dagegen?").fill("Ich bin noch da.")
    member.clicks("Widersprechen")
    member.sees("Ihr Widerspruch ist da", state="hand-over contested")

    colleague: Colleague = arrives_at_work(width=390)
    colleague.signs_in(kim)
    colleague.opens("/koordination/buergerhaushalt/sitze")
    colleague.sees("Sitze", state="seats")
    colleague.clicks(CLUB, role="link")
    colleague.sees(f"Sitz von {CLUB}", state="seat contested")
    colleague.clicks("Durchführen")
    colleague.sees(f"Sitz von {CLUB}", state="seat mistake")
    colleague.page.get_by_label("Begründung").fill("Die Person ist ausgeschieden.")
    colleague.clicks("Durchführen")
    expect(colleague.page.get_by_text("wartet auf die Zusage")).to_be_visible()

    invited: Colleague = arrives_at_work(width=390)
    invited.opens(invited.link(ada))
    invited.sees("Möchten Sie Ansprechperson werden?", state="hand-over invited")
    invited.clicks("Ja, ich übernehme")
    invited.sees("Sie sind jetzt Ansprechperson", state="hand-over done")
    member.opens(announced)
    member.sees("Der Sitz ist übergeben", state="hand-over left")
    invited.signs_in(ada)
    invited.sees("Mein Profil")
    invited.clicks(f"Ansprechperson wechseln {NAME}", role="link")
    invited.sees("Ansprechperson wechseln", state="hand-over empty")
    invited.clicks("Vorschlagen und einladen")
    invited.sees("Ansprechperson wechseln", state="hand-over mistake")
    names(invited, "Otto", "Anders", new_address("otto"))
    invited.clicks("Vorschlagen und einladen")
    expect(invited.page.get_by_text("Sie haben jemanden vorgeschlagen")).to_be_visible()
    invited.looks_right("hand-over pending")


def has_a_deputy(member: Colleague, dora: str) -> None:
    member.clicks(f"Vertretungen {NAME}", role="link")
    member.sees("Vertretungen", state="deputies empty")
    member.clicks("Einladen")
    member.sees("Vertretungen", state="deputies mistake")
    names(member, "Dora", "Vertritt", dora)
    member.clicks("Einladen")
    expect(member.page.get_by_text("eingeladen, gültig bis")).to_be_visible()
    member.looks_right("deputies")


def proposes(deputy: Colleague, dora: str, ada: str) -> None:
    deputy.opens(deputy.link(dora))
    deputy.sees("Möchten Sie Vertretung werden?", state="deputy asked")
    deputy.clicks("Ja, ich vertrete")
    deputy.sees("Sie sind jetzt Vertretung", state="deputy")
    deputy.signs_in(dora)
    deputy.sees("Mein Profil", state="profile of a deputy")
    deputy.clicks(f"Vertretung für {CLUB}", role="link")
    deputy.sees(f"Vertretung für {CLUB}", state="deputy acts")
    names(deputy, "Ada", "Neu", ada)
    deputy.clicks("Vorschlagen")
    expect(deputy.page.get_by_text("läuft eine Übergabe")).to_be_visible()
