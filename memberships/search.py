"""Folding text so that both databases find the same: case, umlauts, accents, blanks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import blake2b

_SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d"}
)
_SHORTEST_PART = 3
_NO_LETTER = re.compile(r"[\W_]+")
_START = 0x1FFFFF  # no character has this number


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


def searched_words(typed: str) -> list[str]:
    """The words of a search, folded, each once; each of them has to be found."""
    return list(dict.fromkeys(fold(typed.replace("\0", "")).split()))


def whole_words(folded: str) -> list[str]:
    """The words among blanks and signs, each once."""
    return list(dict.fromkeys(word for word in _NO_LETTER.split(folded) if word))


def is_part(word: str) -> bool:
    """Whether the word is long enough to be looked for inside of others."""
    return len(word) >= _SHORTEST_PART


def stored_keys(text: str, words: Iterable[str], marks: Iterable[int] = ()) -> list[int]:
    """The numbers that a row is found by: of parts of the folded text, of words, and `marks`."""
    found = {key for word in text.split() for key in _keys_of(word)}
    return sorted(found.union(map(word_key, words), marks))


def _keys_of(word: str) -> Iterator[int]:
    yield _packed(word[:1], is_start=True)
    yield _packed(word[:2], is_start=True)
    yield from part_keys(word)


def part_keys(word: str) -> list[int]:
    """The keys that a text has wherever this folded word stands in it.

    Three letters in a row are one number each. A word that is shorter is the beginning of another.
    """
    if not is_part(word):
        return [_packed(word, is_start=True)]
    return [_packed(word[n : n + 3]) for n in range(len(word) - 2)]


def _packed(letters: str, *, is_start: bool = False) -> int:
    numbers = [*([_START] if is_start else []), *map(ord, letters), 0, 0][:3]
    return numbers[0] << 42 | numbers[1] << 21 | numbers[2]


def word_key(word: str) -> int:
    """The key of a whole word: negative, so that it is never one of a part."""
    return _hashed("word", word)


def mark_keys(network_id: int | None = None, state: str | None = None) -> list[int]:
    """The keys of what else rows are chosen by: a network, a Land; of each only if given."""
    marks = [f"network:{network_id}"] if network_id is not None else []
    marks += [f"land:{state}"] if state else []
    return [_hashed("mark", mark) for mark in marks]


def _hashed(kind: str, text: str) -> int:
    digest = blake2b(f"{kind}\x1f{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return -1 - (int.from_bytes(digest) >> 1)
