"""Legal pages and the form about barriers: two clicks from every page and mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships import create_app
from memberships.mails.models import OutgoingMail
from memberships.networks.definition import Definition
from memberships.networks.loading import load_definitions
from memberships.permissions import Role
from memberships.settings import ROOT, SettingsInvalid
from tests.conftest import settings_for
from tests.factories import confirmed, submitted
from tests.networks.definitions import CONFIG
from tests.pages import Page, get
from tests.review.cases import signed_in, staff
from tests.tables import all_of

NETWORKS = load_definitions(CONFIG / "networks")
OF_ONE = ("impressum", "datenschutz", "barrierefreiheit", "barriere-melden")
OF_ALL = ("/impressum", "/datenschutz", "/barrierefreiheit")
MAILS = sorted(
    path.stem for path in (ROOT / "templates" / "mails").glob("*.txt") if path.stem[0] != "_"
)


def links(page: Page) -> set[str]:
    return {e.get("href").partition("?")[0] for e in page.root if e.tag == "a"}


def reaches_all_pages(page: Page, slug: str = "") -> bool:
    wanted = {f"/netzwerke/{slug}/{name}" for name in OF_ONE} if slug else set(OF_ALL)
    return wanted <= links(page)


@pytest.mark.parametrize("slug", NETWORKS)
def test_every_network_has_its_legal_pages(client: FlaskClient, slug: str) -> None:
    for name in OF_ONE:
        page = get(client, f"/netzwerke/{slug}/{name}")
        assert page.status == 200
        assert reaches_all_pages(page, slug)
        assert page.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("address", OF_ALL)
def test_the_pages_of_all_lead_to_those_of_each(client: FlaskClient, address: str) -> None:
    page = get(client, address)

    assert {f"/netzwerke/{slug}{address}" for slug in NETWORKS} <= links(page)


def test_every_page_without_values_in_its_address_links_them(app: Flask) -> None:
    lead = signed_in(app, staff(Role.LEAD, *NETWORKS))
    without = []
    for rule in app.url_map.iter_rules():
        address = rule.rule.replace("<slug>", "avd").replace("<kind>", "application_received")
        is_file = rule.endpoint == "static" or address.endswith((".csv", ".xlsx"))
        if "<" in address or "GET" not in (rule.methods or ()) or is_file:
            continue
        page = get(lead, address)
        is_page = page.headers.get("Content-Type", "").startswith("text/html")
        of_network = rule.arguments and not address.startswith("/zugang")
        if (
            is_page
            and page.status < 300
            and not reaches_all_pages(page, "avd" if of_network else "")
        ):
            without.append(address)

    assert without == []


def test_pages_behind_a_link_and_error_pages_link_them(client: FlaskClient) -> None:
    applied = submitted()
    for address in (applied.waiting, applied.confirm):
        page = get(client, address)
        assert reaches_all_pages(page, "buergerhaushalt")
        # The address holds a secret: it is not put into a form.
        assert "seite=" not in page.html
    for address in ("/gibt-es-nicht", "/vorgang/unbekannt", "/antrag/unbekannt/warten"):
        assert reaches_all_pages(get(client, address))


@pytest.mark.parametrize("kind", MAILS)
def test_every_mail_links_imprint_privacy_and_accessibility(app: Flask, kind: str) -> None:
    source = (ROOT / "templates" / "mails" / f"{kind}.txt").read_text("utf-8")
    is_plain = "see mails/wording.py" in source
    assert is_plain or "_imprint.txt" in source or "_platform.txt" in source


def test_links_in_a_mail_stand_alone_on_short_lines(app: Flask) -> None:
    submitted()
    confirmed()
    bodies = [mail.body for mail in all_of(OutgoingMail) if mail.body]
    assert len(bodies) == 2
    for body in bodies:
        for name in ("impressum", "datenschutz", "barrierefreiheit"):
            link = rf"^https?://\S+/netzwerke/buergerhaushalt/{name}$"
            assert re.search(link, body, re.MULTILINE)
        for line in body.splitlines():
            assert "http" not in line or (" " not in line and len(line) <= 98)


@pytest.mark.parametrize("slug", NETWORKS)
def test_the_statement_holds_what_the_model_asks_for(client: FlaskClient, slug: str) -> None:
    words = get(client, f"/netzwerke/{slug}/barrierefreiheit").words

    for part in (
        "teilweise vereinbar", "EN 301 549", "Grund:", "Bis dahin:", "22. November 2026",
        "Selbstbewertung", "Barriere melden", "innerhalb eines Monats",
    ):  # fmt: skip
        assert part in words
    assert NETWORKS[slug].office.email in words


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("buergerhaushalt", ["§ 16 BGG", "Leichte Sprache", "in Deutscher Gebärdensprache."]),
        ("beteiligungsnetzwerk-bw", ["§ 10 L-BGG", "Landeszentrum Barrierefreiheit"]),
        ("ebbs-sachsen", ["BfWebG", "Durchsetzungsstelle"]),
        ("bipar", ["freiwillig", "Ein gesetzliches Verfahren zur Schlichtung"]),
    ],
)  # fmt: skip
def test_the_statement_names_the_law_and_the_body_of_the_network(
    client: FlaskClient, slug: str, words: list[str]
) -> None:
    page = get(client, f"/netzwerke/{slug}/barrierefreiheit")

    assert [word for word in words if word not in page.words] == []


def test_a_federal_body_leads_to_easy_and_sign_language(client: FlaskClient) -> None:
    """§ 4 BITV 2.0 asks for both on the first page; what is missing is admitted there."""
    federal, other = get(client, "/netzwerke/buergerhaushalt"), get(client, "/netzwerke/bipar")
    statement = get(client, "/netzwerke/buergerhaushalt/barrierefreiheit")

    for words, anchor in (("Leichte Sprache", "leicht"), ("Gebärdensprache", "luecken")):
        (link,) = [e for e in federal.root if e.tag == "a" and e.words == words]
        assert link.get("href").endswith(f"/barrierefreiheit#{anchor}")
        assert statement.element(anchor)
        assert words not in other.words


def test_examples_in_the_statement_are_placeholders() -> None:
    found = {slug: net.placeholders for slug, net in NETWORKS.items()}

    assert "accessibility.enforcement_url" in found["buergerhaushalt"]
    assert "accessibility.enforcement" in found["ebbs-sachsen"]
    assert not any(key.startswith("accessibility") for key in found["bipar"])


def test_production_refuses_them(tmp_path: Any) -> None:
    with pytest.raises(SettingsInvalid, match=r"accessibility\.enforcement_url"):
        create_app(
            settings_for(
                tmp_path,
                env="production",
                secret_key="0123456789abcdef-0123456789abcdef-xyz",
                public_url="https://netz.beispielstadt.de",
                smtp_url="smtp://localhost:25",
                sender_address="netz@beispielstadt.de",
                trusted_proxies=0,
            )
        )


def test_old_definitions_without_the_new_parts_can_still_be_read() -> None:
    content = NETWORKS["avd"].model_dump(mode="json")
    for part in ("accessibility", "mails"):
        del content[part]

    old = Definition.model_validate(content).known_as("the digest of then")
    assert old.digest == "the digest of then"
    assert old.accessibility.status == "partial"
