"""What the database holds, what was asked of it, and how to let it fail at a chosen moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

from memberships.database import Model, db

T = TypeVar("T", bound=Model)


def all_of(model: type[T]) -> list[T]:
    """Every row as stored now, in the order of making."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(model).order_by(*model.__table__.primary_key)))


def only(model: type[T]) -> T:
    (row,) = all_of(model)
    return row


def dump() -> dict[str, list[str]]:
    """Every row of every table, but that staff looked at a page: the one thing that GET stores."""
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: sorted(str(row) for row in connection.execute(table.select()))
            for table in Model.metadata.tables.values()
            if table.name != "viewings"
        }


def is_empty() -> bool:
    """Whether no table holds any row."""
    db.session.rollback()
    counts = [sa.select(sa.func.count()).select_from(t) for t in Model.metadata.tables.values()]
    found = db.session.execute(sa.union_all(*counts)).scalars().all()
    db.session.rollback()
    return not any(found)


@contextmanager
def nothing_stored(*, but: str = "") -> Iterator[None]:
    """Whatever happens inside leaves every table as it is, `but` one."""
    before = dump() | {but: []}
    yield
    assert dump() | {but: []} == before


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collects the statements sent to the database, without their values."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@contextmanager
def broken_at(number: int, error: Exception) -> Iterator[list[int]]:
    """The statement of that number raises, counted from 1; the list says how many were sent."""
    sent = [0]

    def count(*_: Any) -> None:
        sent[0] += 1
        if sent[0] == number:
            raise error

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


@contextmanager
def broken_commit(error: Exception) -> Iterator[None]:
    """Every statement is fine, and then the transaction cannot be finished."""

    def fail(_connection: Connection) -> None:
        raise error

    event.listen(db.engine, "commit", fail)
    try:
        yield
    finally:
        event.remove(db.engine, "commit", fail)


def tamper(statement: str, **values: Any) -> None:
    """Change the log past its guards, as somebody with the keys of the database could."""
    db.session.rollback()
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        else:
            triggers = connection.execute(
                sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars()
            for name in list(triggers):
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
        done = connection.execute(sa.text(statement), values)
        assert done.rowcount > 0
