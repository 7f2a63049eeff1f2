"""Questions after the admission: asked gently, of today's network, never again after no thanks."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.members.models import Membership, Representative
from memberships.networks.definition import Definition
from memberships.networks.queries import current_definitions
from tests.applications.joining import BH, BW
from tests.factories import confirmed, network
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    joins_too,
    membership,
    on_a_seat,
    press,
    profile,
    tags,
)
from tests.members.showing import answers
from tests.pages import INSTITUTION, get
from tests.tables import nothing_stored, only


def test_a_new_member_is_asked_gently_and_never_again(app: Flask) -> None:
    id_ = a_member()
    client, page = profile(app)
    assert "wenn Sie mögen: Telefon für Rückfragen, Website, Themen und mehr." in page.words
    done = press(client, page, "/fragen/ablehnen")
    assert done.headers["Location"] == "/profil?stand=gefragt"
    assert "wenn Sie mögen" not in get(client, "/profil").words
    assert only(Membership).questions_declined_at is not None
    assert tags(id_)[-1] == "questions_declined"
    with nothing_stored():
        press(client, page, "/fragen/ablehnen")
    assert answers(id_, topics=["climate"])


def test_each_representative_is_asked_apart(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    client, page = profile(app)
    press(client, page, "/fragen/ablehnen")
    assert "wenn Sie mögen" not in get(client, "/profil").words
    _, page = profile(app, BEN)
    assert "wenn Sie mögen" in page.words
    assert membership(id_).questions_declined_at is None


def test_who_has_answered_one_is_not_asked_for_the_rest(app: Flask) -> None:
    id_ = a_member()
    answers(id_, topics=["climate", "digital"])
    _, page = profile(app)
    assert "wenn Sie mögen" not in page.words
    assert "Themen Klima und Energie, Digitalisierung und Online-Beteiligung" in page.words


def test_answers_are_stored_where_they_belong(app: Flask) -> None:
    id_ = a_representative()
    client, _ = profile(app)
    page = get(client, f"/profil/{id_}/angaben")
    form = page.form("/angaben")
    assert (form.fields["sector"], form.fields["level"]) == ("civil_society", "")
    typed = {"phone": "0711 555 01 00", "short_description": "Wir reden.", "contribution": "Räume"}
    assert press(client, page, "/angaben", **typed).status == 303
    row = membership(id_)
    assert row.answers["short_description"] == "Wir reden."
    assert row.answers["sector"] == "civil_society"
    assert "phone" not in row.answers
    assert only(Representative).answers["phone"] == "0711 555 01 00"
    assert row.to_check_since is None


def test_they_are_never_required_but_checked(app: Flask) -> None:
    id_ = on_a_seat()
    client, _ = profile(app)
    page = get(client, f"/profil/{id_}/angaben")
    with nothing_stored():
        wrong = press(client, page, "/angaben", short_description="x" * 601, sector="zodiac")
    assert wrong.status == 422
    assert wrong.errors == {
        "short_description": "Der Text ist 1 Zeichen zu lang. Möglich sind 600 Zeichen.",
        "sector": "Wählen Sie eine der angebotenen Antworten aus.",
    }


def test_what_only_organisations_are_asked_no_person_is(app: Flask) -> None:
    a_member()
    confirmed(INSTITUTION, email=BEN)
    person, institution = profile(app, MARA)[1], profile(app, BEN)[1]
    assert "Ihre Funktion" not in person.words
    assert "wenn Sie mögen: Ihre Funktion" in institution.words


def test_members_of_before_get_the_questions_of_today(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = network(BH).model_copy(update={"profile": ()})
    before = type(before).model_construct(
        **{name: getattr(before, name) for name in type(before).model_fields}
    )
    today = network(BH)
    monkeypatch.setitem(current_definitions(), BH, before)
    id_ = a_member()
    _, page = profile(app)
    assert "wenn Sie mögen" not in page.words
    monkeypatch.setitem(current_definitions(), BH, today)
    client, page = profile(app)
    assert "wenn Sie mögen" in page.words
    form = get(client, f"/profil/{id_}/angaben")
    sheet = next(e for e in form.root if e.tag == "link" and "/antrag/" in e.get("href"))
    assert client.get(sheet.get("href")).status_code == 200
    assert answers(id_, short_description="Neu gefragt.")
    monkeypatch.setitem(current_definitions(), BH, before)
    assert answers(id_, last_name="Anders")
    assert membership(id_).answers["short_description"] == "Neu gefragt."


def test_a_network_without_questions_asks_nothing(app: Flask) -> None:
    content = {**network(BW).model_dump(mode="json"), "profile": []}
    del content["profile"]
    older = Definition.model_validate(content)
    assert older.profile_fields == ()
    assert [f.key for f in older.with_profile_of(older, "organisation").fields] == [
        f.key for f in older.fields
    ]


def test_a_definition_with_the_labels_of_before_still_opens(app: Flask) -> None:
    content = network(BW).model_dump(mode="json")
    content["visibility"] = {"internal": "opt_in", "public_entry": ["Eintrag der Organisation"]}
    assert Definition.model_validate(content).entry_labels == {}
