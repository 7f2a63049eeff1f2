"""Every test runs on a real SQLite file and on a real PostgreSQL, in its own clean database."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from memberships import create_app
from memberships.database import Model, db
from memberships.schema import upgrade_schema
from memberships.settings import Settings, load_settings
from tests.postgres import VARIABLE, database, postgres_server

_open = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        os.environ[VARIABLE] = _open.enter_context(postgres_server())


def pytest_unconfigure() -> None:
    _open.close()


def settings_for(folder: Path, **overrides: Any) -> Settings:
    """Settings of a test installation, with a fast form."""
    values = {
        "env": "testing",
        "data_dir": folder,
        "form_min_seconds": 0,
        "grace_minutes": 0,
        "posts_per_client": "100000 per minute",
    }
    return load_settings({}, **(values | overrides))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """An installation whose database has been migrated, once per worker and engine."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(database(os.environ[VARIABLE]))
        settings = settings_for(folder, database_url=url)
        app = create_app(settings)
        with app.app_context():
            upgrade_schema()
            db.engine.dispose()
        yield settings
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def settings(migrated: Settings) -> Settings:
    """Override in a module to test with other settings; the database stays."""
    return migrated


@pytest.fixture
def app(migrated: Settings, settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """A running application over an empty database, with its context pushed."""
    if migrated.database_url.startswith("sqlite"):
        # A copy of its own is faster than deleting, and triggers that refuse deletion stay on.
        source = Path(migrated.database_url.removeprefix("sqlite:///"))
        target = tmp_path / "memberships.sqlite3"
        shutil.copyfile(source, target)
        settings = settings.model_copy(
            update={"database_url": f"sqlite:///{target}", "data_dir": tmp_path}
        )
    else:
        settings = settings.model_copy(update={"data_dir": tmp_path})
    app = create_app(settings)
    # Which request pays for the look at edited texts, once in three seconds, would be chance.
    app.extensions["networks_looked_at"] = math.inf
    # Every test has an application of its own; compiling its templates took longest.
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(migrated.data_dir))
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.remove()
        if not migrated.database_url.startswith("sqlite"):
            _empty()
        _close_all()


def _close_all() -> None:
    """Connections of every application, also of those that a test has started beside its own."""
    for engines in list(db._app_engines.values()):
        for engine in engines.values():
            engine.dispose()


def _empty() -> None:
    with db.engine.begin() as connection:
        # As a superuser: neither the log's triggers nor foreign keys stand in the way.
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in Model.metadata.tables.values():
            connection.execute(table.delete())


class _Visitor(FlaskClient):
    """Each request has a context and a database session of its own, as on a server.

    Flask would share the test's, and a request would see what another left half done.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.rollback()
        return Context().run(super().open, *args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor that keeps no cookie: our public pages need none."""
    app.test_client_class = _Visitor
    return app.test_client(use_cookies=False)
