"""The migrations make exactly the schema that the models describe, there and back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from memberships import create_app
from memberships.database import Model, db
from memberships.events import guards
from memberships.jobs import models as _all_tables  # noqa: F401 - only the worker imports these
from memberships.settings import ROOT
from tests.conftest import settings_for
from tests.postgres import VARIABLE, database


@contextmanager
def _empty_app(engine: str, folder: Path) -> Iterator[Flask]:
    if engine == "sqlite":
        app = create_app(settings_for(folder))
        with app.app_context():
            yield app
            db.engine.dispose()
        return
    with database(os.environ[VARIABLE]) as url:
        app = create_app(settings_for(folder, database_url=url))
        with app.app_context():
            yield app
            db.engine.dispose()


_CATALOGUE = {
    "sqlite": ["SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"],
    "postgresql": [
        """SELECT 'column ' || table_name || '.' || column_name, data_type || is_nullable
           FROM information_schema.columns WHERE table_schema = 'public'""",
        """SELECT 'constraint ' || conname, pg_get_constraintdef(oid)
           FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
        "SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        """SELECT 'trigger ' || tgname, pg_get_triggerdef(oid)
           FROM pg_trigger WHERE NOT tgisinternal""",
        """SELECT 'function ' || proname, prosrc
           FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
    ],
}


def _schema(engine: str) -> dict[str, object]:
    """Everything the database knows about our tables, comparable as text."""
    with db.engine.connect() as connection:
        rows = [row for query in _CATALOGUE[engine] for row in connection.execute(sa.text(query))]
    found = {name: _settled(text) for name, text in rows if "alembic" not in name}
    assert len(found) > 20
    return found


def _settled(statement: str) -> object:
    """One statement whose parts stand in any order: tables list their constraints differently."""
    text = re.sub(r"[\s\"]+", " ", statement)
    if not text.startswith("CREATE TABLE"):
        return text
    return sorted(part.strip() for part in re.split(r",(?![^()]*\))", text.partition("(")[2][:-1]))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_migrations_and_models_make_the_same_schema(engine: str, tmp_path: Path) -> None:
    with _empty_app(engine, tmp_path / "migrated"):
        upgrade()
        migrated = _schema(engine)
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Model.metadata) == []
    with _empty_app(engine, tmp_path / "fresh"):
        Model.metadata.create_all(db.engine)
        assert migrated == _schema(engine)
    assert len([name for name in migrated if name.startswith("trigger")]) == len(
        [
            text
            for text in (guards.SQLITE if engine == "sqlite" else guards.POSTGRESQL)
            if "TRIGGER" in text
        ]
    )


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_up_down_up_ends_where_it_began(engine: str, tmp_path: Path) -> None:
    with _empty_app(engine, tmp_path):
        upgrade()
        first = _schema(engine)
        downgrade(revision="base")
        assert set(sa.inspect(db.engine).get_table_names()) <= {
            "alembic_version",
            "sqlite_sequence",
        }
        upgrade()
        assert _schema(engine) == first


def test_migrations_form_one_numbered_line_and_know_no_code_of_ours() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert len(scripts.get_heads()) == 1
    files = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    assert [file.name[:4] for file in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    assert [file.name for file in files if "memberships" in _imports(file)] == []


def _imports(file: Path) -> str:
    return "\n".join(re.findall(r"^(?:from|import) .*$", file.read_text(), re.MULTILINE))
