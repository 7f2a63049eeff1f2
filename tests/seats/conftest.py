from __future__ import annotations

from collections.abc import Iterator

import pytest

from memberships.permissions import Role
from tests.applications.joining import AVD, BW
from tests.review.cases import Staff, staff
from tests.review.racing import Racers


@pytest.fixture
def kim(app) -> Staff:
    """A coordinator of the networks with seats."""
    return staff(Role.COORDINATOR, AVD, BW, name="Kim Adler")


@pytest.fixture(scope="session")
def racers() -> Iterator[Racers]:
    """Processes of their own, each with several people in it."""
    started = Racers()
    yield started
    started.end()
