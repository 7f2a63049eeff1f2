"""The migrations of the database. A web server needs none of this, and does not load it."""

from __future__ import annotations

import flask_migrate
from flask import current_app

from memberships.database import db
from memberships.settings import ROOT

MIGRATIONS = str(ROOT / "migrations")


def upgrade_schema(directory: str = MIGRATIONS) -> None:
    """Bring the database of the current application to the newest migration."""
    flask_migrate.Migrate(current_app, db)
    flask_migrate.upgrade(directory)


def downgrade_schema(revision: str = "-1", directory: str = MIGRATIONS) -> None:
    """Take migrations back to that revision, "base" for all; what they hold alone is lost."""
    flask_migrate.Migrate(current_app, db)
    flask_migrate.downgrade(directory, revision)
