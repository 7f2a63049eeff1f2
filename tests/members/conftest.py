from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.review.racing import Racers


@pytest.fixture(scope="session")
def racers() -> Iterator[Racers]:
    """Processes of their own, each with several people in it."""
    started = Racers()
    yield started
    started.end()
