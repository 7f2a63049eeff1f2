"""Reading config/networks/: every mistake of every file is found and told at once.

A file names only what differs; labels, limits and messages of the common fields come from
config/fields.toml, choices from config/vocabularies.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from memberships.networks.definition import (
    AdmissionRule,
    ChoiceField,
    ConsentField,
    Controller,
    Definition,
    EmailField,
    LongTextField,
    Office,
    Option,
    Part,
    Purpose,
    Section,
    TextField,
    Texts,
)

# Names that the form itself sends; a field of the same name would be overwritten.
RESERVED_KEYS = frozenset({"stamp", "feld_b7", "code", "no_newsletter"})
# Art. 9 and Art. 5(1)(c) GDPR: never asked, in no network.
FORBIDDEN_KEYS = frozenset(
    {"date_of_birth", "birthday", "age", "gender", "nationality", "party", "religion", "disability",
     "health", "private_address", "password"}
)  # fmt: skip
COMMON_KEYS = ("first_name", "last_name", "email")
# These are columns of an application: their type and the longest value that fits.
COLUMNS = {
    "first_name": ("text", 80),
    "last_name": ("text", 80),
    "organisation_name": ("text", 160),
    "email": ("email", 254),
}


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a definition file, and what would be right."""

    file: str
    key: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.wrong} – {self.right}"


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
        complete = common.complete(raw)
        found = list(_check(complete, file))
        told = {mistake.key for mistake in found}
        try:
            definition = Definition.model_validate(complete)
        except ValidationError as error:
            found += [mistake for mistake in _explain(error, file) if mistake.key not in told]
        mistakes += found
        if not found:
            definitions[definition.slug] = definition
    if mistakes:
        raise DefinitionsInvalid(mistakes)
    return dict(sorted(definitions.items(), key=lambda item: item[1].name))


def _read_toml(file: Path, mistakes: list[Mistake]) -> dict[str, Any] | None:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(Mistake(file.name, "(file)", str(error), "a readable TOML file in UTF-8"))
        return None


@dataclass(frozen=True)
class _Common:
    fields: Mapping[str, Any]
    vocabularies: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, mistakes: list[Mistake]) -> _Common:
        return cls(
            _read_toml(folder / "fields.toml", mistakes) or {},
            _read_toml(folder / "vocabularies.toml", mistakes) or {},
        )

    def complete(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The file's content with catalogue entries and vocabularies filled in."""
        sections = [
            {**section, "fields": [self._field(f) for f in _dicts(section.get("fields"))]}
            for section in _dicts(raw.get("sections"))
        ]
        return {**raw, "sections": sections} if "sections" in raw else raw

    def _field(self, entry: dict[str, Any]) -> dict[str, Any]:
        field = {**self.fields.get(str(entry.get("key")), {}), **entry}
        vocabulary = field.get("vocabulary")
        if isinstance(vocabulary, str) and vocabulary in self.vocabularies:
            field["options"] = self._options(field.pop("vocabulary"))
        return field

    def _options(self, vocabulary: str) -> list[dict[str, Any]]:
        groups = self.vocabularies[vocabulary]
        return [
            {"key": key, "label": label, "group": group.get("group", "")}
            for group in groups
            for key, label in group["options"].items()
        ]


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _check(raw: dict[str, Any], file: Path) -> Iterator[Mistake]:
    """What no single value can show: names that collide, conditions that can never hold."""
    if raw.get("slug") != file.stem:
        yield Mistake(
            file.name,
            "slug",
            f"{raw.get('slug')!r} is not the file's name",
            f'slug = "{file.stem}"',
        )
    seen: dict[str, dict[str, Any]] = {}
    always: set[str] = set()
    for n, section in enumerate(_dicts(raw.get("sections"))):
        yield from _check_condition(section.get("when"), seen, f"sections.{n}.when", file)
        for m, field in enumerate(_dicts(section.get("fields"))):
            yield from _check_field(field, seen, f"sections.{n}.fields.{m}", file)
            if field.get("required") is True and not (section.get("when") or field.get("when")):
                always.add(str(field.get("key")))
    yield from _check_common(raw, seen, always, file)
    rules = _dicts(raw.get("admission"))
    for n, rule in enumerate(rules):
        yield from _check_condition(rule.get("when"), seen, f"admission.{n}.when", file)
    if rules and rules[-1].get("when"):
        yield Mistake(
            file.name,
            f"admission.{len(rules) - 1}.when",
            "answers may fit no rule",
            "a last rule without a condition",
        )


def _check_common(
    raw: dict[str, Any], seen: Mapping[str, dict[str, Any]], always: set[str], file: Path
) -> Iterator[Mistake]:
    """What an application cannot be stored without."""
    joins = raw.get("joins")
    kinds = joins if isinstance(joins, list) else []
    for key in (*COMMON_KEYS, "applicant_kind") if len(kinds) > 1 else COMMON_KEYS:
        if key not in always:
            yield Mistake(
                file.name,
                "sections",
                f"{key} is not asked as required",
                f'a field with key = "{key}" and required = true, without a condition',
            )
    if "organisation" in kinds and seen.get("organisation_name", {}).get("required") is not True:
        yield Mistake(
            file.name,
            "sections",
            "organisation_name is not asked as required, though organisations may join",
            'a field with key = "organisation_name" and required = true',
        )


def _check_field(
    field: dict[str, Any], seen: dict[str, dict[str, Any]], where: str, file: Path
) -> Iterator[Mistake]:
    key = str(field.get("key"))
    if key in seen:
        yield Mistake(file.name, f"{where}.key", f"{key} is asked twice", "ask it once")
    if key in RESERVED_KEYS:
        yield Mistake(file.name, f"{where}.key", f"{key} is used by the form itself", "another key")
    if key in FORBIDDEN_KEYS:
        yield Mistake(
            file.name, f"{where}.key", f"{key} must not be asked (Art. 5, 9 GDPR)", "leave it out"
        )
    if "vocabulary" in field:
        yield Mistake(
            file.name,
            f"{where}.vocabulary",
            f"{field['vocabulary']!r} is not known",
            "a name from config/vocabularies.toml",
        )
    if key in COLUMNS:
        yield from _check_column(key, field, where, file)
    yield from _check_condition(field.get("when"), seen, f"{where}.when", file)
    seen[key] = field


def _check_column(key: str, field: dict[str, Any], where: str, file: Path) -> Iterator[Mistake]:
    type_, longest = COLUMNS[key]
    if field.get("type") != type_:
        wrong = f"{field.get('type')!r} is not the type of {key}"
        yield Mistake(file.name, f"{where}.type", wrong, f'"{type_}"')
    limit = field.get("max")
    if isinstance(limit, int) and limit > longest:
        wrong = f"{limit} is longer than can be stored"
        yield Mistake(file.name, f"{where}.max", wrong, f"at most {longest}")


def _check_condition(
    when: object, seen: Mapping[str, dict[str, Any]], where: str, file: Path
) -> Iterator[Mistake]:
    for key, allowed in when.items() if isinstance(when, dict) else ():
        if key not in seen:
            known = ", ".join(seen) or "none"
            yield Mistake(
                file.name, f"{where}.{key}", "is not asked before", f"an earlier field: {known}"
            )
            continue
        options = [str(option.get("key")) for option in _dicts(seen[key].get("options"))]
        wrong = (
            [value for value in allowed if value not in options]
            if isinstance(allowed, list)
            else []
        )
        if wrong:
            yield Mistake(
                file.name,
                f"{where}.{key}",
                f"{', '.join(map(str, wrong))} is no answer of {key}",
                f"some of: {', '.join(options)}",
            )


_PARTS: list[type[Part]] = [
    Definition, Texts, Purpose, Office, Controller, AdmissionRule, Section, ConsentField,
    ChoiceField, EmailField, LongTextField, TextField, Option,
]  # fmt: skip
_KNOWN = sorted({name for part in _PARTS for name in part.model_fields})


def _explain(error: ValidationError, file: Path) -> Iterator[Mistake]:
    for fault in error.errors():
        where = _place(fault["loc"])
        match fault["type"]:
            case "missing":
                yield Mistake(file.name, where, "is missing", "give it a value")
            case "extra_forbidden":
                near = get_close_matches(str(fault["loc"][-1]), _KNOWN, n=1)
                yield Mistake(
                    file.name,
                    where,
                    "no such key",
                    f"did you mean {near[0]}?" if near else "remove it",
                )
            case _:
                yield Mistake(
                    file.name, where, f"{fault['input']!r:.80} does not fit", fault["msg"]
                )


def _place(steps: tuple[int | str, ...]) -> str:
    """Where in the file; without the field's type, which pydantic puts behind a field's number."""
    seen = [step for n, step in enumerate(steps) if n < 2 or steps[n - 2] != "fields"]
    return ".".join(map(str, seen)) or "(file)"
