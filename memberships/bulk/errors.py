"""What can stand in the way of a run."""

from __future__ import annotations


class NothingChosen(Exception):
    """No case of this network was chosen, or none that it could be done to."""


class TooMany(Exception):
    """More cases than one run may have."""


class RunUnknown(Exception):
    """This network has no such run."""
