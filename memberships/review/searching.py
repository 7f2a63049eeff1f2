"""What is typed into the search, as conditions on what cases are found by.

Each word has to be found: as a part of a name, an address or a place, or as a whole word of an
answer. A word of one or two letters is the beginning of a name, or a whole word.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, product
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from memberships.applications.models import ApplicationSearch
from memberships.database import db
from memberships.search import (
    is_part,
    mark_keys,
    part_keys,
    searched_words,
    whole_words,
    word_key,
)

_Condition = sa.ColumnElement[bool]
# As many words are looked up together; each doubles the ways in which they may be there.
_TOGETHER = 5


@dataclass(frozen=True)
class Wanted:
    """What cases are found by: words, a Land, first and last day of their coming."""

    typed: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def is_any(self) -> bool:
        """Whether anything is asked."""
        return bool(searched_words(self.typed) or self.state or self.since or self.until)


def fits(wanted: Wanted) -> list[_Condition]:
    """Whether the row at hand has all those words, lies in that Land and came in those days."""
    conditions = [
        sa.or_(*_as_part(word), *_as_words(word)) for word in searched_words(wanted.typed)
    ]
    if wanted.state:
        conditions.append(ApplicationSearch.federal_state == wanted.state)
    if wanted.since:
        conditions.append(ApplicationSearch.received_on >= wanted.since)
    if wanted.until:
        conditions.append(ApplicationSearch.received_on <= wanted.until)
    return conditions


def found_by(network_ids: Collection[int], wanted: Wanted) -> sa.Select[UUID]:
    """The ids of all of those networks that fit."""
    conditions = [ApplicationSearch.network_id.in_(network_ids), *fits(wanted)]
    if _has_keys():
        conditions += _by_keys(network_ids, wanted)
    return sa.select(ApplicationSearch.application_id).where(*conditions)


def _by_keys(network_ids: Collection[int], wanted: Wanted) -> list[_Condition]:
    """What the index can tell: each way in which the words may be there, in one list of keys.

    A list of keys is as quick to find as the rarest of them; the parts of an `and` of lists are
    all read to their ends.
    """
    words = sorted(searched_words(wanted.typed), key=len, reverse=True)
    marks = mark_keys(next(iter(network_ids)) if len(network_ids) == 1 else None, wanted.state)
    conditions = []
    for first in range(0, len(words) or bool(wanted.state), _TOGETHER):
        together = words[first : first + _TOGETHER]
        ways = product(*([part_keys(word), *_keys_of_words(word)] for word in together))
        conditions.append(sa.or_(*(_has([*chain(*way), *marks]) for way in ways)))
    return conditions


def _keys_of_words(word: str) -> list[list[int]]:
    words = whole_words(word)
    return [[word_key(one) for one in words]] if words else []


def _as_part(word: str) -> list[_Condition]:
    if is_part(word):
        return [_position(ApplicationSearch.text, word) > 0]
    return [_position(sa.literal(" ") + ApplicationSearch.text, f" {word}") > 0]


def _as_words(word: str) -> list[_Condition]:
    words = whole_words(word)
    if _has_keys() or not words:
        return [_has(keys) for keys in _keys_of_words(word)]
    return [sa.and_(*(_position(ApplicationSearch.words, f" {one} ") > 0 for one in words))]


def _position(text: sa.SQLColumnExpression[Any], part: str) -> sa.ColumnElement[int]:
    find = sa.func.strpos if db.engine.dialect.name == "postgresql" else sa.func.instr
    return find(text, part)


def _has(keys: Sequence[int]) -> _Condition:
    return ApplicationSearch.keys.op("@>", is_comparison=True)(
        sa.cast(sa.literal(list(keys), ARRAY(sa.BigInteger)), ARRAY(sa.BigInteger))
    )


def _has_keys() -> bool:
    return db.engine.dialect.name == "postgresql"
