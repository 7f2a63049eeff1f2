"""A stored version never changes: each process asks for it once, and only for what is stored."""

from __future__ import annotations

import pytest

from memberships.applications.models import Application
from memberships.database import ChangedMeanwhile, db, unit_of_work
from memberships.networks.models import DefinitionVersion
from memberships.networks.services import publish_definition
from tests.factories import network, submitted
from tests.tables import all_of, only, statements


def published() -> int:
    with unit_of_work():
        return publish_definition(network()).id


def test_the_second_time_nothing_is_asked(app) -> None:
    first = published()
    with statements() as seen:
        assert published() == first
    assert [s for s in seen if "definition_versions" in s] == []


def _publish_in_vain() -> None:
    publish_definition(network())
    raise ChangedMeanwhile


def test_what_was_not_stored_is_not_remembered(app) -> None:
    with pytest.raises(ChangedMeanwhile), unit_of_work():
        _publish_in_vain()
    assert all_of(DefinitionVersion) == []
    submitted()
    assert only(Application).definition_id == only(DefinitionVersion).id


def test_a_remembered_version_knows_its_network_and_its_content(app) -> None:
    published()
    with unit_of_work():
        version = publish_definition(network())
        assert version.network.slug == network().slug
        assert version.content["slug"] == network().slug
        assert version not in db.session.dirty
