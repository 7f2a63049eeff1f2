"""The fields that were asked about, and those that follow from them, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from memberships.applications.places import with_place
from memberships.applications.question_forms import SHOWN, AskedForm
from memberships.networks.definition import Definition
from tests.factories import network

SAXONY = "ebbs-sachsen"
ANSWERS = {
    "organisation_name": "Bürgerwerkstatt Öderan",
    "organisation_kind": "association",
    "postal_code": "01067",
    "first_name": "Jörn",
    "last_name": "Müßig",
    "email": "joern.muessig@example.org",
    "role_in_organisation": "Vorstand",
}


@pytest.fixture
def saxony(app) -> Definition:
    return network(SAXONY)


def sent(definition: Definition, changes: dict[str, Any], asked: str, **typed: Any) -> AskedForm:
    answers = with_place(definition, {**ANSWERS, **changes})
    shown = typed.pop("shown", [asked])
    return AskedForm(
        definition, answers, {asked: "Stimmt das?"}, MultiDict({SHOWN: shown, **typed})
    )


def test_a_question_that_was_left_empty_before_does_not_stand_in_the_way(saxony) -> None:
    form = sent(saxony, {"postal_code": "10115"}, "last_name", last_name="Neu")
    assert form.validate(), (form.errors, form.new_questions)
    assert form.answers["last_name"] == "Neu"
    assert [field.key for field in form.fields] == ["last_name"]


def test_a_postal_code_outside_asks_where_somebody_is_active(saxony) -> None:
    form = sent(saxony, {}, "postal_code", postal_code="10115")
    assert not form.validate()
    assert [field.key for field in form.new_questions] == ["active_in"]
    assert form.errors == []
    again = sent(
        saxony, {}, "postal_code", postal_code="10115", active_in="In der Lausitz",
        shown=["postal_code", "active_in"],
    )  # fmt: skip
    assert again.validate()
    assert (again.answers["postal_code"], again.answers["active_in"]) == ("10115", "In der Lausitz")


def test_where_somebody_is_active_falls_away_with_a_postal_code_inside(saxony) -> None:
    before = {"postal_code": "10115", "active_in": "In der Lausitz"}
    form = sent(saxony, before, "postal_code", postal_code="01067")
    assert form.validate()
    assert "active_in" not in form.answers


def test_a_postal_code_of_two_places_asks_for_the_place(app) -> None:
    definition, before = network("beteiligungsnetzwerk-bw"), {"postal_code": "70173"}
    both = ["postal_code", "city"]
    form = sent(definition, before, "postal_code", postal_code="69434")
    assert not form.validate()
    assert [field.key for field in form.new_questions] == ["city"]
    (place, *_) = [option.key for option in form.new_questions[0].options]
    again = sent(definition, before, "postal_code", postal_code="69434", city=place, shown=both)
    assert again.validate(), again.errors
    wrong = sent(definition, before, "postal_code", postal_code="69434", city="x", shown=both)
    assert not wrong.validate()
    assert [field.key for field, _ in wrong.errors] == ["city"]


def test_nothing_is_a_mistake_before_it_was_sent(saxony) -> None:
    form = AskedForm(saxony, ANSWERS, {"postal_code": "Wo?"}, MultiDict({"postal_code": "1"}))
    assert [field.value for field in form.fields] == ["1"]
    assert form.errors == []


def test_the_question_stands_before_the_hint_of_the_field(saxony) -> None:
    (field,) = AskedForm(saxony, ANSWERS, {"postal_code": "Wo?"}).fields
    assert field.hint.startswith("Wo?")
    assert saxony.field("postal_code").hint in field.hint
    assert field.condition_id == ""
