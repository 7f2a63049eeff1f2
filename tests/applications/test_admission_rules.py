"""What each network's rules do with a confirmed application (domain.md, section 3)."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.models import ApplicationStatus
from memberships.members.models import Holder, Membership, Representative
from memberships.networks.loading import load_definitions
from memberships.networks.queries import current_definitions
from memberships.organisations.models import Organisation
from memberships.settings import ROOT
from tests.applications.joining import AVD, BH, BW, FV, SN, joined, registered
from tests.pages import get
from tests.review.cases import case_token, mails_of, newest_event, tags
from tests.tables import all_of, only

APPROVED, WAITS = ApplicationStatus.APPROVED, ApplicationStatus.IN_REVIEW
ADMITTED_KINDS = (
    "municipality", "independent_city", "district", "municipal_association", "state_authority",
    "association", "foundation", "nonprofit_company", "informal_initiative", "cooperative",
    "university", "umbrella", "religious", "advisory_council",
)  # fmt: skip
CHECKED_KINDS = ("company", "self_employed", "federal_authority", "political_group", "other")


def test_every_kind_of_organisation_has_its_rule() -> None:
    options = current_kinds()
    assert set(ADMITTED_KINDS) | set(CHECKED_KINDS) == options


def current_kinds() -> set[str]:
    field = load_definitions(ROOT / "config" / "networks")[BW].field("organisation_kind")
    return {option.key for option in field.options}


@pytest.mark.parametrize("kind", ADMITTED_KINDS)
def test_in_bw_this_kind_is_admitted_at_once(app: Flask, kind: str) -> None:
    applied = joined(BW, organisation_kind=kind)
    application, membership = applied.row, only(Membership)
    assert (application.status, application.review_reason) == (APPROVED, None)
    assert application.decided_by_rule == "sits_inside"
    assert application.organisation_id == membership.organisation_id == only(Organisation).id
    assert (membership.holder, membership.seat_number) == (Holder.ORGANISATION, 1)
    assert only(Representative).last_name == "Müßig"


@pytest.mark.parametrize("kind", CHECKED_KINDS)
def test_in_bw_a_person_looks_at_this_kind(app: Flask, kind: str) -> None:
    applied = joined(BW, organisation_kind=kind)
    application = applied.row
    assert (application.status, application.review_reason) == (WAITS, "kind_to_check")
    assert application.due_at is not None
    assert all_of(Membership) == all_of(Organisation) == []
    assert [m.kind for m in mails_of(applied) if m.body] == ["application_received"]


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"postal_code": "01067", "active_in": "Ulm"}, "works_inside"),
        ({"postal_code": "99999", "active_in": "im ganzen Land"}, "works_inside"),
        ({"postal_code": "69434", "city": "BW:Eberbach"}, "sits_inside"),
    ],
)
def test_who_works_in_bw_is_admitted_as_who_sits_there(
    app: Flask, answers: dict[str, str], rule: str
) -> None:
    application = joined(BW, **answers).row
    assert (application.status, application.decided_by_rule) == (APPROVED, rule)


@pytest.mark.parametrize(
    "answers",
    [
        {"postal_code": "01067"},
        {"postal_code": "99999"},
        {"postal_code": "69434", "city": "HE:Hirschhorn"},
        {"postal_code": "69434", "city": "other"},
    ],
)
def test_whose_place_is_not_shown_waits_and_is_not_refused(
    app: Flask, answers: dict[str, str]
) -> None:
    application = joined(BW, **answers).row
    assert (application.status, application.review_reason) == (WAITS, "not_shown_inside")
    assert all_of(Membership) == []


def test_in_saxony_everybody_is_looked_at(app: Flask) -> None:
    application = joined(SN).row
    assert (application.status, application.review_reason) == (WAITS, "office_decides")
    assert application.answers["federal_state"] == "SN"
    assert application.answers["place"] == "Dresden"


def test_who_wants_to_stay_informed_needs_only_the_address(app: Flask) -> None:
    application = joined(FV, participation="informed").row
    assert application.status is APPROVED
    assert only(Membership).holder is Holder.PERSON


def test_who_wants_to_take_part_is_looked_at(app: Flask) -> None:
    application = joined(FV, participation="active").row
    assert application.status is WAITS
    assert all_of(Membership) == []


@pytest.mark.parametrize("slug", [BW, BH])
def test_a_second_person_of_a_member_waits_and_makes_no_second_membership(
    app: Flask, slug: str
) -> None:
    joined(slug)
    second = joined(slug, first_name="Ada", email="ada@example.org").row
    assert (second.status, second.review_reason) == (WAITS, "second_person")
    assert second.organisation_id == only(Membership).organisation_id
    assert len(all_of(Representative)) == 1


@pytest.mark.parametrize("slug", [BW, BH])
def test_the_same_person_again_is_a_member_already(app: Flask, slug: str) -> None:
    first = joined(slug, email="jm@example.org")
    again = joined(slug, email="jm@example.org")
    assert again.row.is_repeated
    assert again.row.membership_id == first.row.membership_id == only(Membership).id
    assert [m.kind for m in mails_of(again) if m.body] == ["application_repeated"]


def test_one_address_may_represent_two_organisations(app: Flask) -> None:
    joined(BW, email="buero@example.org")
    joined(BW, email="buero@example.org", organisation_name="Dialogwerk Nord")
    assert len(all_of(Membership)) == len(all_of(Representative)) == 2


def test_an_institution_of_unclear_place_waits_for_somebody_who_knows(app: Flask) -> None:
    registered("Gemeinde Beispielau", city="Beispielau", federal_state="SN")
    application = joined(BH).row
    assert (application.status, application.review_reason) == (WAITS, "organisation_unclear")
    assert application.organisation_id is None
    assert all_of(Membership) == []


def test_a_person_is_no_institution_whatever_else_was_typed(app: Flask) -> None:
    application = joined(BH, applicant_kind="person", organisation_name="").row
    assert (application.status, application.organisation_id) == (APPROVED, None)
    assert only(Membership).holder is Holder.PERSON
    assert all_of(Organisation) == []


@pytest.mark.parametrize("slug", [AVD, SN])
def test_before_somebody_has_looked_nothing_enters_the_registry(app: Flask, slug: str) -> None:
    application = joined(slug).row
    assert (application.status, application.organisation_id) == (WAITS, None)
    assert all_of(Organisation) == []


def test_the_only_match_is_linked_at_confirmation(app: Flask) -> None:
    known = registered(
        "landeshauptstadt beispielau", kind="independent_city", city="Stuttgart", federal_state="BW"
    )
    applied = joined(AVD)
    assert applied.row.organisation_id == known
    assert tags(applied) == ["submitted", "confirmed", "organisation_linked"]
    assert str(known) in newest_event(applied).record


@pytest.mark.parametrize("slug", [AVD, SN])
def test_the_form_of_ones_own_is_the_same_whether_the_organisation_is_known(
    client: FlaskClient, slug: str
) -> None:
    unknown = joined(slug, email="a@example.org", organisation_name="Stadt Neuland")
    registered("Stadt Altland", slug, city="Stuttgart", federal_state="BW")
    registered("Stadt Altland", slug, city="Dresden", federal_state="SN")
    known = joined(slug, email="b@example.org", organisation_name="Stadt Altland")
    assert known.row.organisation_id is not None
    pages = [
        get(client, f"/vorgang/{case_token(a)}/angaben").form("/angaben").fields
        for a in (unknown, known)
    ]
    names = {"organisation_name", "email"}
    assert {k: v for k, v in pages[0].items() if k not in names} == {
        k: v for k, v in pages[1].items() if k not in names
    }


@pytest.mark.parametrize("slug", [BW, BH, AVD])
def test_nothing_tells_applicants_that_their_organisation_is_a_member(
    client: FlaskClient, slug: str
) -> None:
    """The second one sees what the first of any reviewed network sees."""
    joined(slug, first_name="Wendelin", last_name="Verborgen", email="first@example.org")
    second = joined(slug, email="second@example.org")
    own = f"/vorgang/{case_token(second)}"
    page, mine, stored = (get(client, own + part) for part in ("", "/daten", "/daten.json"))
    assert (page.status, mine.status, stored.status) == (200, 200, 200)
    for text in (page.html, mine.html, stored.html, *(m.body or "" for m in mails_of(second))):
        for telling in (
            "Verborgen",
            "Wendelin",
            "second_person",
            "organisation_linked",
            "zugeordnet",
        ):
            assert telling not in text
    assert current_definitions()[slug].texts.in_review in page.words
