"""What can stand in the way of an organisation."""

from __future__ import annotations


class OrganisationKnown(Exception):
    """There is one of that name and place already; nothing was stored."""


class NameKnown(Exception):
    """The organisation has that name already."""


class NameUnknown(Exception):
    """The organisation has no such further name."""


class OrganisationsAreOne(Exception):
    """Both are the same organisation, so they can neither be merged nor told apart."""


class NotMergeable(Exception):
    """An organisation that all know cannot become one that a single network knows."""


class NoOwnInterest(Exception):
    """The network has neither a member nor a case of either organisation."""


class SeatsCollideElsewhere(Exception):
    """Other networks stand in the way; only an operator can merge these two."""


class MergeUndone(Exception):
    """The merge has been undone already, or never was."""


class MergeBuried(Exception):
    """The organisation that was kept has been merged itself since; that must be undone first."""


class NotARegistry(Exception):
    """The file has no header with a column "name"; nothing was read."""


class NotPairs(Exception):
    """The file has not the columns of pairs; `missing` names those it lacks."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
