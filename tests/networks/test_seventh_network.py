"""A seventh network is one file and no line of code."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships import create_app
from memberships.applications.models import Application, ApplicationStatus
from memberships.database import db
from memberships.mails.models import OutgoingMail
from memberships.members.models import Holder, Membership, Representative
from memberships.networks.definition import Definition
from memberships.networks.describing import describe
from memberships.networks.loading import load_definitions
from memberships.networks.models import DefinitionVersion
from memberships.permissions import Role
from memberships.privacy.queries import consents_of
from memberships.settings import Settings
from tests.factories import token_in
from tests.networks.definitions import CONFIG, field_of, seventh, write
from tests.pages import get, post
from tests.review.cases import case_url, send, signed_in, staff
from tests.tables import all_of, only

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
        db.session.remove()
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
        "vergleichen wir Namen und Ort.",
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
        "Name, Organisation oder Initiative, Ort, Was ist in Ihrem Dorf geplant?",
        "Nach der Aufnahme, im Profil, alles freiwillig",
        "Unterschrift",
    ):
        assert part in text


# From the form to the membership

PERSON = {
    "applicant_kind": "person",
    "postal_code": "99084",
    "village_size": "small",
    "topics": ["rural"],
    "first_name": "Mara",
    "last_name": "Hofmann",
}
GROUP = PERSON | {
    "applicant_kind": "organisation",
    "organisation_name": "Dorfladen Musterdorf eG",
    "organisation_kind": "cooperative",
    "existing_member": "unknown",
    "village_size": "large",
    "village_story": "Ein Laden, in dem auch der Rat tagt.",
}


def joins(client: FlaskClient, answers: dict[str, Any], **changes: str) -> Application:
    """The form is filled in and sent, the link in the mail opened, its button pressed."""
    form = get(client, f"{AT}/antrag").form("/antrag")
    typed = {"stamp": form.fields["stamp"], "email": "mara@example.org"} | answers | changes
    sent = post(client, form.action, typed)
    assert sent.status == 303, sent.words
    mail = next(m for m in reversed(all_of(OutgoingMail)) if m.kind == "confirm_application")
    confirm = get(client, f"/antrag/{token_in(mail)}/bestaetigen").form("/bestaetigen")
    assert post(client, confirm.action, confirm.fields).status == 303
    return all_of(Application)[-1]


def test_who_sits_inside_is_a_member_at_once(client: FlaskClient) -> None:
    application = joins(client, PERSON, visit_consent="y")
    assert (application.decided_by_rule, application.answers["federal_state"]) == ("inside", "TH")
    assert only(Membership).holder is Holder.PERSON
    steps = [(consent.purpose, consent.step) for consent in consents_of(application.id)]
    assert steps == [("visit_consent", "given"), ("visit_consent", "confirmed")]
    assert "Willkommen im Netzwerk Dorfdialog" in {m.subject for m in all_of(OutgoingMail)}


def test_another_consent_is_not_called_a_circular(client: FlaskClient) -> None:
    form = get(client, f"{AT}/antrag").form("/antrag")
    typed = {"stamp": form.fields["stamp"], "email": "mara@example.org", "visit_consent": "y"}
    assert post(client, form.action, typed | PERSON).status == 303
    mail = only(OutgoingMail)
    assert "Rundbrief" not in mail.body
    assert "Rundbrief" not in get(client, f"/antrag/{token_in(mail)}/bestaetigen").words


def test_a_group_is_a_member_and_its_second_person_a_representative(
    app: Flask, client: FlaskClient
) -> None:
    joins(client, GROUP, active_in="Fulda", postal_code="80331", email="eins@example.org")
    second = joins(client, GROUP, active_in="", postal_code="80331", email="zwei@example.org")
    assert (second.status, second.review_reason) == (ApplicationStatus.IN_REVIEW, "rest")
    office = signed_in(app, staff(Role.COORDINATOR, "dorfdialog"))
    assert send(office, case_url(second, "dorfdialog", "aufnehmen"), {}).status == 303
    assert only(Membership).organisation_name == "Dorfladen Musterdorf eG"
    assert len(all_of(Representative)) == 2


def test_about_a_company_its_body_decides(app: Flask, client: FlaskClient) -> None:
    company = joins(client, GROUP, organisation_kind="company", postal_code="34117")
    assert (company.status, company.review_reason) == (ApplicationStatus.IN_REVIEW, "companies")
    lead = signed_in(app, staff(Role.LEAD, "dorfdialog"))
    refused = get(lead, case_url(company, "dorfdialog", "aufnehmen"))
    assert (refused.status, refused.notice) == (409, "Hier entscheidet das Gremium")
    typed = {f"ergebnis-{company.id}": "approve", "body": "Dorfrat", "decided_on": "2026-01-20"}
    assert send(lead, "/koordination/dorfdialog/sitzung", typed).status == 303
    assert only(Membership).organisation_name == "Dorfladen Musterdorf eG"
    assert all_of(Application)[0].decided_by_body == "Dorfrat"


def test_a_changed_file_is_a_new_version_and_cases_keep_theirs(
    app: Flask, client: FlaskClient, folder: Path
) -> None:
    joins(client, PERSON, postal_code="80331", active_in="")
    raw = seventh()
    field_of(raw, "village_size")["label"] = "Wie viele leben dort?"
    field_of(raw, "village_size")["options"][0]["label"] = "Wenige"
    app.extensions["networks"] = load_definitions(write(raw, folder.parent, name="dorfdialog"))
    new = joins(client, PERSON, postal_code="80331", active_in="", email="neu@example.org")

    versions = [v for v in all_of(DefinitionVersion) if v.network.slug == "dorfdialog"]
    assert [version.version for version in versions] == [1, 2]
    office = signed_in(app, staff(Role.COORDINATOR, "dorfdialog"))
    old = next(a for a in all_of(Application) if a.id != new.id)
    assert "Wie groß ist es? Bis 500" in get(office, case_url(old.id, "dorfdialog")).words
    assert "Wie viele leben dort? Wenige" in get(office, case_url(new.id, "dorfdialog")).words
