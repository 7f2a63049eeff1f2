"""What can stand in the way of a membership."""

from __future__ import annotations

from memberships.database import conflict


@conflict("ux_memberships_one_seat")
class SeatTaken(Exception):
    """The organisation has its one seat already, and no reason for another one is written down."""


class SheetFull(Exception):
    """A sheet of Excel cannot hold that many rows, or so long a text."""
