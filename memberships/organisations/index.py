"""What an organisation is found by under another spelling: a few dozen hashes, equal on both sides.

Of each word that says something, the beginning and the end count by themselves: a slip of the pen
spoils one of them, seldom both. Pairs of them are rare even among a million names, and of words in
any order. A name of one word has only that one, and is found with its place or domain as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import combinations

from memberships.search import fold

_NO_WORD = re.compile(r"[\W_]+")
# They stand in so many names, are added, left out and abbreviated so often, that they find nothing.
_GENERIC = frozenset(
    # One a line would be a page of its own.
    """
    der die das des dem den und u fuer fur im in an am bei beim von vom zu zur zum mit auf aus ueber
    the of and for e v ev eingetragener verein gem ggmbh gmbh gug ug haftungsbeschraenkt ag eg ek kg
    mbh ohg gbr se kgaa aoer koer kdoer a oe r k d genossenschaft eingetragene gemeinnuetzige
    gesellschaft mit beschraenkter haftung anstalt koerperschaft oeffentlichen rechts stiftung
    stadt std gemeinde gde markt mkt landeshauptstadt lhst hansestadt kreisstadt grosse freie
    stadtverwaltung gemeindeverwaltung kreisverwaltung verbandsgemeinde vg samtgemeinde sg amt
    landkreis lkr kreis lk landratsamt lra buergermeisteramt magistrat rathaus verwaltung
    verwaltungsgemeinschaft vgem abteilung abt referat ref stabsstelle dezernat fachbereich fb
    sachgebiet geschaeftsstelle koordinierungsstelle institut inst
    """.split()  # noqa: SIM905 - a list of quoted words cannot be read
)
_WORDS = 4
_PIECE = 5
_LONGEST = 1000
_LONGEST_NEAR = 14


def _hash(kind: str, *parts: str) -> int:
    text = "\x1f".join((kind, *parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)


def index_keys(
    names: Iterable[str],
    domains: Iterable[str] = (),
    postal_code: str = "",
    city: str = "",
) -> list[int]:
    """The keys by which an organisation of these names is stored, each once, the rarest first."""
    return list(dict.fromkeys(_keys(names, domains, postal_code, city, is_asked=False)))


def asked_keys(name: str, domain: str = "", postal_code: str = "", city: str = "") -> list[int]:
    """The keys that are looked up for a description: those of storing, and of each single word."""
    domains = [domain] if domain else []
    return list(dict.fromkeys(_keys([name], domains, postal_code, city, is_asked=True)))


def _keys(
    names: Iterable[str],
    domains: Iterable[str],
    postal_code: str,
    city: str,
    *,
    is_asked: bool,
) -> Iterator[int]:
    yield from (_hash("domain", domain) for domain in domains)
    places = _places(postal_code, city)
    for name in names:
        words = _all_words(name)
        told = [word for word in words if word not in _GENERIC] or words
        if told:
            yield _hash("whole", "".join(told))
            yield from _acronyms(words, is_asked=is_asked)
            yield from _of_single_words(told, is_asked=is_asked)
            yield from _of_several(told, places)


def _of_single_words(told: list[str], *, is_asked: bool) -> Iterator[int]:
    """A name of few words has few pairs: one slip could spoil them all."""
    if is_asked or len(told) <= 2:
        for word in _chosen(told):
            yield from _pieces(word)
    if len(told) <= (2 if is_asked else 1):
        for word in told:
            yield from _near(word)


def _of_several(told: list[str], places: list[str]) -> Iterator[int]:
    chosen = _chosen(told)
    for word in sorted(chosen, key=lambda w: (-len(w), w))[:2]:
        for place in places:
            yield _hash("at", word[:_PIECE], place)
    for one, other in combinations(chosen, 2):
        yield _hash("begin", *sorted((one[:_PIECE], other[:_PIECE])))
        yield _hash("end", *sorted((one[-_PIECE:], other[-_PIECE:])))


def _chosen(told: list[str]) -> list[str]:
    return told if len(told) <= _WORDS else [*told[: _WORDS - 1], told[-1]]


def _all_words(name: str) -> list[str]:
    return _NO_WORD.sub(" ", fold(name[:_LONGEST])).split()


def _pieces(word: str) -> Iterator[int]:
    yield _hash("one", word)
    yield _hash("one begins", word[:_PIECE])
    if len(word) > _PIECE:
        yield _hash("one ends", word[-_PIECE:])


def _near(word: str) -> Iterator[int]:
    """The word without any one letter: two that differ in one letter have such a form in common."""
    if len(word) <= _LONGEST_NEAR:
        yield from (_hash("near", form) for form in dict.fromkeys([word, *_shortened(word)]))


def _shortened(word: str) -> Iterator[str]:
    if len(word) > 3:
        yield from (word[:n] + word[n + 1 :] for n in range(len(word)))


def _places(postal_code: str, city: str) -> list[str]:
    found = [postal_code[:3]] if len(postal_code) == 5 else []
    return [*found, *_all_words(city)[:1]]


def _acronyms(words: list[str], *, is_asked: bool) -> Iterator[int]:
    """A short single word may be the initials of a longer name."""
    if is_asked and len(words) <= 2:
        yield from (_hash("initials", word) for word in words if 2 < len(word) < 8)
    initials = "".join(word[0] for word in words if len(word) > 2)
    if 2 < len(initials) < 8:
        yield _hash("initials", initials)
