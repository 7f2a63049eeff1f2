"""Whether the rules of a definition can work: conditions, admission, purposes, what is promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from memberships.mails.wording import EDITABLE, body_faults, placeholders_of, subject_faults
from memberships.networks.checking_visibility import visibility_purposes
from memberships.networks.definition import (
    ANY_ANSWER,
    ARCHIVE_PHRASE,
    POSTAL_AREA,
    POSTAL_AREAS,
    Policy,
    Retention,
)
from memberships.networks.faults import Fault, dicts, table
from memberships.networks.states import STATES

Asked = Mapping[str, dict[str, Any]]
_ALWAYS = ("application", "membership")
_BY_PERSON = {policy.value for policy in Policy if policy.is_decided_by_person}


def option_keys(field: Mapping[str, Any]) -> list[str]:
    """The keys of a field's fixed answers; none where anything can be typed."""
    return [str(option.get("key")) for option in dicts(field.get("options"))]


def purpose_of(consent: str) -> str:
    """The purpose that a consent is for: newsletter_consent is for newsletter."""
    return consent.removesuffix("_consent")


def check_condition(
    when: object,
    asked: Asked,
    where: str,
    *,
    raw: Mapping[str, Any],
    about: str = "",
    is_rule: bool = False,
) -> Iterator[Fault]:
    """Faults of one `when`: each key an earlier question, each value a list of its answers."""
    for key, allowed in table(when).items():
        place = f"{where}.{key}"
        if not isinstance(allowed, list):
            right = f'["{allowed}"]' if isinstance(allowed, str) else "answers in square brackets"
            yield Fault(place, f"{allowed!r:.60} is not a list", right, about)
        elif key == POSTAL_AREA:
            yield from _check_area(allowed, asked, place, about, raw=raw)
        elif key not in asked:
            known = ", ".join(asked) or "none"
            yield Fault(place, "is not asked before", f"an earlier field: {known}", about)
        elif is_rule and allowed == [ANY_ANSWER]:
            continue
        else:
            yield from _check_answers(key, allowed, option_keys(asked[key]), place, about)


def _check_area(
    allowed: list[Any], asked: Asked, place: str, about: str, *, raw: Mapping[str, Any]
) -> Iterator[Fault]:
    if "postal_code" not in asked:
        right = 'an earlier field with key = "postal_code"'
        yield Fault(place, "the postal code is not asked before", right, about)
        return
    yield from _check_answers(POSTAL_AREA, allowed, list(POSTAL_AREAS), place, about)
    sided = [area for area in ("inside", "outside") if area in allowed]
    if sided and not raw.get("territory"):
        wrong = f"{' and '.join(sided)} of what is not said"
        yield Fault(place, wrong, "[territory] with states and phrase", about)


def _check_answers(
    key: str, allowed: list[Any], options: list[str], place: str, about: str
) -> Iterator[Fault]:
    if ANY_ANSWER in allowed:
        right = f"some of: {', '.join(options)}" if options else "a field of type choice"
        yield Fault(place, '"*" stands alone, and in admission rules only', right, about)
    elif not options:
        yield Fault(place, f"{key} has no fixed answers", "a field of type choice", about)
    elif not allowed:
        yield Fault(place, "no answer is allowed", f"some of: {', '.join(options)}", about)
    elif wrong := [value for value in allowed if value not in options]:
        yield Fault(
            place,
            f"{', '.join(map(str, wrong))} is no answer of {key}",
            f"some of: {', '.join(options)}",
            about,
        )


def check_territory(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of the Länder that a network is bound to."""
    states = table(raw.get("territory")).get("states")
    for n, state in enumerate(states if isinstance(states, list) else []):
        if state not in list(STATES):
            yield Fault(
                f"territory.states.{n}",
                f"{state!r:.30} is no Land",
                f"one of: {', '.join(STATES)}",
            )


def check_admission(
    rules: list[dict[str, Any]], asked: Asked, raw: Mapping[str, Any]
) -> Iterator[Fault]:
    """Faults of the ordered rules: each can be reached, the last catches all, each has a name."""
    admits_at_once = any(rule.get("policy") == Policy.OPEN.value for rule in rules)
    for n, rule in enumerate(rules):
        where = f"admission.{n}"
        yield from check_condition(rule.get("when"), asked, f"{where}.when", raw=raw, is_rule=True)
        if rule.get("key") in [earlier.get("key") for earlier in rules[:n]]:
            yield Fault(f"{where}.key", f"{rule.get('key')!r:.60} is there twice", "another key")
        if any(not earlier.get("when") for earlier in rules[:n]):
            yield Fault(where, "is never reached", "put it before the rule that has no condition")
        if admits_at_once and rule.get("policy") in list(_BY_PERSON) and not rule.get("label"):
            yield Fault(
                f"{where}.label",
                "others are admitted at once, but not why a person looks here",
                'a sentence for the office, for example "Sitz ist nicht belegt"',
            )
    if rules and rules[-1].get("when"):
        yield Fault(
            f"admission.{len(rules) - 1}.when",
            "answers may fit no rule",
            "a last rule without a condition",
        )


def check_decision(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of what is promised where a person decides, or where nobody does."""
    policies = {str(rule.get("policy")) for rule in dicts(raw.get("admission"))}
    if not policies <= {policy.value for policy in Policy}:
        return
    days = table(raw.get("promise")).get("days", 0)
    if not policies & _BY_PERSON and raw.get("one_per_organisation", "no") == "no":
        if days != 0:
            yield Fault(
                "promise.days", "nobody decides, so the answer comes at once", "0, or leave it out"
            )
        return
    if days == 0:
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


def check_mails(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of the network's own words of mails: a kind or placeholder that does not exist."""
    for kind, words in table(raw.get("mails")).items():
        where = f"mails.{kind}"
        if kind not in EDITABLE:
            yield Fault(
                where, "has words of its own in no network", f"one of: {', '.join(EDITABLE)}"
            )
            continue
        known = ", ".join(placeholders_of(kind))
        for part, faults_of in (("subject", subject_faults), ("body", body_faults)):
            faults = faults_of(kind, str(table(words).get(part, "")))
            for wrong, names in (
                ("is no placeholder here", faults.unknown),
                ("is missing", faults.missing),
                ("must stand alone on its line", faults.not_alone),
            ):
                if names:
                    yield Fault(f"{where}.{part}", f"{', '.join(names)} {wrong}", f"known: {known}")


def check_purposes(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of the privacy notice: one block per purpose that exists, none for what does not."""
    if not isinstance(raw.get("purposes"), list):
        return
    keys = [str(purpose.get("key")) for purpose in dicts(raw["purposes"])]
    needed = [*_ALWAYS, *visibility_purposes(raw)]
    for key in needed:
        if key not in keys:
            yield Fault("purposes", f"{key} is missing", f'[[purposes]] with key = "{key}"')
    consents = [
        purpose_of(str(field.get("key")))
        for section in dicts(raw.get("sections"))
        for field in dicts(section.get("fields"))
        if field.get("type") == "consent"
    ]
    for n, key in enumerate(keys):
        if key in keys[:n]:
            yield Fault(f"purposes.{n}.key", f"{key} is there twice", "each purpose once")
        elif key not in (*needed, *consents):
            yield Fault(
                f"purposes.{n}.key",
                f"nothing in the form is for {key}",
                f'a consent with key = "{key}_consent", or leave the purpose out',
            )


def check_reasons(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of the reasons that a decline is chosen from."""
    if not isinstance(raw.get("decline_reasons"), list):
        return
    keys = [str(reason.get("key")) for reason in dicts(raw["decline_reasons"])]
    for n, key in enumerate(keys):
        if key in keys[:n]:
            yield Fault(f"decline_reasons.{n}.key", f"{key} is there twice", "each reason once")
    if not keys:
        yield Fault(
            "decline_reasons", "no reason can be chosen", "at least one, or leave it out for all"
        )


_CONSENT_BASIS = "Abs. 1 Buchst. a "


def check_retention(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of what the privacy notice says about erasing: it names the periods in force."""
    try:
        kept = Retention.model_validate(raw.get("retention", {}))
    except ValidationError:
        return  # told with its own words
    archive = [ARCHIVE_PHRASE] if kept.archive_offer else []
    ends = (kept.declined, kept.withdrawn, kept.closed)
    promised = {
        "application": [*dict.fromkeys(end.phrase for end in ends), *archive],
        "membership": [kept.ended.phrase, *archive],
    }
    for n, purpose in enumerate(dicts(raw.get("purposes"))):
        text = str(purpose.get("retention"))
        # What rests on no consent has none to prove.
        is_agreed = _CONSENT_BASIS in str(purpose.get("legal_basis"))
        proof = [kept.consent_proof_phrase] if is_agreed else []
        for phrase in promised.get(str(purpose.get("key")), proof):
            if phrase not in text:
                wrong = f"does not say “{phrase}”, which [retention] says"
                yield Fault(
                    f"purposes.{n}.retention",
                    wrong,
                    "the same period in both",
                    purpose.get("key", ""),
                )
