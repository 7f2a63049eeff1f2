"""What is promised about erasing follows from the periods, or the definition is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from memberships.networks.definition import Period, Retention
from memberships.networks.queries import _as_written_today
from tests.networks.definitions import bipar, mistakes_in


@pytest.mark.parametrize(
    ("period", "phrase"),
    [
        ({"days": 30}, "nach 30 Tagen"),
        ({"months": 1}, "nach einem Monat"),
        ({"months": 3}, "nach drei Monaten"),
        ({"months": 24}, "nach 24 Monaten"),
    ],
)
def test_a_period_says_itself(period: dict[str, int], phrase: str) -> None:
    assert Period(**period).phrase == phrase


def test_months_are_those_of_the_calendar() -> None:
    start = datetime(2028, 11, 30, 12, tzinfo=UTC)
    assert Period(months=3).end(start) == datetime(2029, 2, 28, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize("period", [{}, {"days": 6}, {"days": 30, "months": 1}, {"days": -1}])
def test_a_period_is_one_of_both_and_long_enough_to_be_announced(period: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Period(**period)


@pytest.mark.parametrize("ended", [Period(days=29), Period(months=1)])
def test_what_is_left_outlasts_the_return(ended: Period) -> None:
    with pytest.raises(ValidationError, match="so long can one come back"):
        Retention(ended=ended)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"declined": {"months": 2}}, "purposes.0.retention"),
        ({"ended": {"days": 60}}, "purposes.1.retention"),
        ({"consent_proof_years": 4}, "purposes.2.retention"),
        ({"archive_offer": True}, "purposes.0.retention"),
    ],
)
def test_a_privacy_notice_that_says_another_period_is_refused(
    tmp_path: Path, changed: dict[str, Any], place: str
) -> None:
    raw = bipar()
    raw["retention"] |= changed
    assert any(mistake.startswith(place) for mistake in mistakes_in(raw, tmp_path))


def test_versions_from_before_keep_what_they_promised() -> None:
    old = {"slug": "x", "erase_phrases": {"ended": "nach den gesetzlichen Fristen"}}
    assert _as_written_today(old) == {"slug": "x", "retention": {"archive_offer": True}}
