"""Members from before the list had columns of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from memberships.database import db
from memberships.schema import downgrade_schema, upgrade_schema
from tests.applications.joining import BW, joined
from tests.factories import INSTITUTION, confirmed
from tests.test_migrations import _empty_app


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_older_members_are_listed_as_if_they_came_today(engine: str, tmp_path: Path) -> None:
    with _empty_app(engine, tmp_path):
        upgrade_schema()
        confirmed(last_name="Müßig", email="mara@example.org")
        confirmed(INSTITUTION, organisation_name="Bürgerstiftung Öderan", email="ben@example.org")
        joined(BW, first_name="Łukasz", email="lukasz@example.org")
        before = _listed()
        assert (
            before[0] == "('buergerstiftung oederan mara hofmann ben@example.org', "
            "'buergerstiftung oederan', 'foundation', '', '')"
        )
        downgrade_schema(revision="0007")
        upgrade_schema()
        assert _listed() == before


def _listed() -> list[str]:
    db.session.remove()
    query = sa.text(
        """SELECT search_text, sort_name, organisation_kind, federal_state, district_key
           FROM memberships ORDER BY sort_name"""
    )
    with db.engine.connect() as connection:
        return [str(row) for row in connection.execute(query)]
