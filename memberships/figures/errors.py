"""What stands in the way of figures."""

from __future__ import annotations


class NotCounted(Exception):
    """The network is large, and no job has counted it yet."""
