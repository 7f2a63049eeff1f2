"""Folding text so that both databases find the same: case, umlauts, accents, blanks."""

from __future__ import annotations

import unicodedata

_SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d"}
)


def fold(text: str) -> str:
    """The text in the form that is stored for searching and that a search is turned into."""
    text = unicodedata.normalize("NFC", text).casefold().translate(_SPELLED_OUT)
    if text.isascii():
        return " ".join(text.split())
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(bare.split())


def contains_pattern(typed: str) -> str:
    """A LIKE pattern (escape character: backslash) that finds the typed text anywhere."""
    # PostgreSQL takes no NUL in a text; no stored text has one.
    folded = fold(typed.replace("\0", ""))
    for special in ("\\", "%", "_"):
        folded = folded.replace(special, "\\" + special)
    return f"%{folded}%"
