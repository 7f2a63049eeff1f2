"""What no single value of a definition can show: names that collide, parts that do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from memberships.networks.definition import Policy

# Names that the form itself sends; a field of the same name would be overwritten.
RESERVED_KEYS = frozenset(
    {"stamp", "feld_b7", "code", "no_newsletter", "version", "channel", "received_on", "csrf_token"}
)
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


class Fault(NamedTuple):
    """Where something is wrong, what, what would be right, and which field it is about."""

    key: str
    wrong: str
    right: str
    about: str = ""


def dicts(value: object) -> list[dict[str, Any]]:
    """The tables of a list; of anything else none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def table(value: object) -> dict[str, Any]:
    """The value if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def faults_of(raw: dict[str, Any], name: str) -> Iterator[Fault]:
    """Every fault of a completed definition that no single value shows; `name` is its file's."""
    if raw.get("slug") != name:
        yield Fault("slug", f"{raw.get('slug')!r} is not the file's name", f'slug = "{name}"')
    asked: dict[str, dict[str, Any]] = {}
    always: set[str] = set()
    for n, section in enumerate(dicts(raw.get("sections"))):
        yield from _check_condition(section.get("when"), asked, f"sections.{n}.when")
        for m, field in enumerate(dicts(section.get("fields"))):
            yield from _check_field(field, asked, f"sections.{n}.fields.{m}")
            if field.get("required") is True and not (section.get("when") or field.get("when")):
                always.add(str(field.get("key")))
    yield from _check_common(raw, asked, always)
    yield from _check_admission(dicts(raw.get("admission")), asked)
    yield from _check_decision(raw)
    if isinstance(raw.get("decline_reasons"), list):
        yield from _check_reasons(dicts(raw["decline_reasons"]))


def _check_common(
    raw: dict[str, Any], asked: Mapping[str, dict[str, Any]], always: set[str]
) -> Iterator[Fault]:
    """What an application cannot be stored without."""
    joins = raw.get("joins")
    kinds = joins if isinstance(joins, list) else []
    for key in (*COMMON_KEYS, "applicant_kind") if len(kinds) > 1 else COMMON_KEYS:
        if key not in always:
            yield Fault(
                "sections",
                f"{key} is not asked as required",
                f'a field with key = "{key}" and required = true, without a condition',
            )
    if "organisation" in kinds and asked.get("organisation_name", {}).get("required") is not True:
        yield Fault(
            "sections",
            "organisation_name is not asked as required, though organisations may join",
            'a field with key = "organisation_name" and required = true',
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


def _check_field(
    field: dict[str, Any], asked: dict[str, dict[str, Any]], where: str
) -> Iterator[Fault]:
    key = str(field.get("key"))
    if key in asked:
        yield Fault(f"{where}.key", f"{key} is asked twice", "ask it once")
    if key in RESERVED_KEYS:
        yield Fault(f"{where}.key", f"{key} is used by the form itself", "another key")
    if key in FORBIDDEN_KEYS:
        yield Fault(f"{where}.key", f"{key} must not be asked (Art. 5, 9 GDPR)", "leave it out")
    if "vocabulary" in field:
        yield Fault(
            f"{where}.vocabulary",
            f"{field['vocabulary']!r} is not known",
            "a name from config/vocabularies.toml",
            key,
        )
    if key in COLUMNS:
        yield from _check_column(key, field, where)
    options = _option_keys(field)
    if field.get("default") and options and field["default"] not in options:
        yield Fault(
            f"{where}.default",
            f"{field['default']!r} is no answer of {key}",
            f"one of: {', '.join(options)}",
            key,
        )
    yield from _check_condition(field.get("when"), asked, f"{where}.when", key)
    asked[key] = field


def _option_keys(field: dict[str, Any]) -> list[str]:
    return [str(option.get("key")) for option in dicts(field.get("options"))]


def _check_condition(
    when: object, asked: Mapping[str, dict[str, Any]], where: str, about: str = ""
) -> Iterator[Fault]:
    for key, allowed in table(when).items():
        place = f"{where}.{key}"
        if key not in asked:
            known = ", ".join(asked) or "none"
            yield Fault(place, "is not asked before", f"an earlier field: {known}", about)
            continue
        options = _option_keys(asked[key])
        if not options:
            yield Fault(place, f"{key} has no fixed answers", "a field of type choice", about)
            continue
        wrong = [v for v in allowed if v not in options] if isinstance(allowed, list) else []
        if wrong:
            yield Fault(
                place,
                f"{', '.join(map(str, wrong))} is no answer of {key}",
                f"some of: {', '.join(options)}",
                about,
            )


def _check_admission(
    rules: list[dict[str, Any]], asked: Mapping[str, dict[str, Any]]
) -> Iterator[Fault]:
    for n, rule in enumerate(rules):
        yield from _check_condition(rule.get("when"), asked, f"admission.{n}.when")
    if rules and rules[-1].get("when"):
        yield Fault(
            f"admission.{len(rules) - 1}.when",
            "answers may fit no rule",
            "a last rule without a condition",
        )


def _check_decision(raw: dict[str, Any]) -> Iterator[Fault]:
    policies = {str(rule.get("policy")) for rule in dicts(raw.get("admission"))}
    if not policies <= {policy.value for policy in Policy}:
        return
    if not any(Policy(policy).is_decided_by_person for policy in policies):
        if table(raw.get("promise")).get("days", 0) != 0:
            yield Fault(
                "promise.days", "nobody decides, so the answer comes at once", "0, or leave it out"
            )
        return
    if table(raw.get("promise")).get("days", 0) == 0:
        yield Fault(
            "promise.days", "a person decides, which is never at once", "days, for example 28"
        )
    if not table(raw.get("texts")).get("in_review"):
        yield Fault(
            "texts.in_review", "a person decides, but nothing says who", "a text for the applicant"
        )
    if Policy.BODY_DECISION.value in policies and not table(raw.get("decision")).get("body"):
        yield Fault(
            "decision.body",
            "a body decides, but which one is not said",
            'its name, for example "Direktorium"',
        )


def _check_reasons(reasons: list[dict[str, Any]]) -> Iterator[Fault]:
    keys = [str(reason.get("key")) for reason in reasons]
    for n, key in enumerate(keys):
        if key in keys[:n]:
            yield Fault(f"decline_reasons.{n}.key", f"{key} is there twice", "each reason once")
    if not keys:
        yield Fault(
            "decline_reasons", "no reason can be chosen", "at least one, or leave it out for all"
        )
