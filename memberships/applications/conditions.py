"""Questions that appear only under an earlier answer, without any script."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from memberships.networks.definition import POSTAL_AREA, Definition


def condition_key(when: Mapping[str, tuple[str, ...]]) -> str:
    """Equal conditions have equal keys; no condition has an empty one."""
    return repr(sorted((key, tuple(values)) for key, values in when.items())) if when else ""


def seen_condition(when: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The part of a condition that a browser can see: earlier answers on the same page."""
    return {key: allowed for key, allowed in when.items() if key != POSTAL_AREA}


def depends_on_place(definition: Definition, key: str) -> bool:
    """Whether the question follows from the postal code, which only the server can look up."""
    return POSTAL_AREA in definition.conditions[key]


def _conditions(definition: Definition) -> dict[str, Mapping[str, tuple[str, ...]]]:
    found = [
        seen_condition(part.when)
        for section in definition.sections
        for part in (section, *section.fields)
    ]
    return {condition_key(when): when for when in found if when}


@lru_cache(maxsize=64)
def condition_ids(definition: Definition) -> dict[str, str]:
    """A short name for each distinct condition of the form."""
    return {key: f"c{n}" for n, key in enumerate(_conditions(definition), start=1)}


@lru_cache(maxsize=64)
def conditions_css(definition: Definition) -> str:
    """A style sheet that hides what is not asked, without any script.

    A browser without :has() drops the rules and shows every field; the server decides anyway.
    """
    ids = condition_ids(definition)
    rules = []
    for key, when in _conditions(definition).items():
        for asked, allowed in when.items():
            met = ", ".join(
                f'[name="{asked}"]{chosen}[value="{value}"]:checked'
                for value in allowed
                for chosen in ("", " option")
            )
            rules.append(f'form:not(:has({met})) [data-when="{ids[key]}"] {{ display: none; }}')
    return "\n".join(rules) + "\n"
