"""Where a postal code lies: inside, outside, ambiguous or unknown, and never an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memberships.territory.errors import TerritoryTablesMissing
from memberships.territory.loading import load_districts, load_places
from memberships.territory.models import (
    LAENDER,
    LAND_OF_NUMBER,
    Location,
    Place,
    PostalArea,
)
from memberships.territory.queries import districts_of, locate, place_key, places_of

BW = {"BW"}
# Freudenberg lies in Baden-Württemberg, Collenberg in Bayern.
IN_TWO = "97896"


def test_a_code_has_its_places_by_land_and_name() -> None:
    assert places_of("70173") == places_of(" 70173 ") == (Place("BW", "Stuttgart"),)
    assert places_of(IN_TWO) == (Place("BW", "Freudenberg"), Place("BY", "Collenberg"))
    assert len(places_of("54636")) > 30


@pytest.mark.parametrize(
    ("states", "area"),
    [
        (BW, PostalArea.INSIDE),
        ({"SN", "BW"}, PostalArea.INSIDE),
        ({"SN"}, PostalArea.OUTSIDE),
        ((), PostalArea.INSIDE),
    ],
)
def test_a_code_in_one_land_is_inside_or_outside(states: set[str], area: PostalArea) -> None:
    assert locate("70173", states=states) == Location(area, "BW", "Stuttgart")


def test_a_code_of_several_places_tells_the_land_only() -> None:
    assert locate("54636") == Location(PostalArea.INSIDE, "RP")
    assert locate("54636", city="RP:Nirgendwo") == Location(PostalArea.INSIDE, "RP")
    place = places_of("54636")[0]
    assert locate("54636", city=place_key(place)).city == place.name


@pytest.mark.parametrize("states", [BW, {"SN"}, ()])
@pytest.mark.parametrize("city", ["", "Freudenberg", "BW:Collenberg", "freudenberg"])
def test_a_code_in_two_laender_asks_for_the_place(states: set[str], city: str) -> None:
    assert locate(IN_TWO, states=states, city=city) == Location(
        PostalArea.AMBIGUOUS, choices=places_of(IN_TWO)
    )


@pytest.mark.parametrize(
    ("city", "location"),
    [
        ("BW:Freudenberg", Location(PostalArea.INSIDE, "BW", "Freudenberg")),
        ("BY:Collenberg", Location(PostalArea.OUTSIDE, "BY", "Collenberg")),
        ("other", Location(PostalArea.UNKNOWN)),
    ],
)
def test_the_chosen_place_decides(city: str, location: Location) -> None:
    assert locate(IN_TWO, states=BW, city=city) == location


# 70550 is a university's own code, 99999 nobody's.
@pytest.mark.parametrize(
    "code",
    ["70550", "99999", "", "   ", "7017", "701733", "D-70173", "７０１７３", "Stuttgart", "\0"],
)
@pytest.mark.parametrize("states", [BW, ()])
def test_an_unknown_code_is_flagged_and_never_refused(code: str, states: set[str]) -> None:
    assert locate(code, states=states) == Location(PostalArea.UNKNOWN)


@pytest.mark.parametrize("code", ["8010", "70173", "", "SW1A 1AA"])
def test_the_country_comes_first(code: str) -> None:
    assert locate(code, country="AT", states=BW) == Location(PostalArea.UNKNOWN)
    assert locate(code, country="AT") == Location(PostalArea.INSIDE)


@pytest.mark.parametrize("country", ["DE", "de ", ""])
def test_without_a_country_a_code_is_german(country: str) -> None:
    assert locate("70173", country=country, states=BW).area is PostalArea.INSIDE


@given(st.text(), st.text() | st.just("DE"), st.text())
def test_no_text_ever_raises(code: str, country: str, city: str) -> None:
    assert locate(code, country=country, city=city, states=BW).area in PostalArea


def test_the_laender_are_sixteen_and_every_one_has_codes() -> None:
    assert len(LAENDER) == 16
    assert set(LAND_OF_NUMBER.values()) == set(LAENDER)


def test_districts_are_listed_by_name_with_their_kind() -> None:
    districts = districts_of("SN")
    assert len(districts) == 13
    labels = [district.label for district in districts]
    assert labels[:2] == ["Bautzen (Landkreis)", "Chemnitz (Kreisfreie Stadt)"]
    assert {d.key[:2] for d in districts} == {"14"}
    assert districts_of("XX") == ()


def test_without_its_table_the_districts_are_none(tmp_path: Path) -> None:
    assert load_districts(tmp_path) == {}


def test_without_the_postal_codes_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TerritoryTablesMissing, match=r"postal_codes\.csv .* make territory"):
        load_places(tmp_path)
