"""Questions that appear only under an earlier answer, without any script."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from memberships.networks.definition import Definition


def condition_key(when: Mapping[str, tuple[str, ...]]) -> str:
    """Equal conditions have equal keys; no condition has an empty one."""
    return repr(sorted((key, tuple(values)) for key, values in when.items())) if when else ""


def _conditions(definition: Definition) -> dict[str, Mapping[str, tuple[str, ...]]]:
    found = [part.when for section in definition.sections for part in (section, *section.fields)]
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
