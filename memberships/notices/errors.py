"""What can stand in the way of somebody's settings."""

from __future__ import annotations


class DeputyUnknown(Exception):
    """Nobody else of that role decides in this network (any more)."""
