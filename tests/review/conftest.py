"""Reviewing needs networks in which the coordination decides; none is shipped yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memberships.settings import Settings
from tests.review.cases import Staff, staff, with_check_networks
from tests.review.racing import Racers


@pytest.fixture(scope="session")
def networks_settings(migrated: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return with_check_networks(migrated, Path(tmp_path_factory.mktemp("networks")))


@pytest.fixture
def settings(networks_settings: Settings) -> Settings:
    return networks_settings


@pytest.fixture
def kim(app) -> Staff:
    """A coordinator of the network in which the coordination decides."""
    return staff(name="Kim Adler")


@pytest.fixture(scope="session")
def racers() -> Iterator[Racers]:
    """Processes of their own, each with several people in it."""
    started = Racers()
    yield started
    started.end()
