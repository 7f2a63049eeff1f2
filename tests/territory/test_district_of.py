"""The district comes from the imported register, and only when it is sure."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memberships.territory.queries import (
    district_of,
    has_register,
    municipality_key,
    municipality_of,
)
from tests.tables import statements
from tests.territory.registers import LINES, district, imported, municipality

pytestmark = pytest.mark.usefixtures("app")


def name_of(*known: str) -> str | None:
    found = district_of(*known)
    return found.name if found else None


def test_without_a_register_no_district_is_known() -> None:
    assert not has_register()
    assert district_of("70173", "Stuttgart", "BW") is None


@pytest.mark.parametrize(
    ("known", "name"),
    [
        (("70173", "Stuttgart", "BW"), "Stuttgart, Stadtkreis"),
        (("70173", "stuttgart, Landeshauptstadt", "BW"), "Stuttgart, Stadtkreis"),
        # Not the code of the seat, but the only Stuttgart.
        (("70619", "Stuttgart", "BW"), "Stuttgart, Stadtkreis"),
        # Two of one name: the code of the seat decides, and any other code does not.
        (("71155", "Altdorf", "BW"), "Böblingen"),
        (("72655", "Altdorf", "BW"), "Esslingen"),
        (("70173", "Altdorf", "BW"), None),
        # A longer official name.
        (("08261", "Schöneck", "SN"), "Vogtlandkreis"),
        # A part of a town; no place; no Land: the code tells them.
        (("70173", "Stuttgart-Ost", "BW"), "Stuttgart, Stadtkreis"),
        (("70173", "Nirgendwo", "BW"), "Stuttgart, Stadtkreis"),
        (("70173",), "Stuttgart, Stadtkreis"),
        # A code in two Länder tells nothing by itself.
        (("97896",), None),
        (("97896", "Freudenberg", "BW"), "Main-Tauber-Kreis"),
        (("97896", "", "BW"), "Main-Tauber-Kreis"),
        (("97896", "Collenberg", "BY"), None),
        # The Land does not fit, or is none.
        (("70173", "Stuttgart", "SN"), None),
        (("70173", "Stuttgart", "Baden-Württemberg"), None),
        # The seat's code of a municipality that the tables do not have there.
        (("07952", "Pausa-Mühltroff", "SN"), "Vogtlandkreis"),
        (("99999", "Stuttgart", "BW"), "Stuttgart, Stadtkreis"),
        (("", "Stuttgart", "BW"), None),
    ],
)
def test_the_register_tells_the_district(known: tuple[str, ...], name: str | None) -> None:
    imported()
    assert name_of(*known) == name


def test_a_code_whose_places_lie_in_two_districts_tells_none() -> None:
    imported([*LINES, municipality("08116999", "Neudorf", "64", "70173")])
    assert name_of("70173") is None
    assert name_of("70173", "Neudorf", "BW") == "Esslingen"


def test_a_longer_name_far_away_is_not_meant() -> None:
    imported([*LINES, municipality("14523999", "Neustadt in Sachsen", "64", "01844")])
    assert name_of("08261", "Neustadt", "SN") == "Vogtlandkreis"
    assert name_of("01999", "Neustadt", "SN") == "Vogtlandkreis"
    assert name_of("09999", "Neustadt", "SN") is None


@pytest.mark.parametrize(
    ("known", "key"),
    [
        (("70173", "Stuttgart", "BW"), "08111000"),
        (("70619", "stuttgart, Landeshauptstadt", "BW"), "08111000"),
        # Two of one name: the code of the seat decides, and any other code does not.
        (("71155", "Altdorf", "BW"), "08115002"),
        (("72655", "Altdorf", "BW"), "08116005"),
        (("70173", "Altdorf", "BW"), ""),
        # Only the beginning of a name; a part of a town; nothing.
        (("08261", "Schöneck", "SN"), ""),
        (("70173", "Stuttgart-Ost", "BW"), ""),
        (("70173", "", "BW"), ""),
        (("01067", "Stuttgart", "BW"), ""),
        (("70173", "Stuttgart", "SN"), ""),
    ],
)
def test_the_register_tells_the_municipality(known: tuple[str, str, str], key: str) -> None:
    assert municipality_of(*known) == ""
    imported()
    assert municipality_of(*known) == key


def test_the_district_is_told_with_key_kind_and_land() -> None:
    imported()
    found = district_of("71155", "Altdorf", "BW")
    assert found is not None
    assert (found.key, found.kind, found.land) == ("08115", "Landkreis", "BW")
    assert found.label == "Böblingen (Landkreis)"


def test_it_takes_one_statement() -> None:
    imported()
    with statements() as sent:
        district_of("70173", "Stuttgart", "BW")
    assert len([statement for statement in sent if "SELECT" in statement]) == 1


def test_that_there_is_a_register_is_asked_once(app: Flask) -> None:
    assert not has_register()
    imported()
    assert has_register()
    with statements() as sent:
        assert has_register()
    assert sent == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Altdorf b.Nürnberg", "Altdorf bei Nürnberg"),
        ("Simmern/ Hunsrück, Stadt", "Simmern/Hunsrück"),
        ("Halle (Saale), Stadt", "HALLE (SAALE)"),
        ("Weißwasser/O.L., Stadt / Běła Woda", "Weisswasser O.L."),
    ],
)
def test_names_are_compared_without_title_case_and_small_words(one: str, other: str) -> None:
    assert municipality_key(one) == municipality_key(other)


def test_a_name_of_small_words_only_keeps_them() -> None:
    assert municipality_key("Am") == "am"
    assert municipality_key("") == municipality_key("–, Stadt") == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(), st.text(), st.sampled_from(["BW", "", "\0", "ÄÖ"]) | st.text())
def test_no_text_ever_raises(code: str, city: str, land: str) -> None:
    assert district_of(code, city, land) is None
    assert district_of("99999", city, "BW") is None


def test_a_town_and_the_landkreis_around_it_can_be_told_apart() -> None:
    extra = [district("14999", "Stuttgart", "44"), municipality("14999001", "Dorf", "64", "01099")]
    imported([*LINES, *extra])
    found = [district_of("70173", "Stuttgart", "BW"), district_of("01099", "Dorf", "SN")]
    assert [f.label for f in found if f] == ["Stuttgart (Stadtkreis)", "Stuttgart (Landkreis)"]
