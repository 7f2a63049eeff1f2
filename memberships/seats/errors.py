"""What can stand in the way of a hand-over."""

from __future__ import annotations

from memberships.database import conflict


@conflict("ux_handovers_one_open")
class HandoverOpen(Exception):
    """The seat is being handed over already."""


class HandoverUnknown(Exception):
    """There is none of this link or id, it is settled, or its time is over."""


class HandoverChanged(Exception):
    """Something about it changed after the person saw it."""


class SeatUnknown(Exception):
    """The network has no such seat, or the membership holds none."""


@conflict("uq_deputies_seat_id_slot")
class DeputiesFull(Exception):
    """The seat has its two deputies, those who are asked included."""


class DeputyUnknown(Exception):
    """There is none of this link or id, or it has ended."""


class SeatHeld(Exception):
    """Somebody holds the seat; it cannot be closed."""


class InvitedHoldsIt(Exception):
    """The person who is proposed is the one who holds the seat."""
