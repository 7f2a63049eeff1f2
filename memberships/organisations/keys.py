"""What makes two names, and two places, the same. Simple on purpose: no spelling is guessed."""

from __future__ import annotations

import re

from memberships.organisations.models import Description
from memberships.search import fold

_REGISTERED = re.compile(r"\b(?:e v|ev)\b")
# Only at the end: elsewhere "AG" is a working group.
_LEGAL_FORMS = re.compile(
    r"(?: (?:(?:gemeinnuetzige )?g?gmbh|g?ug|haftungsbeschraenkt|e ?g|g?ag|se|kg|ohg|gbr|mbh"
    r"|a ?oe ?r|k ?d ?oe ?r))+$"
)
_NO_WORD = re.compile(r"[\W_]+")


def name_key(name: str) -> str:
    """Equal for names that differ only in case, umlauts, punctuation and legal form.

    Never empty for a name that is not: what consists of nothing else stays as it was typed.
    """
    words = _NO_WORD.sub(" ", fold(name)).strip()
    bare = _LEGAL_FORMS.sub("", " ".join(_REGISTERED.sub(" ", words).split()))
    return (bare or words or fold(name) or name)[:400]


def place_key(described: Description) -> str:
    """Equal for the same place; empty where nothing is known of it.

    A postal code with several places counts as a place of its own.
    """
    return _place(described)[:160]


def _place(described: Description) -> str:
    if described.country not in {"", "DE"}:
        return f"{described.country}:{fold(described.city or described.postal_code)}"
    if described.federal_state and described.city:
        return f"{described.federal_state}:{fold(described.city)}"
    if described.city:
        return f"?:{fold(described.city)}"
    return f"?:{described.postal_code}" if described.postal_code else ""


def is_vague(key: str) -> bool:
    """Whether the place may be the same as one that is called differently."""
    return key == "" or key.startswith("?:")
