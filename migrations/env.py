"""Runs migrations inside the application, on both engines, each in one transaction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from memberships.database import Model, db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Migrations know no code of ours: our types are written as what they are in the database."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return "sa.DateTime(timezone=True)"
    return False


def set_foreign_keys(connection: sa.Connection, state: str) -> None:
    """For SQLite, and past SQLAlchemy: within a transaction this would silently do nothing."""
    dbapi: Any = connection.connection.dbapi_connection
    dbapi.execute(f"PRAGMA foreign_keys = {state}")


def run() -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(sa.text("SET lock_timeout = '10s'"))
            connection.execute(sa.text("SET statement_timeout = '15min'"))
            connection.commit()
            migrate(connection)
            return
        # Rebuilding a parent table drops the old one, which would cascade to its children.
        set_foreign_keys(connection, "OFF")
        try:
            migrate(connection)
        finally:
            connection.rollback()
            set_foreign_keys(connection, "ON")


def migrate(connection: sa.Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_as_batch=True,
        render_item=render_item,
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError("a migration left rows that refer to nothing")


run()
