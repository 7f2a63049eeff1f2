"""Several answers, a telephone number, a postal code, a choice with a default: bipar's form."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from memberships.applications.conditions import conditions_css
from memberships.applications.forms import ApplicationForm
from memberships.applications.models import Application
from memberships.applications.queries import answers_as_asked
from memberships.networks.definition import Definition, is_met
from memberships.networks.loading import load_definitions
from tests.networks.definitions import CONFIG, bipar, field_of, write
from tests.pages import Page

FORM = "/netzwerke/bipar/antrag"
GOOD = {
    "first_name": "Renate",
    "last_name": "Ohlendorf",
    "email": "renate.ohlendorf@example.org",
    "activity_context": "voluntary",
    "cooperation_mode": "department",
    "portfolio": "Moderation von Stadtteilversammlungen.",
    "country": "DE",
}


@pytest.fixture(scope="module")
def net() -> Definition:
    return load_definitions(CONFIG / "networks")["bipar"]


def filled(net: Definition, **typed: Any) -> ApplicationForm:
    return ApplicationForm(net, MultiDict({**GOOD, **typed}))


def messages(form: ApplicationForm) -> dict[str, str]:
    form.validate()
    return {field.name: message for field, message in form.errors}


def test_several_answers_are_kept_as_a_list_each_once(net):
    form = filled(net, topics=["rural", "youth", "rural", ""])

    assert form.validate()
    assert form.answers["topics"] == ["rural", "youth"]


def test_no_topic_is_no_answer_where_it_is_optional(net):
    form = filled(net)

    assert form.validate()
    assert "topics" not in form.answers


@pytest.mark.parametrize("ticked", [[], [""], ["  "]])
def test_a_required_list_asks_for_at_least_one(ticked, tmp_path):
    raw = bipar()
    field_of(raw, "topics")["required"] = True
    net = load_definitions(write(raw, tmp_path))["bipar"]

    assert messages(filled(net, topics=ticked)) == {"topics": "Wählen Sie mindestens ein Thema."}
    assert messages(filled(net, topics=["rural"])) == {}


@pytest.mark.parametrize("ticked", [["magic"], ["rural", "magic"], ["", "magic"]])
def test_what_is_not_offered_is_refused_wherever_it_stands(ticked, net):
    assert messages(filled(net, topics=ticked)) == {
        "topics": "Wählen Sie nur angebotene Antworten aus."
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("030 23125 118", "030 23125 118"),
        ("+49 (30) 23125/118", "+49 (30) 23125/118"),
        ("030–23125‑118", "030-23125-118"),
        ("\u00a0030\u00a023125 ", "030 23125"),
    ],
)
def test_a_telephone_number_may_be_written_in_many_ways(typed, kept, net):
    form = filled(net, phone=typed)

    assert form.validate()
    assert form.answers["phone"] == kept


@pytest.mark.parametrize("typed", ["nachmittags", "030 23125 Büro", "()", "12", "٠٣٠٢٣"])
def test_what_is_no_telephone_number_is_told_how_to_be_one(typed, net):
    assert messages(filled(net, phone=typed)) == {
        "phone": (
            "Geben Sie die Telefonnummer mit Ziffern ein, zum Beispiel 030 23125 000. "
            "Möglich sind auch Leerzeichen und die Zeichen + ( ) / -."
        )
    }


def test_a_telephone_number_has_forty_characters_at_most(net):
    assert messages(filled(net, phone="1" * 40)) == {}
    assert messages(filled(net, phone="1" * 41)) == {
        "phone": "Der Text ist 1 Zeichen zu lang. Möglich sind 40 Zeichen."
    }


FIVE_DIGITS = "Geben Sie die Postleitzahl mit 5 Ziffern ein."


@pytest.mark.parametrize("country", ["DE", ""])
@pytest.mark.parametrize("typed", ["1011", "101155", "D-10115", "١٠١١٥", "10a15"])
def test_a_german_postal_code_has_five_digits(country, typed, net):
    assert messages(filled(net, country=country, postal_code=typed)) == {"postal_code": FIVE_DIGITS}


def test_a_german_postal_code_is_kept_without_blanks(app, net):
    form = filled(net, postal_code=" 01 067 ")

    assert form.validate()
    assert form.answers["postal_code"] == "01067"


@pytest.mark.parametrize(
    ("country", "typed"), [("PL", "00-950"), ("AT", "5310"), ("other", "K1A 0B1")]
)
def test_other_countries_write_postal_codes_as_they_like(app, country, typed, net):
    form = filled(net, country=country, postal_code=typed)

    assert form.validate()
    assert form.answers["postal_code"] == typed


def test_no_postal_code_is_longer_than_ten(app, net):
    assert messages(filled(net, country="PL", postal_code="0" * 11)) == {
        "postal_code": "Der Text ist 1 Zeichen zu lang. Möglich sind 10 Zeichen."
    }


def test_where_no_country_is_asked_the_german_rule_holds(tmp_path):
    raw = bipar()
    fields = raw["sections"][1]["fields"]
    fields.remove(field_of(raw, "country"))
    net = load_definitions(write(raw, tmp_path))["bipar"]

    assert messages(filled(net, country="PL", postal_code="00-950")) == {"postal_code": FIVE_DIGITS}


def test_a_default_stands_in_a_fresh_form_only(net):
    def country(form: ApplicationForm) -> str:
        return next(f.value for s in form.sections for f in s.fields if f.name == "country")

    assert country(ApplicationForm.fresh(net, {})) == "DE"
    assert country(ApplicationForm.fresh(net, {"country": "AT"})) == "AT"
    assert country(ApplicationForm(net, MultiDict())) == ""


@pytest.mark.parametrize("mode", ["occasional", "project", "department"])
def test_experience_is_asked_of_those_who_want_to_work(mode, net):
    assert messages(filled(net, cooperation_mode=mode, portfolio="")) == {
        "portfolio": "Beschreiben Sie Ihre Erfahrung und Ihre Kompetenzen."
    }


def test_experience_is_not_asked_of_supporters_nor_taken_over(net):
    form = filled(net, cooperation_mode="supporting", portfolio="x" * 5000)

    assert form.validate()
    assert "portfolio" not in form.answers


def test_experience_has_three_thousand_characters_at_most(net):
    assert messages(filled(net, portfolio="x" * 3000)) == {}
    assert messages(filled(net, portfolio="x" * 4500)) == {
        "portfolio": "Der Text ist 1.500 Zeichen zu lang. Möglich sind 3.000 Zeichen."
    }


def test_a_condition_on_several_answers_needs_one_of_them(tmp_path):
    raw = bipar()
    raw["sections"][3]["fields"][0]["when"] = {"topics": ["rural", "youth"]}
    net = load_definitions(write(raw, tmp_path))["bipar"]

    assert filled(net, topics=["climate", "youth"], newsletter_consent="y").consents
    assert not filled(net, topics=["climate"], newsletter_consent="y").consents
    assert '[name="topics"][value="youth"]:checked' in conditions_css(net)


@given(
    answer=st.one_of(st.none(), st.sampled_from("abc"), st.lists(st.sampled_from("abc"))),
    allowed=st.sets(st.sampled_from("abc")).map(tuple),
)
def test_a_condition_holds_exactly_when_an_answer_is_allowed(answer, allowed):
    answers = {} if answer is None else {"asked": answer}
    given_ = answer if isinstance(answer, list) else [answer]

    assert is_met({"asked": allowed}, answers) == bool(set(given_) & set(allowed))


@given(ticked=st.lists(st.text(max_size=8) | st.sampled_from(["rural", "youth", "mobility"])))
def test_whatever_is_ticked_only_offered_topics_are_stored(ticked):
    net = load_definitions(CONFIG / "networks")["bipar"]
    form = filled(net, topics=ticked)

    if form.validate():
        topics = form.answers.get("topics", [])
        assert isinstance(topics, list)
        assert len(topics) == len(set(topics))
        assert set(topics) <= {option.key for option in net.field("topics").options}


def test_answers_are_shown_in_words(net):
    application = Application(
        first_name="Renate",
        last_name="Ohlendorf",
        email="renate.ohlendorf@example.org",
        answers={"country": "other", "topics": ["rural", "retired_topic", "youth"]},
    )

    assert answers_as_asked(application, net)[3:] == [
        ("Land", "anderes Land"),
        ("Themen", "Ländlicher Raum, retired_topic, Kinder und Jugend"),
    ]


def test_a_fresh_page_offers_boxes_and_a_chosen_country(client: FlaskClient):
    page = Page(client.get(FORM))

    boxes = [e for e in page.root if e.get("name") == "topics"]
    assert len(boxes) == 22
    assert {box.get("type") for box in boxes} == {"checkbox"}
    assert not any("checked" in box.attributes for box in boxes)
    assert page.element("feld-topics").get("aria-describedby") == "feld-topics-hint"
    chosen = [e.get("value") for e in page.root if e.tag == "option" and "selected" in e.attributes]
    assert chosen == ["DE"]
    assert "Bitte wählen" not in page.words
    assert page.element("feld-phone").get("type") == "tel"
    assert page.element("feld-portfolio-hint").words.endswith("Höchstens 3.000 Zeichen.")
    assert "Nicht bei „Unterstützend“" in page.element("feld-portfolio-when").words


def test_a_refused_page_keeps_every_box_and_leads_to_the_first_one(client: FlaskClient):
    typed = {**GOOD, "first_name": "", "topics": ["rural", "youth", "magic"], "country": "AT"}

    page = Page(client.post(FORM, data=typed, headers={"Origin": "http://localhost"}))

    assert page.status == 422
    checked = [e for e in page.root if e.get("name") == "topics" and "checked" in e.attributes]
    assert {box.get("value") for box in checked} == {"rural", "youth"}
    assert ("#feld-topics-participation_policy", "Wählen Sie nur angebotene Antworten aus.") in (
        page.summary
    )
    assert page.element("feld-topics-participation_policy") is not None
    assert "feld-topics-error" in page.element("feld-topics").get("aria-describedby")
    chosen = [e.get("value") for e in page.root if e.tag == "option" and "selected" in e.attributes]
    assert chosen == ["AT"]
