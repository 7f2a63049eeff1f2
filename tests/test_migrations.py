"""The migrations make exactly the schema that the models describe, there and back."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy.exc import IntegrityError

from memberships import create_app
from memberships.database import Model, db, unit_of_work
from memberships.events import guards
from memberships.jobs import models as _all_tables  # noqa: F401 - only the worker imports these
from memberships.schema import downgrade_schema, upgrade_schema
from memberships.settings import ROOT
from memberships.territory import models as _register  # noqa: F401 - only its import needs them
from tests.conftest import settings_for
from tests.factories import INSTITUTION, confirmed, submitted
from tests.pages import post
from tests.postgres import VARIABLE, database
from tests.tables import dump, nothing_stored


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
        upgrade_schema()
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
        upgrade_schema()
        first = _schema(engine)
        downgrade_schema(revision="base")
        assert set(sa.inspect(db.engine).get_table_names()) <= {
            "alembic_version",
            "sqlite_sequence",
        }
        upgrade_schema()
        assert _schema(engine) == first


def test_migrations_form_one_numbered_line_and_know_no_code_of_ours() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert len(scripts.get_heads()) == 1
    files = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    assert [file.name[:4] for file in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    assert [file.name for file in files if "memberships" in _imports(file)] == []


def _imports(file: Path) -> str:
    return "\n".join(re.findall(r"^(?:from|import) .*$", file.read_text(), re.MULTILINE))


REBUILD = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = depends_on = None


def rebuild():
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table("applications", recreate=how)


def upgrade():
    with rebuild() as table:
        table.add_column(sa.Column("note", sa.String(20), nullable=True))


def downgrade():
    with rebuild() as table:
        table.drop_column("note")
"""

LOOSE_ENDS = """
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = depends_on = None


def upgrade():
    op.execute("UPDATE applications SET definition_id = 99")
"""


@contextmanager
def _app_with_one_more(engine: str, folder: Path, migration: str) -> Iterator[str]:
    """A migrated application, and the folder of our migrations with one more."""
    migrations = folder / "migrations"
    shutil.copytree(ROOT / "migrations", migrations)
    text = migration.format(head=_head())
    (migrations / "versions" / "9999_one_more.py").write_text(text)
    with _empty_app(engine, folder):
        upgrade_schema()
        yield str(migrations)
        db.session.remove()


def _head() -> str | None:
    return ScriptDirectory(str(ROOT / "migrations")).get_current_head()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it(engine: str, tmp_path: Path) -> None:
    with _app_with_one_more(engine, tmp_path, REBUILD) as migrations:
        confirmed(newsletter=True)
        waiting = submitted()
        before = dump()
        assert before["confirmations"]
        assert before["case_tokens"]

        upgrade_schema(directory=migrations)
        columns = {column["name"] for column in sa.inspect(db.engine).get_columns("applications")}
        assert "note" in columns
        assert dump() == before
        downgrade_schema(directory=migrations)

        assert dump() == before
        assert post(current_app.test_client(), waiting.confirm).status == 303


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_who_acted_for_an_organisation_becomes_its_representative(
    engine: str, tmp_path: Path
) -> None:
    with _empty_app(engine, tmp_path):
        upgrade_schema()
        for name, kind in [
            ("Bürgerstiftung Talheim", "foundation"),
            ("Grüner Hof", "informal_initiative"),
        ]:
            confirmed(INSTITUTION, organisation_name=name, organisation_kind=kind)
        confirmed()
        before = _who_is_a_member()
        assert len(before) == 3
        downgrade_schema(revision="0002")
        db.session.remove()
        with db.engine.connect() as connection:
            query = sa.text("SELECT first_name, organisation_name FROM memberships")
            assert sorted(map(str, connection.execute(query))) == [
                "('Mara', 'Bürgerstiftung Talheim')",
                "('Mara', 'Grüner Hof')",
                "('Mara', None)",
            ]
        upgrade_schema()
        assert _who_is_a_member() == before
        db.session.remove()


def _who_is_a_member() -> list[str]:
    db.session.remove()
    query = sa.text(
        """SELECT holder, memberships.first_name, representatives.last_name, seat_number,
                  organisations.name_key, organisations.scope, organisations.kind
           FROM memberships
           LEFT JOIN representatives ON representatives.membership_id = memberships.id
           LEFT JOIN organisations ON organisations.id = organisation_id"""
    )
    with db.engine.connect() as connection:
        return sorted(map(str, connection.execute(query)))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_after_a_migration_references_are_guarded_again(engine: str, tmp_path: Path) -> None:
    with _app_with_one_more(engine, tmp_path, REBUILD) as migrations:
        submitted()
        upgrade_schema(directory=migrations)
        with pytest.raises(IntegrityError), unit_of_work():
            db.session.execute(sa.text("UPDATE applications SET definition_id = 99"))
        with pytest.raises(IntegrityError), unit_of_work():
            db.session.execute(sa.text("UPDATE applications SET email = 'A@example.org'"))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_migration_that_leaves_loose_ends_is_taken_back(engine: str, tmp_path: Path) -> None:
    with _app_with_one_more(engine, tmp_path, LOOSE_ENDS) as migrations:
        submitted()
        with nothing_stored(), pytest.raises((SystemExit, IntegrityError)):
            upgrade_schema(directory=migrations)
        with db.engine.connect() as connection:
            assert MigrationContext.configure(connection).get_current_revision() == _head()
        with pytest.raises(IntegrityError), unit_of_work():
            db.session.execute(sa.text("UPDATE applications SET definition_id = 99"))
