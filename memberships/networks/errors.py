"""What can stand in the way of editing a network's texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class TextsChanged(Exception):
    """Somebody else has edited the same texts after the person saw them.

    `changes` holds per key what was seen and what is stored now; None is "as the file says".
    """

    def __init__(self, changes: Mapping[str, tuple[Any, Any]]) -> None:
        super().__init__(", ".join(changes))
        self.changes = changes


class TextsInvalid(Exception):
    """The texts would not pass the check of a network's file; `keys` are those at fault."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


class AdmissionPaused(Exception):
    """The network takes nobody in at the moment."""


class EditUnknown(Exception):
    """The network has no edit of that number."""
