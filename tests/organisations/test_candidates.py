"""Which registered organisation may be the one that somebody describes."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.database import unit_of_work
from memberships.organisations.models import Description, Organisation
from memberships.organisations.queries import (
    Verdict,
    candidates,
    only_match,
    organisation_for,
    organisations_named,
)
from memberships.organisations.services import register_organisation
from tests.tables import all_of, nothing_stored, only

SAXON = Description("Stadt Neustadt", "avd", "municipality", "", "01844", "Neustadt", "SN")
BAVARIAN = Description("Stadt Neustadt", "avd", "municipality", "", "96465", "Neustadt", "BY")
NOWHERE = Description("Stadt Neustadt", "buergerhaushalt", "municipality")


def register(*described: Description) -> list[Organisation]:
    with unit_of_work():
        for description in described:
            register_organisation(description)
    return all_of(Organisation)


def test_nobody_is_found_in_an_empty_registry(app: Flask) -> None:
    assert candidates(SAXON) == []
    assert only_match([]) is None


def test_the_same_name_in_the_same_place_is_the_same(app: Flask) -> None:
    (registered,) = register(SAXON)
    (found,) = candidates(SAXON)
    assert (found.organisation.id, found.verdict) == (registered.id, Verdict.SAME)
    assert only_match([found]) is found.organisation


def test_the_same_name_in_another_land_is_another(app: Flask) -> None:
    register(SAXON)
    assert candidates(BAVARIAN) == []


def test_without_a_place_it_may_be_any_of_that_name_and_surely_is_none(app: Flask) -> None:
    register(SAXON, BAVARIAN)
    found = candidates(NOWHERE)
    assert [candidate.verdict for candidate in found] == [Verdict.PERHAPS, Verdict.PERHAPS]
    assert only_match(found) is None


def test_a_single_perhaps_is_no_match(app: Flask) -> None:
    register(SAXON)
    assert only_match(candidates(NOWHERE)) is None


def test_beside_a_sure_one_a_doubtful_one_leaves_doubt(app: Flask) -> None:
    register(SAXON, NOWHERE)
    found = candidates(SAXON)
    assert [candidate.verdict for candidate in found] == [Verdict.SAME, Verdict.PERHAPS]
    assert only_match(found) is None


def test_two_without_a_place_are_the_same(app: Flask) -> None:
    register(NOWHERE)
    assert only_match(candidates(NOWHERE)) is not None


@pytest.mark.parametrize("kind", ["informal_initiative", "self_employed"])
def test_an_initiative_is_known_to_its_own_network_only(app: Flask, kind: str) -> None:
    here = Description("Grüner Hof", "avd", kind, "", "01844", "Neustadt", "SN")
    elsewhere = Description("Grüner Hof", "ebbs-sachsen", kind, "", "01844", "Neustadt", "SN")
    (registered,) = register(here)
    assert registered.scope == "avd"
    assert only_match(candidates(here)) is not None
    assert candidates(elsewhere) == []
    assert organisations_named("hof", "ebbs-sachsen") == []
    assert [o.id for o in organisations_named("hof", "avd")] == [registered.id]
    with unit_of_work():
        assert organisation_for("ebbs-sachsen", registered.id) is None
        assert organisation_for("avd", registered.id) is not None


def test_a_public_body_is_known_to_all_networks(app: Flask) -> None:
    (registered,) = register(SAXON)
    assert registered.scope == ""
    assert [o.id for o in organisations_named("neust", "bipar")] == [registered.id]


def test_registering_twice_gives_the_same_one(app: Flask) -> None:
    register(SAXON)
    with nothing_stored():
        register(SAXON)
    assert only(Organisation).name == "Stadt Neustadt"


def test_looking_for_nothing_finds_nothing(app: Flask) -> None:
    register(SAXON)
    assert organisations_named("", "avd") == []
    assert organisations_named("   ", "avd") == []
    assert organisations_named("%", "avd") == []
    assert organisations_named("\0", "avd") == []
