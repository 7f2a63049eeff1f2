"""What can stand in the way of erasing, or of holding it up."""

from __future__ import annotations


class BatchUnknown(Exception):
    """The network has no such batch, or nothing of it is left to decide about."""


class BatchChanged(Exception):
    """Somebody else has decided about the batch after the person saw it."""


class ItemGone(Exception):
    """It is erased, or no longer due."""


class NotErasable(Exception):
    """It lives, is restricted, or is already gone: it must be ended or released first."""


class ArchiveNotOffered(Exception):
    """A public body has to offer it to an archive first."""
