from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Arrives
from tests.journeys.person import Person, new_address
from tests.journeys.server import Product

MEMBER = "Sie sind Mitglied im Netzwerk Bürgerhaushalt"


def everything_about(product: Product, email: str) -> list[Any]:
    [(subject,)] = product.rows("SELECT id FROM applications WHERE email = ?", email)
    return [
        product.rows("SELECT * FROM applications WHERE id = ?", subject),
        product.rows("SELECT * FROM confirmations WHERE application_id = ?", subject),
        product.rows("SELECT * FROM case_tokens WHERE application_id = ?", subject),
        product.rows("SELECT * FROM consent_events WHERE subject_id = ?", subject),
        product.rows("SELECT * FROM events WHERE subject_id = ?", subject),
        product.rows("SELECT * FROM accounts WHERE email = ?", email),
        product.rows("SELECT id, kind FROM outgoing_mails WHERE subject_id = ?", subject),
    ]


def scan(scanner: Person, link: str) -> None:
    """As a mail gateway does: open it thrice with scripts, then follow all that is on the page."""
    for _ in range(3):
        scanner.opens(link)
        scanner.page.wait_for_load_state("networkidle")
    links = [a.get_attribute("href") or "" for a in scanner.page.get_by_role("link").all()]
    request = scanner.context.request
    assert request.head(link).ok
    for target in links:
        if target.startswith("/"):
            assert request.get(target).ok


def test_a_mail_scanner_changes_nothing(arrives: Arrives, person: Person, product: Product) -> None:
    email = new_address()
    person.applies(email=email, circular=True)
    link = person.link(email)
    before = everything_about(product, email)
    scan(arrives(product), link)
    assert everything_about(product, email) == before

    person.opens(link)
    person.clicks("Anmeldung bestätigen")
    person.sees(MEMBER)
    own_page = person.link(email, subject="Willkommen")
    before = everything_about(product, email)
    scanner = arrives(product)
    scan(scanner, link)
    scan(scanner, own_page)
    assert everything_about(product, email) == before

    person.opens(link)
    person.sees("Ihre Anmeldung ist schon bestätigt", state="already-confirmed")
    person.clicks("Zu meiner Seite")
    person.sees(MEMBER)


def test_an_expired_link_leads_back_to_the_networks(person: Person, product: Product) -> None:
    email = new_address()
    waiting = person.applies(email=email)
    link = person.link(email)
    product.change(
        "UPDATE applications SET submitted_at = datetime(submitted_at, '-8 days'),"
        " expires_at = datetime(expires_at, '-8 days') WHERE email = ?",
        email,
    )
    person.opens(link)
    person.sees("Dieser Link gilt nicht mehr", state="link-expired")
    person.clicks("Zu den Netzwerken", role="link")
    person.sees("Mitglied werden in einem Netzwerk für Beteiligung")
    person.opens(waiting)
    person.sees("Diese Seite ist erledigt", state="page-expired")
