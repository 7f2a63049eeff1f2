"""From a postal code to its Land, its places and its district.

Postal codes and the list of districts are tables made at set-up; which municipality belongs to
which district is known once the official register was imported.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from functools import cache
from typing import TypeVar

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import contains_eager

from memberships.database import db
from memberships.search import fold
from memberships.territory.loading import TABLES, load_districts, load_places
from memberships.territory.models import (
    District,
    Location,
    Place,
    PostalArea,
    TerritoryDistrict,
    TerritoryMunicipality,
)

_T = TypeVar("_T")

OTHER_PLACE = "other"
_REGISTER = "territory_register"
_SECONDS = 60
# Names are abbreviated differently: "Altdorf b.Nürnberg" is "Altdorf bei Nürnberg".
_SMALL_WORDS = {"a", "am", "an", "b", "bei", "d", "dem", "den", "der", "i", "im", "in", "v", "vor"}


@cache
def places_by_code() -> Mapping[str, tuple[Place, ...]]:
    """The places of every German postal code. Raises TerritoryTablesMissing before set-up."""
    return load_places(TABLES)


@cache
def _districts() -> Mapping[str, tuple[District, ...]]:
    return load_districts(TABLES)


def places_of(postal_code: str) -> tuple[Place, ...]:
    """The places of a German postal code, sorted by Land, then name; none for an unknown code.

    Raises TerritoryTablesMissing when set-up has not built the tables, as all below that read them.
    """
    return places_by_code().get(postal_code.strip(), ())


def place_key(place: Place) -> str:
    """The key under which a place is chosen in a form, such as "TH:Kirschkau"."""
    return f"{place.land}:{place.name}"


def seats_of(postal_code: str) -> tuple[Place, ...]:
    """The municipalities of the imported register whose administration has this code.

    Many administrations have a code of their own, which no table of areas holds. For `locate`.
    """
    code = postal_code.strip()
    if not re.fullmatch(r"[0-9]{5}", code):
        return ()
    rows = db.session.execute(
        sa.select(TerritoryMunicipality.land, TerritoryMunicipality.name).where(
            TerritoryMunicipality.seat_postal_code == code
        )
    )
    return tuple(sorted(Place(land, name.partition(",")[0]) for land, name in rows))


def all_places_of(postal_code: str) -> tuple[Place, ...]:
    """`places_of`, and of the Länder that it does not know of this code, `seats_of`."""
    return _with_seats(places_of(postal_code), seats_of(postal_code))


def locate(
    postal_code: str,
    *,
    country: str = "DE",
    city: str = "",
    states: Collection[str] = (),
    seats: Collection[Place] = (),
) -> Location:
    """Where a postal code lies, seen from a network of these Länder (none given: all Germany).

    The country comes first: abroad is inside for a network without Länder, and unknown otherwise,
    for a coordinator to judge. A code in two Länder stays ambiguous until `city` is the key of one
    of its places, or "other", which makes it unknown. Codes of large recipients are unknown.
    `seats` (of `seats_of`) adds places in Länder that the table does not know of this code.
    """
    if country.strip().upper() not in {"", "DE"}:
        return Location(PostalArea.UNKNOWN if states else PostalArea.INSIDE)
    places = _with_seats(places_of(postal_code), seats)
    chosen = tuple(place for place in places if place_key(place) == city)
    if not chosen and len({place.land for place in places}) > 1:
        if city == OTHER_PLACE:
            return Location(PostalArea.UNKNOWN)
        return Location(PostalArea.AMBIGUOUS, choices=places)
    return _located(chosen or places, states)


def _with_seats(places: tuple[Place, ...], seats: Collection[Place]) -> tuple[Place, ...]:
    laender = {place.land for place in places}
    return tuple(sorted([*places, *(seat for seat in seats if seat.land not in laender)]))


def _located(places: tuple[Place, ...], states: Collection[str]) -> Location:
    if not places:
        return Location(PostalArea.UNKNOWN)
    land = places[0].land
    inside = not states or land in states
    return Location(
        PostalArea.INSIDE if inside else PostalArea.OUTSIDE,
        federal_state=land,
        city=places[0].name if len(places) == 1 else "",
    )


def districts_of(land: str) -> tuple[District, ...]:
    """The districts of a Land by name; none when set-up could not bring their table."""
    return _districts().get(land, ())


def has_register() -> bool:
    """Whether the official register was imported. Once it was, no query asks again.

    Until then one query a minute does: forms are opened all the time.
    """
    found: bool
    found, asked_at = current_app.extensions.get(_REGISTER, (False, float("-inf")))
    if not found and time.monotonic() - asked_at > _SECONDS:
        known = sa.exists().where(TerritoryMunicipality.ags.is_not(None))
        found = bool(db.session.scalar(sa.select(known)))
        current_app.extensions[_REGISTER] = (found, time.monotonic())
    return found


def forget_register() -> None:
    """Look anew whether there is a register: it has just been imported."""
    current_app.extensions.pop(_REGISTER, None)


def municipality_key(name: str) -> str:
    """A municipality's name as it is compared: without title, punctuation and small words."""
    words = re.findall(r"[^\W_]+", fold(name.partition(",")[0]))
    return " ".join([word for word in words if word not in _SMALL_WORDS] or words)


def district_of(postal_code: str, city: str = "", federal_state: str = "") -> District | None:
    """The district by the imported register, or None: then it is asked.

    Only a sure answer, from the municipalities of that Land: the one of that name whose seat has
    this postal code ("Horst" may be "Horst (Holstein)"), else the one of exactly that name, else
    the one whose longer name begins so, nearby. A name that fits none, such as a part of a town,
    leaves the code: all its places and the seats there have to lie in one district.
    """
    code = postal_code.strip()
    places = [p for p in places_of(code) if federal_state in {"", p.land}]
    land = federal_state or _only({place.land for place in places}) or ""
    known = {municipality_key(place.name) for place in places}
    wanted = municipality_key(city)
    rows = _register_rows(land, code, known, wanted)
    named = [row for row in rows if wanted and f"{row.name_key} ".startswith(f"{wanted} ")]
    for some in (
        [row for row in named if row.seat_postal_code == code],
        [row for row in named if row.name_key == wanted],
        [row for row in named if row.seat_postal_code[:2] == code[:2]],
        [row for row in rows if row.seat_postal_code == code or row.name_key in known],
    ):
        if some:
            return _only({_district(row.district) for row in some})
    return None


def municipality_of(postal_code: str, city: str, federal_state: str) -> str:
    """The official key of the municipality of exactly that name, or empty unless it is sure.

    Of several of one name in a Land it is the one whose seat has this postal code, else the only
    one nearby. Without an imported register no query asks.
    """
    wanted = municipality_key(city)
    if not wanted or not has_register():
        return ""
    code = postal_code.strip()
    rows = _register_rows(federal_state, code, set(), wanted)
    named = [row for row in rows if row.name_key == wanted]
    for some in (
        [row for row in named if row.seat_postal_code == code],
        [row for row in named if row.seat_postal_code[:2] == code[:2]],
    ):
        if some:
            return _only({row.ags for row in some}) or ""
    return ""


def _register_rows(
    land: str, code: str, names: set[str], beginning: str
) -> list[TerritoryMunicipality]:
    if not re.fullmatch(r"[A-Z]{2}", land) or not re.fullmatch(r"[0-9]{5}", code):
        return []
    found = [
        TerritoryMunicipality.seat_postal_code == code,
        TerritoryMunicipality.name_key.in_({*names, beginning}),
    ]
    if beginning:
        # No wildcard can be in it: keys hold letters, digits and blanks.
        found.append(TerritoryMunicipality.name_key.startswith(f"{beginning} "))
    return list(
        db.session.scalars(
            sa.select(TerritoryMunicipality)
            .join(TerritoryMunicipality.district)
            .options(contains_eager(TerritoryMunicipality.district))
            .where(TerritoryMunicipality.land == land, sa.or_(*found))
        )
    )


def _district(row: TerritoryDistrict) -> District:
    return District(row.key, row.name, row.kind, row.land)


def _only(some: set[_T]) -> _T | None:
    return next(iter(some)) if len(some) == 1 else None
