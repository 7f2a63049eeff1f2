"""A mistake in a definition, and how raw content is read that may be anything at all."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """Where something is wrong, what, what would be right, and which field it is about."""

    key: str
    wrong: str
    right: str
    about: str = ""


def dicts(value: object) -> list[dict[str, Any]]:
    """The tables of a list; of anything else none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def table(value: object) -> dict[str, Any]:
    """The value if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def near(key: str, known: Iterable[str]) -> str:
    """A question that names the known keys which look like this one; empty if none does."""
    found = get_close_matches(key, sorted(known), n=3, cutoff=0.65)
    return f"did you mean {' or '.join(found)}?" if found else ""
