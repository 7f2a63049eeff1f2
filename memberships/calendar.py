"""The zone in which people read times, when their days end, and on which they work."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def end_of_day(at: datetime) -> datetime:
    """The last minute of that day in Berlin: a date that we name counts to its end."""
    return datetime.combine(at.astimezone(BERLIN).date(), time(23, 59), BERLIN)


def months_later(at: datetime, months: int) -> datetime:
    """The same day and time in Berlin so many months later, or the last day of that month."""
    here = at.astimezone(BERLIN)
    years, month = divmod(here.month - 1 + months, 12)
    year = here.year + years
    day = min(here.day, monthrange(year, month + 1)[1])
    return here.replace(year=year, month=month + 1, day=day)


def is_working_day(day: date, land: str = "") -> bool:
    """Monday to Friday, unless it is a public holiday in that Land, or in all where none is given.

    `land` is the code of ISO 3166-2:DE without "DE-". A holiday of only a part of a Land is worked.
    """
    return day.weekday() < 5 and day not in _holidays(day.year, land)


@lru_cache(maxsize=256)
def _holidays(year: int, land: str) -> frozenset[date]:
    # Not before it is needed: the library takes a quarter of a second to load.
    from holidays import country_holidays

    return frozenset(country_holidays("DE", subdiv=land or None, years=year))


def working_days_later(day: date, days: int, land: str = "") -> date:
    """The working day that is so many after this one; with none, this one or the next that is."""
    while not is_working_day(day, land) and not days:
        day += timedelta(days=1)
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day, land)
    return day


def working_days_between(first: date, last: date, land: str = "") -> int:
    """How many working days come after the first, up to and with the last."""
    days = range(1, (last - first).days + 1)
    return sum(is_working_day(first + timedelta(days=n), land) for n in days)
