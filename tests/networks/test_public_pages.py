"""The pages made of a definition: the way to the right network, and no word about what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships import create_app
from memberships.networks.loading import load_definitions
from tests.networks.definitions import CONFIG, bipar, write
from tests.pages import Page, get

NETWORKS = load_definitions(CONFIG / "networks")
PERSONS = ["avd", "bipar", "fachverband", "buergerhaushalt"]
ORGANISATIONS = ["beteiligungsnetzwerk-bw", "ebbs-sachsen", "buergerhaushalt"]

POSTAL_CODE = "Was wir aus der Postleitzahl ableiten"
ORGANISATION = "Organisation und Person"
WITHDRAWAL = "Widerruf (Art. 7 Abs. 3)"


def cards(page: Page) -> list[str]:
    return [e.get("aria-labelledby") for e in page.root if e.has_class("app-netcard")]


def notice_of(client: FlaskClient, slug: str) -> Page:
    return get(client, f"/netzwerke/{slug}/datenschutz")


@pytest.mark.parametrize(
    ("address", "heading", "first"),
    [
        ("/", "Die sechs Netzwerke", list(NETWORKS)),
        ("/?als=person", "Diese vier Netzwerke nehmen einzelne Personen auf", PERSONS),
        (
            "/?als=organisation",
            "Diese drei Netzwerke nehmen Organisationen und Initiativen auf",
            ORGANISATIONS,
        ),
        ("/?als=dorf", "Die sechs Netzwerke", list(NETWORKS)),
    ],
)
def test_the_start_page_shows_first_what_fits(
    client: FlaskClient, address: str, heading: str, first: list[str]
) -> None:
    page = get(client, address)

    assert heading in page.words
    assert cards(page)[: len(first)] == first
    assert set(cards(page)) == set(NETWORKS)


@pytest.mark.parametrize("slug", NETWORKS)
def test_a_card_says_for_whom_where_and_how_soon(client: FlaskClient, slug: str) -> None:
    net = NETWORKS[slug]
    card = next(e for e in get(client, "/").root if e.get("aria-labelledby") == slug)

    assert card.words == (
        f"{net.name} Für wen {net.texts.who_may_join} Wo {net.scope} Aufnahme {net.texts.answer} "
        f"{net.apply_label} – {net.name}"
    )
    assert len(net.texts.who_may_join) <= 120


@pytest.mark.parametrize("slug", NETWORKS)
def test_a_network_page_answers_the_first_questions(client: FlaskClient, slug: str) -> None:
    net = NETWORKS[slug]
    page = get(client, f"/netzwerke/{slug}")

    assert page.heading == net.name
    needed = [field.label for field in net.fields if field.required]
    for text in (
        *net.texts.membership,
        net.texts.eligibility,
        net.texts.after_submitting if net.may_admit_at_once else net.texts.in_review,
        *needed,
        net.office.email,
        net.controller.name,
        "Gedruckt wird nur diese Liste.",
    ):
        assert " ".join(text.split()) in page.words
    for consent in (field for field in net.fields if field.type == "consent"):
        assert consent.label not in page.words


@pytest.mark.parametrize("slug", NETWORKS)
def test_only_the_list_of_what_to_have_at_hand_is_printed(client: FlaskClient, slug: str) -> None:
    page = get(client, f"/netzwerke/{slug}")
    panels = {
        e.get("aria-labelledby"): e.has_class("app-noprint")
        for e in page.root
        if e.has_class("app-panel")
    }

    assert panels.pop("angaben") is False
    aside = next(e for e in page.root if e.tag == "aside")
    assert aside.has_class("app-noprint")
    assert panels.pop("bedeutung")
    assert panels.pop("schritte")


@pytest.mark.parametrize("slug", NETWORKS)
def test_each_network_has_its_own_imprint_and_notice(client: FlaskClient, slug: str) -> None:
    net = NETWORKS[slug]
    imprint, notice = get(client, f"/netzwerke/{slug}/impressum"), notice_of(client, slug)

    for text in (net.controller.name, net.controller.address, net.office.name, net.office.email):
        assert " ".join(text.split()) in imprint.words
    for text in (
        *(purpose.legal_basis for purpose in net.purposes),
        *(purpose.retention for purpose in net.purposes),
        *(field.purpose for field in net.fields),
        net.supervisory_authority,
    ):
        assert text in notice.words


@pytest.mark.parametrize(
    ("slug", "blocks"),
    [
        ("bipar", {POSTAL_CODE, WITHDRAWAL}),
        ("fachverband", {WITHDRAWAL}),
        ("avd", {POSTAL_CODE, ORGANISATION, WITHDRAWAL}),
        ("beteiligungsnetzwerk-bw", {POSTAL_CODE, ORGANISATION, WITHDRAWAL}),
        ("ebbs-sachsen", {POSTAL_CODE, ORGANISATION, WITHDRAWAL}),
        ("buergerhaushalt", {ORGANISATION, WITHDRAWAL}),
    ],
)
def test_the_notice_has_only_blocks_of_what_exists(
    client: FlaskClient, slug: str, blocks: set[str]
) -> None:
    words = notice_of(client, slug).words

    assert {block for block in (POSTAL_CODE, ORGANISATION, WITHDRAWAL) if block in words} == blocks


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        ("bipar", "Über Ihren Antrag entscheidet ein Mensch."),
        ("avd", "In der Regel gibt es je Organisation einen Sitz."),
        ("avd", "vergleichen wir Namen und Ort."),
        ("ebbs-sachsen", "Mitglied ist die Organisation oder Initiative"),
        ("ebbs-sachsen", "Liegt sie nicht in Sachsen, fragen wir, wo Sie dort tätig sind."),
        ("ebbs-sachsen", "Rechtsgrundlage dafür ist Art. 6 Abs. 1 Buchst. e DSGVO"),
        ("beteiligungsnetzwerk-bw", "nimmt das Programm Sie auf"),
        ("buergerhaushalt", "vergleichen wir die Namen."),
        ("buergerhaushalt", "Meldet sich eine Organisation oder Initiative an"),
    ],
)
def test_the_notice_says_what_this_network_does(
    client: FlaskClient, slug: str, sentence: str
) -> None:
    assert sentence in notice_of(client, slug).words


@pytest.mark.parametrize("slug", NETWORKS)
def test_what_does_not_exist_yet_is_on_no_public_page(client: FlaskClient, slug: str) -> None:
    pages = ("", "/datenschutz", "/impressum", "/antrag")
    words = " ".join(get(client, f"/netzwerke/{slug}{page}").words for page in pages)

    for word in ("Mitgliederverzeichnis", "auf der Karte", "vorgesehen"):
        assert word not in words


def test_without_a_consent_nothing_is_said_about_consent(app: Flask, tmp_path: Path) -> None:
    raw: dict[str, Any] = bipar()
    raw["sections"].pop()
    raw["purposes"] = raw["purposes"][:2]
    raw["visibility"] = {"internal": "none"}
    settings = app.config["SETTINGS"].model_copy(update={"networks_dir": write(raw, tmp_path)})

    client = create_app(settings).test_client(use_cookies=False)
    words = notice_of(client, "bipar").words

    assert "Einwilligung" not in words.replace("auf Grund einer Einwilligung oder", "")
    assert "Rundbrief" not in words
    assert WITHDRAWAL not in words
