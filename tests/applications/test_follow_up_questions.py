"""What the postal code leaves open is asked afterwards, and only then."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from memberships.applications.models import Application, ApplicationStatus
from memberships.organisations.models import Organisation
from tests.applications.joining import ANSWERS, AVD, BW, SN, joined
from tests.pages import Page, get, new_stamp, post
from tests.review.cases import case_token
from tests.tables import all_of, is_empty, only

TWO_LAENDER, ABROAD_LAND = "69434", "01067"
FORM = "/netzwerke/{}/antrag"


def send(client: FlaskClient, slug: str, **changes: str) -> Page:
    address = FORM.format(slug)
    typed = ANSWERS[slug] | {"email": "jm@example.org"} | changes
    return post(client, address, {"stamp": new_stamp(client, address)} | typed)


def questions(page: Page) -> list[str]:
    """The labels that the box at the top leads to."""
    box = page.element("nachfrage")
    if box is None:
        return []
    alert = next(e for e in page.root if e.has_class("kern-alert--info"))
    return [a.words for a in alert if a.tag == "a"]


def test_nothing_more_is_asked_when_the_code_tells_all(client: FlaskClient) -> None:
    page = get(client, FORM.format(BW))
    assert page.element("feld-active_in") is page.element("feld-city") is None
    assert send(client, BW).status == 303
    assert only(Application).answers["postal_area"] == "inside"


def test_a_code_outside_is_a_question_and_no_mistake(client: FlaskClient) -> None:
    page = send(client, BW, postal_code=ABROAD_LAND)
    assert page.status == 422
    assert questions(page) == ["Wo in Baden-Württemberg sind Sie tätig?"]
    assert (page.errors, page.summary) == ({}, [("#feld-active_in", questions(page)[0])])
    assert page.form("/antrag").fields["organisation_name"] == "Bürgerwerkstatt Öderan"
    assert all_of(Application) == []


@pytest.mark.parametrize("answer", ["", "Ulm"])
def test_whatever_the_answer_is_the_form_is_taken(client: FlaskClient, answer: str) -> None:
    assert send(client, BW, postal_code=ABROAD_LAND, active_in=answer).status == 303
    application = only(Application)
    assert application.answers.get("active_in", "") == answer
    assert application.answers["postal_area"] == "outside"


@pytest.mark.parametrize("code", ["99999", "70550"])
def test_an_unknown_code_is_asked_about_and_taken(client: FlaskClient, code: str) -> None:
    assert questions(send(client, BW, postal_code=code)) != []
    assert send(client, BW, postal_code=code, active_in="").status == 303
    assert only(Application).answers["postal_area"] == "unknown"


def test_a_code_in_two_laender_asks_for_the_place(client: FlaskClient) -> None:
    page = send(client, BW, postal_code=TWO_LAENDER)
    assert questions(page) == ["Ort"]
    select = page.element("feld-city")
    assert select is not None
    assert [option.words for option in select if option.tag == "option"] == [
        "Bitte wählen",
        "Eberbach (Baden-Württemberg)",
        "Heddesbach (Baden-Württemberg)",
        "Hirschhorn (Hessen)",
        "Ein anderer Ort",
    ]


def test_the_chosen_place_tells_the_land(client: FlaskClient) -> None:
    assert send(client, BW, postal_code=TWO_LAENDER, city="BW:Eberbach").status == 303
    answers = only(Application).answers
    assert (answers["federal_state"], answers["place"]) == ("BW", "Eberbach")
    assert answers["postal_area"] == "inside"


@pytest.mark.parametrize("place", ["HE:Hirschhorn", "other"])
def test_a_place_outside_is_asked_about_in_turn(client: FlaskClient, place: str) -> None:
    page = send(client, BW, postal_code=TWO_LAENDER, city=place)
    assert (page.status, questions(page)) == (422, ["Wo in Baden-Württemberg sind Sie tätig?"])
    again = send(client, BW, postal_code=TWO_LAENDER, city=place, active_in="Mosbach")
    assert again.status == 303


def test_a_place_that_was_not_offered_is_a_mistake(client: FlaskClient) -> None:
    page = send(client, BW, postal_code=TWO_LAENDER, city="BY:München")
    assert page.errors == {"city": "Wählen Sie einen der angebotenen Orte aus."}
    assert all_of(Application) == []


def test_an_answer_to_what_is_not_asked_is_not_stored(client: FlaskClient) -> None:
    assert send(client, BW, city="BY:München", active_in="Mond").status == 303
    answers = only(Application).answers
    assert {"city", "active_in"} & answers.keys() == set()


def test_beside_a_mistake_the_question_is_put_too(client: FlaskClient) -> None:
    page = send(client, BW, postal_code=ABROAD_LAND, last_name="")
    assert list(page.errors) == ["last_name"]
    assert page.element("feld-active_in") is not None


def test_a_wrong_code_is_a_mistake_and_asks_nothing(client: FlaskClient) -> None:
    page = send(client, BW, postal_code="7017")
    assert page.errors == {"postal_code": "Geben Sie die Postleitzahl mit 5 Ziffern ein."}
    assert page.element("feld-active_in") is None
    assert is_empty()


def test_abroad_has_its_own_codes_and_no_places(client: FlaskClient) -> None:
    assert send(client, AVD, country="AT", postal_code="1010").status == 303
    assert "federal_state" not in only(Application).answers


def test_without_a_register_the_district_is_asked_with_suggestions(client: FlaskClient) -> None:
    page = get(client, FORM.format(SN))
    offered = page.element("feld-district-list")
    assert offered is not None
    names = [option.get("value") for option in offered if option.tag == "option"]
    assert "Meißen (Landkreis)" in names
    assert not [name for name in names if "Böblingen" in name]
    assert send(client, SN, district="Meißen (Landkreis)").status == 303
    assert only(Application).answers["district"] == "Meißen (Landkreis)"


def test_the_own_page_shows_what_the_code_told_and_asks_when_it_changes(
    client: FlaskClient,
) -> None:
    applied = joined(SN)
    own = f"/vorgang/{case_token(applied)}"
    assert "Bundesland Sachsen" in get(client, own).words
    form = get(client, f"{own}/angaben").form("/angaben")
    page = post(client, form.action, form.fields | {"postal_code": "70173"})
    assert (page.status, questions(page)) == (422, ["Wo in Sachsen sind Sie tätig?"])
    assert applied.row.answers["postal_code"] == "01067"
    done = post(client, form.action, form.fields | {"postal_code": "70173", "active_in": "Görlitz"})
    assert done.status == 303
    assert applied.row.answers["federal_state"] == "BW"
    assert applied.row.status is ApplicationStatus.IN_REVIEW
    assert all_of(Organisation) == []
