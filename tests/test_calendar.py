"""Working days with the public holidays of a Land; the clock of a promise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memberships.applications.services.cases import promised_after_pause, promised_by
from memberships.calendar import is_working_day, working_days_between, working_days_later
from memberships.networks.definition import Definition
from memberships.networks.loading import load_definitions
from memberships.settings import ROOT

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("day", "land", "works"),
    [
        (date(2026, 11, 18), "SN", False),  # Buß- und Bettag
        (date(2026, 11, 18), "BW", True),
        (date(2026, 1, 6), "BW", False),  # Heilige Drei Könige
        (date(2026, 1, 6), "SN", True),
        (date(2026, 1, 6), "", True),
        (date(2026, 10, 3), "", False),
        (date(2026, 4, 6), "", False),  # Ostermontag
        (date(2026, 11, 21), "", False),  # ein Samstag
        (date(2026, 11, 23), "", True),
    ],
)
def test_each_land_has_its_holidays(day: date, land: str, works: bool) -> None:
    assert is_working_day(day, land) is works


@given(days, st.integers(0, 40), st.sampled_from(["", "BW", "SN"]))
def test_so_many_working_days_lie_between(day: date, count: int, land: str) -> None:
    later = working_days_later(day, count, land)
    assert is_working_day(later, land)
    if count:
        assert working_days_between(day, later, land) == count


@pytest.fixture(scope="module")
def networks() -> dict[str, Definition]:
    return load_definitions(ROOT / "config" / "networks")


def test_a_promise_in_working_days_leaves_holidays_out(networks: dict[str, Definition]) -> None:
    # The 16th is a Monday: ten working days, of which Saxony does not work one.
    start = datetime(2026, 11, 16, 9, tzinfo=UTC)
    due = promised_by(networks["ebbs-sachsen"], start)
    assert due.date() == date(2026, 12, 1)


def test_while_asked_no_working_day_is_used_up(networks: dict[str, Definition]) -> None:
    net = networks["ebbs-sachsen"]
    due = promised_by(net, datetime(2026, 11, 16, 9, tzinfo=UTC))
    stopped = datetime(2026, 11, 27, 9, tzinfo=UTC)
    # Two working days were left on that Friday; the answer comes on a Saturday.
    later = promised_after_pause(net, due, stopped, datetime(2026, 12, 5, 9, tzinfo=UTC))
    assert later.date() == date(2026, 12, 8)


def test_what_was_late_before_the_question_stays_late(networks: dict[str, Definition]) -> None:
    net = networks["ebbs-sachsen"]
    due = datetime(2026, 11, 16, 22, 59, tzinfo=UTC)
    stopped, now = due + timedelta(days=3), due + timedelta(days=8)
    assert promised_after_pause(net, due, stopped, now) < now
