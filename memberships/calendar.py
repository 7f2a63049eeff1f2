"""The zone in which people read times, and when their days end."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def end_of_day(at: datetime) -> datetime:
    """The last minute of that day in Berlin: a date that we name counts to its end."""
    return datetime.combine(at.astimezone(BERLIN).date(), time(23, 59), BERLIN)
