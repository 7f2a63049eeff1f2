"""Whether two descriptions mean one organisation, with reasons that a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from memberships.organisations.matching.facts import Comparison, Facts, Verdict
from memberships.organisations.matching.features import FEATURES, Prepared, features_of, prepare
from memberships.organisations.matching.model import bounds, probability
from memberships.organisations.matching.naming import Name

MOST_REASONS = 4
_UNLIKELY = 0.2
_LEVELS = {
    "municipality": "Stadt oder Gemeinde",
    "district": "Landkreis",
    "union": "Gemeindeverband",
}


def compare(described: Facts, known: Facts) -> Comparison:
    """How probable it is that both are one, in words and as a verdict.

    Symmetric and deterministic; never raises. Several names: the likeliest pair counts. A
    description without any letter or digit is never the same as anything.
    """
    one, other = _prepared(described), _prepared(known)
    best: tuple[float, list[float], Name, Name] | None = None
    for mine in one.names:
        for theirs in other.names:
            if not mine.core or not theirs.core:
                continue
            values = features_of(one, other, mine, theirs)
            chance = probability(values)
            if best is None or chance > best[0]:
                best = chance, values, mine, theirs
    if best is None:
        return Comparison(0.0, Verdict.DIFFERENT, ("Name fehlt oder hat keine Buchstaben",))
    chance, values, mine, theirs = best
    found = dict(zip(FEATURES, values, strict=True))
    verdict = _verdict(chance, found, mine, theirs)
    return Comparison(round(chance, 4), verdict, _reasons(verdict, found, mine, theirs))


def load() -> None:
    """Read the tables now; else whoever compares first reads them, perhaps holding a lock."""
    compare(Facts(("Stadt Ulm",), postal_code="89073"), Facts(("Ulm",), postal_code="89077"))


@lru_cache(maxsize=4096)
def _prepared(facts: Facts) -> Prepared:
    return prepare(facts)


def _verdict(chance: float, found: Mapping[str, float], mine: Name, theirs: Name) -> Verdict:
    different_below, same_from = bounds()
    elsewhere = found["town"] <= -1 and bool(mine.level or theirs.level)
    if elsewhere or found["numbers"] < 0:
        return Verdict.DIFFERENT
    if chance < different_below or (chance < _UNLIKELY and _contradicts(found)):
        return Verdict.DIFFERENT
    if chance >= same_from and not is_doubtful(found, mine, theirs):
        return Verdict.SAME
    return Verdict.PERHAPS


def _contradicts(found: Mapping[str, float]) -> bool:
    """Town and district, another sort of body, another Land: no two spellings of one."""
    return found["level"] < 0 or found["sorts"] < 0 or found["town"] <= -1


def is_doubtful(found: Mapping[str, float], mine: Name, theirs: Name) -> bool:
    """What a person has to see, however alike the rest is."""
    one_sided = found["branch"] == 0.0 and bool(mine.branch or theirs.branch)
    is_local = bool(mine.level or theirs.level)
    only_one_is_local = bool(mine.level) != bool(theirs.level)
    letters = min(len(mine.compact), len(theirs.compact))
    return any(
        (
            found["numbers"] < 0 or found["level"] < 0 or found["sorts"] < 0 or found["town"] < 0,
            one_sided,
            # A body that only bears the town's name.
            only_one_is_local and found["all_left_over_most"] > 0,
            is_local and found["place"] < 0 and found["town"] <= 0,
            found["bearers"] > 1 and not _is_placed(found),
            found["place_words_both"] > 0,
            found["place_words_one"] > 0 and found["rarest_shared"] < 0.7 and found["domain"] < 2,
            # Another name at the same place or domain may be a neighbour.
            found["shared"] < 0.3 and found["acronym"] < 0.6,
            letters < 2 and found["domain"] < 2,
        )
    )


def _is_placed(found: Mapping[str, float]) -> bool:
    return found["place"] >= 2 or found["town"] > 0 or found["domain"] >= 1


def _reasons(
    verdict: Verdict, found: Mapping[str, float], mine: Name, theirs: Name
) -> tuple[str, ...]:
    """The weightiest first: what speaks for the verdict, then what speaks against it."""
    fors, against = _for(found, mine, theirs), _against(found, mine, theirs)
    if verdict is Verdict.DIFFERENT:
        fors, against = against or ["Name zu wenig ähnlich"], []
    elif not fors:
        fors = ["Name zum Teil gleich"]
    chosen = fors[:3] + against if verdict is Verdict.SAME else fors[:2] + against[:2] + fors[2:]
    return tuple(chosen[:MOST_REASONS])


def _for(found: Mapping[str, float], mine: Name, theirs: Name) -> list[str]:
    acronym = found["acronym"] >= 0.6 and not found["equal"]
    own_domain = found["domain"] <= 0 and found["domain_of_other"] >= 0.8
    said = [
        ("gleiche Web-Domain", found["domain"] >= 2),
        ("Web-Domain gehört zusammen", found["domain"] == 1),
        (_names_alike(found, mine, theirs), True),
        ("Kürzel passt zum Namen", acronym),
        ("nur eine Abteilung ist zusätzlich genannt", found["department"] > 0),
        ("gleicher Ort", found["place"] >= 3 or found["town"] == 1),
        ("Web-Domain passt zum Namen", own_domain),
    ]
    return [reason for reason, holds in said if reason and holds]


def _names_alike(found: Mapping[str, float], mine: Name, theirs: Name) -> str:
    if mine.typed.casefold() == theirs.typed.casefold():
        return "Name gleich"
    if found["equal"] and mine.level and mine.level == theirs.level:
        return f"Ortsname gleich, beide {_LEVELS[mine.level]}"
    if found["equal"] and mine.forms != theirs.forms:
        return "Name ohne Rechtsform gleich"
    if found["equal"] or found["shared"] >= 0.9:
        return "Name gleich bis auf Schreibweise"
    if found["spelling"] >= 0.85:
        return "Name fast gleich, vielleicht ein Tippfehler"
    return "ein Name ist im anderen enthalten" if found["covered"] >= 0.95 else ""


def _against(found: Mapping[str, float], mine: Name, theirs: Name) -> list[str]:
    levels = sorted({_LEVELS.get(mine.level, ""), _LEVELS.get(theirs.level, "")}, reverse=True)
    has_branch = bool(mine.branch or theirs.branch)
    said = [
        (" und ".join(levels) + " sind zweierlei", found["level"] < 0),
        ("andere Nummer", found["numbers"] < 0),
        ("anderer Ort", found["place"] <= -1 or found["town"] < 0),
        ("im Namen steht ein anderer Ort", found["place_words_both"] > 0),
        ("andere Art von Einrichtung", found["sorts"] < 0),
        ("den Ortsnamen gibt es mehrfach", found["bearers"] > 1 and not _is_placed(found)),
        ("Stadt hier, Gemeinde dort", found["rank"] <= -1),
        ("nur eines ist eine Untergliederung", has_branch and found["branch"] == 0),
        ("andere Untergliederung", has_branch and found["branch"] < 0),
        ("anderes Kürzel", found["acronym_clash"] > 0 and not found["equal"]),
        ("andere Web-Domain", found["domain"] < 0),
        ("beide Namen haben eigene Wörter", found["all_left_over_least"] >= 0.5),
    ]
    return [reason for reason, holds in said if holds]
