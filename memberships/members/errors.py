"""What can stand in the way of a membership."""

from __future__ import annotations

from memberships.database import conflict


@conflict("ux_memberships_one_seat")
class SeatTaken(Exception):
    """The organisation has its one seat already, and no reason for another one is written down."""


class SheetFull(Exception):
    """A sheet of Excel cannot hold that many rows, or so long a text."""


class MembershipUnknown(Exception):
    """There is none of this id, or it is somebody else's: nobody is told which."""


class MembershipEnded(Exception):
    """It has ended already, or the person no longer acts in it."""


class NotReturnable(Exception):
    """It did not end by the member's own wish, or too long ago, or it never ended."""


class AlreadyMember(Exception):
    """The person has joined the network again meanwhile."""


class RepresentativesChanged(Exception):
    """Whether the person is the organisation's last representative is not what the page said."""


class MembershipRestricted(Exception):
    """The person's data is kept and nothing else, until the restriction is lifted."""


class NothingToShow(Exception):
    """What an entry should show is not answered, or nothing that this network shows."""


class EntryNotWaiting(Exception):
    """Somebody else has released or refused the entry, or the member has withdrawn it."""


class MembershipChanged(Exception):
    """Something about the membership changed after the person saw it."""
