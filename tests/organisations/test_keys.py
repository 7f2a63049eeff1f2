"""What makes two names, and two places, the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memberships.organisations.keys import is_vague, name_key, place_key
from memberships.organisations.models import Description


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Bürgerstiftung Talheim", "BÜRGERSTIFTUNG  Talheim"),
        ("Bürgerstiftung Talheim", "Buergerstiftung Talheim"),
        ("Verein für Dialog e. V.", "Verein für Dialog"),
        ("Verein für Dialog e.V.", "Verein für Dialog (eV)"),
        ("Dialogwerk gGmbH", "Dialogwerk gemeinnützige GmbH"),
        ("Bürger-Energie Nord eG", "Bürger Energie Nord"),
        ("Straße der Ideen", "Strasse der Ideen"),
        ("Cafe\u0301 Mitte", "Café Mitte"),
    ],
)
def test_case_umlauts_punctuation_and_legal_form_make_no_difference(left: str, right: str) -> None:
    assert name_key(left) == name_key(right) != ""


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Gemeinde Neustadt", "Stadt Neustadt"),
        ("AG Bürgerbeteiligung", "Bürgerbeteiligung"),
        ("Ortsverein 1", "Ortsverein 2"),
        ("Universität Beispielstadt", "Universitätsklinikum Beispielstadt"),
        ("e. V.", "gGmbH"),
        ("!!!", "???"),
    ],
)
def test_what_is_not_the_same_name_stays_apart(left: str, right: str) -> None:
    assert name_key(left) != name_key(right)


@given(st.text(min_size=1, max_size=300))
def test_no_name_raises_and_none_has_an_empty_key(name: str) -> None:
    key = name_key(name)
    assert key == name_key(name)
    assert len(key) <= 400
    assert key


def described(**known: str) -> Description:
    return Description(name="Rat", scope="avd", **known)


def test_a_place_is_its_land_and_name() -> None:
    stuttgart = described(postal_code="70173", city="Stuttgart", federal_state="BW")
    assert place_key(stuttgart) == "BW:stuttgart"
    assert place_key(described(postal_code="70174", city="STUTTGART", federal_state="BW")) == (
        place_key(stuttgart)
    )


def test_the_same_place_name_in_two_laender_is_two_places() -> None:
    bavarian = described(city="Neustadt", federal_state="BY")
    saxon = described(city="Neustadt", federal_state="SN")
    assert place_key(bavarian) != place_key(saxon)


def test_abroad_the_country_tells_places_apart() -> None:
    austrian = described(country="AT", postal_code="1010")
    swiss = described(country="CH", postal_code="1010")
    assert place_key(austrian) != place_key(swiss) != place_key(described(postal_code="10100"))


@pytest.mark.parametrize("known", [{}, {"postal_code": "70550"}, {"city": "Neustadt"}])
def test_a_place_without_a_land_may_be_any_other(known: dict[str, str]) -> None:
    assert is_vague(place_key(described(**known)))


def test_a_place_with_its_land_is_itself() -> None:
    assert not is_vague(place_key(described(city="Neustadt", federal_state="SN")))


@given(st.text(max_size=300), st.text(max_size=20), st.sampled_from(["", "AT"]))
def test_no_place_has_a_key_that_is_too_long(city: str, code: str, country: str) -> None:
    described = Description("Rat", "avd", "", country, code, city, "BW" if city else "")
    assert len(place_key(described)) <= 160


def test_letters_that_grow_are_cut() -> None:
    assert len(place_key(Description("Rat", "avd", "", "AT", "\ufdfa" * 10, "", ""))) == 160
