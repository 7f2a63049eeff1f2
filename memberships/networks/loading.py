"""Reading config/networks/: every mistake of every file is found and told at once.

A file names only what differs; labels, limits and messages of the common fields come from
config/fields.toml, choices from config/vocabularies.toml, reasons from config/decline_reasons.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from memberships.networks.checking import Fault, dicts, faults_of
from memberships.networks.definition import Definition
from memberships.networks.explaining import explain


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a definition file, and what would be right."""

    file: str
    key: str
    wrong: str
    right: str
    about: str = ""

    def __str__(self) -> str:
        about = f" ({self.about})" if self.about else ""
        return f"{self.file}: {self.key}{about}: {self.wrong} – {self.right}"


class DefinitionsInvalid(Exception):
    """At least one definition file cannot be used. `mistakes` holds all of them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def load_definitions(folder: Path) -> dict[str, Definition]:
    """Read every network of `folder`, by slug in the order of their names.

    Raises DefinitionsInvalid with every mistake of every file at once.
    """
    definitions: dict[str, Definition] = {}
    mistakes: list[Mistake] = []
    common = _Common.read(folder.parent, mistakes)
    files = sorted(folder.glob("*.toml"))
    if not files:
        mistakes.append(
            Mistake(str(folder), "*.toml", "no network is defined", "add one file per network")
        )
    for file in files:
        raw = _read_toml(file, mistakes)
        if raw is None:
            continue
        definition, faults = _parse(raw, file.stem, common)
        mistakes += [Mistake(file.name, *fault) for fault in faults]
        if definition is not None:
            definitions[definition.slug] = definition
    if mistakes:
        raise DefinitionsInvalid(mistakes)
    return dict(sorted(definitions.items(), key=lambda item: item[1].name))


def _parse(
    raw: dict[str, Any], name: str, common: _Common
) -> tuple[Definition | None, list[Fault]]:
    complete = common.complete(raw)
    faults = list(faults_of(complete, name))
    try:
        return Definition.model_validate(complete), faults
    except ValidationError as error:
        told = {fault.key for fault in faults}
        more = explain(error, complete, common.fields)
        return None, [*faults, *(fault for fault in more if fault.key not in told)]


def _read_toml(file: Path, mistakes: list[Mistake]) -> dict[str, Any] | None:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(Mistake(file.name, "(file)", str(error), "a readable TOML file in UTF-8"))
        return None


@dataclass(frozen=True)
class _Common:
    """What all networks share, by key."""

    fields: Mapping[str, Any]
    vocabularies: Mapping[str, Any]
    decline_reasons: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, mistakes: list[Mistake]) -> _Common:
        fields, vocabularies, reasons = (
            _read_toml(folder / f"{name}.toml", mistakes) or {}
            for name in ("fields", "vocabularies", "decline_reasons")
        )
        listed = dicts(reasons.get("decline_reasons"))
        return cls(fields, vocabularies, {str(reason.get("key")): reason for reason in listed})

    def complete(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The file's content with catalogue entries and vocabularies filled in."""
        reasons = raw.get("decline_reasons", list(self.decline_reasons.values()))
        completed = {**raw, "decline_reasons": _each(reasons, self._reason)}
        if "sections" in raw:
            completed["sections"] = _each(raw["sections"], self._section)
        return completed

    def _section(self, section: dict[str, Any]) -> dict[str, Any]:
        return {**section, "fields": _each(section.get("fields"), self._field)}

    def _field(self, entry: dict[str, Any]) -> dict[str, Any]:
        field = {**self.fields.get(str(entry.get("key")), {}), **entry}
        vocabulary = str(field.get("vocabulary"))
        if vocabulary in self.vocabularies:
            del field["vocabulary"]
            field["options"] = self._options(vocabulary)
        return field

    def _options(self, vocabulary: str) -> list[dict[str, Any]]:
        return [
            {"key": key, "label": label, "group": group.get("group", "")}
            for group in dicts(self.vocabularies[vocabulary])
            for key, label in group.get("options", {}).items()
        ]

    def _reason(self, entry: dict[str, Any]) -> dict[str, Any]:
        return {**self.decline_reasons.get(str(entry.get("key")), {}), **entry}


def _each(value: Any, complete: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Every table of a list completed; what is no list of tables is left for the check."""
    if not isinstance(value, list):
        return value
    return [complete(item) if isinstance(item, dict) else item for item in value]
