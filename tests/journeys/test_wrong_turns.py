"""What a coordinator does wrong, or what goes wrong behind their back, loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.journeys.conftest import Arrives
from tests.journeys.person import Person, new_address
from tests.journeys.server import Product, wait_for
from tests.journeys.staff import COORDINATOR, LEAD, TODAY, Colleague, family_name, join_team

pytestmark = pytest.mark.timeout(300)

TEXT = "Am Telefon war <niemand>,\n„morgen“ noch einmal & dann schreiben."
APPROVE = "Aufnehmen und Mail senden"


def decided(office: Product, email: str) -> tuple[int, int]:
    """How many decisions the log has, and how many mails announce one."""
    [(events,)] = office.rows(
        "SELECT count(*) FROM events JOIN applications ON applications.id = subject_id"
        " WHERE email = ? AND tag IN ('application:approved', 'application:declined')",
        email,
    )
    [(mails,)] = office.rows(
        "SELECT count(*) FROM outgoing_mails WHERE to_address = ?"
        " AND kind IN ('application_approved', 'application_declined')",
        email,
    )
    return events, mails


def answered(page: Page, button: str) -> int:
    """Press it; the status of the page that comes."""
    with page.expect_response(lambda response: response.request.method == "POST") as told:
        page.get_by_role("button", name=button, exact=True).click()
    response: Response = told.value
    page.wait_for_load_state()
    return response.status


@pytest.fixture
def width() -> int:
    """The office sits at a desk."""
    return 1280


@pytest.fixture
def staff(colleague: Any, width: int) -> Colleague:
    found: Colleague = colleague(COORDINATOR, width=width)
    return found


def test_going_back_after_a_decision_decides_nothing_again(
    staff: Colleague, office: Product
) -> None:
    email, name = new_address(), family_name()
    case = staff.enters(name, email)
    staff.clicks("Ablehnen – Mail ansehen")
    staff.sees(f"Käthe {name} ablehnen", state="decline")
    staff.clicks("Ablehnen und Mail senden")
    staff.sees(f"Käthe {name} ablehnen", state="decline without reason")
    staff.page.get_by_label("Zu wenig Angaben").check()
    staff.clicks("Vorschau aktualisieren")
    expect(staff.page.locator("pre.app-mail")).to_contain_text("Mit den vorliegenden Angaben")
    staff.looks_right("decline previewed")
    staff.clicks("Ablehnen und Mail senden")
    expect(staff.page.get_by_role("group", name=f"Käthe {name} ist abgelehnt.")).to_be_focused()
    staff.looks_right("after declining")
    # Back past the preview and the mistake, to the form as it was opened.
    staff.page.evaluate("history.go(-3)")
    expect(staff.page).to_have_url(f"{office.url}{case}/ablehnen")
    staff.sees(f"Käthe {name}", state="already declined by me")
    expect(staff.page.get_by_role("region", name="Das haben Sie schon entschieden")).to_be_focused()
    assert decided(office, email) == (1, 1)


def test_back_to_the_form_of_a_decided_case(staff: Colleague, office: Product) -> None:
    email, name = new_address(), family_name()
    staff.enters(name, email)
    staff.clicks("Aufnehmen – Mail ansehen")
    staff.sees(f"Käthe {name} aufnehmen", state="approve")
    staff.clicks(APPROVE)
    expect(staff.page.get_by_role("group", name=f"Käthe {name} ist aufgenommen.")).to_be_focused()
    staff.page.go_back()
    staff.sees(f"Käthe {name}", state="already approved by me")
    expect(staff.page.get_by_role("button", name=APPROVE)).to_be_hidden()
    assert decided(office, email) == (1, 1)


def test_reloading_after_sending_sends_nothing_again(staff: Colleague, office: Product) -> None:
    email, page = new_address(), staff.page
    staff.enters(family_name(), email)
    page.get_by_label("Neue Notiz").fill(TEXT)
    with page.expect_navigation():
        staff.clicks("Notiz speichern")
    page.reload()
    expect(page.get_by_text("Am Telefon war <niemand>,")).to_have_count(1)
    staff.clicks("Rückfrage – Mail ansehen")
    page.get_by_label("Ihre Frage – optional").fill(TEXT)
    with page.expect_navigation():
        staff.clicks("Vorschau aktualisieren")
    page.reload()
    expect(page.get_by_label("Ihre Frage – optional")).to_have_value(TEXT)
    with page.expect_navigation():
        staff.clicks("Frage senden")
    page.get_by_role("group", name="Die Rückfrage an").wait_for()
    page.reload()
    asked = "SELECT count(*) FROM outgoing_mails WHERE to_address = ? AND kind = ?"
    assert office.rows(asked, email, "information_requested") == [(1,)]


@pytest.mark.parametrize(
    ("who", "told"),
    [("I", "Das haben Sie schon entschieden"), ("somebody", "Jemand war schneller")],
    ids=["own tab", "colleague"],
)
def test_a_stale_tab_keeps_what_was_typed(
    staff: Colleague, colleague: Any, office: Product, who: str, told: str
) -> None:
    email, name, page = new_address(), family_name(), staff.page
    case = staff.enters(name, email)
    staff.clicks("Rückfrage – Mail ansehen")
    page.get_by_label("Ihre Frage – optional").fill(TEXT)
    tab = staff.opens_second_tab() if who == "I" else colleague(LEAD).page
    tab.goto(f"{case}/aufnehmen")
    tab.get_by_role("button", name=APPROVE).click()
    tab.get_by_role("group", name=f"Käthe {name} ist aufgenommen.").wait_for()

    assert answered(page, "Frage senden") == 409
    staff.sees(f"Käthe {name}", state=f"{who} was faster")
    expect(page.get_by_role("region", name=told)).to_be_focused()
    expect(page.get_by_label("Ihr Text ist noch da")).to_have_value(TEXT)
    staff.clicks("Als Notiz speichern")
    expect(page.get_by_role("region", name="Notizen")).to_contain_text("Am Telefon war <niemand>,")
    assert decided(office, email) == (1, 1)


def test_what_the_applicant_changed_meanwhile_is_shown(
    staff: Colleague, arrives: Arrives, office: Product
) -> None:
    email, name, page = new_address(), family_name(), staff.page
    case = staff.enters(name, email)
    staff.opens(f"{case}/aufnehmen")
    page.get_by_label("Persönlicher Satz").fill(TEXT)
    applicant: Person = arrives(office, runs_axe=False)
    applicant.opens(applicant.link(email, subject="Ihr Antrag ist eingegangen"))
    applicant.clicks("Angaben korrigieren", role="link")
    applicant.page.get_by_label("Vorname").fill("Katharina")
    applicant.clicks("Angaben speichern")
    applicant.sees("Ihr Antrag ist eingegangen")

    assert answered(page, APPROVE) == 409
    staff.sees(f"Katharina {name}", state="changed meanwhile")
    changed = page.get_by_role("region", name="Inzwischen geändert")
    expect(changed.get_by_role("row").filter(has_text="Vorname")).to_contain_text("Katharina")
    expect(page.get_by_label("Ihr Text ist noch da")).to_have_value(TEXT)
    assert decided(office, email) == (0, 0)
    staff.opens(f"{case}/aufnehmen")
    staff.clicks(APPROVE)
    page.get_by_role("group", name=f"Katharina {name} ist aufgenommen.").wait_for()
    assert decided(office, email) == (1, 1)


@pytest.mark.parametrize("clicks", ["double", "impatient"])
def test_a_second_click_decides_once(staff: Colleague, office: Product, clicks: str) -> None:
    email, name, page = new_address(), family_name(), staff.page
    case = staff.enters(name, email)
    staff.opens(f"{case}/aufnehmen")
    button = page.get_by_role("button", name=APPROVE)
    if clicks == "double":
        button.dblclick()
    else:
        # The first answer is lost on its way, as in a train, and the person presses once more.
        lost: list[int] = []

        def lose(route: Any) -> None:
            if lost:
                route.continue_()
            else:
                lost.append(route.fetch(max_redirects=0).status)

        page.route("**/aufnehmen", lose)
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.click(*middle)
        wait_for(lambda: page.wait_for_timeout(20) or lost, "the first click has arrived")
        page.mouse.click(*middle)
        told = page.get_by_role("region", name="Das haben Sie schon entschieden")
        expect(told).to_contain_text("es ging keine zweite E-Mail hinaus")
    page.get_by_text(f"Käthe {name}").first.wait_for()
    assert decided(office, email) == (1, 1)


@pytest.mark.parametrize(
    ("label", "button", "where"),
    [
        ("Neue Notiz", "Notiz speichern", ""),
        ("Ihre Frage – optional", "Frage senden", "/rueckfrage"),
    ],
    ids=["note", "question"],
)
def test_an_ended_session_keeps_what_was_typed(
    arrives_at_work: Any, office: Product, width: int, label: str, button: str, where: str
) -> None:
    me, email = new_address("colleague"), new_address()
    join_team(office, me, "coordinator", "stadtrunde")
    staff: Colleague = arrives_at_work(width=width)
    page = staff.page
    staff.signs_in(me)
    case = staff.enters(family_name(), email)
    staff.opens(case + where)
    page.get_by_label(label).fill(TEXT)
    staff.context.clear_cookies()
    assert answered(page, button) == 401
    staff.sees("Das ist noch nicht gespeichert", state=f"session ended {label}")
    expect(page.get_by_label("Ihre Eingabe")).to_have_value(TEXT)
    # Too early: still nothing is lost.
    assert answered(page, "Erneut absenden") == 401
    expect(page.get_by_label("Ihre Eingabe")).to_have_value(TEXT)

    with staff.context.expect_page() as opened:
        page.get_by_role("link", name="Mein Zugang in einem neuen Tab").click()
    staff.page = opened.value
    staff.asks_for_access(me)
    staff.opens(staff.sign_in_link(me, number=2))
    staff.clicks("Bereich öffnen")
    staff.sees("Bitte bestätigen Sie, dass Sie es sind")
    staff.gives_second_factor()
    staff.sees("Heute")
    staff.page.close()
    staff.page = page

    assert answered(page, "Erneut absenden") == 400
    staff.sees("Das ist noch nicht gespeichert", state=f"signed in again {label}")
    expect(page.get_by_label("Ihre Eingabe")).to_have_value(TEXT)
    staff.clicks("Erneut absenden")
    page.get_by_role("heading", name="Das ist noch nicht gespeichert").wait_for(state="detached")
    staff.opens(case)
    expect(page.get_by_text("„morgen“ noch einmal & dann schreiben.")).to_be_visible()


def test_the_case_of_another_network_is_nobodys_business(colleague: Any) -> None:
    lead = colleague(LEAD)
    case = lead.enters(family_name(), new_address())
    outsider = colleague("direktorium@example.org")
    outsider.opens(case)
    outsider.sees("Diese Seite gibt es nicht", state="foreign case")
    outsider.opens(TODAY)
    outsider.sees("Heute")
