"""Which words of two texts differ, for whoever compares them at a glance."""

from __future__ import annotations

from memberships.search import fold


def marked_words(text: str, other: str) -> list[tuple[str, bool]]:
    """Each word of the text, and whether the other text lacks it; case and punctuation aside."""
    known = {_bare(word) for word in other.split()}
    return [(word, bool(_bare(word)) and _bare(word) not in known) for word in text.split()]


def _bare(word: str) -> str:
    return "".join(c for c in fold(word) if c.isalnum())
