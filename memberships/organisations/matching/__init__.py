"""Whether two descriptions mean the same organisation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from memberships.search import fold


class Verdict(StrEnum):
    """How sure it is that two are one."""

    SAME = "same"
    PERHAPS = "perhaps"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an organisation; what is not known is empty."""

    names: tuple[str, ...]
    postal_code: str = ""
    city: str = ""
    federal_state: str = ""
    municipality_key: str = ""
    domains: tuple[str, ...] = ()
    kind: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparison of two says, with its reasons in words for the office."""

    probability: float
    verdict: Verdict
    reasons: tuple[str, ...]


_PUBLIC = frozenset(
    """
    gmx.de gmx.net web.de t-online.de gmail.com googlemail.com outlook.de outlook.com hotmail.com
    freenet.de posteo.de mailbox.org icloud.com yahoo.de example.org facebook.com
    """.split()  # noqa: SIM905 - a list of quoted words cannot be read
)
_FORMS = re.compile(r" (?:e v|ev|gmbh|ggmbh|eg|ag|mbh|ug|gug)(?= |$)")
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")


def is_public_mail_domain(domain: str) -> bool:
    """Whether anybody can have an address there."""
    return domain in _PUBLIC


def bare_domain(text: str) -> str:
    """The domain of an address or a mail address; empty where there is none."""
    host = re.sub(r"^[a-z]+://", "", text.strip().casefold()).rpartition("@")[2]
    host = re.split(r"[/?#:]", host)[0].removeprefix("www.")
    return host if _DOMAIN.fullmatch(host) else ""


def compare(described: Facts, known: Facts) -> Comparison:
    """How probable it is that both are one; symmetric, never raises."""
    likeness = max(_likeness(a, b) for a in described.names for b in known.names)
    reasons = []
    shared = set(described.domains) & set(known.domains)
    if shared:
        likeness += 0.15
        reasons.append("gleiche Web-Domain")
    if likeness >= 0.95:
        reasons.insert(0, "Name gleich")
    place = _place(described, known)
    if place:
        reasons.append({1: "gleicher Ort", -1: "anderer Ort"}[place])
    likeness += 0.05 * place if place > 0 else 0.5 * place
    probability = max(0.0, min(1.0, likeness))
    sure = probability >= 0.95 and (place > 0 or bool(shared) or _has_no_place(described, known))
    verdict = Verdict.SAME if sure else Verdict.DIFFERENT
    if not sure and probability >= 0.7:
        verdict = Verdict.PERHAPS
    return Comparison(probability, verdict, tuple(reasons))


def _has_no_place(left: Facts, right: Facts) -> bool:
    return not any((left.city, left.postal_code, right.city, right.postal_code))


def _place(left: Facts, right: Facts) -> int:
    if left.federal_state and right.federal_state and left.federal_state != right.federal_state:
        return -1
    for mine, other in ((left.city, right.city), (left.postal_code, right.postal_code)):
        if mine and other:
            return 1 if fold(mine) == fold(other) else -1
    return 0


def _likeness(left: str, right: str) -> float:
    mine, other = _bare(left), _bare(right)
    if mine == other:
        return 1.0
    ours, theirs = set(mine.split()), set(other.split())
    sets = len(ours & theirs) / max(1, len(ours | theirs))
    return max(sets, SequenceMatcher(None, min(mine, other), max(mine, other)).ratio() - 0.05)


def _bare(name: str) -> str:
    words = " " + re.sub(r"[\W_]+", " ", fold(name))
    return _FORMS.sub("", words).strip() or words.strip()
