"""What is typed into the search, as conditions on what cases are found by.

Each word has to be found: as a part of a name, an address or a place, or as a whole word of an
answer. A word of one or two letters is the beginning of a name, or a whole word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from memberships.applications.models import ApplicationSearch
from memberships.database import db
from memberships.search import (
    is_part,
    mark_key,
    part_keys,
    searched_words,
    whole_words,
    word_key,
)

_Condition = sa.ColumnElement[bool]


def fits(typed: str, state: str, since: date | None, until: date | None) -> list[_Condition]:
    """Whether the row at hand has all those words, lies in that Land and came in those days."""
    conditions = [sa.or_(*_as_part(word), *_as_words(word)) for word in searched_words(typed)]
    if state:
        conditions.append(ApplicationSearch.federal_state == state)
    if since:
        conditions.append(ApplicationSearch.received_on >= since)
    if until:
        conditions.append(ApplicationSearch.received_on <= until)
    return conditions


def found_by(
    typed: str, state: str, since: date | None, until: date | None
) -> sa.Select[UUID] | None:
    """The ids of all that fit, of whatever network; None when nothing is asked."""
    conditions = fits(typed, state, since, until)
    if not conditions:
        return None
    if _has_keys():
        conditions += [
            sa.or_(_has(part_keys(word)), *_as_words(word)) for word in searched_words(typed)
        ]
        conditions += [_has([mark_key(f"land:{state}")])] if state else []
    # The offset keeps PostgreSQL from asking for one case after the other.
    return sa.select(ApplicationSearch.application_id).where(*conditions).offset(0)


def _as_part(word: str) -> list[_Condition]:
    if is_part(word):
        return [_position(ApplicationSearch.text, word) > 0]
    return [_position(sa.literal(" ") + ApplicationSearch.text, f" {word}") > 0]


def _as_words(word: str) -> list[_Condition]:
    words = whole_words(word)
    if not words:
        return []
    if _has_keys():
        return [_has([word_key(one) for one in words])]
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
