from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.person import Person, new_address
from tests.journeys.server import Product

WAITING = "Wir haben Ihnen eine E-Mail geschickt"
MEMBER = "Sie sind Mitglied im Netzwerk Bürgerhaushalt"
GONE = "Dieser Link gilt nicht mehr"


def let_minutes_pass(product: Product, email: str) -> None:
    product.change(
        "UPDATE applications SET confirmation_mailed_at ="
        " datetime(confirmation_mailed_at, '-6 minutes') WHERE email = ?",
        email,
    )


@pytest.mark.parametrize("by", ["link", "code"])
def test_the_circular_can_be_dropped_again(person: Person, product: Product, by: str) -> None:
    page, email = person.page, new_address()
    waiting = person.applies(email=email, circular=True)
    person.sees(WAITING, state="waiting-circular")
    code = person.code(email)
    assert "auch den Rundbrief per E-Mail bestellt" in page.locator("pre").inner_text()
    if by == "link":
        person.opens(person.link(email))
        person.sees("Anmeldung bestätigen", state="confirm-circular")
        page.get_by_label("Rundbrief doch nicht senden").check()
        person.clicks("Anmeldung bestätigen")
    else:
        person.opens(waiting)
        page.get_by_label("Rundbrief doch nicht senden").check()
        page.get_by_label("Code aus der E-Mail").fill(code)
        person.clicks("Bestätigen")
    person.sees(MEMBER)
    expect(page.get_by_role("region", name="Rundbrief per E-Mail")).to_contain_text(
        "Nicht bestellt."
    )


def test_the_ordered_circular_is_shown(person: Person) -> None:
    email = new_address()
    person.applies(email=email, circular=True)
    person.opens(person.link(email))
    person.clicks("Anmeldung bestätigen")
    person.sees(MEMBER, state="member-circular")
    circular = person.page.get_by_role("region", name="Rundbrief per E-Mail")
    expect(circular).to_contain_text("Bestellt am")


def test_the_mail_can_be_sent_again_after_a_while(person: Person, product: Product) -> None:
    page, email = person.page, new_address()
    waiting = person.applies(email=email)
    person.clicks("Noch einmal senden")
    person.sees(WAITING, state="waiting-too-early")
    told = page.get_by_role("group", name="Noch einmal senden geht wieder um")
    expect(told).to_be_focused()
    expect(page.get_by_text("Wieder möglich um")).to_be_visible()
    person.mail(email, number=1)

    let_minutes_pass(product, email)
    person.opens(waiting)
    expect(page.get_by_text("Wieder möglich um")).to_be_hidden()
    person.clicks("Noch einmal senden")
    person.sees(WAITING, state="waiting-sent-again")
    expect(page.get_by_role("group", name="Die E-Mail ist noch einmal unterwegs.")).to_be_focused()
    person.opens(person.link(email, number=2))
    person.clicks("Anmeldung bestätigen")
    person.sees(MEMBER)


def test_a_wrong_address_is_corrected_once(person: Person) -> None:
    page, wrong, right = person.page, new_address("wrong"), new_address("right")
    waiting = person.applies(email=wrong)
    first_link = person.link(wrong)
    person.opens(waiting)
    page.get_by_text("E-Mail-Adresse korrigieren").click()
    page.get_by_label("Richtige E-Mail-Adresse").fill("right@")
    person.clicks("Adresse ändern und neu senden")
    person.sees(WAITING, state="waiting-address-wrong")
    expect(page.get_by_label("Richtige E-Mail-Adresse")).to_have_value("right@")
    page.get_by_label("Richtige E-Mail-Adresse").fill(right)
    person.clicks("Adresse ändern und neu senden")
    person.sees(WAITING, state="waiting-address-changed")
    notice = page.get_by_role("group", name="Die E-Mail an die neue Adresse ist unterwegs.")
    expect(notice).to_be_focused()
    expect(page.get_by_text("E-Mail-Adresse korrigieren")).to_be_hidden()
    assert right not in page.content()

    person.opens(first_link)
    person.sees(GONE, state="link-unknown")
    person.opens(person.link(right))
    person.clicks("Anmeldung bestätigen")
    person.sees(MEMBER)
    person.opens(waiting)
    person.sees("Diese Seite ist erledigt", state="page-done")


def test_after_wrong_codes_the_link_still_works(person: Person) -> None:
    page, email = person.page, new_address()
    waiting = person.applies(email=email)
    right = person.code(email).replace(" ", "")
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    person.opens(waiting)
    for _ in range(4):
        page.get_by_label("Code aus der E-Mail").fill(wrong)
        person.clicks("Bestätigen")
        told = page.get_by_role("group", name="Bitte prüfen Sie eine Angabe")
        expect(told).to_contain_text("Der Code stimmt nicht.")
        expect(told).to_be_focused()
    person.sees(WAITING, state="waiting-code-wrong")
    page.get_by_label("Code aus der E-Mail").fill(wrong)
    person.clicks("Bestätigen")
    person.sees(WAITING, state="waiting-code-dead")
    expect(page.get_by_role("group", name="Dieser Code gilt nicht mehr.")).to_be_focused()
    expect(page.get_by_label("Code aus der E-Mail")).to_be_hidden()

    person.opens(person.link(email))
    person.clicks("Anmeldung bestätigen")
    person.sees(MEMBER)
