"""Conditions of a definition in German words, for pages and for whoever signs a definition off."""

from __future__ import annotations

from collections.abc import Mapping

from memberships.networks.definition import ANY_ANSWER, POSTAL_AREA, Definition, Option

Answers = tuple[str, ...]


def asked_when(definition: Definition, when: Mapping[str, Answers]) -> str:
    """Under which earlier answers something is asked: 'nur für eine Organisation oder Initiative'.

    Where few answers exclude it, those are named: 'nicht bei „Unterstützend“'.
    """
    parts = (
        _asked_in_area(definition, allowed)
        if key == POSTAL_AREA
        else _asked_after(definition, key, allowed)
        for key, allowed in when.items()
    )
    return " und ".join(parts)


def decided_when(definition: Definition, when: Mapping[str, Answers]) -> str:
    """When an admission rule applies: 'wenn „Ich möchte“: „Informiert bleiben“'."""
    return " und ".join(
        f"wenn die Postleitzahl {_areas(definition, allowed)}"
        if key == POSTAL_AREA
        else f"wenn „{definition.field(key).label.rstrip('?')}“ {_given(definition, key, allowed)}"
        for key, allowed in when.items()
    )


def quoted(labels: list[str], joint: str = "oder") -> str:
    """„eins“, „zwei“ oder „drei“."""
    marked = [f"„{label}“" for label in labels]
    return f" {joint} ".join(filter(None, [", ".join(marked[:-1]), *marked[-1:]]))


def options_of(definition: Definition, key: str) -> list[Option]:
    """The answers that a question offers today."""
    options: tuple[Option, ...] = getattr(definition.field(key), "options", ())
    return [option for option in options if not option.retired]


def _asked_in_area(definition: Definition, allowed: Answers) -> str:
    return f"nur, wenn die Postleitzahl {_areas(definition, allowed)}"


def _areas(definition: Definition, allowed: Answers) -> str:
    phrase = definition.territory.phrase if definition.territory else ""
    words = {
        "inside": f"{phrase} liegt",
        "outside": f"nicht {phrase} liegt",
        "ambiguous": "in mehreren Bundesländern liegt",
        "unknown": "nicht bekannt ist",
    }
    return " oder ".join(words[area] for area in allowed)


def _asked_after(definition: Definition, key: str, allowed: Answers) -> str:
    options = options_of(definition, key)
    labels = [option.label for option in options if option.key in allowed]
    others = [option.label for option in options if option.key not in allowed]
    if not others:
        return f"nur, wenn „{definition.field(key).label.rstrip('?')}“ beantwortet ist"
    if not labels:
        return "zurzeit nicht"
    if len(others) < len(labels):
        return f"nicht bei {quoted(others)}"
    if labels[0].startswith("Für ei"):
        return f"nur {' oder '.join(label.replace('Für ', 'für ', 1) for label in labels)}"
    return f"nur bei {quoted(labels)}"


def _given(definition: Definition, key: str, allowed: Answers) -> str:
    if ANY_ANSWER in allowed:
        return "beantwortet ist"
    labels = [option.label for option in options_of(definition, key) if option.key in allowed]
    return f"mit {quoted(labels)} beantwortet ist"
