"""A seventh network is one file and no line of code."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships import create_app
from memberships.database import db
from memberships.networks.definition import Definition
from memberships.networks.describing import describe
from memberships.networks.loading import load_definitions
from memberships.settings import Settings
from tests.networks.definitions import CONFIG, seventh, write
from tests.pages import get

AT = "/netzwerke/dorfdialog"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The six networks of this installation, and the seventh."""
    networks = write(seventh(), tmp_path / "config", name="dorfdialog")
    for file in (CONFIG / "networks").glob("*.toml"):
        shutil.copyfile(file, networks / file.name)
    return networks


@pytest.fixture
def settings(migrated: Settings, folder: Path) -> Settings:
    return migrated.model_copy(update={"networks_dir": folder})


@pytest.fixture
def net(folder: Path) -> Definition:
    return load_definitions(folder)["dorfdialog"]


@pytest.fixture
def alone(app: Flask, tmp_path: Path) -> Iterator[FlaskClient]:
    """An installation that has this network only."""
    networks = write(seventh(), tmp_path / "alone", name="dorfdialog")
    settings = app.config["SETTINGS"].model_copy(update={"networks_dir": networks})
    other = create_app(settings)
    with other.app_context():
        yield other.test_client(use_cookies=False)
        db.engine.dispose()


def test_it_is_loaded_beside_the_six(folder: Path) -> None:
    assert set(load_definitions(folder)) - set(load_definitions(CONFIG / "networks")) == {
        "dorfdialog"
    }


def test_the_start_page_shows_it(client: FlaskClient) -> None:
    page = get(client, "/")

    assert page.status == 200
    assert "Die sieben Netzwerke" in page.words
    assert "Alle, die ein Dorf in Thüringen oder Hessen mitgestalten." in page.words
    assert "Aufnahme Sofort oder innerhalb von 12 Arbeitstagen" in page.words


def test_alone_it_is_the_network(alone: FlaskClient) -> None:
    page = get(alone, "/?als=organisation")

    assert page.status == 200
    assert "Dieses Netzwerk nimmt Organisationen und Initiativen auf" in page.words


def test_its_own_page_tells_what_to_have_at_hand(client: FlaskClient) -> None:
    page = get(client, AT)

    assert page.status == 200
    assert page.heading == "Netzwerk Dorfdialog"
    for text in (
        "Im Netzwerk Dorfdialog reden Dörfer miteinander.",
        "Beratung am Küchentisch",
        "Sie können sie zum Monatsende beenden.",
        "Voraussetzung: Sie gestalten ein Dorf mit.",
        "Wer im Gebiet sitzt, ist nach dem Bestätigen dabei.",
        "Was ist in Ihrem Dorf geplant? – Text, höchstens 700 Zeichen – nur bei „Über 500“",
        "Ort – nur, wenn die Postleitzahl in mehreren Bundesländern liegt",
        (
            "Wo in Thüringen oder Hessen sind Sie tätig? – nur, wenn die Postleitzahl nicht in "
            "Thüringen oder Hessen liegt oder nicht bekannt ist"
        ),
        "0361 555 01 00",
    ):
        assert text in page.words
    assert "Dorfbrief erhalten" not in page.words


def test_its_form_asks_everything_in_order(client: FlaskClient, net: Definition) -> None:
    page = get(client, f"{AT}/antrag")

    assert page.status == 200
    assert page.heading == "Antrag auf Mitgliedschaft im Netzwerk Dorfdialog"
    asked = [e.get("name") for e in page.root if e.tag in {"input", "select", "textarea"}]
    at_once = [f.key for f in net.fields if "postal_area" not in f.when]
    assert [key for key in dict.fromkeys(asked) if key in net.conditions] == at_once
    for text in ("Ihr Dorf", "Dorfbrief erhalten", "Das Büro darf das Dorf besuchen."):
        assert text in page.words
    assert "Unklar" not in page.words


def test_its_privacy_notice_has_a_block_for_all_that_exists(client: FlaskClient) -> None:
    page = get(client, f"{AT}/datenschutz")

    assert page.status == 200
    for text in (
        "Dorfdialog e. V.",
        "Vertreten durch den Vorstand (Muster).",
        "Dorf: application",
        "Dorf: newsletter",
        "Dorf: visit",
        "Wozu village_story dient.",
        "Liegt sie nicht in Thüringen oder Hessen, fragen wir, wo Sie dort tätig sind.",
        "Meldet sich eine Organisation oder Initiative an, ist sie das Mitglied",
        "vergleichen wir Namen, Art und Postleitzahl.",
        "Sonst entscheidet ein Mensch.",
        "Die Aufsicht von Musterland",
    ):
        assert text in page.words


def test_its_imprint_is_its_own(client: FlaskClient) -> None:
    page = get(client, f"{AT}/impressum")

    assert page.status == 200
    for text in ("Musterweg 7, 99999 Musterdorf", "den Vorstand (Muster)", "Büro Dorfdialog"):
        assert text in page.words


def test_a_human_can_sign_it_off(net: Definition) -> None:
    text = describe(net)

    assert max(map(len, text.splitlines())) <= 100
    for part in (
        net.digest,
        "Sitz oder Tätigkeit in Thüringen oder Hessen (Thüringen, Hessen)",
        "12 Arbeitstage",
        "Kein Dorf: Es geht nicht um ein Dorf.",
        "Das Gremium heißt: Dorfrat.",
        "3. Wenn „Wo in Thüringen oder Hessen sind Sie tätig“ beantwortet ist: sofort aufgenommen",
        "mindestens 20, höchstens 700 Zeichen",
        "(vorgesehen, noch nicht in Betrieb)",
        "Unterschrift",
    ):
        assert part in text
