from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memberships.figures.models import Part
from memberships.figures.numbers import (
    Figures,
    Group,
    figures_at,
    first_day,
    first_week,
    outside,
    with_keys,
)
from memberships.figures.tally import (
    ALL,
    Tally,
    Topic,
    day_of,
    hours_between,
    last_day_of,
    packed,
    unpacked,
)

DAY = date(2026, 11, 23)  # a Monday
N = DAY.toordinal()


def sent(tally: Tally, ago: int, outcome: str, after: int = 1, number: int = 1) -> None:
    """Sent so many days before DAY, confirmed at once, settled so many days later."""
    settled = N - ago + after if outcome != "open" else 0
    tally.add(Topic.SENT, N - ago, N - ago, outcome, settled, number=number)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 22, 22, 59, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 22, 23, 0, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 7, 5, 21, 59, tzinfo=UTC), date(2026, 7, 5)),
        (datetime(2026, 7, 5, 22, 0, tzinfo=UTC), date(2026, 7, 6)),
        # The clocks change on 29 March and 25 October 2026.
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_a_day_begins_at_midnight_in_berlin(at: datetime, day: date) -> None:
    assert day_of(at) == day.toordinal()


def test_hours_of_a_night_without_two_o_clock() -> None:
    start = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert hours_between(start, datetime(2026, 3, 29, 22, 0, tzinfo=UTC)) == 23
    assert hours_between(start, datetime(2026, 4, 2, 5, 0, tzinfo=UTC)) == 96


def test_weeks_and_outcomes_as_of_the_day() -> None:
    tally = Tally()
    sent(tally, 0, "approved", after=0)
    sent(tally, 1, "approved", after=1)
    sent(tally, 1, "declined", after=2)  # only tomorrow
    sent(tally, 77, "withdrawn")  # the first of the twelve Mondays
    sent(tally, 78, "approved")  # before
    tally.add(Topic.SENT, N, 0, "open", 0)  # never confirmed
    tally.add(Topic.SENT, N, N + 1, "approved", N + 1)  # confirmed tomorrow
    found = figures_at(tally, DAY)
    assert found.outcomes.cells == {
        "approved": 2, "declined": 0, "withdrawn": 1, "closed": 0, "open": 1
    }  # fmt: skip
    assert (found.sent, found.confirmed, found.decided) == (6, 4, 2)
    assert found.weeks[DAY] == {
        "approved": 1, "declined": 0, "withdrawn": 0, "closed": 0, "open": 0
    }  # fmt: skip
    assert next(iter(found.weeks)) == date(2026, 9, 7)
    assert len(found.weeks) == 12
    assert list(found.by_week.cells.values()) == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1]


def test_median_and_nine_of_ten() -> None:
    tally = Tally()
    for hours in range(1, 11):
        tally.add(Topic.WAITED, N, "first", hours)
    tally.add(Topic.WAITED, N, "decision", 7)
    tally.add(Topic.WAITED, N + 1, "first", 500)
    found = figures_at(tally, DAY)
    assert (found.first.number, found.first.median, found.first.ninetieth) == (10, 5.5, 9)
    assert (found.decision.median, found.decision.ninetieth) == (7, 7)


def test_members_joins_and_exits() -> None:
    tally = Tally()
    for day, topic in ((N - 40, Topic.JOINED), (N - 1, Topic.JOINED), (N, Topic.ENDED)):
        tally.add(topic, day, ALL, "")
        tally.add(topic, day, "land", "BE")
        tally.add(Topic.CAME if topic is Topic.JOINED else Topic.WENT, day)
    tally.add(Topic.JOINED, N + 1, ALL, "")
    tally.add(Topic.CAME, last_day_of(date(2026, 10, 1)), number=2)
    tally.add(Topic.WENT, last_day_of(date(2026, 11, 1)), number=2)  # the month is not over
    found = figures_at(tally, DAY)
    assert found.member_count == 1
    assert found.members["land"].cells == {"BE": 1}
    assert found.joined.cells["2026-10-01"] == 3
    assert found.joined.cells["2026-11-01"] == 1
    assert found.ended.cells["2026-11-01"] == 1
    assert figures_at(tally, date(2026, 11, 22)).member_count == 2


def test_twelve_months_end_with_the_month_of_the_day() -> None:
    assert first_day(date(2026, 11, 23)) == date(2025, 12, 1)
    assert first_day(date(2026, 12, 31)) == date(2026, 1, 1)
    assert list(figures_at(Tally(), DAY).joined.cells)[-1] == "2026-11-01"


_days = st.integers(N - 400, N)


@given(
    st.lists(st.tuples(_days, st.sampled_from(["a", "b"])), max_size=30),
    st.lists(st.tuples(_days, st.sampled_from(["approved", "open"])), max_size=30),
    st.integers(0, 300),
)
def test_stored_months_say_the_same(
    joins: list[tuple[int, str]], sends: list[tuple[int, str]], ago: int
) -> None:
    tally = Tally()
    for day, key in joins:
        tally.add(Topic.JOINED, day, "kind", key)
        tally.add(Topic.JOINED, day, ALL, "")
        tally.add(Topic.CAME, day)
        if key == "b":
            tally.add(Topic.ENDED, day + 3, "kind", key)
            tally.add(Topic.ENDED, day + 3, ALL, "")
    for day, outcome in sends:
        tally.add(Topic.SENT, day, day, outcome, day if outcome != "open" else 0)
    wanted = date.fromordinal(N - ago)
    first = {
        Part.APPLICATIONS: first_week(wanted).replace(day=1),
        Part.COMING_AND_GOING: first_day(wanted),
        Part.MEMBERS: wanted.replace(day=1),
    }
    months = [
        (part, month, content)
        for (part, month), content in packed(tally, N).items()
        if first[part] <= month <= wanted.replace(day=1)
    ]
    assert figures_at(unpacked(months), wanted) == figures_at(tally, wanted)


def figures(**changes: int) -> Figures:
    tally = Tally()
    numbers = {"approved": 40, "declined": 12, "withdrawn": 6, "open": 9} | changes
    for place, (outcome, number) in enumerate(numbers.items()):
        sent(tally, 7 * place, outcome, after=0, number=number)
    tally.add(Topic.REASONS, N - 7, "duplicate", N - 7, number=numbers["declined"])
    return figures_at(tally, DAY)


def test_outside_large_numbers_are_told() -> None:
    found = outside(figures())
    assert found.outcomes == figures().outcomes
    assert found.reasons.total == 12
    assert found.decided == 52
    assert found.weeks == {}


def test_outside_reasons_of_a_hidden_number_are_hidden() -> None:
    found = outside(figures(declined=3))
    assert found.outcomes.cells["declined"] is None
    assert found.outcomes.cells["withdrawn"] is None
    assert (found.decided, found.reasons.total, found.reasons.cells) == (
        None, None, {"duplicate": None}
    )  # fmt: skip


def test_outside_few_unconfirmed_hide_how_many_were_sent() -> None:
    tally = Tally()
    sent(tally, 1, "approved", number=30)
    tally.add(Topic.SENT, N, 0, "open", 0, number=2)
    found = outside(figures_at(tally, DAY))
    assert (found.sent, found.confirmed) == (None, 30)


def test_outside_a_wait_of_few_is_not_told() -> None:
    tally = Tally()
    tally.add(Topic.WAITED, N, "first", 5, number=4)
    tally.add(Topic.WAITED, N, "decision", 5, number=5)
    found = outside(figures_at(tally, DAY))
    assert found.first.median is None
    assert found.decision.median == 5


def test_unknown_keys_are_put_together() -> None:
    group = with_keys(Group.of({"x": 2, "b": 1, "y": 3}), ["a", "b", ""])
    assert group.cells == {"a": 0, "b": 1, "": 5}
    assert group.total == 6
