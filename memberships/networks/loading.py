"""Reading config/networks/: every mistake of every file is found and told at once.

A file names only what differs; labels, limits and messages of the common fields come from
config/fields.toml, choices from config/vocabularies.toml, reasons from config/decline_reasons.toml,
the bodies that answer for the data from config/controllers.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from memberships.networks.checking import faults_of
from memberships.networks.definition import Controller, Definition
from memberships.networks.explaining import explain
from memberships.networks.faults import Fault, dicts, near, table


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
    names: dict[str, str] = {}
    for file in files:
        raw = _read_toml(file, mistakes)
        if raw is None:
            continue
        mistakes += _check_name(raw.get("name"), file.name, names)
        definition, faults = _parse(raw, file.stem, common)
        mistakes += [Mistake(file.name, *fault) for fault in faults]
        if definition is not None:
            definitions[definition.slug] = definition
    if mistakes:
        raise DefinitionsInvalid(mistakes)
    return dict(sorted(definitions.items(), key=lambda item: item[1].name))


def _check_name(name: object, file: str, names: dict[str, str]) -> list[Mistake]:
    """Two networks of one name could not be told apart on any page."""
    if not isinstance(name, str):
        return []
    first = names.setdefault(" ".join(name.casefold().split()), file)
    if first == file:
        return []
    return [Mistake(file, "name", f"{name!r} is the name of {first}, too", "a name of its own")]


def _parse(
    raw: dict[str, Any], name: str, common: _Common
) -> tuple[Definition | None, list[Fault]]:
    complete = common.complete(raw)
    faults = [*common.controller_faults(raw), *faults_of(complete, name)]
    try:
        return Definition.model_validate(complete), faults
    except ValidationError as error:
        told = {fault.key for fault in faults}
        more = [
            fault
            for fault in explain(error, complete, common.fields)
            if fault.key not in told and not common.has_told(fault, raw)
        ]
        return None, [*faults, *more]


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
    controllers: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, mistakes: list[Mistake]) -> _Common:
        fields, vocabularies, reasons, controllers = (
            _read_toml(folder / f"{name}.toml", mistakes) or {}
            for name in ("fields", "vocabularies", "decline_reasons", "controllers")
        )
        mistakes += _controller_mistakes(controllers)
        listed = dicts(reasons.get("decline_reasons"))
        by_key = {str(reason.get("key")): reason for reason in listed}
        return cls(fields, vocabularies, by_key, controllers)

    def complete(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The file's content with controller, catalogue entries and vocabularies filled in."""
        reasons = raw.get("decline_reasons", list(self.decline_reasons.values()))
        completed = {
            **self._controller(raw.get("controller")),
            **{key: value for key, value in raw.items() if not self._is_named(key, value)},
            "decline_reasons": _each(reasons, self._reason),
        }
        phrase = table(raw.get("territory")).get("phrase")
        for part in ("sections", "profile"):
            if part in raw:
                completed[part] = _speaking_of(_each(raw[part], self._section), phrase)
        return completed

    def _is_named(self, key: str, value: object) -> bool:
        return key == "controller" and isinstance(value, str) and value in self.controllers

    def _controller(self, name: object) -> dict[str, Any]:
        """The named controller, and the authority that supervises it."""
        if not self._is_named("controller", name):
            return {}
        controller = table(self.controllers[str(name)])
        return {
            "controller": _without_authority(controller),
            **{key: value for key, value in controller.items() if key == _AUTHORITY},
        }

    def controller_faults(self, raw: Mapping[str, Any]) -> list[Fault]:
        """What is wrong with the name of the controller."""
        name = raw.get("controller")
        if not isinstance(name, str) or name in self.controllers:
            return []
        known = f"one of: {', '.join(self.controllers)}; or a table [controller]"
        right = " ".join(filter(None, [near(name, self.controllers), known]))
        return [Fault("controller", f"{name!r:.60} is not in config/controllers.toml", right)]

    def has_told(self, fault: Fault, raw: Mapping[str, Any]) -> bool:
        """Whether the fault lies in config/controllers.toml, for which it is told already."""
        is_named = self._is_named("controller", raw.get("controller"))
        return is_named and fault.key.startswith("controller")

    def _section(self, section: dict[str, Any]) -> dict[str, Any]:
        return {**section, "fields": _each(section.get("fields"), self._field)}

    def _field(self, entry: dict[str, Any]) -> dict[str, Any]:
        common = self.fields.get(str(entry.get("key")), {})
        if "options" in entry:
            common = {key: value for key, value in common.items() if key != "vocabulary"}
        field = {**common, **entry}
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


_AUTHORITY = "supervisory_authority"


def _without_authority(controller: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in controller.items() if key != _AUTHORITY}


def _controller_mistakes(controllers: Mapping[str, Any]) -> list[Mistake]:
    """What is wrong in config/controllers.toml, whichever networks name it."""
    mistakes = []
    for name, entry in controllers.items():
        part = _without_authority(entry) if isinstance(entry, dict) else entry
        try:
            Controller.model_validate(part)
        except ValidationError as error:
            for fault in explain(error, {}, (), at=("controller",)):
                key = fault.key.replace("controller", name, 1)
                mistakes.append(Mistake("controllers.toml", key, fault.wrong, fault.right))
    return mistakes


def _speaking_of(value: Any, phrase: object) -> Any:
    """Every text inside with the phrase of the territory, where the network has one."""
    if not isinstance(phrase, str):
        return value
    match value:
        case str():
            return value.replace("{territory}", phrase)
        case list():
            return [_speaking_of(item, phrase) for item in value]
        case dict():
            return {key: _speaking_of(item, phrase) for key, item in value.items()}
    return value


def _each(value: Any, complete: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Every table of a list completed; what is no list of tables is left for the check."""
    if not isinstance(value, list):
        return value
    return [complete(item) if isinstance(item, dict) else item for item in value]
