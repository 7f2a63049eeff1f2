"""Comparing pairs from a file: what the pairs say themselves, no registry and no database."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping

from memberships.organisations.errors import NotPairs
from memberships.organisations.matching import Facts, compare

SIDES = ("left", "right")
NEEDED = tuple(f"{side}_{what}" for side in SIDES for what in ("name", "plz", "domain"))
ANSWER = ("probability", "verdict", "reasons")


def compared_pairs(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Probability, verdict and reasons of each pair, in the order of the lines, one by one.

    The first line names the columns. A line that misses cells is compared with what it has. Raises
    NotPairs when a column misses.
    """
    csv.field_size_limit(2**24)
    rows = csv.DictReader(line.replace("\0", "") for line in lines)
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise NotPairs(missing)
    for row in rows:
        found = compare(*(_facts(row, side) for side in SIDES))
        yield f"{found.probability:.4f}", found.verdict.value, "; ".join(found.reasons)


def _facts(row: Mapping[str, str | None], side: str) -> Facts:
    def said(what: str) -> str:
        return row.get(f"{side}_{what}") or ""

    domain = said("domain")
    return Facts(
        (said("name"),),
        postal_code=said("plz"),
        city=said("city"),
        domains=(domain,) if domain else (),
    )
