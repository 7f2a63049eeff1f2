"""Administrations have codes of their own, which only the imported register knows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memberships.territory.models import Location, Place, PostalArea
from memberships.territory.queries import all_places_of, locate, places_of, seats_of
from tests.territory.registers import LINES, district, imported, land, municipality

pytestmark = pytest.mark.usefixtures("app")

# Lübeck's administration has a code of its own; Kirschkau shares one with a town in Sachsen.
LUEBECK = [
    land("01", "Schleswig-Holstein"),
    district("01003", "Lübeck, Hansestadt", "41"),
    municipality("01003000", "Lübeck, Hansestadt", "61", "23539"),
]
KIRSCHKAU = [
    land("16", "Thüringen"),
    district("16075", "Saale-Orla-Kreis", "44"),
    municipality("16075046", "Kirschkau", "64", "07919"),
]


def located(code: str, states: set[str], city: str = "") -> Location:
    return locate(code, states=states, city=city, seats=seats_of(code))


def test_without_a_register_no_seat_is_known() -> None:
    assert seats_of("23539") == ()
    assert all_places_of("70173") == places_of("70173")


def test_a_code_of_an_administration_is_known_once_the_register_is_imported() -> None:
    assert located("23539", {"SH"}) == Location(PostalArea.UNKNOWN)
    imported(LINES + LUEBECK)
    assert located("23539", {"SH"}) == Location(PostalArea.INSIDE, "SH", "Lübeck")
    assert located("23539", {"BW"}) == Location(PostalArea.OUTSIDE, "SH", "Lübeck")


def test_a_seat_in_another_land_makes_a_code_ambiguous() -> None:
    assert located("07919", {"TH"}).area is PostalArea.OUTSIDE
    imported(LINES + KIRSCHKAU)
    both = (Place("SN", "Pausa-Mühltroff"), Place("TH", "Kirschkau"))
    assert all_places_of("07919") == both
    assert located("07919", {"TH"}) == Location(PostalArea.AMBIGUOUS, choices=both)
    chosen = Location(PostalArea.INSIDE, "TH", "Kirschkau")
    assert located("07919", {"TH"}, city="TH:Kirschkau") == chosen


def test_a_seat_in_a_known_land_adds_nothing() -> None:
    imported([*LINES, municipality("08116999", "Neudorf", "64", "70173")])
    assert seats_of("70173") == (Place("BW", "Neudorf"), Place("BW", "Stuttgart"))
    assert all_places_of("70173") == (Place("BW", "Stuttgart"),)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text())
def test_no_text_ever_raises(code: str) -> None:
    assert seats_of(code) == ()
