"""The office says which organisation it is; only then can it be approved."""

from __future__ import annotations

from uuid import uuid4

import pytest

from memberships.accounts.models import Account
from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    HoldsAnotherSeat,
    NoSeatToGrant,
    OrganisationUndecided,
    OrganisationUnknown,
)
from memberships.applications.models import Application, RuledOut
from memberships.applications.organisations import organisation_state
from memberships.applications.queries import answer_revision
from memberships.applications.services import (
    application_for_change,
    correct_answers,
    expected_outcome,
    grant_another_seat,
    link_new_organisation,
    link_organisation,
    receive_fields,
    request_information,
    rule_out_organisation,
)
from memberships.database import unit_of_work
from memberships.members.errors import SeatTaken
from memberships.members.models import Membership, Representative
from memberships.organisations.errors import OrganisationKnown
from memberships.organisations.models import Organisation, ToldApart
from tests.applications.joining import ANSWERS, AVD, BH, BW, FV, SN, joined, registered
from tests.factories import Applied
from tests.review.cases import (
    BIPAR,
    approve,
    case,
    decline,
    locked,
    mails_of,
    newest_event,
    tags,
    withdraw,
)
from tests.tables import all_of, nothing_stored, only
from tests.territory.registers import imported


def link(applied: Applied, organisation_id: object, by: object) -> None:
    with unit_of_work():
        link_organisation(locked(applied), organisation_id, by=by.actor)


def unclear(name: str = "Gemeinde Beispielau") -> Applied:
    """An institution without a place, and two in the registry that it may be."""
    registered(name, city="Beispielau", federal_state="SN")
    registered(name, city="Beispielau", federal_state="BY")
    return joined(BH)


def test_while_several_may_be_meant_nothing_is_approved(app, kim) -> None:
    applied = unclear()
    with nothing_stored(), pytest.raises(OrganisationUndecided):
        approve(applied, kim)


def test_what_cannot_be_approved_yet_can_be_declined(app, kim) -> None:
    applied = unclear()
    decline(applied, kim)
    assert all_of(Membership) == []


def test_the_office_says_which_one_it_is(app, kim) -> None:
    applied = unclear()
    meant = all_of(Organisation)[1].id
    link(applied, meant, kim)
    assert applied.row.organisation_id == meant
    event = newest_event(applied)
    assert (event.tag, event.actor_id) == ("application:organisation_linked", kim.account_id)
    approve(applied, kim)
    assert only(Membership).organisation_id == meant


def test_saying_the_same_again_changes_nothing(app, kim) -> None:
    applied = unclear()
    meant = all_of(Organisation)[0].id
    link(applied, meant, kim)
    with nothing_stored():
        link(applied, meant, kim)


def test_a_new_organisation_is_told_apart_by_its_place(app, kim) -> None:
    applied = unclear()
    with unit_of_work():
        link_new_organisation(locked(applied), by=kim.actor, city="Beispielau an der Ilm")
    approve(applied, kim)
    assert len(all_of(Organisation)) == 3
    assert only(Membership).organisation_id == all_of(Organisation)[2].id


def rule_out(applied: Applied, organisation_id: object, by: object) -> None:
    with unit_of_work():
        rule_out_organisation(locked(applied), organisation_id, by=by.actor)


def test_what_is_ruled_out_is_not_asked_again(app, kim) -> None:
    applied = unclear()
    first, second = (organisation.id for organisation in all_of(Organisation))
    rule_out(applied, first, kim)
    event = newest_event(applied)
    assert (event.tag, event.actor_id) == ("application:organisation_ruled_out", kim.account_id)
    state = organisation_state(applied.row)
    assert [one.organisation.id for one in state.candidates] == [second]
    with nothing_stored():
        rule_out(applied, first, kim)
    with pytest.raises(OrganisationUndecided):
        approve(applied, kim)


def test_with_the_approval_both_are_told_apart_for_everybody(app, kim) -> None:
    applied = unclear()
    first, second = (organisation.id for organisation in all_of(Organisation))
    rule_out(applied, first, kim)
    rule_out(applied, second, kim)
    assert all_of(ToldApart) == []
    approve(applied, kim)
    third = only(Membership).organisation_id
    pairs = {frozenset({one.first_id, one.second_id}) for one in all_of(ToldApart)}
    assert pairs == {frozenset({first, third}), frozenset({second, third})}
    assert {one.by_id for one in all_of(ToldApart)} == {kim.account_id}


def test_who_is_linked_to_it_after_all_was_not_ruled_out(app, kim) -> None:
    applied = unclear()
    first, second = (organisation.id for organisation in all_of(Organisation))
    rule_out(applied, first, kim)
    link(applied, first, kim)
    rule_out(applied, second, kim)
    approve(applied, kim)
    assert only(Membership).organisation_id == first
    assert {only(ToldApart).first_id, only(ToldApart).second_id} == {first, second}


def test_the_linked_one_can_be_ruled_out(app, kim) -> None:
    known = registered("Stadt Beispielau", SN, city="Dresden", federal_state="SN")
    applied = joined(SN)
    assert applied.row.organisation_id == known
    rule_out(applied, known, kim)
    assert applied.row.organisation_id is None
    approve(applied, kim)


def test_other_answers_about_the_organisation_are_looked_at_anew(app, kim) -> None:
    applied = unclear()
    rule_out(applied, all_of(Organisation)[0].id, kim)
    with unit_of_work():
        answers = locked(applied).all_answers | {"organisation_name": "Die Gemeinde Beispielau"}
        correct_answers(locked(applied), answers, seen_revision=0)
    assert all_of(RuledOut) == []


def test_the_organisation_follows_what_comes_back_to_a_question_about_it(app, kim) -> None:
    known = registered("Stadt Beispielau", SN, city="Dresden", federal_state="SN")
    applied = joined(SN)
    assert applied.row.organisation_id == known
    with unit_of_work():
        question = request_information(
            locked(applied), "", by=kim.actor, fields={"organisation_name": "Wirklich?"}
        )
    with unit_of_work():
        receive_fields(
            locked(applied),
            ANSWERS[SN] | {"organisation_name": "Bürgerverein Neudorf"},
            question_id=question.id,
            seen_revision=0,
        )
    assert applied.row.organisation_id is None
    assert tags(applied)[-3:] == [
        "information_received", "organisation_unlinked", "answers_corrected",
    ]  # fmt: skip


def test_one_of_a_decided_case_cannot_be_ruled_out(app, kim) -> None:
    applied = unclear()
    decline(applied, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable):
        rule_out(applied, all_of(Organisation)[0].id, kim)


def test_of_an_organisation_that_no_network_here_may_know_nobody_is_told(app, kim) -> None:
    private = registered("Grüner Hof", AVD, kind="informal_initiative", postal_code="70173")
    applied = unclear()
    for unknown in (private, uuid4()):
        with nothing_stored(), pytest.raises(OrganisationUnknown):
            link(applied, unknown, kim)


@pytest.mark.parametrize("slug", [AVD, SN])
def test_an_unknown_organisation_enters_the_registry_with_the_approval(app, kim, slug) -> None:
    applied = joined(slug)
    approve(applied, kim)
    organisation = only(Organisation)
    assert organisation.name == ANSWERS[slug]["organisation_name"]
    assert organisation.federal_state in {"BW", "SN"}
    assert applied.row.organisation_id == only(Membership).organisation_id == organisation.id
    assert tags(applied)[2:] == ["organisation_linked", "approved"]


def test_with_a_register_it_enters_with_the_key_of_its_municipality(app, kim) -> None:
    imported()
    applied = joined(AVD)
    approve(applied, kim)
    assert (only(Organisation).city, only(Organisation).municipality_key) == (
        "Stuttgart",
        "08111000",
    )


@pytest.mark.parametrize("slug", [BW, BH, SN])
def test_a_second_person_becomes_representative_of_the_same_membership(app, kim, slug) -> None:
    first = joined(slug, email="first@example.org")
    if slug == SN:
        approve(first, kim)
    second = joined(slug, first_name="Ada", email="second@example.org")
    approve(second, kim)
    membership = only(Membership)
    assert first.row.membership_id == second.row.membership_id == membership.id
    assert sorted(r.first_name for r in all_of(Representative)) == ["Ada", "Jörn"]
    (mail,) = mails_of(second, "application_approved")
    assert "und Sie sind Ansprechperson" in mail.body


def test_the_seat_of_the_alliance_is_held_once(app, kim) -> None:
    approve(joined(AVD, email="first@example.org"), kim)
    second = joined(AVD, email="second@example.org")
    with nothing_stored(), pytest.raises(SeatTaken):
        approve(second, kim)


def test_a_second_seat_needs_a_written_reason_that_stays(app, kim) -> None:
    approve(joined(AVD, email="first@example.org"), kim)
    second = joined(AVD, email="second@example.org")
    with unit_of_work():
        grant_another_seat(locked(second), "Zwei Dezernate.", by=kim.actor)
    assert tags(second)[-1] == "another_seat_granted"
    assert "Dezernate" not in newest_event(second).record
    approve(second, kim)
    seats = sorted((m.seat_number, m.seat_reason) for m in all_of(Membership))
    assert seats == [(1, None), (2, "Zwei Dezernate.")]


def test_the_reason_is_for_one_organisation_only(app, kim) -> None:
    approve(joined(AVD, email="first@example.org"), kim)
    second = joined(AVD, email="second@example.org")
    grant(second, kim)
    link(second, registered("Anderswo", city="Ulm", federal_state="BW"), kim)
    assert second.row.seat_reason is None


def grant(applied: Applied, by: object) -> None:
    with unit_of_work():
        grant_another_seat(locked(applied), "Zwei Dezernate.", by=by.actor)


def test_a_seat_is_granted_also_where_the_case_came_before_the_seat(app, kim) -> None:
    """Both applied before anybody was approved, so neither was linked at confirmation."""
    first, second = joined(AVD, email="a@example.org"), joined(AVD, email="b@example.org")
    approve(first, kim)
    grant(second, kim)
    approve(second, kim)
    assert sorted(m.seat_number for m in all_of(Membership)) == [1, 2]


@pytest.mark.parametrize("slug", [AVD, SN, BIPAR])
def test_where_no_seat_is_taken_none_is_granted(app, kim, slug) -> None:
    applied = joined(slug) if slug != BIPAR else case(BIPAR)
    with nothing_stored(), pytest.raises(NoSeatToGrant):
        grant(applied, kim)


def test_where_organisations_are_not_told_apart_none_is_linked(app, kim) -> None:
    applied, known = case(BIPAR), registered("Anderswo", city="Ulm", federal_state="BW")
    with nothing_stored(), pytest.raises(OrganisationUnknown):
        link(applied, known, kim)
    with nothing_stored(), pytest.raises(OrganisationUnknown), unit_of_work():
        link_new_organisation(locked(applied), by=kim.actor, city="Ulm")


def test_a_new_organisation_is_never_an_old_one(app, kim) -> None:
    joined(BW)
    second = joined(BW, email="second@example.org")
    with nothing_stored(), pytest.raises(OrganisationKnown), unit_of_work():
        link_new_organisation(locked(second), by=kim.actor)
    with unit_of_work():
        link_new_organisation(locked(second), by=kim.actor, city="Stuttgart-Vaihingen")
    assert second.row.review_reason is None
    approve(second, kim)
    assert len(all_of(Membership)) == len(all_of(Organisation)) == 2


def test_who_has_a_seat_gets_none_of_another_organisation_beside_it(app, kim) -> None:
    approve(joined(AVD, email="jm@example.org"), kim)
    other = joined(AVD, email="jm@example.org", organisation_name="Universität Beispielau")
    with nothing_stored(), pytest.raises(HoldsAnotherSeat):
        approve(other, kim)


def test_new_answers_of_a_member_hold_once_somebody_has_looked(app, kim) -> None:
    joined(FV, participation="informed", email="jm@example.org")
    again = joined(FV, participation="active", email="jm@example.org")
    approve(again, kim)
    assert only(Membership).answers["participation"] == "active"
    assert again.row.is_repeated
    (mail,) = mails_of(again, "application_repeated")
    assert "Ihre neuen Angaben gelten ab jetzt" in mail.body


def test_nobody_who_is_not_admitted_gets_an_account(app, kim) -> None:
    joined(BW, email="first@example.org")
    second = joined(BW, email="second@example.org")
    assert second.row.review_reason == "second_person"
    assert "second@example.org" not in {account.email for account in all_of(Account)}


def test_an_approval_does_only_what_was_shown(app, kim) -> None:
    first, second = joined(SN, email="a@example.org"), joined(SN, email="b@example.org")
    seen = expected_outcome(second.row)
    approve(first, kim)
    with nothing_stored(), pytest.raises(ApplicationChanged):
        approve(second, kim, expected=seen)
    approve(second, kim, expected=expected_outcome(second.row))
    assert len(all_of(Representative)) == 2


@pytest.mark.parametrize("end", [decline, lambda applied, _by: withdraw(applied)])
def test_of_a_settled_case_nothing_is_said_any_more(app, kim, end) -> None:
    other = registered("Anderswo", city="Ulm", federal_state="BW")
    applied = joined(AVD)
    end(applied, kim)
    for verb in (
        lambda a: link_organisation(a, other, by=kim.actor),
        lambda a: link_new_organisation(a, by=kim.actor, city="Ulm"),
        lambda a: grant_another_seat(a, "Zwei Dezernate.", by=kim.actor),
    ):
        with nothing_stored(), pytest.raises(ApplicationNotDecidable), unit_of_work():
            verb(locked(applied))


def test_corrected_answers_about_the_organisation_are_matched_anew(app, kim) -> None:
    known = registered("Stadt Beispielau", SN, city="Dresden", federal_state="SN")
    applied = joined(SN)
    assert applied.row.organisation_id == known
    correct(applied, organisation_name="Stadt Musterberg")
    assert applied.row.organisation_id is None
    assert "organisation_unlinked" in tags(applied)
    correct(applied, organisation_name="Stadt Beispielau")
    assert applied.row.organisation_id == known


@pytest.mark.parametrize("changes", [{"last_name": "Berg"}, {"postal_code": "01069"}])
def test_what_the_office_has_said_outlives_a_correction(app, kim, changes) -> None:
    chosen = registered("Große Kreisstadt Beispielau", SN, city="Dresden", federal_state="SN")
    applied = joined(SN)
    link(applied, chosen, kim)
    correct(applied, **changes)
    assert applied.row.organisation_id == chosen
    assert "organisation_unlinked" not in tags(applied)


def test_a_granted_seat_outlives_a_correction_of_something_else(app, kim) -> None:
    approve(joined(AVD, email="first@example.org"), kim)
    second = joined(AVD, email="second@example.org")
    grant(second, kim)
    correct(second, organisation_kind="municipality")
    assert second.row.seat_reason == "Zwei Dezernate."
    assert tags(second).count("organisation_linked") == 1


def test_a_settled_doubt_is_no_reason_to_look_any_more(app, kim) -> None:
    applied = unclear()
    assert applied.row.review_reason == "organisation_unclear"
    link(applied, all_of(Organisation)[0].id, kim)
    assert applied.row.review_reason is None


def correct(applied: Applied, **changes: str) -> None:
    with unit_of_work():
        application: Application = application_for_change(applied.row.network_id, applied.id)
        seen = answer_revision(application)
        correct_answers(
            application, ANSWERS[application.network.slug] | changes, seen_revision=seen
        )
