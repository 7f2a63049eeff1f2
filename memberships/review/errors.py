"""What can stand in the way of keeping a filter."""

from __future__ import annotations

from memberships.database import conflict


@conflict("uq_saved_filters_account_id_network_id_name")
class FilterNameTaken(Exception):
    """The person has a filter of that name in this network."""


class FilterUnknown(Exception):
    """The person has no such filter in this network (any more)."""


class TooManyFilters(Exception):
    """Nobody finds anything among more."""
