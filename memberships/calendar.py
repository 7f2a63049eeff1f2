"""The zone in which people read times."""

from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
