"""What rules need to work: each mistake is told with its place and what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memberships.networks.loading import DefinitionsInvalid, load_definitions
from tests.networks.definitions import bipar, field_of, mistakes_in, seventh, write


def dorf(**changes: Any) -> dict[str, Any]:
    return seventh() | {"slug": "bipar"} | changes


def without(raw: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in keys}


def without_fields(raw: dict[str, Any], *keys: str) -> dict[str, Any]:
    for section in raw["sections"]:
        section["fields"] = [f for f in section["fields"] if f["key"] not in keys]
    return raw


def changed(raw: dict[str, Any], key: str, /, **changes: Any) -> dict[str, Any]:
    field_of(raw, key).update(changes)
    return raw


def ruled(*rules: dict[str, Any]) -> dict[str, Any]:
    return dorf(admission=list(rules))


def rule(key: str, policy: str = "open", label: str = "", **when: Any) -> dict[str, Any]:
    return {"key": key, "policy": policy, "label": label, "when": when}


LAST = rule("last", "coordinator_check", "Das Büro sieht nach")


def asked(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "purpose": "Zum Prüfen.", **more}


def test_the_network_that_is_spoilt_here_is_good(tmp_path: Path) -> None:
    assert mistakes_in(dorf(), tmp_path) == []


def late_postal_code() -> dict[str, Any]:
    raw = dorf()
    fields = raw["sections"][2]["fields"]
    fields.append(fields.pop(1))
    return raw


def typed_condition(value: Any) -> dict[str, Any]:
    return changed(dorf(), "village_story", when={"village_size": value})


@pytest.mark.parametrize(
    ("raw", "mistakes"),
    [
        # Where the postal code lies
        (
            late_postal_code(),
            [
                (
                    "sections.2.fields.1.when.postal_area (city): the postal code is not asked "
                    'before – an earlier field with key = "postal_code"'
                ),
                (
                    "sections.2.fields.2.when.postal_area (active_in): the postal code is not "
                    'asked before – an earlier field with key = "postal_code"'
                ),
            ],
        ),
        (
            changed(dorf(), "active_in", when={"postal_area": ["abroad"]}),
            [
                (
                    "sections.2.fields.3.when.postal_area (active_in): abroad is no answer of "
                    "postal_area – some of: inside, outside, ambiguous, unknown"
                )
            ],
        ),
        (
            changed(dorf(), "city", when={"postal_area": ["ambiguous", "unknown"]}),
            [
                (
                    "sections.2.fields.2.when (city): a place is asked only where the postal code "
                    'leaves it open – when = { postal_area = ["ambiguous"] }'
                )
            ],
        ),
        (
            changed(dorf(), "city", key="town", label="Ort", type="place", when={}),
            [
                (
                    "sections.2.fields.2.key (town): a field of type place has a fixed key – "
                    'key = "city"'
                ),
                (
                    "sections.2.fields.2.when (town): a place is asked only where the postal code "
                    'leaves it open – when = { postal_area = ["ambiguous"] }'
                ),
            ],
        ),
        (
            without(without_fields(dorf(), "active_in", "district"), "territory")
            | {"admission": [rule("inside", postal_area=["inside"]), LAST]},
            [
                (
                    "admission.0.when.postal_area: inside of what is not said – "
                    "[territory] with states and phrase"
                )
            ],
        ),
        (
            without(without_fields(dorf(admission=[LAST]), "active_in"), "territory"),
            [
                (
                    "sections.2.fields.3.type (district): a district is one of the territory – "
                    "[territory] with states and phrase, or leave the field out"
                )
            ],
        ),
        (
            without(
                changed(
                    without_fields(dorf(admission=[LAST]), "district"),
                    "active_in",
                    when={"postal_area": ["unknown"]},
                    hint="",
                ),
                "territory",
            ),
            [
                (
                    "sections.2.fields.3.label (active_in): speaks of the territory, but there is "
                    "none – [territory] with states and phrase, or a label of its own"
                )
            ],
        ),
        (
            dorf(territory={"states": ["TH", "XX"], "phrase": "in Thüringen"}),
            [
                (
                    "territory.states.1: 'XX' is no Land – one of: BB, BE, BW, BY, HB, HE, HH, MV, "
                    "NI, NW, RP, SH, SL, SN, ST, TH"
                )
            ],
        ),
        (
            dorf(territory={"states": ["TH"], "phrase": "in Thüringen", "pharse": "x"}),
            ["territory.pharse: no such key – did you mean phrase?"],
        ),
        # Conditions
        (
            typed_condition("large"),
            [
                (
                    "sections.2.fields.7.when.village_size (village_story): 'large' is not a list "
                    '– ["large"]'
                )
            ],
        ),
        (
            typed_condition(7),
            [
                (
                    "sections.2.fields.7.when.village_size (village_story): 7 is not a list – "
                    "answers in square brackets"
                )
            ],
        ),
        (
            typed_condition([]),
            [
                (
                    "sections.2.fields.7.when.village_size (village_story): no answer is allowed – "
                    "some of: small, large, unsure"
                )
            ],
        ),
        (
            typed_condition(["*"]),
            [
                (
                    'sections.2.fields.7.when.village_size (village_story): "*" stands alone, and '
                    "in admission rules only – some of: small, large, unsure"
                )
            ],
        ),
        (
            ruled(rule("some", village_size=["*", "small"]), LAST),
            [
                (
                    'admission.0.when.village_size: "*" stands alone, and in admission rules only '
                    "– some of: small, large, unsure"
                )
            ],
        ),
        (
            ruled(rule("some", active_in=["Erfurt"]), LAST),
            [
                (
                    "admission.0.when.active_in: active_in has no fixed answers – "
                    "a field of type choice"
                )
            ],
        ),
        # Admission rules
        (
            ruled(rule("all"), LAST),
            [("admission.1: is never reached – put it before the rule that has no condition")],
        ),
        (
            ruled(rule("same", postal_area=["inside"]), {**LAST, "key": "same"}),
            ["admission.1.key: 'same' is there twice – another key"],
        ),
        (
            ruled(rule("inside", postal_area=["inside"]), {**LAST, "label": ""}),
            [
                (
                    "admission.1.label: others are admitted at once, but not why a person looks "
                    'here – a sentence for the office, for example "Sitz ist nicht belegt"'
                )
            ],
        ),
        (ruled({**LAST, "label": ""}), []),
        # One per organisation
        (
            changed(dorf(), "organisation_kind", required=False),
            [
                (
                    "sections: organisation_kind is not asked as required, though "
                    "one_per_organisation is 'representative' – "
                    'a field with key = "organisation_kind" and required = true'
                )
            ],
        ),
        (
            changed(dorf(), "organisation_name", when={"applicant_kind": ["person"]}),
            [
                (
                    "sections: organisation_name is not asked as required, though organisations "
                    'may join – a field with key = "organisation_name" and required = true'
                )
            ],
        ),
        (
            bipar() | {"one_per_organisation": "seat"},
            [
                (
                    f"sections: {key} is not asked as required, though one_per_organisation is "
                    f"'seat' – a field with key = \"{key}\" and required = true"
                )
                for key in ("organisation_name", "organisation_kind")
            ],
        ),
        (
            dorf(one_per_organisation="sometimes"),
            [
                (
                    "one_per_organisation: 'sometimes' is not possible – "
                    "one of: 'no', 'seat' or 'representative'"
                )
            ],
        ),
        (
            dorf(
                admission=[rule("anyone")],
                texts=without(seventh()["texts"], "in_review"),
                promise={},
            ),
            [
                "promise.days: a person decides, which is never at once – days, for example 28",
                (
                    "texts.in_review: a person decides, but nothing says who – "
                    "a text for the applicant"
                ),
            ],
        ),
        (
            without(dorf(admission=[rule("anyone")]), "one_per_organisation"),
            ["promise.days: nobody decides, so the answer comes at once – 0, or leave it out"],
        ),
        # Purposes
        (
            dorf(purposes=seventh()["purposes"][2:]),
            [
                'purposes: application is missing – [[purposes]] with key = "application"',
                'purposes: membership is missing – [[purposes]] with key = "membership"',
            ],
        ),
        (
            dorf(purposes=[*seventh()["purposes"][:3], *seventh()["purposes"][4:]]),
            [
                (
                    "sections.3.fields.6.key (visit_consent): visit_consent has no purpose – "
                    '[[purposes]] with key = "visit"'
                )
            ],
        ),
        (
            without_fields(dorf(), "visit_consent"),
            [
                (
                    "purposes.3.key: nothing in the form is for visit – "
                    'a consent with key = "visit_consent", or leave the purpose out'
                )
            ],
        ),
        (
            dorf(purposes=[*seventh()["purposes"], seventh()["purposes"][0]]),
            ["purposes.6.key: application is there twice – each purpose once"],
        ),
        # Who sees members
        (
            dorf(purposes=seventh()["purposes"][:4]),
            [
                f'purposes: {key} is missing – [[purposes]] with key = "{key}"'
                for key in ("member_directory", "directory")
            ],
        ),
        (
            dorf(visibility={"internal": "none"}),
            [
                (
                    f"purposes.{n}.key: nothing in the form is for {key} – "
                    f'a consent with key = "{key}_consent", or leave the purpose out'
                )
                for n, key in ((4, "member_directory"), (5, "directory"))
            ],
        ),
        *(
            (
                dorf(visibility={"internal": "announced", "public_entry": [key]}),
                [f"visibility.public_entry.0: {key} is never public – leave it out"],
            )
            for key in ("email", "phone", "postal_code", "newsletter_consent")
        ),
        (
            dorf(visibility={"internal": "announced", "public_entry": ["name", "name"]}),
            ["visibility.public_entry.1: name is there twice – each key once"],
        ),
        (
            without_fields(
                dorf(
                    visibility={"internal": "announced", "public_entry": ["place"]},
                    admission=[
                        rule("anyone"),
                    ],
                ),
                "postal_code",
                "city",
                "active_in",
                "district",
            ),
            [
                (
                    "visibility.public_entry.0: place is not known – "
                    "a field postal_code, or leave it out"
                )
            ],
        ),
        # Questions after the admission
        (
            dorf(profile=[{"fields": [asked("methods", required=True)]}]),
            [
                "profile.0.fields.0.required (methods): nobody must answer it – leave it out",
            ],
        ),
        (
            dorf(profile=[{"fields": [asked("topics")]}]),
            ["profile.0.fields.0.key: topics is asked twice – ask it once"],
        ),
        (
            dorf(
                profile=[
                    {"fields": [asked("methods", when={"village_size": ["large"]})]},
                ]
            ),
            [
                (
                    "profile.0.fields.0.when.village_size (methods): is not asked before – "
                    "an earlier field: applicant_kind"
                )
            ],
        ),
        # Who applies, who answers for the data
        (
            changed(
                dorf(),
                "applicant_kind",
                options=[{"key": "person", "label": "Ich"}, {"key": "village", "label": "Wir"}],
            ),
            [
                (
                    "sections.0.fields.0.options (applicant_kind): person, village are not the "
                    "kinds of applicants – person and organisation, each once; the labels are free"
                ),
                (
                    "sections.1.when.applicant_kind: organisation is no answer of applicant_kind "
                    "– some of: person, village"
                ),
                (
                    "sections.3.fields.4.when.applicant_kind (role_in_organisation): organisation "
                    "is no answer of applicant_kind – some of: person, village"
                ),
                (
                    "admission.0.when.applicant_kind: organisation is no answer of applicant_kind "
                    "– some of: person, village"
                ),
            ],
        ),
        (
            dorf(controller="bpar"),
            [
                (
                    "controller: 'bpar' is not in config/controllers.toml – did you mean bipar? "
                    "one of: bipar, bpb, fachverband, allianz-fuer-beteiligung, sachsen; "
                    "or a table [controller]"
                )
            ],
        ),
        (
            dorf(name="x" * 301),
            ["name: 301 characters are too many – at most 300"],
        ),
        (
            changed(dorf(), "village_size", key="postal_area"),
            [
                "sections.2.fields.6.key: postal_area is used by the form itself – another key",
                (
                    "sections.2.fields.7.when.village_size (village_story): is not asked before – "
                    "an earlier field: applicant_kind, organisation_name, organisation_kind, "
                    "existing_member, country, postal_code, city, active_in, district, website, "
                    "postal_area"
                ),
            ],
        ),
    ],
)
def test_a_rule_that_cannot_work_is_told_with_its_remedy(
    raw: dict[str, Any], mistakes: list[str], tmp_path: Path
) -> None:
    assert mistakes_in(raw, tmp_path) == mistakes


def test_any_answer_is_enough_for_a_rule(tmp_path: Path) -> None:
    raw = ruled(rule("typed", active_in=["*"]), LAST)

    net = load_definitions(write(raw, tmp_path))["bipar"]

    assert net.rule_for({"active_in": "Erfurt"}).key == "typed"
    assert net.rule_for({"active_in": ""}).key == "last"
    assert net.rule_for({}).key == "last"


def test_a_named_controller_brings_its_authority(tmp_path: Path) -> None:
    raw = without(dorf(controller="bipar"), "supervisory_authority")

    net = load_definitions(write(raw, tmp_path))["bipar"]

    assert net.controller.name == "Berlin Institut für Partizipation"
    assert net.supervisory_authority.startswith("Die Berliner Beauftragte")


def test_a_network_may_name_another_authority(tmp_path: Path) -> None:
    net = load_definitions(write(dorf(controller="bipar"), tmp_path))["bipar"]

    assert net.supervisory_authority == "Die Aufsicht von Musterland"


def test_a_mistake_in_a_controller_is_told_once_and_at_its_place(tmp_path: Path) -> None:
    write(dorf(controller="bipar"), tmp_path)
    folder = write(dorf(controller="bipar", slug="other", name="Anderes"), tmp_path, name="other")
    file = tmp_path / "controllers.toml"
    text = file.read_text("utf-8").replace("[bpb]\nname", "[bpb]\nnmae")
    file.write_text(text.replace("kontakt@bipar.example.org", "kontakt"), "utf-8")

    with pytest.raises(DefinitionsInvalid) as found:
        load_definitions(folder)

    assert list(map(str, found.value.mistakes)) == [
        (
            "controllers.toml: bipar.email: 'kontakt' does not fit – "
            "An email address must have an @-sign."
        ),
        "controllers.toml: bpb.name: is missing – give it a value",
        "controllers.toml: bpb.nmae: no such key – did you mean name?",
    ]


def test_two_networks_of_one_name_are_refused(tmp_path: Path) -> None:
    write(dorf(), tmp_path)
    twin = dorf(slug="twin", name="netzwerk  dorfdialog")

    with pytest.raises(DefinitionsInvalid) as found:
        load_definitions(write(twin, tmp_path, name="twin"))

    assert list(map(str, found.value.mistakes)) == [
        "twin.toml: name: 'netzwerk  dorfdialog' is the name of bipar.toml, too – a name of its own"
    ]
