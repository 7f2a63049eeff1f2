"""The case page says which organisation it is and what it holds; the office decides on both."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.models import ApplicationStatus
from memberships.members.models import Membership, Representative
from memberships.organisations.models import Organisation
from memberships.permissions import Role
from tests.applications.joining import AVD, BH, BW, SN, joined, registered
from tests.factories import Applied
from tests.pages import Page, get, post
from tests.review.cases import (
    approve,
    case_url,
    decline,
    mails_of,
    send,
    signed_in,
    staff,
    token_on,
)
from tests.tables import all_of, nothing_stored, only


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.COORDINATOR, AVD, BH, BW, SN, name="Kim Adler"))


def panel(page: Page) -> str:
    """What the case page says about the organisation."""
    heading = page.element("organisation")
    assert heading is not None
    return next(
        e.words for e in page.root if e.get("aria-labelledby") == "organisation"
    ).removeprefix("Organisation ")


def test_an_unknown_organisation_is_called_new(office: FlaskClient) -> None:
    page = get(office, case_url(joined(SN), SN))
    assert panel(page).startswith("Noch nicht im Verzeichnis. Mit der Aufnahme kommt sie")


def test_a_linked_one_is_named_with_its_place(office: FlaskClient) -> None:
    registered("Stadt Beispielau", SN, city="Dresden", federal_state="SN")
    page = get(office, case_url(joined(SN), SN))
    assert panel(page).startswith("Stadt Beispielau Dresden, SN")


def test_a_second_person_is_announced_as_such(app: Flask, office: FlaskClient) -> None:
    joined(BW, first_name="Ada", last_name="Erste")
    second = joined(BW)
    page = get(office, case_url(second, BW))
    assert "Ansprechperson: Ada Erste" in panel(page)
    assert "wird Jörn Müßig weitere Ansprechperson" in panel(page)
    assert "Prüfen Sie, ob eine weitere Ansprechperson dazukommt." in page.words

    address = case_url(second, BW, "aufnehmen")
    preview = get(office, address)
    assert send(office, address, {}).status == 303
    (mail,) = mails_of(second, "application_approved")
    shown = next(e.text for e in preview.root if e.has_class("app-mail"))
    assert shown.splitlines()[:6] == mail.body.splitlines()[:6]
    assert len(all_of(Representative)) == 2
    assert only(Membership).organisation_name == "Bürgerwerkstatt Öderan"


def ambiguous() -> Applied:
    registered("Gemeinde Beispielau", city="Beispielau", federal_state="SN")
    registered("Gemeinde Beispielau", city="Beispielau", federal_state="BY")
    return joined(BH)


def test_while_it_is_open_which_one_it_is_the_page_asks(office: FlaskClient) -> None:
    applied = ambiguous()
    page = get(office, case_url(applied, BH))
    assert "Nicht eindeutig, welche Organisation es ist." in page.words
    assert "Angabe Im Antrag Im Verzeichnis Name Gemeinde Beispielau" in panel(page)
    assert "Vielleicht dieselbe: " in panel(page)
    refused = get(office, case_url(applied, BH, "aufnehmen"))
    assert (refused.status, refused.notice) == (409, "Welche Organisation ist es?")


def test_the_office_chooses_and_approves(office: FlaskClient) -> None:
    applied = ambiguous()
    meant = all_of(Organisation)[1].id
    done = send(office, case_url(applied, BH), {"organisation": str(meant)}, ending="/organisation")
    assert done.status == 303
    assert send(office, case_url(applied, BH, "aufnehmen"), {}).status == 303
    assert only(Membership).organisation_id == meant


def test_the_office_says_that_it_is_a_new_one(office: FlaskClient) -> None:
    applied = ambiguous()
    typed = {"organisation": "neu", "city": "Beispielau an der Ilm"}
    assert send(office, case_url(applied, BH), typed, ending="/organisation").status == 303
    assert applied.row.organisation_id == all_of(Organisation)[2].id


def test_one_after_the_other_is_ruled_out_by_a_click(office: FlaskClient) -> None:
    applied = ambiguous()
    first, second = (organisation.id for organisation in all_of(Organisation))
    address = case_url(applied, BH)
    for id_ in (first, second):
        fields = {"organisation": str(id_)}
        assert send(office, address, fields, ending="/jemand-anderes").status == 303
    page = get(office, address)
    assert panel(page).startswith("Noch nicht im Verzeichnis.")
    assert "Eine Organisation des Verzeichnisses ausgeschlossen" in page.words
    assert send(office, case_url(applied, BH, "aufnehmen"), {}).status == 303
    assert only(Membership).organisation_id not in {first, second}


def test_what_differs_is_marked_and_who_is_a_member_is_said(office: FlaskClient, kim) -> None:
    approve(joined(AVD), kim)
    applied = joined(
        AVD, organisation_name="Amt für Beteiligung Beispielau", email="second@example.org"
    )
    page = get(office, case_url(applied, AVD))
    assert "Mitglied seit" in panel(page)
    assert "Amt" in [e.words for e in page.root if e.tag == "mark"]


def test_another_unit_takes_another_seat_for_a_reason(office: FlaskClient, kim) -> None:
    approve(joined(AVD), kim)
    first = only(Membership).organisation_id
    applied = joined(
        AVD, organisation_name="Amt für Beteiligung Beispielau", email="second@example.org"
    )
    address = case_url(applied, AVD)
    with nothing_stored():
        refused = send(office, address, {"seat_reason": " "}, ending="/andere-einheit")
    assert refused.status == 422
    assert refused.errors["seat_reason"].startswith("Schreiben Sie, warum")
    typed = {"seat_reason": "Der Netzbetrieb beteiligt eigens."}
    assert send(office, address, typed, ending="/andere-einheit").status == 303
    assert send(office, case_url(applied, AVD, "aufnehmen"), {}).status == 303
    seats = [(m.organisation_id, m.seat_number) for m in all_of(Membership)]
    assert seats == [(first, 1), (first, 2)]


@pytest.mark.parametrize("ending", ["jemand-anderes", "andere-einheit"])
def test_what_nobody_knows_can_neither_be_ruled_out_nor_have_units(
    office: FlaskClient, ending: str
) -> None:
    applied = ambiguous()
    fields = get(office, case_url(applied, BH)).form("/jemand-anderes").fields
    for organisation in ("x", "", str(uuid4())):
        typed = {"organisation": organisation, "seat_reason": "Eigene Einheit."}
        with nothing_stored():
            page = post(office, case_url(applied, BH, ending), fields | typed)
        assert page.status == 422
        assert page.summary


def test_a_new_one_of_the_same_place_is_refused_beside_the_field(office: FlaskClient) -> None:
    joined(BW)
    second = joined(BW, email="second@example.org")
    page = get(office, case_url(second, BW) + "?organisation=x")
    typed = page.form("/organisation").fields | {"organisation": "neu"}
    with nothing_stored():
        refused = post(office, case_url(second, BW, "organisation"), typed)
    assert refused.status == 422
    assert refused.errors["city"].startswith("Eine Organisation mit diesem Namen und Ort gibt es")


def test_a_reason_that_came_too_late_is_not_lost(office: FlaskClient, kim) -> None:
    approve(joined(AVD, email="first@example.org"), kim)
    second = joined(AVD, email="second@example.org")
    form = get(office, case_url(second, AVD)).form("/sitz")
    decline(second, kim)
    typed = form.fields | {"seat_reason": "Zwei Dezernate."}
    refused = post(office, case_url(second, AVD, "sitz"), typed)
    assert (refused.status, refused.notice) == (409, "Jemand war schneller")
    assert "Zwei Dezernate." in refused.words


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"organisation": ""}, "Wählen Sie aus, welche Organisation es ist."),
        ({"organisation": "irgendwas"}, "Wählen Sie aus, welche Organisation es ist."),
        ({"organisation": str(uuid4())}, "Diese Organisation kennt das Netzwerk nicht."),
        ({"organisation": "neu", "city": "x" * 121}, "Der Ort ist zu lang."),
        ({"organisation": "neu", "city": "a\u202eb"}, "Der Text enthält Steuerzeichen"),
    ],
)
def test_a_wrong_choice_is_told_beside_the_field_and_changes_nothing(
    office: FlaskClient, typed: dict[str, str], message: str
) -> None:
    applied = ambiguous()
    with nothing_stored():
        page = send(office, case_url(applied, BH), typed, ending="/organisation")
    assert page.status == 422
    assert message in page.words
    assert message in " ".join(text for _, text in page.summary)


def test_a_private_organisation_of_another_network_cannot_be_chosen(office: FlaskClient) -> None:
    private = registered("Grüner Hof", AVD, kind="informal_initiative", postal_code="70173")
    applied = ambiguous()
    with nothing_stored():
        page = send(
            office, case_url(applied, BH), {"organisation": str(private)}, ending="/organisation"
        )
    assert page.status == 422
    assert "Grüner Hof" not in get(office, case_url(applied, BH) + "?organisation=hof").words


def test_an_organisation_under_another_name_is_found_by_searching(office: FlaskClient) -> None:
    known = registered("Große Kreisstadt Beispielau", SN, city="Dresden", federal_state="SN")
    applied = joined(SN)
    page = get(office, case_url(applied, SN) + "?organisation=BEISPIEL")
    assert "Große Kreisstadt Beispielau" in panel(page)
    done = post(
        office,
        case_url(applied, SN, "organisation"),
        page.form("/organisation").fields | {"organisation": str(known)},
    )
    assert done.status == 303
    assert applied.row.organisation_id == known


def test_a_search_without_a_hit_says_so(office: FlaskClient) -> None:
    page = get(office, case_url(joined(SN), SN) + "?organisation=%25")
    assert "Keine Organisation mit „%“ im Namen." in panel(page)


def test_a_taken_seat_needs_a_written_reason(office: FlaskClient, kim) -> None:
    approve(joined(AVD, first_name="Ada", last_name="Erste"), kim)
    applied = joined(AVD)
    address = case_url(applied, AVD)
    assert "Sitz: Ada Erste" in panel(get(office, address))
    refused = get(office, f"{address}/aufnehmen")
    assert (refused.status, refused.notice) == (409, "Der Sitz ist besetzt")

    with nothing_stored():
        empty = send(office, address, {}, ending="/sitz")
    assert empty.errors == {"seat_reason": "Schreiben Sie, warum es einen weiteren Sitz gibt."}
    typed = {"seat_reason": "Zwei Dezernate mit eigenem Auftrag."}
    assert send(office, address, typed, ending="/sitz").status == 303
    assert send(office, f"{address}/aufnehmen", {}).status == 303
    assert sorted(str(m.seat_reason) for m in all_of(Membership)) == [
        "None",
        "Zwei Dezernate mit eigenem Auftrag.",
    ]


@pytest.mark.parametrize(
    ("verb", "typed"),
    [
        ("organisation", {"organisation": "neu", "city": "Ulm"}),
        ("sitz", {"seat_reason": "Zwei Dezernate."}),
    ],
)
def test_a_case_that_was_decided_meanwhile_is_left_alone(
    office: FlaskClient, kim, verb: str, typed: dict[str, str]
) -> None:
    applied = joined(AVD)
    page = get(office, case_url(applied, AVD))
    seen = {"version": str(applied.row.version), "csrf_token": token_on(page)}
    approve(applied, kim)
    with nothing_stored():
        refused = post(office, case_url(applied, AVD, verb), seen | typed)
    assert (refused.status, refused.notice) == (409, "Jemand war schneller")


def test_who_only_reads_sees_the_organisation_and_no_button(app: Flask) -> None:
    applied = ambiguous()
    reader = signed_in(app, staff(Role.READER, BH))
    page = get(reader, case_url(applied, BH))
    assert page.status == 200
    assert [f.action for f in page.forms if f.action.endswith(("/organisation", "/sitz"))] == []


def test_a_person_has_no_panel(office: FlaskClient) -> None:
    applied = joined(BH, applicant_kind="person", organisation_name="")
    assert applied.row.status is ApplicationStatus.APPROVED
    assert get(office, case_url(applied, BH)).element("organisation") is None
