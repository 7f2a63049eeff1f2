"""The database: base class, column types, the clock, and the one place that commits."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, Never, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator


class ChangedMeanwhile(Exception):
    """Somebody else changed the same row between reading and writing."""


class DatabaseBusy(Exception):
    """The database could not take the change now; nothing was stored."""


def utcnow() -> datetime:
    """The current time, aware, in UTC: the only clock of this package."""
    return datetime.now(UTC) - _back.get()


_back: ContextVar[timedelta] = ContextVar("_back", default=timedelta())


@contextmanager
def in_the_past(back: timedelta) -> Iterator[None]:
    """Set the clock back, here only: demonstration data has a history."""
    token = _back.set(back)
    try:
        yield
    finally:
        _back.reset(token)


def uuid7() -> UUID:
    """A random identifier that sorts by its time of making (RFC 9562, sections 5.7 and 6.2).

    What one thread makes sorts in the order of making (method 3: quarters of a microsecond).
    """
    back = _back.get() // timedelta(microseconds=1) * 1000
    milliseconds, rest = divmod(time.time_ns() - back, 1_000_000)
    fraction = (rest << 12) // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | fraction << 64
    value |= 0b10 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=value)


def first_uuid7(at: datetime) -> UUID:
    """What sorts before every identifier that is made from then on, and after all before."""
    milliseconds = max(0, (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1))
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80)


class UtcDateTime(TypeDecorator[datetime]):
    """Stores aware times as UTC, returns aware times, refuses naive ones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs its time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _values(enum: type[Enum]) -> list[str]:
    return [str(member.value) for member in enum]


JsonObject = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)


class Model(DeclarativeBase):
    """Base of all tables. Never a subclass of Flask-SQLAlchemy's own model class."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute
        datetime: UtcDateTime(),
        dict[str, Any]: JsonObject,
        StrEnum: sa.Enum(
            StrEnum, native_enum=False, values_callable=_values, length=40, create_constraint=True
        ),
        bytes: sa.LargeBinary(),
    }


M = TypeVar("M", bound=Model)

db = SQLAlchemy(metadata=Model.metadata)

_NAP_SECONDS = 0.002
_TO_WRITE = "BEGIN IMMEDIATE"

_writing: ContextVar[bool] = ContextVar("writing", default=False)
_turn_to_write = threading.Lock()
_has_turn: ContextVar[bool] = ContextVar("has_turn", default=False)
_conflicts: dict[str, type[Exception]] = {}


def conflict(constraint: str) -> Callable[[type[Exception]], type[Exception]]:
    """Declare the error that a unit of work raises when the named constraint refuses."""

    def register(error: type[Exception]) -> type[Exception]:
        _conflicts[constraint] = error
        return error

    return register


@contextmanager
def unit_of_work() -> Iterator[None]:
    """One transaction: everything inside is stored together, or nothing is.

    The only place that commits. A read transaction that was open before is ended first, so that
    the rows loaded inside are current. On SQLite the write lock is taken at the first statement.

    Raises ChangedMeanwhile when a version column shows a lost update, the error declared with
    `conflict` when that constraint refuses, DatabaseBusy when the database cannot write now.
    """
    if _writing.get():
        raise RuntimeError("a unit of work is already open")
    db.session.rollback()
    token = _writing.set(True)
    try:
        yield
        db.session.commit()
    except StaleDataError as error:
        db.session.rollback()
        raise ChangedMeanwhile from error
    except IntegrityError as error:
        db.session.rollback()
        _raise_conflict(error)
    except OperationalError as error:
        db.session.rollback()
        if isinstance(error.orig, sqlite3.Error) and "locked" not in str(error.orig):
            raise
        raise DatabaseBusy from error
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _writing.reset(token)
        if _has_turn.get():
            _has_turn.set(False)
            _turn_to_write.release()


def is_writing() -> bool:
    """Whether a unit of work is open here."""
    return _writing.get()


def insert_if_absent(model: type[Model], **values: Any) -> None:
    """Insert a row unless a unique index already holds its like; never an error for that."""
    insert = postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    db.session.execute(insert(model).values(**values).on_conflict_do_nothing())


def upsert(
    model: type[Model],
    identity: Mapping[str, Any],
    values: Mapping[str, Any],
    changes: Mapping[str, Any],
) -> None:
    """Insert a row, or change the one of that identity, which a unique index holds; one statement.

    Rows that the session has loaded are not refreshed.
    """
    insert = postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    made = insert(model).values(**identity, **values)
    db.session.execute(
        made.on_conflict_do_update(index_elements=list(identity), set_=dict(changes)),
        execution_options={"synchronize_session": False},
    )


def insert_or_lock(
    model: type[M],
    identity: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    fill: Collection[str] = (),
) -> M:
    """The row of that identity, which a unique index holds: made if there is none, else locked.

    One statement: however many ask at once, all get the same row, one after the other. `fill` names
    the columns that a row which is there takes from `values` where it has nothing. The lock leaves
    the row's key alone: rows that refer to it do not stand in the way.
    """
    insert = postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    made = insert(model).values(**identity, **values)
    table = model.__table__
    # Without a change there is no lock and no row: the first column that is no key becomes itself.
    unchanged = next(key for key in values if not table.c[key].primary_key)
    changes = {key: sa.func.coalesce(table.c[key], made.excluded[key]) for key in fill}
    locked = made.on_conflict_do_update(
        index_elements=list(identity), set_=changes or {unchanged: table.c[unchanged]}
    )
    return db.session.scalars(
        locked.returning(model), execution_options={"populate_existing": True}
    ).one()


def forget_old_pages() -> None:
    """Let no page of before stay in the file or its log; on PostgreSQL its own cleaning does that.

    Outside a unit of work. Does less while somebody reads; the next call makes up for it.
    """
    if db.engine.dialect.name != "sqlite":
        return
    db.session.rollback()
    with db.engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _raise_conflict(error: IntegrityError) -> Never:
    known = _conflicts.get(_violated_constraint(error) or "")
    if known is None:
        raise error
    raise known from error


def _violated_constraint(error: IntegrityError) -> str | None:
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        name: str | None = diagnosis.constraint_name
        return name
    # SQLite names the columns of a violated unique index, never the index.
    _, _, columns = str(error.orig).partition("UNIQUE constraint failed: ")
    wanted = [column.strip() for column in columns.split(",")]
    for table in Model.metadata.tables.values():
        unique = (c for c in table.constraints if isinstance(c, sa.UniqueConstraint))
        rules: list[sa.Index | sa.UniqueConstraint] = [*table.indexes, *unique]
        for rule in rules:
            if [f"{table.name}.{column.name}" for column in rule.columns] == wanted:
                return str(rule.name)
    return None


@event.listens_for(db.session, "before_flush")
@event.listens_for(db.session, "before_commit")
def _refuse_writes_outside(session: Session, *_: object) -> None:
    if not _writing.get():
        raise RuntimeError("only a unit of work may write")


@event.listens_for(sa.Engine, "connect")
def _prepare_connection(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "busy_timeout = 15000",
        "foreign_keys = ON",
        # What is deleted is overwritten with zeros, not only forgotten (Art. 17 GDPR).
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(sa.Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    # A reader that turns writer fails at once whatever the timeout: writers say so first.
    if _writing.get():
        _begin_to_write(connection.connection.driver_connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_to_write(connection: Any) -> None:
    """Take SQLite's one write lock within the connection's timeout, or raise OperationalError.

    SQLite itself sleeps longer with each try, up to a tenth of a second, and whoever has waited
    longest is overtaken by all that come after. Asking often gives everybody the same chance; of
    one process only one thread asks, the others are woken when its unit of work is over.
    """
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    until = time.monotonic() + patience / 1000
    if not _has_turn.get():
        _has_turn.set(_turn_to_write.acquire(timeout=patience / 1000))
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while not _takes_write_lock(connection, until):
            time.sleep(_NAP_SECONDS)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")


def _takes_write_lock(connection: Any, until: float) -> bool:
    try:
        connection.execute(_TO_WRITE)
    except sqlite3.OperationalError as error:
        if "locked" in str(error) and time.monotonic() < until:
            return False
        raise OperationalError(_TO_WRITE, (), error) from error
    return True
