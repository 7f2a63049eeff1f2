"""A name taken apart: what sort of body, which form, which place, which words make it this one."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from memberships.organisations.matching import words
from memberships.search import fold

LONGEST = 300
_BREAK = re.compile(
    r"(\s+[-–—|:·]+\s+|\s*[,;/()\[\]|]+\s*|\s+[-–—]|[-–—]\s+(?!(?:und|u\.|&|oder)\b))"
)
_NO_WORD = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\d+")
_DOTTED = re.compile(r"(?<![^\W\d_])([^\W\d_])\.\s?(?=[^\W\d_](?:\.|\b))")


@lru_cache(maxsize=1)
def _frequencies() -> dict[str, int]:
    """How often common words stand in names of organisations; a word not in it is rare."""
    counts: dict[str, int] = json.loads(
        (Path(__file__).parent / "frequent.json").read_text("utf-8")
    )
    return counts


@lru_cache(maxsize=20_000)
def weight(word: str) -> float:
    """How much a word tells of one organisation: 1 for a rare one, down to 0.15."""
    seen = _frequencies().get(word, 0)
    return max(0.15, 1 - math.log1p(seen) / math.log1p(6000)) if seen else 1.0


@dataclass(frozen=True, slots=True)
class Name:
    """One name, prepared for comparing. All words are folded and spelled out."""

    typed: str
    core: tuple[str, ...]  # what makes it this organisation, in order, without stop words
    whole: str  # all words of the main part, joined by blanks, forms left out
    compact: str  # the core without blanks
    forms: frozenset[str]
    level: str  # "municipality", "district", "union" or ""
    rank: str  # of a municipality: "town", "market", "village" or ""
    sorts: frozenset[str]
    branch: frozenset[str]
    numbers: frozenset[str]
    department: bool
    acronyms: frozenset[str]  # tokens that may be one
    alternatives: tuple[tuple[str, ...], ...]  # cores of what stands behind a slash or in brackets


def _readable(typed: str) -> str:
    text = words.INVISIBLE.sub("", unicodedata.normalize("NFKC", typed[: 4 * LONGEST]))
    latin = sum("a" <= c <= "z" or "A" <= c <= "Z" for c in text)
    if latin or not any(c.isascii() and c.isalpha() for c in text):
        text = text.translate(words.HOMOGLYPHS)
    return " ".join(text.split())[:LONGEST]


def _plain(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", fold(text)).split())


_ANY_FORM = re.compile("|".join(pattern.pattern for pattern, _ in words.LEGAL_FORMS))


def _without_forms(plain: str) -> tuple[str, frozenset[str]]:
    found: set[str] = set()
    if not _ANY_FORM.search(plain):
        return plain, frozenset()
    for pattern, form in words.LEGAL_FORMS:
        if pattern.search(plain):
            plain = " ".join(pattern.sub(" ", plain).split())
            found.add(form)
    return plain, frozenset(found - {""})


def _expanded(tokens: list[str]) -> list[str]:
    out: list[str] = []
    for token in tokens:
        german = words.TRANSLATIONS.get(token, token)
        out += words.ABBREVIATIONS.get(german, german).split()
    return out


def _acronyms(text: str) -> frozenset[str]:
    found = set()
    for token in re.findall(r"[^\W_]+(?:[-.&/][^\W_]+)*", text):
        bare = re.sub(r"[\W_]", "", token)
        capitals = sum(c.isupper() for c in bare)
        if (
            2 <= len(bare) <= 12
            and capitals >= 2
            and (capitals >= 0.5 * len(bare) or len(bare) <= 6)
        ):
            found.add(fold(bare))
    return frozenset(found)


def _is_municipal_tail(plain: str) -> bool:
    tokens = [t for t in plain.split() if t not in words.STOP]
    return bool(tokens) and all(t in words.MUNICIPAL or t in words.DISTRICT for t in tokens)


@lru_cache(maxsize=8192)
def prepared(typed: str) -> Name:
    """The name, taken apart. Never raises; a name without letters has an empty core."""
    text = _readable(typed)
    shouted = text.upper() == text and len(text) > 12
    acronyms = frozenset() if shouted else _acronyms(text)
    dotless = _DOTTED.sub(r"\1", text)
    split = _BREAK.split(dotless)
    parts = [(p, s) for p, s in zip(map(_plain, split[::2]), ["", *split[1::2]], strict=True) if p]
    main: list[str] = []
    department, tail = False, ""
    alternatives: list[str] = []
    forms: set[str] = set()
    for number, (part, separator) in enumerate(parts):
        bare, found = _without_forms(part)
        forms |= found
        if number and (not bare or (found and len(bare) < 3)):
            continue
        if not main:
            main = [bare] if bare else []
        elif _is_municipal_tail(bare):
            is_district = not words.DISTRICT.isdisjoint(bare.split())
            tail = "district" if is_district else "municipality"
        elif words.DEPARTMENT.match(bare):
            department = True
        elif "," in separator and not alternatives and not department:
            main.append(bare)
        else:
            alternatives.append(bare)
    head = _expanded(" ".join(main).split())
    head, cut = _without_department(head)
    department = department or cut
    level, rest = _level(head)
    level = level or tail
    rest = [t for t in rest if t not in words.STOP]
    others = tuple(
        tuple(t for t in _level(_expanded(a.split()))[1] if t not in words.STOP)
        for a in alternatives
    )
    others = tuple(o for o in others if o)
    core = (
        tuple(dict.fromkeys(rest)) or tuple(t for t in head if t not in words.STOP) or tuple(head)
    )
    all_tokens = [*core, *(t for o in others for t in o)]
    sorts = frozenset(filter(None, map(_sort, all_tokens)))
    numbers = frozenset(
        n.lstrip("0") for t in all_tokens for n in _NUMBER.findall(words.ROMAN.get(t, t))
    )
    return Name(
        typed=text,
        core=core[:24],
        whole=" ".join(head),
        compact="".join(core)[:160],
        forms=frozenset(forms),
        level=level,
        rank=_rank(" ".join(part for part, _ in parts)) if level == "municipality" else "",
        sorts=sorts,
        branch=frozenset(t for t in all_tokens if t in words.BRANCH),
        numbers=numbers,
        department=department,
        acronyms=acronyms,
        alternatives=others[:4],
    )


def _rank(plain: str) -> str:
    """What the municipality is by law; its administration may be called otherwise."""
    has = set(plain.split())
    for rank, said in words.RANKS.items():
        if has & said:
            return rank
    return ""


@lru_cache(maxsize=20_000)
def _sort(token: str) -> str:
    if token in words.SORTS:
        return words.SORTS[token]
    for word, sort in words.SORTS.items():
        if len(word) > 5 and token.endswith(word):
            return sort
    return ""


def _without_department(tokens: list[str]) -> tuple[list[str], bool]:
    """Cuts what follows a word that only names a unit, when enough stands before it."""
    for n in range(2, len(tokens)):
        if tokens[n - 1] not in words.STOP and words.UNIT.match(" ".join(tokens[n:])):
            return tokens[:n], True
    return tokens, False


def _level(tokens: list[str]) -> tuple[str, list[str]]:
    """Which level of local government a name speaks of, and the name without those words."""
    has = set(tokens)
    if len(tokens) < 2:
        return "", tokens
    if has & words.MUNICIPAL_UNION:
        return "union", [t for t in tokens if t not in words.MUNICIPAL_UNION]
    if tokens and tokens[0] in words.OFFICES and len(tokens) > 1 and tokens[1] not in words.STOP:
        return "union", tokens[1:]
    if has & words.DISTRICT and (tokens[0] in words.DISTRICT or tokens[-1] in words.DISTRICT):
        return "district", [t for t in tokens if t not in words.DISTRICT]
    titles = has & (words.MUNICIPAL - words.TITLE_ONLY)
    leads = tokens[0] in words.MUNICIPAL or tokens[-1] in words.MUNICIPAL
    if titles and leads:
        rest = [t for t in tokens if t not in words.MUNICIPAL]
        return "municipality", rest or tokens
    return "", tokens
