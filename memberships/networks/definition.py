"""What a network is: the model of one file in config/networks/.

A file names only what differs; labels, limits and messages of the common fields come from
config/fields.toml, choices from config/vocabularies.toml. `load_definitions` puts the three together
into one self-contained object, and that object is what a case keeps.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, EmailStr, Field, ValidationError

KEY = r"^[a-z][a-z0-9_]{1,39}$"
Key = Annotated[str, Field(pattern=KEY)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\n]*$")]

# Names that the form itself sends; a field of the same name would be overwritten.
RESERVED_KEYS = frozenset({"stamp", "feld_b7", "code", "no_newsletter"})
# Art. 9 and Art. 5(1)(c) GDPR: never asked, in no network.
FORBIDDEN_KEYS = frozenset(
    {"date_of_birth", "birthday", "age", "gender", "nationality", "party", "religion", "disability",
     "health", "private_address", "password"}
)  # fmt: skip
COMMON_KEYS = ("first_name", "last_name", "email")


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Policy(StrEnum):
    """How an application is decided (domain.md, section 3)."""

    OPEN = "open"


class ControllerProfile(StrEnum):
    PRIVATE = "private"
    PUBLIC = "public"


class Option(Part):
    key: Key
    label: Line
    group: str = ""
    retired: bool = False


class FormField(Part):
    """One question of the form. `when` names earlier answers under which it is asked."""

    key: Key
    type: str
    label: Line
    hint: str = ""
    purpose: Line
    required: bool = False
    when: Mapping[Key, tuple[str, ...]] = {}
    missing: Line = "Füllen Sie dieses Feld bitte aus."
    autocomplete: str = ""
    half: bool = False


class TextField(FormField):
    type: Literal["text"]
    max: Annotated[int, Field(ge=1, le=500)]
    min: Annotated[int, Field(ge=0)] = 0


class LongTextField(FormField):
    type: Literal["long_text"]
    max: Annotated[int, Field(ge=1, le=10_000)]
    min: Annotated[int, Field(ge=0)] = 0


class EmailField(FormField):
    type: Literal["email"]
    max: Literal[254] = 254


class ChoiceField(FormField):
    type: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    as_list: bool = False


class ConsentField(FormField):
    """A box that is never ticked beforehand. `text` is what is agreed to, kept with each consent."""

    type: Literal["consent"]
    text: Text
    text_version: Line
    required: Literal[False] = False


AnyField = Annotated[
    TextField | LongTextField | EmailField | ChoiceField | ConsentField, Field(discriminator="type")
]


class Section(Part):
    title: str = ""
    when: Mapping[Key, tuple[str, ...]] = {}
    fields: Annotated[tuple[AnyField, ...], Field(min_length=1)]


class AdmissionRule(Part):
    """When the answers say `when`, `policy` decides. The first rule that fits counts."""

    key: Key
    policy: Policy
    when: Mapping[Key, tuple[str, ...]] = {}


class Controller(Part):
    """The body that answers for the data (Art. 4 no. 7 GDPR)."""

    name: Line
    address: Line
    email: EmailStr
    profile: ControllerProfile
    represented_by: Line
    data_protection_contact: Line


class Office(Part):
    name: Line
    email: EmailStr
    phone: str = ""


class Purpose(Part):
    """One block of the privacy notice and one row of the record of processing."""

    key: Key
    title: Line
    text: Text
    legal_basis: Line
    retention: Line


class Texts(Part):
    who_may_join: Text
    lead: Text
    membership: Annotated[tuple[Line, ...], Field(min_length=1)]
    eligibility: Text
    answer: Line
    after_submitting: Text
    next_steps: Text
    visibility: Line
    exit_rule: Line


class Definition(Part):
    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    name: Line
    short_name: Line
    in_phrase: Line
    to_phrase: Line
    noun: Literal["Antrag", "Anmeldung"]
    apply_label: Line
    member_term: Line
    scope: Line
    hue: Literal["blue", "turquois", "violet", "orange", "green", "lime"]
    joins: Annotated[tuple[Literal["person", "organisation"], ...], Field(min_length=1)]
    controller: Controller
    office: Office
    supervisory_authority: Line
    texts: Texts
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    admission: Annotated[tuple[AdmissionRule, ...], Field(min_length=1)]

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """Names this version of the definition: equal content, equal digest."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def fields(self) -> tuple[AnyField, ...]:
        return tuple(field for section in self.sections for field in section.fields)

    def field(self, key: str) -> AnyField:
        """The field of that key. Raises KeyError when the form does not ask it."""
        for field in self.fields:
            if field.key == key:
                return field
        raise KeyError(key)

    @property
    def asks_applicant_kind(self) -> bool:
        return any(field.key == "applicant_kind" for field in self.fields)

    @cached_property
    def conditions(self) -> dict[str, Mapping[str, tuple[str, ...]]]:
        """Per field key all earlier answers under which it is asked, its section's included."""
        return {
            field.key: {**section.when, **field.when}
            for section in self.sections
            for field in section.fields
        }

    def rule_for(self, answers: Mapping[str, Any]) -> AdmissionRule:
        """The first admission rule whose condition the answers meet; the last one has none."""
        return next(rule for rule in self.admission if is_met(rule.when, answers))

    @property
    def placeholders(self) -> list[str]:
        """Keys whose values are examples: fine in a demonstration, refused in production."""
        values = {
            "controller.email": self.controller.email,
            "controller.address": self.controller.address,
            "controller.represented_by": self.controller.represented_by,
            "controller.data_protection_contact": self.controller.data_protection_contact,
            "office.email": self.office.email,
        }
        return [key for key, value in values.items() if "example." in value or "Muster" in value]


def is_met(when: Mapping[str, tuple[str, ...]], answers: Mapping[str, Any]) -> bool:
    """Whether the answers fulfil every part of a condition; an empty condition always holds."""
    return all(answers.get(key) in allowed for key, allowed in when.items())


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
        mistakes.append(Mistake(str(folder), "*.toml", "no network is defined", "add one file per network"))
    for file in files:
        raw = _read_toml(file, mistakes)
        if raw is None:
            continue
        complete = common.complete(raw)
        found = list(_check(complete, file))
        try:
            definition = Definition.model_validate(complete)
        except ValidationError as error:
            found += _explain(error, file)
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
        if vocabulary in self.vocabularies:
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
        yield Mistake(file.name, "slug", f"{raw.get('slug')!r} is not the file's name", f'slug = "{file.stem}"')
    seen: dict[str, dict[str, Any]] = {}
    for n, section in enumerate(_dicts(raw.get("sections"))):
        yield from _check_condition(section.get("when"), seen, f"sections.{n}.when", file)
        for m, field in enumerate(_dicts(section.get("fields"))):
            yield from _check_field(field, seen, f"sections.{n}.fields.{m}", file)
    for key in COMMON_KEYS:
        if seen.get(key, {}).get("required") is not True:
            yield Mistake(file.name, "sections", f"{key} is not asked as required", f'a field with key = "{key}" and required = true')  # noqa: E501 - one sentence
    rules = _dicts(raw.get("admission"))
    for n, rule in enumerate(rules):
        yield from _check_condition(rule.get("when"), seen, f"admission.{n}.when", file)
    if rules and rules[-1].get("when"):
        yield Mistake(file.name, f"admission.{len(rules) - 1}.when", "answers may fit no rule", "a last rule without a condition")  # noqa: E501 - one sentence


def _check_field(
    field: dict[str, Any], seen: dict[str, dict[str, Any]], where: str, file: Path
) -> Iterator[Mistake]:
    key = str(field.get("key"))
    if key in seen:
        yield Mistake(file.name, f"{where}.key", f"{key} is asked twice", "ask it once")
    if key in RESERVED_KEYS:
        yield Mistake(file.name, f"{where}.key", f"{key} is used by the form itself", "another key")
    if key in FORBIDDEN_KEYS:
        yield Mistake(file.name, f"{where}.key", f"{key} must not be asked (Art. 5, 9 GDPR)", "leave it out")
    if "vocabulary" in field:
        yield Mistake(file.name, f"{where}.vocabulary", f"{field['vocabulary']!r} is not known", "a name from config/vocabularies.toml")  # noqa: E501 - one sentence
    yield from _check_condition(field.get("when"), seen, f"{where}.when", file)
    seen[key] = field


def _check_condition(
    when: object, seen: Mapping[str, dict[str, Any]], where: str, file: Path
) -> Iterator[Mistake]:
    for key, allowed in (when.items() if isinstance(when, dict) else ()):
        if key not in seen:
            known = ", ".join(seen) or "none"
            yield Mistake(file.name, f"{where}.{key}", "is not asked before", f"an earlier field: {known}")
            continue
        options = [option["key"] for option in _dicts(seen[key].get("options"))]
        wrong = [value for value in allowed if value not in options] if isinstance(allowed, list) else []
        if wrong:
            yield Mistake(file.name, f"{where}.{key}", f"{', '.join(map(str, wrong))} is no answer of {key}", f"some of: {', '.join(options)}")  # noqa: E501 - one sentence


_PARTS: tuple[type[Part], ...] = (
    Definition, Texts, Purpose, Office, Controller, AdmissionRule, Section, ConsentField, ChoiceField,
    EmailField, LongTextField, TextField, Option,
)  # fmt: skip
_KNOWN = sorted({name for part in _PARTS for name in part.model_fields})
_TYPES = {"text", "long_text", "email", "choice", "consent"}


def _explain(error: ValidationError, file: Path) -> Iterator[Mistake]:
    for fault in error.errors():
        where = ".".join(str(step) for step in fault["loc"] if step not in _TYPES) or "(file)"
        match fault["type"]:
            case "missing":
                yield Mistake(file.name, where, "is missing", "give it a value")
            case "extra_forbidden":
                near = get_close_matches(str(fault["loc"][-1]), _KNOWN, n=1)
                yield Mistake(file.name, where, "no such key", f"did you mean {near[0]}?" if near else "remove it")
            case _:
                yield Mistake(file.name, where, f"{fault['input']!r:.80} does not fit", fault["msg"])
