"""What is compared, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How sure it is that two descriptions mean one organisation."""

    SAME = "same"
    PERHAPS = "perhaps"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an organisation; what is not known is empty.

    `names` holds the official one first, then former, short and other ones. `municipality_key` is
    the official key: 8 digits of a municipality, 5 of a district. `domains` are bare, lower case.
    """

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
    """What comes of a comparison: `reasons` are short and German, the weightiest first."""

    probability: float
    verdict: Verdict
    reasons: tuple[str, ...]
