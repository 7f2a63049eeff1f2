"""What the loader says about a file that cannot be used: once, where, what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memberships.networks.loading import load_definitions
from tests.networks.definitions import CONFIG, bipar, field_of, mistakes_in, seventh, write


def test_the_networks_of_this_installation_are_good():
    assert list(load_definitions(CONFIG / "networks")) == [
        "avd",
        "bipar",
        "beteiligungsnetzwerk-bw",
        "ebbs-sachsen",
        "fachverband",
        "buergerhaushalt",
    ]


def test_a_written_definition_is_read_back_unchanged(tmp_path):
    read = load_definitions(write(bipar(), tmp_path))["bipar"]

    assert read.digest == load_definitions(CONFIG / "networks")["bipar"].digest


def test_an_unknown_field_without_a_type_is_named_with_its_neighbours(tmp_path):
    raw = bipar()
    field_of(raw, "topics")["key"] = "topic"
    raw["visibility"]["public_entry"].remove("topics")

    assert mistakes_in(raw, tmp_path) == [
        (
            "sections.2.fields.3 (topic): 'topic' is not a common field – "
            "did you mean topics? If not, give it type and label"
        )
    ]


def test_a_new_field_without_a_type_needs_type_and_label(tmp_path):
    raw = bipar()
    raw["sections"][0]["fields"].append({"key": "zodiac", "purpose": "None."})

    assert mistakes_in(raw, tmp_path) == [
        "sections.0.fields.4 (zodiac): 'zodiac' is not a common field – give it type and label"
    ]


def test_a_section_with_one_bad_field_is_not_called_empty(tmp_path):
    raw = bipar()
    field_of(raw, "newsletter_consent")["colour"] = "green"

    assert mistakes_in(raw, tmp_path) == [
        "sections.3.fields.0.colour (newsletter_consent): no such key – remove it"
    ]


def test_a_bad_admission_rule_is_told_once(tmp_path):
    raw = bipar()
    raw["admission"][0]["policy"] = "lottery"

    assert mistakes_in(raw, tmp_path) == [
        (
            "admission.0.policy: 'lottery' is not possible – "
            "one of: 'open', 'coordinator_check' or 'body_decision'"
        ),
    ]


def test_a_misspelt_key_is_compared_with_the_keys_of_its_own_part(tmp_path):
    raw = bipar()
    raw["decision"]["appealtext"] = raw["decision"].pop("appeal_text")
    raw["office"]["mail_box"] = "somewhere@example.org"

    assert mistakes_in(raw, tmp_path) == [
        "office.mail_box: no such key – did you mean mailbox?",
        "decision.appealtext: no such key – did you mean appeal_text?",
    ]


def _spoilt(part: str, key: str, value: Any) -> dict[str, Any]:
    raw = bipar()
    raw[part][key] = value
    return raw


def _without(part: str, key: str) -> dict[str, Any]:
    raw = bipar()
    del raw[part][key]
    return raw


def _field(key: str, **changes: Any) -> dict[str, Any]:
    raw = bipar()
    field_of(raw, key).update(changes)
    return raw


@pytest.mark.parametrize(
    ("raw", "mistake"),
    [
        (
            _without("promise", "days"),
            "promise.days: a person decides, which is never at once – days, for example 28",
        ),
        (
            _without("texts", "in_review"),
            "texts.in_review: a person decides, but nothing says who – a text for the applicant",
        ),
        (
            _without("decision", "body"),
            (
                "decision.body: a body decides, but which one is not said – "
                'its name, for example "Direktorium"'
            ),
        ),
        (
            _spoilt("promise", "days", "soon"),
            "promise.days: 'soon' does not fit – a whole number",
        ),
        (
            _spoilt("promise", "days", -1),
            "promise.days: -1 does not fit – greater than or equal to 0",
        ),
        (
            _spoilt("promise", "working_days", "perhaps"),
            "promise.working_days: 'perhaps' does not fit – true or false",
        ),
        (
            _spoilt("office", "digest", "hourly"),
            "office.digest: 'hourly' is not possible – one of: 'daily', 'at_once' or 'none'",
        ),
        (
            _spoilt("office", "mailbox", "not an address"),
            "office.mailbox: 'not an address' does not fit – An email address must have an @-sign.",
        ),
        (_spoilt("texts", "membership", []), "texts.membership: holds too little – at least 1"),
        (_without("texts", "lead"), "texts.lead: is missing – give it a value"),
        (
            bipar() | {"decline_reasons": []},
            "decline_reasons: no reason can be chosen – at least one, or leave it out for all",
        ),
        (
            bipar() | {"decline_reasons": [{"key": "other"}, {"key": "other"}]},
            "decline_reasons.1.key: other is there twice – each reason once",
        ),
        (
            bipar() | {"decline_reasons": [{"key": "too_late"}]},
            "decline_reasons.0.label: is missing – give it a value",
        ),
        (
            bipar() | {"decline_reasons": "other"},
            "decline_reasons: 'other' does not fit – a list in square brackets",
        ),
        (
            _field("country", default="XX"),
            (
                "sections.1.fields.1.default (country): 'XX' is no answer of country – "
                "one of: DE, AT, CH, FR, PL, other"
            ),
        ),
        (
            _field("topics", vocabulary="topcis"),
            (
                "sections.2.fields.3.vocabulary (topics): 'topcis' is not known – "
                "a name from config/vocabularies.toml"
            ),
        ),
        (
            _field("portfolio", when={"phone": ["030"]}),
            (
                "sections.2.fields.2.when.phone (portfolio): phone has no fixed answers – "
                "a field of type choice"
            ),
        ),
        (
            _field("portfolio", when={"cooperation_mode": ["sometimes"]}),
            (
                "sections.2.fields.2.when.cooperation_mode (portfolio): "
                "sometimes is no answer of cooperation_mode – "
                "some of: occasional, project, department, supporting"
            ),
        ),
        (
            _field("phone", type="telephone"),
            (
                "sections.0.fields.3 (phone): 'telephone' is no type – one of: text, long_text, "
                "email, phone, url, postal_code, place, district, choice, multi_choice, consent"
            ),
        ),
        (
            _field("phone", max=80),
            "sections.0.fields.3.max (phone): 80 is not possible – one of: 40",
        ),
        (
            _field("first_name", required=False),
            (
                "sections: first_name is not asked as required – "
                'a field with key = "first_name" and required = true, without a condition'
            ),
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_remedy(raw, mistake, tmp_path):
    assert mistake in mistakes_in(raw, tmp_path)


@pytest.mark.parametrize("key", ["date_of_birth", "party", "private_address"])
def test_what_must_not_be_asked_is_refused(key, tmp_path):
    raw = bipar()
    raw["sections"][0]["fields"].append(
        {"key": key, "type": "text", "label": "?", "max": 10, "purpose": "None."}
    )

    assert mistakes_in(raw, tmp_path) == [
        f"sections.0.fields.4.key: {key} must not be asked (Art. 5, 9 GDPR) – leave it out"
    ]


def test_a_field_without_a_purpose_is_refused(tmp_path):
    raw = bipar()
    del field_of(raw, "phone")["purpose"]

    assert mistakes_in(raw, tmp_path) == [
        "sections.0.fields.3.purpose (phone): is missing – a sentence: what the answer is used for"
    ]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab{}[]", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=3,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    part=st.sampled_from([*seventh()]),
    base=st.sampled_from([bipar(), seventh()]),
    value=_VALUES.filter(lambda value: value is not None and "None" not in repr(value)),
)
def test_whatever_stands_in_a_file_is_explained_or_good(part, base, value, tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("anything")

    told = mistakes_in(base | {part: value}, folder)

    assert not any("Input should" in mistake for mistake in told)
