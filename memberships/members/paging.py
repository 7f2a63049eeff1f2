"""One page of a sorted list, found by key in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db

PAGE_SIZE = 50


@dataclass(frozen=True)
class KeyPage:
    """The rows, and the ids of the neighbours' edges; empty where there is no neighbour."""

    rows: Sequence[Any]
    before: str
    after: str


def key_page(query: sa.Select[Any], model: Any, *, after: str = "", before: str = "") -> KeyPage:
    """A page of `model` rows by `sort_name` and id, in two statements at most.

    `query` says which rows are listed. The key is a row's id, so that no name stands in an address;
    one that is not listed shows the first page.
    """
    place = _place(query, model, before or after)
    backwards = place is not None and bool(before)
    if place is not None:
        row = sa.tuple_(model.sort_name, model.id)
        key = sa.tuple_(*place, types=[model.sort_name.type, model.id.type])
        query = query.where(row < key if backwards else row > key)
    ways = [c.desc() if backwards else c for c in (model.sort_name, model.id)]
    found = db.session.scalars(query.order_by(*ways).limit(PAGE_SIZE + 1)).all()
    more, shown = len(found) > PAGE_SIZE, list(found[:PAGE_SIZE])
    if backwards:
        shown.reverse()
    has_before, has_after = (more, True) if backwards else (place is not None, more)
    return KeyPage(
        shown,
        before=str(shown[0].id) if shown and has_before else "",
        after=str(shown[-1].id) if shown and has_after else "",
    )


def _place(query: sa.Select[Any], model: Any, id_: str) -> Any:
    try:
        wanted = UUID(id_)
    except ValueError:
        return None
    only = query.with_only_columns(model.sort_name, model.id).where(model.id == wanted)
    return db.session.execute(only).one_or_none()
