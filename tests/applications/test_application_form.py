"""The form over HTTP: what it refuses, how it says so, and that nothing typed is ever lost."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from memberships.applications.forms import clean_line
from memberships.applications.models import Application
from memberships.database import db, utcnow
from memberships.stamps import new_stamp as stamp_of
from memberships.tokens import token_hash
from tests.factories import network
from tests.pages import FORM, INSTITUTION, PERSON, Page, apply, get, new_stamp, page_token, post
from tests.tables import all_of, is_empty, nothing_stored, only

TEXTS = ["organisation_name", "first_name", "last_name", "email"]


def assert_kept(page: Page, typed: dict[str, str]) -> None:
    """What was typed is what the form would send again."""
    sent = page.form("/antrag").fields
    assert {key: sent.get(key) for key in typed} == typed


def assert_refused(page: Page, typed: dict[str, str], errors: dict[str, str]) -> None:
    assert page.status == 422
    assert page.errors == errors
    assert [message for _, message in page.summary] == list(errors.values())
    assert all(page.element(link.removeprefix("#")) for link, _ in page.summary)
    assert_kept(page, typed)
    assert is_empty()


MISSING = {
    "first_name": "Geben Sie Ihren Vornamen ein.",
    "last_name": "Geben Sie Ihren Nachnamen ein.",
    "email": "Geben Sie Ihre E-Mail-Adresse ein.",
}
MISSING_OF_INSTITUTIONS = {
    "organisation_name": "Geben Sie den Namen Ihrer Organisation oder Initiative ein.",
    "organisation_kind": "Wählen Sie die Art Ihrer Organisation oder Initiative aus.",
}


def test_an_empty_form_says_what_is_missing_in_the_order_of_the_page(client: FlaskClient) -> None:
    page = post(client, FORM, {"stamp": new_stamp(client)})

    kind = {"applicant_kind": "Wählen Sie aus, für wen Sie das ausfüllen."}
    assert_refused(page, {}, kind | MISSING)
    assert page.words.startswith("Zum Inhalt springen")
    assert "Bitte prüfen Sie 4 Angaben" in page.words


@pytest.mark.parametrize("blank", ["", " \t ", "\u00a0", "\u200b\ufeff"])
def test_a_blank_required_field_is_refused(client: FlaskClient, blank: str) -> None:
    typed = INSTITUTION | dict.fromkeys(TEXTS, blank) | {"organisation_kind": ""}
    assert_refused(apply(client, typed), typed, MISSING_OF_INSTITUTIONS | MISSING)


@pytest.mark.parametrize("key", MISSING_OF_INSTITUTIONS | MISSING)
def test_one_mistake_is_announced_as_one(client: FlaskClient, key: str) -> None:
    typed = INSTITUTION | {key: ""}
    page = apply(client, typed)
    assert_refused(page, typed, {key: (MISSING | MISSING_OF_INSTITUTIONS)[key]})
    assert "Bitte prüfen Sie eine Angabe" in page.words


@pytest.mark.parametrize(
    ("key", "limit"), [("organisation_name", 160), ("first_name", 80), ("last_name", 80)]
)
def test_a_text_may_be_as_long_as_its_limit_and_not_longer(
    client: FlaskClient, key: str, limit: int
) -> None:
    too_long = INSTITUTION | {key: "ä" * (limit + 23)}
    message = f"Der Text ist 23 Zeichen zu lang. Möglich sind {limit} Zeichen."
    assert_refused(apply(client, too_long), too_long, {key: message})

    assert apply(client, INSTITUTION | {key: "ä" * limit}).status == 303
    assert getattr(only(Application), key) == "ä" * limit


def test_an_address_longer_than_254_characters_is_too_long(client: FlaskClient) -> None:
    typed = PERSON | {"email": "a@" + "b" * 249 + ".org"}
    message = "Der Text ist 1 Zeichen zu lang. Möglich sind 254 Zeichen."
    assert_refused(apply(client, typed), typed, {"email": message})


@pytest.mark.parametrize(
    "address",
    [
        "mara",
        "mara@",
        "@example.org",
        "mara@example",
        "mara example.org",
        "mara@@example.org",
        "mara@example.org, ole@example.org",
        "Mara Hofmann <mara@example.org>",
        "mara@exa mple.org",
        "mara..hofmann@example.org",
        "mära@example.org",
        "mara@[192.0.2.1]",
        "mara@-example.org",
    ],
)
def test_an_incomplete_address_is_refused(client: FlaskClient, address: str) -> None:
    typed = PERSON | {"email": address}
    message = "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."
    assert_refused(apply(client, typed), typed, {"email": message})


@pytest.mark.parametrize("character", "\x00\x1b\x7f\x9b\u202e\u2066\uffff")
def test_control_characters_are_refused(client: FlaskClient, character: str) -> None:
    typed = INSTITUTION | dict.fromkeys(TEXTS, f"mara{character}x@example.org")
    message = (
        "Der Text enthält Steuerzeichen, die nicht gespeichert werden können. "
        "Geben Sie ihn bitte neu ein."
    )
    assert_refused(apply(client, typed), typed, dict.fromkeys(TEXTS, message))


@pytest.mark.parametrize("keys", [["applicant_kind"], ["organisation_kind", "budget_relation"]])
@pytest.mark.parametrize("value", ["castle", "Person", "person ' OR 1=1", "y", "\x00"])
def test_an_answer_that_was_not_offered_is_refused(
    client: FlaskClient, keys: list[str], value: str
) -> None:
    page = apply(client, INSTITUTION | dict.fromkeys(keys, value))

    kept = {key: typed for key, typed in INSTITUTION.items() if key not in keys}
    message = "Wählen Sie eine der angebotenen Antworten aus."
    assert_refused(page, kept, dict.fromkeys(keys, message))


def test_only_institutions_are_asked_for_their_name_and_kind(client: FlaskClient) -> None:
    typed = INSTITUTION | {"applicant_kind": "person", "organisation_kind": "castle"}

    assert apply(client, typed).status == 303

    application = only(Application)
    assert application.organisation_name is None
    assert application.answers == {"applicant_kind": "person"}


def test_what_was_typed_for_an_institution_stays_on_a_persons_page(client: FlaskClient) -> None:
    typed = INSTITUTION | {"applicant_kind": "person", "first_name": ""}
    assert_refused(apply(client, typed), typed, {"first_name": MISSING["first_name"]})


def test_an_unticked_box_is_no_consent_and_a_ticked_one_stays_ticked(client: FlaskClient) -> None:
    opened = get(client, FORM).form("/antrag").fields
    assert "newsletter_consent" not in opened

    page = apply(client, PERSON | {"newsletter_consent": "y", "last_name": ""})
    assert page.form("/antrag").fields["newsletter_consent"] == "y"

    page = apply(client, PERSON | {"last_name": ""})
    assert "newsletter_consent" not in page.form("/antrag").fields


@pytest.mark.parametrize(
    "name",
    [
        "O’Connor",
        "D'Angelo",
        "Müller-Lüdenscheidt",
        "Şahin",
        "Łukasz",
        "Nguyễn Thị",
        "Παπαδοπούλου",
        "Иванова",
        "محمد",
        "山田",
        "van der Berg, Dr.",
        'Anna "Anni" <i>',
        "& Co. \\ %s {{ 7 * 7 }}",
        "🦆",
    ],
)
def test_names_are_stored_and_shown_as_they_are(client: FlaskClient, name: str) -> None:
    again = apply(client, INSTITUTION | {"last_name": name, "email": ""})
    assert_kept(again, {"last_name": name})

    assert apply(client, INSTITUTION | {"last_name": name, "organisation_name": name}).status == 303

    application = only(Application)
    assert (application.last_name, application.organisation_name) == (name, name)


def test_decomposed_letters_are_stored_composed(client: FlaskClient) -> None:
    typed = unicodedata.normalize("NFD", "Jörg Åström")
    assert typed != "Jörg Åström"

    apply(client, PERSON | {"first_name": typed})

    assert only(Application).first_name == "Jörg Åström"


def test_outer_and_repeated_blanks_are_not_stored(client: FlaskClient) -> None:
    apply(client, PERSON | {"first_name": "  Mara \t Lena\u200b ", "email": " Mara@Example.ORG "})

    application = only(Application)
    assert (application.first_name, application.email) == ("Mara Lena", "mara@example.org")


def test_a_letter_counts_once_however_it_was_typed(client: FlaskClient) -> None:
    """The limit holds for what is stored, not for the code points that a keyboard made of it."""
    decomposed = unicodedata.normalize("NFD", "ü" * 80)
    assert apply(client, PERSON | {"last_name": decomposed}).status == 303


def test_an_international_domain_is_stored_in_ascii(client: FlaskClient) -> None:
    apply(client, PERSON | {"email": "mara@bürger.example.org"})
    assert only(Application).email == "mara@xn--brger-kva.example.org"


def test_of_a_field_sent_twice_the_first_counts(client: FlaskClient) -> None:
    body = urlencode([("last_name", "Zweite"), *PERSON.items(), ("stamp", new_stamp(client))])
    page = post(client, FORM, body, content_type="application/x-www-form-urlencoded")

    assert page.status == 303
    assert only(Application).last_name == "Zweite"


def test_the_question_for_whom_can_be_answered_by_the_link_that_led_here(
    client: FlaskClient,
) -> None:
    page = get(client, f"{FORM}?applicant_kind=organisation&last_name=Hofmann")
    fields = page.form("/antrag").fields
    assert fields["applicant_kind"] == "organisation"
    assert fields["last_name"] == ""


# Too much at once


@pytest.mark.parametrize("field", ["last_name", "no_such_field"])
def test_a_body_of_five_megabytes_is_too_much_text(client: FlaskClient, field: str) -> None:
    page = apply(client, PERSON | {field: "x" * 5_000_000})

    assert page.status == 413
    assert page.heading == "Das war zu viel Text"
    assert is_empty()


def test_a_thousand_fields_are_too_much_and_no_fault_of_ours(
    client: FlaskClient,
) -> None:
    typed = PERSON | {f"field{n}": "x" for n in range(1001)}
    page = post(client, FORM, typed, content_type="multipart/form-data")
    assert page.status == 413
    assert is_empty()


def test_a_file_in_place_of_a_text_counts_as_not_answered(client: FlaskClient) -> None:
    typed = {"stamp": new_stamp(client)} | PERSON | {"last_name": (BytesIO(b"Hofmann"), "name.txt")}
    page = post(client, FORM, typed, content_type="multipart/form-data")
    assert page.errors == {"last_name": MISSING["last_name"]}
    assert is_empty()


# The stamp


def assert_stamp_refused_and_then_good(client: FlaskClient, page: Page, notice: str) -> None:
    assert (page.status, page.notice) == (422, notice)
    assert page.errors == {}
    assert_kept(page, PERSON)
    assert is_empty()
    again = post(client, FORM, page.form("/antrag").fields)
    assert again.status == 303
    assert only(Application).email == PERSON["email"]


AGAIN = "Ihre Eingaben sind noch da. Bitte senden Sie das Formular erneut ab."
NOT_VALID = f"Das Formular war nicht mehr gültig. {AGAIN}"


@pytest.mark.parametrize(
    "stamp", ["", "forged", "a.b.c", "ü", "WyJhIiwiYiJd.abcdef.xyz", "\x00", "." * 1000]
)
def test_a_forged_stamp_is_refused_and_its_replacement_works(
    client: FlaskClient, stamp: str
) -> None:
    page = post(client, FORM, PERSON | {"stamp": stamp})
    assert_stamp_refused_and_then_good(client, page, NOT_VALID)


def test_a_form_without_its_stamp_is_refused_and_the_new_one_works(client: FlaskClient) -> None:
    assert_stamp_refused_and_then_good(client, post(client, FORM, PERSON), NOT_VALID)


def test_a_changed_letter_makes_a_stamp_invalid(client: FlaskClient) -> None:
    stamp = new_stamp(client)
    changed = ("B" if stamp[0] == "A" else "A") + stamp[1:]
    page = post(client, FORM, PERSON | {"stamp": changed})
    assert_stamp_refused_and_then_good(client, page, NOT_VALID)


def test_a_form_that_was_open_for_too_long_can_be_sent_again(client: FlaskClient) -> None:
    stamp = new_stamp(client)
    with time_machine.travel(utcnow() + timedelta(hours=24, minutes=1)):
        page = post(client, FORM, PERSON | {"stamp": stamp})
        notice = f"Das Formular war sehr lange offen. {AGAIN}"
        assert_stamp_refused_and_then_good(client, page, notice)


def test_a_form_that_was_open_for_just_less_than_a_day_is_good(client: FlaskClient) -> None:
    stamp = new_stamp(client)
    with time_machine.travel(utcnow() + timedelta(hours=23, minutes=59)):
        assert post(client, FORM, PERSON | {"stamp": stamp}).status == 303


def test_a_stamp_of_another_version_of_the_form_asks_to_look_again(client: FlaskClient) -> None:
    older = network().model_copy(update={"scope": "früher"})
    assert older.digest != network().digest
    page = post(client, FORM, PERSON | {"stamp": stamp_of(older).signed})
    assert_stamp_refused_and_then_good(
        client,
        page,
        f"Das Formular hat sich inzwischen geändert. {AGAIN}",
    )


def test_a_form_that_comes_back_within_two_seconds_is_refused_once(
    app: Flask, client: FlaskClient
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"form_min_seconds": 2.0})
    app.config["SETTINGS"] = settings
    with time_machine.travel(utcnow(), tick=False) as clock:
        stamp = new_stamp(client)
        clock.shift(1)
        page = post(client, FORM, PERSON | {"stamp": stamp})
        clock.shift(2)
        assert_stamp_refused_and_then_good(client, page, f"Das ging sehr schnell. {AGAIN}")


def test_a_filled_trap_is_refused_and_not_set_again(client: FlaskClient) -> None:
    page = apply(client, PERSON, feld_b7="https://spam.example.org")
    notice = (
        f"Ein verstecktes Feld war ausgefüllt. Das macht manchmal ein Programm im Browser. {AGAIN}"
    )
    assert_stamp_refused_and_then_good(client, page, notice)


# Where it comes from

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example.org"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example.org"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example.org"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_sent_from_a_foreign_page_is_refused(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    stamp = new_stamp(client)
    page = post(client, FORM, PERSON | {"stamp": stamp}, headers=headers)
    assert (page.status, page.heading) == (403, "Das ist hier nicht erlaubt")
    assert is_empty()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:8000"},
    ],
    ids=str,
)
def test_a_form_sent_from_our_own_page_is_taken(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    stamp = new_stamp(client)
    assert post(client, FORM, PERSON | {"stamp": stamp}, headers=headers).status == 303


def test_a_foreign_page_may_link_to_the_form(client: FlaskClient) -> None:
    assert get(client, FORM, headers={"Sec-Fetch-Site": "cross-site"}).status == 200


# Twice


def test_a_double_click_makes_one_application_and_leads_to_one_page(client: FlaskClient) -> None:
    typed = PERSON | {"stamp": new_stamp(client)}

    first = post(client, FORM, typed)
    with nothing_stored():
        second = post(client, FORM, typed)

    assert page_token(first) == page_token(second)
    assert len(all_of(Application)) == 1


def test_a_double_click_with_a_corrected_answer_is_another_application(
    client: FlaskClient,
) -> None:
    typed = PERSON | {"stamp": new_stamp(client)}

    tokens = {page_token(post(client, FORM, typed))}
    tokens.add(page_token(post(client, FORM, typed | {"last_name": "Hoffmann"})))
    tokens.add(page_token(post(client, FORM, typed | {"newsletter_consent": "y"})))

    assert len(tokens) == len(all_of(Application)) == 3


# Anything at all

ANYTHING = st.text(max_size=200) | st.text(alphabet="<>&\"'\r\n\t\x00\u202e äẞ🦆", max_size=40)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=st.fixed_dictionaries(dict.fromkeys(TEXTS, ANYTHING)))
def test_no_text_whatever_breaks_the_form_or_is_lost(
    client: FlaskClient, typed: dict[str, str]
) -> None:
    page = apply(client, INSTITUTION | typed)
    if page.status == 303:
        assert stored_by(page).last_name == clean_line(typed["last_name"])
        return
    assert page.status == 422
    assert page.errors
    assert_kept(page, typed)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(min_size=1, max_size=80))
def test_any_name_is_either_stored_in_normal_form_or_refused_with_a_reason(
    client: FlaskClient, name: str
) -> None:
    page = apply(client, PERSON | {"first_name": name})
    if page.status == 303:
        stored = stored_by(page).first_name
        assert stored == clean_line(name) != ""
        assert unicodedata.is_normalized("NFC", stored)
    else:
        assert list(page.errors) == ["first_name"]
        assert_kept(page, {"first_name": name})


def stored_by(page: Page) -> Application:
    db.session.rollback()
    hash_ = token_hash(page_token(page))
    return db.session.scalars(
        sa.select(Application).where(Application.page_token_hash == hash_)
    ).one()


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=300) | st.binary(max_size=60).map(lambda b: b"last_name=" + b))
@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "?"],
)
def test_no_body_whatever_is_a_fault_of_ours(
    client: FlaskClient, body: bytes, content_type: str
) -> None:
    response = client.post(FORM, data=body, content_type=content_type)
    assert response.status_code in {400, 413, 422}
    assert is_empty()
