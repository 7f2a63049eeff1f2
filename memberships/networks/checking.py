"""What no single value of a definition can show: names that collide, parts that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from memberships.networks.checking_rules import (
    check_admission,
    check_condition,
    check_decision,
    check_mails,
    check_purposes,
    check_reasons,
    check_retention,
    check_territory,
    option_keys,
    purpose_of,
)
from memberships.networks.checking_visibility import check_visibility
from memberships.networks.definition import POSTAL_AREA
from memberships.networks.faults import Fault, dicts, table

# Names that the form itself sends; a field of the same name would be overwritten.
RESERVED_KEYS = frozenset(
    {"stamp", "feld_b7", "code", "no_newsletter", "version", "channel", "received_on", "csrf_token",
     POSTAL_AREA}
)  # fmt: skip
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
# Where a place is found out from, and what is asked of it.
KEYS_OF_TYPES = {"postal_code": "postal_code", "place": "city"}
KINDS = ["person", "organisation"]
_ASKED_OF_ORGANISATIONS: list[dict[str, Any]] = [{}, {"applicant_kind": ["organisation"]}]


def faults_of(raw: dict[str, Any], name: str) -> Iterator[Fault]:
    """Every fault of a completed definition that no single value shows; `name` is its file's."""
    if raw.get("slug") != name:
        yield Fault("slug", f"{raw.get('slug')!r} is not the file's name", f'slug = "{name}"')
    form = _Form(raw)
    yield from form.faults()
    yield from check_profile(raw, form.asked)
    yield from check_visibility(raw, form.asked)
    yield from _check_common(raw, form)
    yield from check_territory(raw)
    yield from check_admission(dicts(raw.get("admission")), form.asked, raw)
    yield from check_decision(raw)
    yield from check_purposes(raw)
    yield from check_reasons(raw)
    yield from check_retention(raw)
    yield from check_mails(raw)


def check_profile(raw: dict[str, Any], form: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of what members are asked after their admission: as in the form, but never required.

    Conditions name `applicant_kind` only, which a member cannot change on that page.
    """
    asked: dict[str, Any] = {}
    kind = {key: field for key, field in form.items() if key == "applicant_kind"}
    for n, section in enumerate(dicts(raw.get("profile"))):
        yield from check_condition(section.get("when"), kind, f"profile.{n}.when", raw=raw)
        for m, field in enumerate(dicts(section.get("fields"))):
            key, where = str(field.get("key")), f"profile.{n}.fields.{m}"
            yield from _check_key(key, {**form, **asked}, where)
            yield from _check_type(field, {}, raw, where)
            yield from _check_options(field, where)
            yield from _check_words(field, where)
            yield from check_condition(field.get("when"), kind, f"{where}.when", raw=raw, about=key)
            if field.get("required") is True:
                yield Fault(f"{where}.required", "nobody must answer it", "leave it out", key)
            if field.get("type") in _FORM_ONLY:
                wrong = f"{field['type']} belongs into the form"
                yield Fault(f"{where}.type", wrong, "leave it out, or ask it in the form", key)
            asked[key] = field


_FORM_ONLY = ("consent", "email", "postal_code", "place", "district")


class _Form:
    """The questions in their order, and what has been asked of everybody so far."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.asked: dict[str, dict[str, Any]] = {}
        # Per required field the conditions under which it is asked.
        self.required: dict[str, dict[str, Any]] = {}

    def faults(self) -> Iterator[Fault]:
        for n, section in enumerate(dicts(self.raw.get("sections"))):
            when = table(section.get("when"))
            yield from check_condition(when, self.asked, f"sections.{n}.when", raw=self.raw)
            for m, field in enumerate(dicts(section.get("fields"))):
                yield from self._check(field, when, f"sections.{n}.fields.{m}")

    def _check(self, field: dict[str, Any], when: Mapping[str, Any], where: str) -> Iterator[Fault]:
        key = str(field.get("key"))
        conditions = {**when, **table(field.get("when"))}
        yield from _check_key(key, self.asked, where)
        yield from _check_type(field, conditions, self.raw, where)
        yield from _check_options(field, where)
        yield from _check_words(field, where)
        yield from check_condition(
            field.get("when"), self.asked, f"{where}.when", raw=self.raw, about=key
        )
        self.asked[key] = field
        if field.get("required") is True:
            self.required[key] = conditions


def _check_common(raw: dict[str, Any], form: _Form) -> Iterator[Fault]:
    """What an application cannot be stored without."""
    joins = raw.get("joins")
    kinds = joins if isinstance(joins, list) else []
    for key in (*COMMON_KEYS, "applicant_kind") if len(kinds) > 1 else COMMON_KEYS:
        if form.required.get(key) != {}:
            yield Fault(
                "sections",
                f"{key} is not asked as required",
                f'a field with key = "{key}" and required = true, without a condition',
            )
    needed: dict[str, str] = {}
    if raw.get("one_per_organisation", "no") != "no":
        reason = f"though one_per_organisation is {raw['one_per_organisation']!r:.30}"
        needed = {"organisation_name": reason, "organisation_kind": reason}
    if "organisation" in kinds:
        needed["organisation_name"] = "though organisations may join"
    for key, reason in needed.items():
        if form.required.get(key) not in _ASKED_OF_ORGANISATIONS:
            yield Fault(
                "sections",
                f"{key} is not asked as required, {reason}",
                f'a field with key = "{key}" and required = true',
            )


def _check_key(key: str, asked: Mapping[str, Any], where: str) -> Iterator[Fault]:
    if key in asked:
        yield Fault(f"{where}.key", f"{key} is asked twice", "ask it once")
    if key in RESERVED_KEYS:
        yield Fault(f"{where}.key", f"{key} is used by the form itself", "another key")
    if key in FORBIDDEN_KEYS:
        yield Fault(f"{where}.key", f"{key} must not be asked (Art. 5, 9 GDPR)", "leave it out")


def _check_type(
    field: dict[str, Any], conditions: Mapping[str, Any], raw: dict[str, Any], where: str
) -> Iterator[Fault]:
    key, type_ = str(field.get("key")), str(field.get("type"))
    if key in COLUMNS:
        yield from _check_column(key, field, where)
    if KEYS_OF_TYPES.get(type_, key) != key:
        right = f'key = "{KEYS_OF_TYPES[type_]}"'
        yield Fault(f"{where}.key", f"a field of type {type_} has a fixed key", right, key)
    if type_ == "place" and conditions.get(POSTAL_AREA) != ["ambiguous"]:
        yield Fault(
            f"{where}.when",
            "a place is asked only where the postal code leaves it open",
            'when = { postal_area = ["ambiguous"] }',
            key,
        )
    if type_ == "district" and not raw.get("territory"):
        right = "[territory] with states and phrase, or leave the field out"
        yield Fault(f"{where}.type", "a district is one of the territory", right, key)
    if type_ == "consent" and purpose_of(key) not in [
        purpose.get("key") for purpose in dicts(raw.get("purposes"))
    ]:
        yield Fault(
            f"{where}.key",
            f"{key} has no purpose",
            f'[[purposes]] with key = "{purpose_of(key)}"',
            key,
        )


def _check_column(key: str, field: dict[str, Any], where: str) -> Iterator[Fault]:
    type_, longest = COLUMNS[key]
    if field.get("type") != type_:
        wrong = f"{field.get('type')!r} is not the type of {key}"
        yield Fault(f"{where}.type", wrong, f'"{type_}"', key)
    limit = field.get("max")
    if isinstance(limit, int) and limit > longest:
        wrong = f"{limit} is longer than can be stored"
        yield Fault(f"{where}.max", wrong, f"at most {longest}", key)


def _check_options(field: dict[str, Any], where: str) -> Iterator[Fault]:
    key = str(field.get("key"))
    if "vocabulary" in field:
        yield Fault(
            f"{where}.vocabulary",
            f"{field['vocabulary']!r} is not known",
            "a name from config/vocabularies.toml",
            key,
        )
    options = option_keys(field)
    if field.get("default") and options and field["default"] not in options:
        yield Fault(
            f"{where}.default",
            f"{field['default']!r} is no answer of {key}",
            f"one of: {', '.join(options)}",
            key,
        )
    if key == "applicant_kind" and options and sorted(options) != sorted(KINDS):
        yield Fault(
            f"{where}.options",
            f"{', '.join(options)} are not the kinds of applicants",
            "person and organisation, each once; the labels are free",
            key,
        )


def _check_words(field: dict[str, Any], where: str) -> Iterator[Fault]:
    for part in ("label", "hint", "missing"):
        if "{territory}" in str(field.get(part, "")):
            yield Fault(
                f"{where}.{part}",
                "speaks of the territory, but there is none",
                f"[territory] with states and phrase, or a {part} of its own",
                str(field.get("key")),
            )
