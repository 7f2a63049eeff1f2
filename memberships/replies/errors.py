"""What can stand in the way of a saved reply."""

from __future__ import annotations

from memberships.database import conflict


@conflict("uq_saved_replies_network_id_use_title")
class TitleTaken(Exception):
    """The network has a reply of that title for the same use."""


class TooManyReplies(Exception):
    """Nobody finds anything among more."""


class ReplyUnknown(Exception):
    """The network has no such reply (any more)."""


class ReplyChanged(Exception):
    """Somebody changed it after the person opened the page; nothing was stored."""
