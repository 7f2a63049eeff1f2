"""What can be wrong with the territory's files."""

from __future__ import annotations


class TerritoryTablesMissing(Exception):
    """The table of postal codes has not been built; the message says how."""


class NotARegister(Exception):
    """The file is no register of municipalities in the GV100AD format; the message says why."""
