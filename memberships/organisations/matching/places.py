"""What the table of postal codes tells about places; without the table nothing is known."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from memberships.organisations.matching import words
from memberships.search import fold
from memberships.territory.errors import TerritoryTablesMissing
from memberships.territory.queries import places_by_code

_NO_WORD = re.compile(r"[\W_]+")


def place_words(name: str) -> tuple[str, ...]:
    """The telling words of a place's name."""
    parts = _NO_WORD.sub(" ", fold(name)).split()
    return tuple(p for p in parts if p not in words.STOP and len(p) > 1)


_Table = tuple[
    dict[str, frozenset[tuple[str, str]]],
    dict[str, frozenset[str]],
    frozenset[str],
    dict[tuple[str, str], int],
]


@cache
def _table() -> _Table:
    by_code: dict[str, frozenset[tuple[str, str]]] = {}
    codes: dict[str, set[str]] = {}
    tokens: set[str] = set()
    counts: dict[tuple[str, str], int] = {}
    try:
        places = places_by_code()
    except TerritoryTablesMissing:
        return {}, {}, frozenset(), {}
    for code, found in places.items():
        keyed = set()
        for place in found:
            bare = place_words(place.name)
            key = "".join(bare)
            keyed.add((place.land, key))
            counts[place.land, key] = counts.get((place.land, key), 0) + 1
            codes.setdefault(key, set()).add(code)
            if bare and bare[0] != key:
                codes.setdefault(bare[0], set()).add(code)
            tokens.update(t for t in bare if len(t) > 3)
        by_code[code] = frozenset(keyed)
    return by_code, {k: frozenset(v) for k, v in codes.items()}, frozenset(tokens), counts


def towns_of(code: str) -> frozenset[tuple[str, str]]:
    """Land and name of every municipality that has this postal code."""
    return _table()[0].get(code, frozenset())


def has_many_codes(town: tuple[str, str]) -> bool:
    """Whether so many postal codes have that town that it is one large one, not several small."""
    return _table()[3].get(town, 0) > 3


@lru_cache(maxsize=20_000)
def bearers(name: str) -> int:
    """In how many regions (first two digits of a postal code) a place of that name lies."""
    return len({code[:2] for code in _table()[1].get(name, ())})


@lru_cache(maxsize=20_000)
def is_place(word: str) -> bool:
    """Whether the word names a town, a Land or a region, also as an adjective."""
    if word in _table()[2] or word in words.REGIONS:
        return True
    for ending in ("er", "e", "es", "en", "isches", "ische", "ischer"):
        bare = word.removesuffix(ending)
        if bare != word and len(bare) > 3 and (bare in words.REGIONS or bare in _table()[2]):
            return True
    return False
