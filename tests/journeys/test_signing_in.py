from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.person import new_address
from tests.journeys.server import Product
from tests.journeys.staff import (
    BIPAR,
    IN_MAILS,
    LEAD,
    TODAY,
    Colleague,
    family_name,
    join_team,
)

pytestmark = pytest.mark.timeout(300)

WINDOWS: list[Any] = [
    pytest.param({"width": 1280, "color_scheme": "dark"}, id="1280"),
    pytest.param({"width": 390}, id="390"),
    pytest.param({"width": 390, "java_script_enabled": False}, id="no-script"),
]


@pytest.mark.parametrize("window", WINDOWS)
def test_signing_in_by_link_and_by_code(
    arrives_at_work: Any, office: Product, window: dict[str, Any]
) -> None:
    email = new_address("colleague")
    join_team(office, email, "coordinator")
    staff: Colleague = arrives_at_work(**window)
    page = staff.page
    # Whoever follows a link from a note arrives where it led, after signing in.
    staff.opens(f"{BIPAR}/sitzung")
    staff.sees("Mein Zugang", state="sign in")
    staff.clicks("E-Mail senden")
    staff.sees("Mein Zugang", state="sign in without address")
    staff.asks_for_access(email)
    staff.looks_right("sign in waiting")
    assert staff.context.cookies() == []
    link = staff.sign_in_link(email)
    staff.looks_right("mail sign in")
    staff.opens(link)
    staff.sees("Ihren Bereich öffnen", state="sign in link")
    # Only the button signs in: mail scanners open links, too.
    assert staff.context.cookies() == []
    staff.clicks("Bereich öffnen")
    staff.sees("Zweiten Faktor einrichten")
    staff.gives_second_factor()
    staff.sees("Liste für die Sitzung")

    stranger: Colleague = arrives_at_work(**window)
    stranger.opens(link)
    stranger.sees("Dieser Link wurde schon benutzt", state="link used")
    stranger.clicks("Neue E-Mail anfordern", role="link")
    stranger.sees("Mein Zugang")

    staff.opens("/zugang")
    staff.sees("Mein Zugang", state="account")
    page.get_by_role("main").get_by_role("button", name="Abmelden", exact=True).click()
    expect(page.get_by_role("group", name="Sie sind abgemeldet.")).to_be_focused()
    staff.sees("Mein Zugang", state="signed out")
    assert staff.context.cookies() == []

    staff.asks_for_access(email)
    waiting = page.url
    body = staff.mail(email, "Ihr Link zum persönlichen Bereich", number=2).inner_text()
    found = re.search(r"Code ein: (\d{3} \d{3})\n", body)
    assert found
    staff.opens(waiting)
    wrong = f"{(int(found[1].replace(' ', '')) + 1) % 1_000_000:06}"
    page.get_by_label("Code aus der E-Mail").fill(wrong)
    staff.clicks("Bereich öffnen")
    expect(page.get_by_role("group", name="Bitte prüfen Sie eine Angabe")).to_be_focused()
    staff.sees(IN_MAILS, state="sign in wrong code")
    page.get_by_label("Code aus der E-Mail").fill(found[1])
    staff.clicks("Bereich öffnen")
    staff.sees("Bitte bestätigen Sie, dass Sie es sind")
    staff.gives_second_factor()
    staff.sees("Heute")


def test_a_stranger_sees_the_same_and_gets_no_mail(
    arrives_at_work: Any, office: Product, width: int
) -> None:
    known, unknown = new_address("colleague"), new_address("stranger")
    join_team(office, known, "reader")
    pages = []
    for email in (unknown, known):
        staff: Colleague = arrives_at_work(width=width)
        staff.opens("/zugang")
        staff.asks_for_access(email)
        pages.append(re.sub(r"/warten/[\w-]+", "", staff.page.content()))
    assert pages[0] == pages[1]
    # The known one asked later, so the other is answered, too.
    staff.sign_in_link(known)
    assert office.rows("SELECT 1 FROM outgoing_mails WHERE to_address = ?", unknown) == []


def test_signing_out_everywhere_ends_the_other_browser(
    arrives_at_work: Any, office: Product, width: int
) -> None:
    email = new_address("colleague")
    join_team(office, email, "coordinator")
    here, there = arrives_at_work(width=width), arrives_at_work()
    here.signs_in(email)
    there.signs_in(email, number=2)
    there.sees("Heute")
    here.opens("/zugang")
    here.clicks("Überall abmelden")
    expect(here.page.get_by_role("group", name="Sie sind abgemeldet.")).to_be_focused()
    there.opens(TODAY)
    there.sees("Mein Zugang")
    assert there.context.cookies() == here.context.cookies() == []


@pytest.mark.parametrize("window", WINDOWS)
def test_the_lead_invites_and_removes_a_reader(
    colleague: Any, arrives_at_work: Any, window: dict[str, Any]
) -> None:
    lead, email = colleague(LEAD, **window), new_address("reader")
    case = lead.enters(family_name(), new_address(), room=BIPAR)
    page = lead.page
    lead.opens(f"{BIPAR}/team")
    lead.sees("Team", state="team")
    lead.clicks("Einladen")
    lead.sees("Team", state="team nothing filled in")
    page.get_by_label("Vor- und Nachname").fill(f"Édith Lesé {email[7:12]}")
    page.get_by_label("E-Mail-Adresse").fill(email)
    invitation = page.get_by_role("region", name="Jemanden einladen")
    invitation.get_by_label("Rolle").select_option("reader")
    lead.clicks("Einladen")
    expect(page.get_by_role("group", name="Die Einladung ist unterwegs.")).to_be_focused()
    lead.looks_right("team invited")

    reader: Colleague = arrives_at_work(**window)
    body = reader.mail(email, "Ihr Zugang zur Koordination")
    expect(body).to_contain_text("Ihre Rolle ist „Lesen“")
    reader.signs_in(email)
    reader.sees("Heute", state="today of a reader")
    reader.opens(case)
    expect(reader.page.get_by_text("In Ihrer Rolle lesen Sie diesen Fall.")).to_be_visible()
    main = reader.page.get_by_role("main")
    expect(main.get_by_role("button")).to_have_count(0)
    expect(main.get_by_role("button", name="Mail ansehen")).to_have_count(0)
    reader.looks_right("case of a reader")
    reader.opens(f"{BIPAR}/team")
    reader.sees("Das ist in Ihrer Rolle nicht vorgesehen", state="not in this role")

    row = page.get_by_role("listitem").filter(has_text=email)
    row.get_by_text("Rolle ändern oder entfernen").click()
    lead.looks_right("team opened")
    row.get_by_role("button", name="Aus dem Team entfernen").click()
    told = page.get_by_role("group", name="Die Person gehört nicht mehr zum Team.")
    expect(told).to_be_focused()
    reader.opens(case)
    reader.sees("Mein Zugang")
