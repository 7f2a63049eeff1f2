"""The figures of a network at the end of a day, and what of them is told outside. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil

from memberships.figures.disclosure import LEAST, protected
from memberships.figures.tally import ALL, NEVER, Tally, Topic, last_day_of, month_of

WEEKS, MONTHS = 12, 12
OUTCOMES = ("approved", "declined", "withdrawn", "closed", "open")
ASPECTS = ("kind", "sector", "level", "land", "district")


@dataclass(frozen=True)
class Group:
    """Numbers that add up to their total; None is a number that is not told."""

    cells: Mapping[str, int | None]
    total: int | None

    @classmethod
    def of(cls, cells: Mapping[str, int]) -> Group:
        return cls(dict(cells), sum(cells.values()))

    @property
    def known(self) -> dict[str, int]:
        """What is told and is not zero."""
        return {key: number for key, number in self.cells.items() if number}

    def outside(self) -> Group:
        """As it is told outside (disclosure.py)."""
        cells, total = protected([number or 0 for number in self.cells.values()])
        return Group(dict(zip(self.cells, cells, strict=True)), total)

    def untold(self) -> Group:
        return Group(dict.fromkeys(self.cells), None)


@dataclass(frozen=True)
class Wait:
    """How long it took, in hours; None where nothing is known or told."""

    number: int | None
    median: float | None
    ninetieth: float | None

    def outside(self) -> Wait:
        return self if (self.number or 0) >= LEAST else Wait(None, None, None)


@dataclass(frozen=True)
class Figures:
    """Everything on the page. Applications are those sent in the last twelve weeks and confirmed;
    `weeks` has their outcomes by Monday, and is empty outside. `first`, `decision` and `kept` are
    of those answered in these weeks. `erased` are applications of the months of these weeks that
    are erased already and nowhere else.
    """

    day: date
    weeks: Mapping[date, Mapping[str, int]]
    by_week: Group
    outcomes: Group
    sent: int | None
    asked: Group
    reasons: Group
    first: Wait
    decision: Wait
    kept: Group
    joined: Group
    ended: Group
    members: Mapping[str, Group]
    erased: int | None
    is_outside: bool = False

    @property
    def confirmed(self) -> int | None:
        return self.outcomes.total

    @property
    def decided(self) -> int | None:
        """How many were approved or declined; unknown if one of both is."""
        both = [self.outcomes.cells[outcome] for outcome in ("approved", "declined")]
        known = [number for number in both if number is not None]
        return sum(known) if len(known) == len(both) else None

    @property
    def member_count(self) -> int | None:
        return self.members[ALL].total

    @property
    def is_empty(self) -> bool:
        """Whether nobody has applied or is a member, as far as is known."""
        others = (self.outcomes, self.joined, self.ended, self.members[ALL])
        return not self.is_outside and not self.sent and not any(one.total for one in others)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def first_week(day: date) -> date:
    """The first of the twelve Mondays."""
    return monday_of(day) - timedelta(weeks=WEEKS - 1)


def first_day(day: date) -> date:
    """The first day of the twelve months that end with the month of that day."""
    months = day.year * 12 + day.month - MONTHS
    return date(months // 12, months % 12 + 1, 1)


def figures_at(tally: Tally, day: date) -> Figures:
    """The figures at the end of that day in Berlin."""
    last, start = day.toordinal(), first_week(day)
    first = start.toordinal()
    sent, weeks = _sent(tally, start, last)
    outcomes = {name: sum(week[name] for week in weeks.values()) for name in OUTCOMES}
    asked = _sum(tally, Topic.ASKED, first, last, lambda key: int(key[1]) <= last)
    confirmed = sum(outcomes.values())
    return Figures(
        day=day,
        weeks=weeks,
        by_week=Group.of(
            {monday.isoformat(): sum(week.values()) for monday, week in weeks.items()}
        ),
        outcomes=Group.of(outcomes),
        sent=sent,
        asked=Group.of({"asked": asked, "not_asked": confirmed - asked}),
        reasons=_reasons(tally, first, last),
        first=_wait(tally, "first", first, last),
        decision=_wait(tally, "decision", first, last),
        kept=_kept(tally, first, last),
        joined=_by_month(tally, Topic.CAME, day),
        ended=_by_month(tally, Topic.WENT, day),
        members=_members(tally, last),
        erased=sum(
            number
            for _, number in tally.between(
                Topic.GONE, month_of(first).toordinal(), last_day_of(day.replace(day=1))
            )
        ),
    )


def outside(figures: Figures) -> Figures:
    """As it is told to others than the office: nobody can be found in it.

    Applications are told by week and by outcome, never by both. What is a part of a hidden number
    is hidden as a whole.
    """
    outcomes = figures.outcomes.outside()
    declined = outcomes.cells["declined"]
    unconfirmed = (figures.sent or 0) - (figures.confirmed or 0)
    tells = outcomes.total is not None and not 0 < unconfirmed < LEAST
    return replace(
        figures,
        weeks={},
        by_week=figures.by_week.outside(),
        outcomes=outcomes,
        sent=figures.sent if tells else None,
        asked=figures.asked.outside(),
        reasons=figures.reasons.untold() if declined is None else figures.reasons.outside(),
        first=figures.first.outside(),
        decision=figures.decision.outside(),
        kept=figures.kept.outside(),
        joined=figures.joined.outside(),
        ended=figures.ended.outside(),
        members={aspect: group.outside() for aspect, group in figures.members.items()},
        erased=None,
        is_outside=True,
    )


def with_keys(group: Group, keys: Collection[str], other: str = "") -> Group:
    """The group by these keys, all of them and in their order; everything else is `other`."""
    cells: dict[str, int] = dict.fromkeys(keys, 0)
    for key, number in group.cells.items():
        place = key if key in cells else other
        cells[place] = cells.get(place, 0) + (number or 0)
    return Group.of(cells)


def _sent(tally: Tally, start: date, last: int) -> tuple[int, dict[date, dict[str, int]]]:
    weeks = {start + timedelta(weeks=week): dict.fromkeys(OUTCOMES, 0) for week in range(WEEKS)}
    all_sent = 0
    for key, number in tally.between(Topic.SENT, start.toordinal(), last):
        sent, confirmed, outcome, settled = int(key[0]), int(key[1]), str(key[2]), int(key[3])
        all_sent += number
        if confirmed != NEVER and confirmed <= last:
            is_settled = settled != NEVER and settled <= last
            weeks[monday_of(date.fromordinal(sent))][outcome if is_settled else "open"] += number
    return all_sent, weeks


def _sum(
    tally: Tally,
    topic: Topic,
    first: int,
    last: int,
    counts: Callable[[tuple[int | str, ...]], bool],
) -> int:
    return sum(number for key, number in tally.between(topic, first, last) if counts(key))


def _reasons(tally: Tally, first: int, last: int) -> Group:
    found: Counter[str] = Counter()
    for key, number in tally.between(Topic.REASONS, first, last):
        if int(key[2]) <= last:
            found[str(key[1])] += number
    return Group.of(found)


def _wait(tally: Tally, which: str, first: int, last: int) -> Wait:
    hours: Counter[int] = Counter()
    for key, number in tally.between(Topic.WAITED, first, last):
        if key[1] == which:
            hours[int(key[2])] += number
    count = hours.total()
    if not count:
        return Wait(0, None, None)
    middle = (_at(hours, (count + 1) // 2) + _at(hours, count // 2 + 1)) / 2
    return Wait(count, middle, _at(hours, ceil(count * 0.9)))


def _at(hours: Counter[int], place: int) -> int:
    """The value at that place of all values in order, counted from one."""
    for value in sorted(hours):
        place -= hours[value]
        if place <= 0:
            return value
    raise ValueError(place)


def _kept(tally: Tally, first: int, last: int) -> Group:
    found = {"kept": 0, "late": 0}
    for key, number in tally.between(Topic.KEPT, first, last):
        found["kept" if key[1] else "late"] += number
    return Group.of(found)


def _months(day: date) -> Iterable[date]:
    month = first_day(day)
    for _ in range(MONTHS):
        yield month
        month = date.fromordinal(last_day_of(month) + 1)


def _by_month(tally: Tally, topic: Topic, day: date) -> Group:
    found = {month.isoformat(): 0 for month in _months(day)}
    for key, number in tally.between(topic, first_day(day).toordinal(), day.toordinal()):
        found[month_of(int(key[0])).isoformat()] += number
    return Group.of(found)


def _members(tally: Tally, last: int) -> dict[str, Group]:
    found: dict[str, Counter[str]] = {aspect: Counter() for aspect in (ALL, *ASPECTS)}
    for (aspect, key), number in tally.members_on(last).items():
        found[str(aspect)][str(key)] += number
    return {aspect: Group.of(cells) for aspect, cells in found.items()}
