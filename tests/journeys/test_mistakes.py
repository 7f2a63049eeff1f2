from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.journeys.conftest import Arrives
from tests.journeys.person import FORM, Person, new_address
from tests.journeys.server import Product, wait_for

WAITING = "Wir haben Ihnen eine E-Mail geschickt"
FORM_TITLE = "Anmeldung zum Netzwerk Bürgerhaushalt"


@pytest.mark.parametrize(
    ("width", "has_script"), [(1280, True), (390, False)], ids=["desk", "phone-no-script"]
)
def test_mistakes_are_named_and_nothing_typed_is_lost(
    arrives: Arrives, product: Product, width: int, has_script: bool
) -> None:
    person = arrives(product, width=width, java_script_enabled=has_script)
    page, email = person.page, new_address()
    summary = page.get_by_role("group", name="Bitte prüfen Sie")
    person.opens(FORM)
    person.sends()
    person.sees(FORM_TITLE, state="form-nothing-filled-in")
    expect(page).to_have_title("Fehler: Anmeldung – Netzwerk Bürgerhaushalt")
    expect(summary).to_be_focused()
    links = summary.get_by_role("link").all()
    assert [link.inner_text() for link in links] == [
        "Wählen Sie aus, für wen Sie das ausfüllen.",
        "Geben Sie Ihren Vornamen ein.",
        "Geben Sie Ihren Nachnamen ein.",
        "Geben Sie Ihre E-Mail-Adresse ein.",
    ]
    labels = ["Für mich", "Vorname", "Nachname", "E-Mail-Adresse"]
    for link, label in zip(links, labels, strict=True):
        message = link.inner_text()
        link.press("Enter")
        control = page.get_by_label(label)
        expect(control).to_be_focused()
        expect(control).to_be_in_viewport()
        expect(page.locator("p.kern-error", has_text=message)).to_be_visible()

    page.get_by_label("Für eine Organisation oder Initiative").check()
    page.get_by_label("Organisation oder Initiative", exact=True).fill(
        "Verein „Grüner Hof“ & Söhne"
    )
    page.get_by_label("Vorname").fill("Käthe <Kat>")
    page.get_by_label("E-Mail-Adresse").fill("käthe@")
    page.get_by_label("Wir planen einen").check()
    page.get_by_label("Rundbrief per E-Mail").check()
    person.clicks("Anmelden")
    person.sees(FORM_TITLE, state="form-half-filled-in")
    assert [link.inner_text() for link in summary.get_by_role("link").all()] == [
        "Wählen Sie die Art Ihrer Organisation oder Initiative aus.",
        "Geben Sie Ihren Nachnamen ein.",
        "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de.",
    ]
    expect(page.get_by_label("Für eine Organisation oder Initiative")).to_be_checked()
    organisation = page.get_by_label("Organisation oder Initiative", exact=True)
    expect(organisation).to_have_value("Verein „Grüner Hof“ & Söhne")
    expect(page.get_by_label("Vorname")).to_have_value("Käthe <Kat>")
    expect(page.get_by_label("E-Mail-Adresse")).to_have_value("käthe@")
    expect(page.get_by_label("Wir planen einen")).to_be_checked()
    expect(page.get_by_label("Rundbrief per E-Mail")).to_be_checked()

    page.get_by_label("Art der Organisation").select_option("association")
    page.get_by_label("Nachname").fill("Ölschläger")
    page.get_by_label("E-Mail-Adresse").fill(email)
    person.clicks("Anmelden")
    person.sees(WAITING)
    assert len(product.rows("SELECT 1 FROM applications WHERE email = ?", email)) == 1


# Faster than any hand: fills in and sends in one go.
SEND_AT_ONCE = """email => { const form = document.querySelector('main form');
  const answers = {first_name: 'Käthe', last_name: 'Ölschläger-Żak', email};
  for (const name in answers) form.elements[name].value = answers[name];
  form.elements.applicant_kind.value = 'person';
  form.requestSubmit() }"""


def test_who_is_too_fast_sends_once_more(person: Person) -> None:
    page = person.page
    told = page.get_by_role("group", name="Das ging sehr schnell.")
    for _ in range(10):
        # On a busy machine even this may take longer than the product finds too fast.
        email = new_address()
        person.opens(FORM)
        with page.expect_navigation():
            page.evaluate(SEND_AT_ONCE, email)
        if told.count():
            break
    person.sees(FORM_TITLE, state="form-too-fast")
    expect(told).to_be_focused()
    expect(page.get_by_label("E-Mail-Adresse")).to_have_value(email)
    person.sends()
    person.sees(WAITING)


def test_too_much_text_is_told_and_kept(person: Person) -> None:
    person.pastes_too_much()
    person.sees("Das war zu viel Text", state="413")
    # Going back is what keeps the text: nothing prominent leads elsewhere.
    expect(person.page.get_by_role("main").get_by_role("link")).to_have_count(0)
    person.goes_back_to_all_that_was_typed()


def test_a_double_click_is_one_application(person: Person, product: Product) -> None:
    page, email = person.page, new_address()
    person.opens(FORM)
    person.fills_in(email=email)
    person.takes_time()
    page.get_by_role("button", name="Anmelden").dblclick()
    person.sees(WAITING)
    person.mail(email, number=1)
    assert len(product.rows("SELECT 1 FROM applications WHERE email = ?", email)) == 1


def test_an_impatient_second_click_is_one_application(person: Person, product: Product) -> None:
    page, email = person.page, new_address()
    person.opens(FORM)
    person.fills_in(email=email)
    person.takes_time()
    answered: list[int] = []

    def lose_first_answer(route: Route) -> None:
        if answered:
            route.continue_()
        else:
            answered.append(route.fetch(max_redirects=0).status)

    page.route(f"**{FORM}", lose_first_answer)
    button = page.get_by_role("button", name="Anmelden")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    # The mouse clicks without waiting for what the page is doing.
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(*middle)
    wait_for(lambda: page.wait_for_timeout(20) or answered, "the first click has arrived")
    page.mouse.click(*middle)
    person.sees(WAITING)
    assert answered == [303]
    assert person.posts == [FORM, FORM]
    person.mail(email, number=1)
    assert len(product.rows("SELECT 1 FROM applications WHERE email = ?", email)) == 1
    assert len(product.rows("SELECT 1 FROM outgoing_mails WHERE to_address = ?", email)) == 1
