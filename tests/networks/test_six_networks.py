"""What the six files say: who is asked what, who decides, and how it is put."""

from __future__ import annotations

import re
from typing import Any

import pytest
from click.testing import CliRunner

from memberships.cli import cli
from memberships.networks.definition import Definition, OnePerOrganisation
from memberships.networks.describing import describe
from memberships.networks.loading import load_definitions
from tests.networks.definitions import CONFIG

NETWORKS = load_definitions(CONFIG / "networks")
PERSON = {"first_name", "last_name", "email"}
ORGANISATION = {"organisation_name", "organisation_kind"}


def required(net: Definition) -> set[str]:
    return {field.key for field in net.fields if field.required}


@pytest.mark.parametrize(
    ("slug", "fields"),
    [
        ("bipar", PERSON | {"activity_context", "cooperation_mode", "portfolio"}),
        ("fachverband", PERSON | {"participation", "activity_context"}),
        (
            "avd",
            PERSON
            | ORGANISATION
            | {"postal_code", "role_in_organisation", "existing_member", "driver_statement"},
        ),
        ("beteiligungsnetzwerk-bw", PERSON | ORGANISATION | {"postal_code"}),
        ("ebbs-sachsen", PERSON | ORGANISATION | {"postal_code", "role_in_organisation"}),
        ("buergerhaushalt", PERSON | ORGANISATION | {"applicant_kind"}),
    ],
)
def test_a_network_requires_exactly_what_it_decides_by(slug: str, fields: set[str]) -> None:
    assert required(NETWORKS[slug]) == fields


@pytest.mark.parametrize(
    ("slug", "follow_ups"),
    [
        ("bipar", ["city"]),
        ("fachverband", []),
        ("avd", ["city"]),
        ("beteiligungsnetzwerk-bw", ["city", "active_in", "district"]),
        ("ebbs-sachsen", ["city", "active_in", "district"]),
        ("buergerhaushalt", []),
    ],
)
def test_follow_up_questions_stand_right_after_the_postal_code(
    slug: str, follow_ups: list[str]
) -> None:
    keys = [field.key for field in NETWORKS[slug].fields]
    start = keys.index("postal_code") + 1 if "postal_code" in keys else len(keys)

    assert keys[start : start + len(follow_ups)] == follow_ups
    assert not {"city", "active_in", "district"} & set(keys[start + len(follow_ups) :])
    if "country" in keys:
        assert keys.index("country") == start - 2


def test_the_question_for_the_place_of_work_names_the_land() -> None:
    labels = {
        net.slug: f.label for net in NETWORKS.values() for f in net.fields if f.key == "active_in"
    }

    assert labels == {
        "beteiligungsnetzwerk-bw": "Wo in Baden-Württemberg sind Sie tätig?",
        "ebbs-sachsen": "Wo in Sachsen sind Sie tätig?",
    }


@pytest.mark.parametrize(
    ("slug", "answers", "rule"),
    [
        ("bipar", {}, "body_decides"),
        ("fachverband", {"participation": "informed"}, "wants_information"),
        ("fachverband", {"participation": "active"}, "wants_to_take_part"),
        ("avd", {"existing_member": "no"}, "office_decides"),
        ("ebbs-sachsen", {"postal_area": "inside"}, "office_decides"),
        ("buergerhaushalt", {"applicant_kind": "organisation"}, "anyone"),
    ],
)
def test_the_answers_choose_the_rule(slug: str, answers: dict[str, Any], rule: str) -> None:
    assert NETWORKS[slug].rule_for(answers).key == rule


QUEUED = ("company", "self_employed", "federal_authority", "political_group", "other")
ADMITTED = (
    "municipality", "independent_city", "district", "municipal_association", "state_authority",
    "association", "foundation", "nonprofit_company", "informal_initiative", "cooperative",
    "university", "umbrella", "religious", "advisory_council",
)  # fmt: skip


def test_every_kind_of_organisation_has_its_way_in_baden_wuerttemberg() -> None:
    kinds = NETWORKS["beteiligungsnetzwerk-bw"].field("organisation_kind")
    assert {option.key for option in kinds.options} == {*QUEUED, *ADMITTED}  # type: ignore[union-attr]  # it is a choice


@pytest.mark.parametrize("kind", ADMITTED)
@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"postal_area": "inside"}, "sits_inside"),
        ({"postal_area": "outside", "active_in": "Ulm"}, "works_inside"),
        ({"postal_area": "unknown", "active_in": "Ulm"}, "works_inside"),
        ({"postal_area": "outside", "active_in": ""}, "not_shown_inside"),
        ({"postal_area": "ambiguous"}, "not_shown_inside"),
        ({}, "not_shown_inside"),
    ],
)
def test_baden_wuerttemberg_admits_who_sits_or_works_there(
    kind: str, answers: dict[str, str], rule: str
) -> None:
    net = NETWORKS["beteiligungsnetzwerk-bw"]
    assert net.rule_for({"organisation_kind": kind, **answers}).key == rule


@pytest.mark.parametrize("kind", QUEUED)
def test_baden_wuerttemberg_looks_at_some_kinds_wherever_they_sit(kind: str) -> None:
    net = NETWORKS["beteiligungsnetzwerk-bw"]
    rule = net.rule_for({"organisation_kind": kind, "postal_area": "inside", "active_in": "Ulm"})
    assert (rule.key, rule.policy.is_decided_by_person) == ("kind_to_check", True)


@pytest.mark.parametrize(
    ("slug", "days", "working_days", "answer"),
    [
        ("bipar", 28, False, "Antwort innerhalb von 28 Tagen"),
        (
            "fachverband",
            14,
            False,
            "Informiert bleiben: sofort. Mitarbeiten: innerhalb von 14 Tagen",
        ),
        ("avd", 14, False, "Antwort innerhalb von 14 Tagen"),
        (
            "beteiligungsnetzwerk-bw",
            5,
            True,
            "Sofort nach Bestätigung oder innerhalb von 5 Arbeitstagen",
        ),
        ("ebbs-sachsen", 10, True, "Antwort innerhalb von 10 Arbeitstagen"),
        ("buergerhaushalt", 14, False, "Sofort nach Bestätigung"),
    ],
)
def test_the_promised_time_is_what_the_page_says(
    slug: str, days: int, working_days: bool, answer: str
) -> None:
    net = NETWORKS[slug]
    assert (net.promise.days, net.promise.working_days, net.texts.answer) == (
        days,
        working_days,
        answer,
    )


@pytest.mark.parametrize(
    ("slug", "kind"),
    [
        ("bipar", OnePerOrganisation.NO),
        ("fachverband", OnePerOrganisation.NO),
        ("avd", OnePerOrganisation.SEAT),
        ("beteiligungsnetzwerk-bw", OnePerOrganisation.REPRESENTATIVE),
        ("ebbs-sachsen", OnePerOrganisation.REPRESENTATIVE),
        ("buergerhaushalt", OnePerOrganisation.REPRESENTATIVE),
    ],
)
def test_what_a_second_person_of_an_organisation_is(slug: str, kind: OnePerOrganisation) -> None:
    assert NETWORKS[slug].one_per_organisation is kind


@pytest.mark.parametrize(
    ("slug", "basis", "erased"),
    [
        ("bipar", "Buchst. b", "nach 30 Tagen"),
        ("fachverband", "Buchst. b", "nach 30 Tagen"),
        ("avd", "Buchst. b", "nach 30 Tagen"),
        ("beteiligungsnetzwerk-bw", "Buchst. f", "nach 30 Tagen"),
        ("ebbs-sachsen", "§ 3 SächsDSDG", "nach den gesetzlichen Fristen"),
        ("buergerhaushalt", "§ 3 BDSG", "nach den gesetzlichen Fristen"),
    ],
)
def test_the_legal_basis_follows_from_who_joins_and_who_answers(
    slug: str, basis: str, erased: str
) -> None:
    net = NETWORKS[slug]
    bases = {purpose.key: purpose.legal_basis for purpose in net.purposes}

    assert basis in bases["application"] == bases["membership"]
    assert "Buchst. a" in bases["newsletter"]
    assert net.erase_phrases.ended == erased
    if basis == "Buchst. f":
        assert all("berechtigtes Interesse" in p.text for p in net.purposes[:2])


def test_two_networks_of_one_controller_share_it() -> None:
    assert NETWORKS["avd"].controller == NETWORKS["bipar"].controller
    assert NETWORKS["avd"].office != NETWORKS["bipar"].office


def test_the_six_look_different() -> None:
    assert len({net.hue for net in NETWORKS.values()}) == len(NETWORKS) == 6


@pytest.mark.parametrize("slug", NETWORKS)
def test_every_text_is_plain(slug: str) -> None:
    text = describe(NETWORKS[slug])

    assert "!" not in text
    assert not re.search(r"\w[*:_]innen|\wInnen\b|\w/-?in\b", text)
    assert not re.search(r"\b(du|dein|dir|dich)\b", text)


@pytest.mark.parametrize("slug", NETWORKS)
def test_a_description_holds_all_that_is_signed_off(slug: str) -> None:
    net = NETWORKS[slug]

    result = CliRunner().invoke(cli, ["networks", "describe", slug])

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= 100
    words = " ".join(result.output.split())
    parts = [
        net.digest,
        net.controller.address,
        net.controller.data_protection_contact,
        net.supervisory_authority,
        *(text for text in net.texts.model_dump().values() if isinstance(text, str)),
        *net.texts.membership,
        *(
            f"{field.label} [{'Pflicht' if field.required else 'freiwillig'}]"
            for field in net.fields
        ),
        *(field.purpose for field in net.fields),
        *(rule.key for rule in net.admission),
        *(
            p
            for purpose in net.purposes
            for p in (purpose.text, purpose.legal_basis, purpose.retention)
        ),
        *(reason.label for reason in net.decline_reasons),
        "(Art. 30 DSGVO)",
        *(f"{field.label} [freiwillig]" for field in net.profile_fields),
        *(field.purpose for field in net.profile_fields),
        ", ".join(net.entry_labels.values()),
        "Datum ____",
        "Unterschrift ____",
    ]
    assert [part for part in parts if " ".join(part.split()) not in words] == []


def test_a_changed_word_changes_what_is_signed() -> None:
    net = NETWORKS["avd"]
    other = Definition.model_validate({**net.model_dump(), "scope": "weltweit"})

    assert other.digest in describe(other)
    assert net.digest not in describe(other)


def test_an_unknown_network_is_answered_with_the_known_ones() -> None:
    result = CliRunner().invoke(cli, ["networks", "describe", "bpar"])

    assert result.exit_code == 1
    assert result.output == (
        "Error: no network bpar; did you mean bipar? known: avd, beteiligungsnetzwerk-bw, bipar, "
        "buergerhaushalt, ebbs-sachsen, fachverband\n"
    )
