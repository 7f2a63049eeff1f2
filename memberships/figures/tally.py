"""Counts by day in Berlin: made of rows or of stored months, and what follows from them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from memberships.calendar import BERLIN
from memberships.figures.models import Part

Key = tuple[int | str, ...]
NEVER = 0
ALL = "all"
# From the third day on a wait is counted in whole days.
_COARSE_HOURS = 48


class Topic(StrEnum):
    """What is counted. The key of every count begins with a day, as a number of the calendar.

    SENT (sent, confirmed, outcome, settled) · ASKED (sent, asked) · REASONS (sent, reason, settled)
    WAITED (answered, which, hours) · KEPT (answered, 1 or 0) · JOINED, ENDED (day, aspect, key)
    CAME, WENT (day): the same without aspects, and with those erased since, which are known by the
    month and count on its last day · GONE (last day of the month, outcome): erased applications
    """

    SENT = "sent"
    ASKED = "asked"
    REASONS = "reasons"
    WAITED = "waited"
    KEPT = "kept"
    JOINED = "joined"
    ENDED = "ended"
    CAME = "came"
    WENT = "went"
    GONE = "gone"

    @property
    def part(self) -> Part:
        if self in {self.JOINED, self.ENDED}:
            return Part.MEMBERS
        return Part.COMING_AND_GOING if self in {self.CAME, self.WENT} else Part.APPLICATIONS


class Tally:
    """Counts of one network; `before` are members of before the first day that is counted here."""

    def __init__(self) -> None:
        self.counts: dict[Topic, Counter[Key]] = {topic: Counter() for topic in Topic}
        self.before: Counter[Key] = Counter()

    def add(self, topic: Topic, *key: int | str, number: int = 1) -> None:
        self.counts[topic][key] += number

    def between(self, topic: Topic, first: int, last: int) -> Iterator[tuple[Key, int]]:
        """The counts whose day lies there, both ends included."""
        days = range(first, last + 1)
        for key, number in self.counts[topic].items():
            if key[0] in days:
                yield key, number

    def members_on(self, day: int) -> Counter[Key]:
        """How many members there were at the end of that day, by aspect and key."""
        found = Counter(self.before)
        for topic, sign in ((Topic.JOINED, 1), (Topic.ENDED, -1)):
            for key, number in self.counts[topic].items():
                if int(key[0]) <= day:
                    found[key[1:]] += sign * number
        return +found


def day_of(at: datetime) -> int:
    """The day in Berlin as a number; days begin at midnight there, in summer time too."""
    return at.astimezone(BERLIN).toordinal()


def hours_between(start: datetime, end: datetime) -> int:
    """Whole hours; from the third day on whole days, in hours."""
    hours = max(0, int((end - start).total_seconds() // 3600))
    return hours if hours < _COARSE_HOURS else hours // 24 * 24


def month_of(day: int) -> date:
    """The first day of its month."""
    return date.fromordinal(day).replace(day=1)


def last_day_of(month: date) -> int:
    """The last day of that month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1).toordinal() - 1


def packed(tally: Tally, until: int) -> dict[tuple[Part, date], str]:
    """The counts by part and month. Of members there is a row for every month until that day."""
    counts: defaultdict[tuple[Part, date], dict[Topic, list[list[int | str]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for topic, counter in tally.counts.items():
        for key in sorted(counter, key=repr):
            counts[topic.part, month_of(int(key[0]))][topic].append([*key, counter[key]])
    _fill_months(counts, until)
    before = Counter(tally.before)
    found = {}
    for part, month in sorted(counts):
        content = {"counts": counts[part, month], "before": _rows(before)}
        if part is Part.MEMBERS:
            _carry_over(before, counts[part, month])
        else:
            content["before"] = []
        found[part, month] = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return found


def _fill_months(
    counts: defaultdict[tuple[Part, date], dict[Topic, list[list[int | str]]]], until: int
) -> None:
    months = [month for part, month in counts if part is Part.MEMBERS]
    day = min(months, default=month_of(until)).toordinal()
    while day <= until:
        counts[Part.MEMBERS, month_of(day)]
        day = last_day_of(month_of(day)) + 1


def _carry_over(before: Counter[Key], counts: Mapping[Topic, list[list[int | str]]]) -> None:
    for topic, sign in ((Topic.JOINED, 1), (Topic.ENDED, -1)):
        for _, aspect, key, number in counts.get(topic, []):
            before[aspect, key] += sign * int(number)


def _rows(counter: Counter[Key]) -> list[list[int | str]]:
    return [[*key, counter[key]] for key in sorted(counter, key=repr) if counter[key]]


def unpacked(months: Iterable[tuple[Part, date, str]]) -> Tally:
    """The tally of stored months. Of members they are a row of months up to the last one."""
    tally, is_first = Tally(), True
    for part, _, content in sorted(months, key=lambda row: (row[0], row[1])):
        stored = json.loads(content)
        for topic, rows in stored["counts"].items():
            counter = tally.counts[Topic(topic)]
            # No two months have a day in common; a counter's own update would add one by one.
            dict.update(counter, {tuple(row[:-1]): row[-1] for row in rows})
        if part is Part.MEMBERS and is_first:
            tally.before = Counter({tuple(key): number for *key, number in stored["before"]})
            is_first = False
    return tally
