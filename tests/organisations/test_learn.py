"""What the registry learns of an organisation, and what it does not."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.applications.services import approve_application, link_organisation
from memberships.database import unit_of_work
from memberships.events.models import SYSTEM, Event
from memberships.organisations.errors import NameKnown, NameUnknown, OrganisationsAreOne
from memberships.organisations.models import (
    Description,
    NameKind,
    OrganisationDomain,
    OrganisationKey,
    OrganisationName,
    ToldApart,
)
from memberships.organisations.queries import (
    are_apart,
    candidates,
    only_match,
    organisation_for,
    organisations_named,
)
from memberships.organisations.services import add_name, learn, learn_name, remove_name
from tests.applications.joining import AVD, joined
from tests.members.cases import lead
from tests.organisations.registry import (
    BRIDGE,
    MILL,
    merged,
    network_of,
    registered,
    row,
    told_apart,
)
from tests.review.cases import locked
from tests.tables import all_of, nothing_stored, only, statements


def test_a_name_is_learned_when_the_case_is_approved_and_not_before(app: Flask) -> None:
    known = registered(MILL)
    applied = joined(AVD, organisation_name="Mühlenwerk", email="mara@muehlenwerk.example")
    by = lead(AVD)
    with unit_of_work():
        link_organisation(locked(applied), known, by=by)
    assert all_of(OrganisationName) == all_of(OrganisationDomain) == []
    with unit_of_work():
        approve_application(locked(applied), by=by)
    assert (only(OrganisationName).name, only(OrganisationName).kind) == (
        "Mühlenwerk",
        NameKind.OTHER,
    )
    assert only(OrganisationDomain).domain == "muehlenwerk.example"
    (found,) = candidates(Description("Mühlenwerk", "bipar", postal_code="70173"))
    assert (found.organisation.id, found.via_name) == (known, "Mühlenwerk")


@pytest.mark.parametrize("kind", ["informal_initiative", "self_employed"])
def test_an_initiative_teaches_nothing_about_what_all_know(app: Flask, kind: str) -> None:
    known = registered(MILL)
    with nothing_stored(), unit_of_work():
        learn(row(known), Description("Mara Musterfrau", "avd", kind, domain="mara.example"))


def test_nothing_is_learned_twice_and_no_public_mail_domain(app: Flask) -> None:
    known = registered(MILL)
    with nothing_stored(), unit_of_work():
        learn(row(known), Description(MILL.name.upper(), "avd", domain="gmx.de"))
        learn_name(row(known), "BÜRGERWERKSTATT  Mühlental")
        learn_name(row(known), "  ")


def test_a_name_that_staff_add_is_found_and_gone_when_they_remove_it(app: Flask) -> None:
    known, network = registered(MILL), network_of(AVD)
    with unit_of_work():
        add_name(row(known), "Alte Mühle", NameKind.FORMER, network_id=network.id, by=SYSTEM)
    assert [o.id for o in organisations_named("alte mü", "bipar")] == [known]
    with nothing_stored(), pytest.raises(NameKnown), unit_of_work():
        add_name(row(known), "alte muehle", NameKind.SHORT, network_id=network.id, by=SYSTEM)
    name_id, other = only(OrganisationName).id, registered(BRIDGE)
    with nothing_stored(), pytest.raises(NameUnknown), unit_of_work():
        remove_name(row(other), name_id, network_id=network.id, by=SYSTEM)


def test_removing_a_name_removes_what_it_was_found_by(app: Flask) -> None:
    known, network = registered(MILL), network_of(AVD)
    before = [key.key for key in all_of(OrganisationKey)]
    with unit_of_work():
        add_name(row(known), "Alte Mühle", NameKind.FORMER, network_id=network.id, by=SYSTEM)
    with unit_of_work():
        remove_name(row(known), only(OrganisationName).id, network_id=network.id, by=SYSTEM)
    assert all_of(OrganisationName) == []
    assert [key.key for key in all_of(OrganisationKey)] == before
    assert [e.tag for e in all_of(Event)] == [
        "organisation:name_added",
        "organisation:name_removed",
    ]


def test_who_was_told_apart_is_not_asked_about_again(app: Flask) -> None:
    one, other = registered(MILL), registered(BRIDGE)
    again = Description(
        "Bürgerwerkstatt Mühlental", "avd", "association", "DE", "70173", "Stuttgart", "BW"
    )
    assert candidates(again, known=row(other)) != []
    told_apart(one, other)
    assert are_apart(row(one), row(other))
    assert are_apart(row(other), row(one))
    assert candidates(again, known=row(other)) == []
    assert only_match(candidates(again)) is not None
    with nothing_stored():
        told_apart(other, one)
    assert len(all_of(Event)) == 2


def test_what_was_told_apart_stays_so_after_a_merge(app: Flask) -> None:
    one, other = registered(MILL), registered(BRIDGE)
    third = registered(Description("Stadt Beispielau", "avd", "municipality"))
    told_apart(one, other)
    merged(third, other)
    assert are_apart(row(one), row(third))


def test_one_organisation_is_not_told_apart_from_itself(app: Flask) -> None:
    one, other = registered(MILL), registered(BRIDGE)
    merged(one, other)
    for left, right in ((one, one), (one, other)):
        with nothing_stored(), pytest.raises(OrganisationsAreOne):
            told_apart(left, right)
    assert all_of(ToldApart) == []


def _numbered(n: int) -> Description:
    return Description(f"{MILL.name} {n}", "avd", "association", "DE", "70173", "Stuttgart", "BW")


def test_looking_takes_three_statements_however_many_there_are(app: Flask) -> None:
    with statements() as nobody:
        candidates(MILL)
    for n in range(30):
        registered(
            Description(f"{MILL.name} {n}", "avd", "association", "DE", "70173", "Stuttgart", "BW")
        )
    with statements() as many:
        assert len(candidates(MILL)) > 1
    assert (len([s for s in nobody if "SELECT" in s]), len([s for s in many if "SELECT" in s])) == (
        1,
        3,
    )


@pytest.mark.parametrize(
    "name",
    ["", "x", "???", "\u202e\u200f", "\u200b", "ａｂｃ", "Ж" * 400, "a" * 10_000, "\x00", "\ud800"],
)
def test_bad_names_find_nothing_and_raise_nothing(app: Flask, name: str) -> None:
    registered(MILL)
    assert candidates(Description(name, "avd", domain="http://x/y")) == []


def test_a_network_finds_nothing_that_only_another_may_know(app: Flask) -> None:
    private = registered(Description("Runde am Fluss", "avd", "informal_initiative"))
    with unit_of_work():
        assert organisation_for("bipar", private) is None
    assert candidates(Description("Runde am Flus", "bipar")) == []
    assert [c.organisation.id for c in candidates(Description("Runde am Fluss", "avd"))] == [
        private
    ]
