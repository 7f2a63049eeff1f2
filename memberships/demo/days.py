"""When each thing happens: visitors come at any hour, an office works on weekdays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from memberships.calendar import BERLIN
from memberships.demo.plan import Case, Step

_VISITING = (7, 8, 9, 9, 10, 10, 11, 11, 12, 13, 14, 14, 15, 16, 17, 19, 20, 20, 21)
_OFFICE = (8, 9, 9, 10, 10, 11, 11, 13, 14, 14, 15, 16)
_YOUNG = 20
_A_WHILE = timedelta(minutes=4)


class Diary:
    """Moments before `now`, each after the one before it, the same ones for the same `now`."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._random = Random("diary")  # noqa: S311 - the same hours each time

    def submitted(self, case: Case) -> datetime:
        """When the form was sent; of invented cases most of a weekend's came in its week.

        Young cases keep their day: how long they wait is meant.
        """
        day = self._day(case.ago)
        if (
            case.is_invented
            and case.ago > _YOUNG
            and day.weekday() >= 5
            and self._random.random() < 0.6
        ):
            day -= timedelta(days=day.weekday() - self._random.randint(0, 4))
        return self._at(day, _VISITING, after=None)

    def entered(self, case: Case) -> datetime:
        """When somebody of the office typed it in."""
        return self.worked(case.ago)

    def confirmed(self, case: Case, submitted: datetime) -> datetime:
        """When the link in the mail was used: mostly soon, sometimes the next day."""
        minutes = self._random.randint(2, 50)
        if case.is_invented and case.ago > 2 and self._random.random() < 0.15:
            minutes = self._random.randint(600, 1900)
        return self._not_later(submitted + timedelta(minutes=minutes), submitted)

    def steps(self, case: Case, begun: datetime) -> Iterator[tuple[datetime, Step]]:
        """Each step with its moment."""
        last = begun
        for step in case.steps:
            day = self._day(step.ago)
            if step.do.is_applicants:
                last = self._at(day, _VISITING, after=last)
            else:
                last = self._at(_weekday_before(day), _OFFICE, after=last)
            yield last, step

    def worked(self, ago: int) -> datetime:
        """When somebody of the office did something besides the cases."""
        return self._at(_weekday_before(self._day(ago)), _OFFICE, after=None)

    def visited(self, ago: int) -> datetime:
        """When somebody from outside came."""
        return self._at(self._day(ago), _VISITING, after=None)

    def _day(self, ago: int) -> date:
        return self._now.astimezone(BERLIN).date() - timedelta(days=ago)

    def _at(self, day: date, hours: tuple[int, ...], *, after: datetime | None) -> datetime:
        hour, minute, second = (
            self._random.choice(hours),
            self._random.randint(0, 59),
            self._random.randint(0, 59),
        )
        moment = datetime.combine(day, time(hour, minute, second), BERLIN)
        return self._not_later(moment, after)

    def _not_later(self, moment: datetime, after: datetime | None) -> datetime:
        if after is not None and moment <= after:
            moment = after + _A_WHILE
        if moment < self._now:
            return moment
        earliest = after or self._now - timedelta(hours=2)
        return earliest + (self._now - earliest) * self._random.uniform(0.2, 0.8)


def _weekday_before(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))
