"""The zone in which people read times, and when their days end."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, time
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
