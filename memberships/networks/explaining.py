"""What pydantic finds in a definition, in words for whoever writes the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError

from memberships.networks.definition import (
    Accessibility,
    AdmissionRule,
    AnyField,
    Controller,
    Decision,
    DeclineReason,
    Definition,
    MailWords,
    Office,
    Option,
    Part,
    Period,
    Promise,
    Purpose,
    Retention,
    Section,
    Territory,
    Texts,
    Visibility,
)
from memberships.networks.faults import Fault, near

_FIELD_TYPES: dict[str, type[Part]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind
    for kind in get_args(get_args(AnyField)[0])
}
_PARTS: dict[str, type[Part]] = {
    "admission": AdmissionRule,
    "controller": Controller,
    "decision": Decision,
    "decline_reasons": DeclineReason,
    "office": Office,
    "promise": Promise,
    "purposes": Purpose,
    "retention": Retention,
    "territory": Territory,
    "texts": Texts,
    "visibility": Visibility,
    "accessibility": Accessibility,
    "mails": MailWords,
}
_TO_GIVE = {
    "options": 'vocabulary = "a name from config/vocabularies.toml", or options',
    "purpose": "a sentence: what the answer is used for",
    "text_version": 'the version of the text, for example "2026-11"',
    "max": "the highest number of characters",
}
_WORDS = {
    "string_type": "a text in quotation marks",
    "string_too_short": "a text that is not empty",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "tuple_type": "a list in square brackets",
    "mapping_type": 'a table, for example { cooperation_mode = ["project"] }',
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
}

Place = tuple[int | str, ...]


def explain(
    error: ValidationError, raw: Mapping[str, Any], common: Iterable[str], *, at: Place = ()
) -> Iterator[Fault]:
    """One fault per cause: what only follows from another one is left out.

    `raw` is the completed definition, `common` holds the keys of the common fields, and `at` is the
    part of a definition that was checked, where it was not the whole.
    """
    faults: list[dict[str, Any]] = [
        {**fault, "loc": (*at, *fault["loc"])} for fault in error.errors()
    ]
    places = [fault["loc"] for fault in faults]
    for fault in faults:
        loc = fault["loc"]
        # A list whose only entry is wrong counts as empty, too.
        if any(len(other) > len(loc) and other[: len(loc)] == loc for other in places):
            continue
        field = _field_at(loc, raw)
        wrong, right = _in_words(fault, field, common)
        yield Fault(_path(loc), wrong, right, str(field.get("key", "")))


def _field_at(loc: Place, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The field that the place lies in; empty when it lies in none."""
    match loc:
        case (("sections" | "profile") as part, int(n), "fields", int(m), *_):
            fields = raw[part][n]["fields"]
            return fields[m] if isinstance(fields[m], dict) else {}
        case _:
            return {}


def _path(loc: Place) -> str:
    """The place as the file has it: without the type that pydantic puts after a field's number."""
    is_field = loc[0:1] in {("sections",), ("profile",)} and "fields" in loc[2:3]
    steps = [*loc[:4], *loc[5:]] if is_field else loc
    return ".".join(map(str, steps)) or "(file)"


def _in_words(
    fault: Mapping[str, Any], field: dict[str, Any], common: Iterable[str]
) -> tuple[str, str]:
    loc, given = fault["loc"], fault["input"]
    match fault["type"]:
        case "missing":
            return "is missing", _TO_GIVE.get(str(loc[-1]), "give it a value")
        case "extra_forbidden":
            return "no such key", near(str(loc[-1]), _known_at(loc)) or "remove it"
        case "union_tag_not_found" | "union_tag_invalid":
            return _type_in_words(field, common)
        case "enum" | "literal_error":
            return f"{given!r:.60} is not possible", f"one of: {fault['ctx']['expected']}"
        case "string_too_long" | "too_short":
            return _size_in_words(fault)
    return f"{given!r:.60} does not fit", _WORDS.get(fault["type"]) or _plain(fault["msg"])


def _size_in_words(fault: Mapping[str, Any]) -> tuple[str, str]:
    if fault["type"] == "too_short":
        return "holds too little", f"at least {fault['ctx']['min_length']}"
    return f"{len(fault['input'])} characters are too many", f"at most {fault['ctx']['max_length']}"


def _type_in_words(field: dict[str, Any], common: Iterable[str]) -> tuple[str, str]:
    if "type" in field:
        return f"{field['type']!r} is no type", f"one of: {', '.join(_FIELD_TYPES)}"
    if "key" not in field:
        return "has no key", "one from config/fields.toml, or a new one with type and label"
    guess = near(str(field["key"]), common)
    return (
        f"{field['key']!r} is not a common field",
        f"{guess} If not, give it type and label" if guess else "give it type and label",
    )


def _known_at(loc: Place) -> list[str]:
    """The keys that may stand beside the one at that place."""
    part: type[Part] = Definition
    match loc:
        case ("sections" | "profile", _, _):
            part = Section
        case ("sections" | "profile", _, "fields", _, str(kind), _):
            part = _FIELD_TYPES[kind]
        case ("sections" | "profile", _, "fields", _, _, "options", _, _):
            part = Option
        case ("retention", _, _):
            part = Period
        case (str(name), *_, _) if name in _PARTS:
            part = _PARTS[name]
    return list(part.model_fields)


def _plain(message: str) -> str:
    """pydantic's own words, without what only a programmer needs."""
    for noise in ("Value error, ", "value is not a valid email address: ", "Input should be "):
        message = message.removeprefix(noise)
    return message.replace("String should match pattern", "must look like")
