"""What an office edits in the browser: in force at once, checked like a file, never evaluated."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from memberships import create_app
from memberships.applications import services as applications
from memberships.applications.models import Application
from memberships.calendar import BERLIN
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import Event
from memberships.mails.models import OutgoingMail
from memberships.mails.wording import EDITABLE, default_text, needed_in, placeholders_of
from memberships.networks import services
from memberships.networks.editing import LABELS, faulty_keys, laid_over
from memberships.networks.errors import AdmissionPaused, TextsChanged, TextsInvalid
from memberships.networks.models import DefinitionVersion, NetworkEdit
from memberships.networks.queries import (
    LOOK_EVERY_SECONDS,
    current_definitions,
    current_pause,
    file_definitions,
    follow_edits,
)
from memberships.permissions import Role
from memberships.stamps import new_stamp as stamp_of
from memberships.tokens import new_token
from tests.factories import network, newest_mail, submitted
from tests.pages import FORM, PERSON, Page, get, post
from tests.pages import new_stamp as stamp_on
from tests.racing import race
from tests.review.cases import APPLICANT, Staff, case, send, signed_in, staff
from tests.tables import all_of, nothing_stored, only

SLUG, BIPAR = "buergerhaushalt", "bipar"
TEXTS = f"/koordination/{BIPAR}/texte"
RECEIVED = "mails.application_received"


@pytest.fixture
def lead(app: Flask) -> Staff:
    return staff(Role.LEAD, SLUG, BIPAR, name="Lea Leitung")


def edit(lead: Staff, slug: str = BIPAR, *, seen: int = 0, **changes: Any) -> NetworkEdit | None:
    """Edit by the service; `texts__lead` is the key texts.lead."""
    keys = {key.replace("__", "."): value for key, value in changes.items()}
    with unit_of_work():
        made = services.edit_texts(slug, keys, seen=seen, by=lead.actor)
    follow_edits(at_once=True)
    return made


def words_of(kind: str = "application_received", **changes: str) -> dict[str, str]:
    return default_text(kind)._asdict() | changes


def type_in(app: Flask, lead: Staff, address: str, ending: str = "/texte", **typed: str) -> Page:
    return send(signed_in(app, lead), address, typed, ending=ending)


def test_edited_texts_are_in_force_and_the_rest_is_as_the_file_says(
    app: Flask, client: FlaskClient, lead: Staff
) -> None:
    page = type_in(app, lead, TEXTS, office_phone="030 23125 777", texts_lead="<b>Neu</b> & gut.")

    assert page.status == 303
    made = only(NetworkEdit)
    assert made.content == {"office.phone": "030 23125 777", "texts.lead": "<b>Neu</b> & gut."}
    assert (made.version, made.by_id) == (1, lead.account_id)
    shown = get(client, f"/netzwerke/{BIPAR}")
    assert "030 23125 777" in shown.words
    assert "&lt;b&gt;Neu&lt;/b&gt; &amp; gut." in shown.html
    file, now = file_definitions()[BIPAR], current_definitions()[BIPAR]
    assert (now.office.email, now.sections) == (file.office.email, file.sections)
    event = all_of(Event)[-1]
    assert (event.tag, event.subject_id) == ("network:texts_changed", made.id)
    assert "office.phone texts.lead" in event.record
    assert "Neu" not in event.record


def test_another_process_follows_within_seconds_without_a_deployment(
    app: Flask, lead: Staff
) -> None:
    other = create_app(app.config["SETTINGS"])
    with other.app_context():
        visitor = other.test_client()
        assert "Ganz neu." not in get(visitor, f"/netzwerke/{BIPAR}").words
        edit(lead, texts__lead="Ganz neu.")
        other.extensions["networks_looked_at"] -= LOOK_EVERY_SECONDS
        assert "Ganz neu." in get(visitor, f"/netzwerke/{BIPAR}").words
        db.session.remove()
        db.engine.dispose()


def test_a_case_keeps_the_texts_it_was_opened_with_but_writes_as_today(
    app: Flask, lead: Staff
) -> None:
    before = network(BIPAR).texts.next_steps
    applied = case(BIPAR)
    edit(
        lead,
        texts__next_steps="Später geändert.",
        office__email="neu@example.org",
        mails__application_approved=words_of(
            "application_approved", subject="Schön, dass Sie da sind"
        ),
    )
    subject, body = applications.approval_preview(applied.row, "")

    assert subject == "Schön, dass Sie da sind"
    assert before in body
    assert "Später geändert." not in body
    with unit_of_work():
        row = db.session.get_one(Application, applied.id, with_for_update=True)
        applications.request_information(row, "Wo?", by=lead.actor)
    assert newest_mail(applied.id).reply_to == "neu@example.org"
    assert case(BIPAR).row.definition_id != applied.row.definition_id


def test_a_form_that_was_open_while_a_text_changed_is_stored_as_it_was(
    app: Flask, client: FlaskClient, lead: Staff
) -> None:
    opened, digest = stamp_on(client), network().digest
    edit(lead, SLUG, texts__lead="Neu.")
    page = post(client, FORM, PERSON | {"stamp": opened})

    assert page.status == 303
    assert only(Application).definition.digest == digest != network().digest


def test_a_form_whose_stamp_names_nothing_known_is_asked_for_again(
    app: Flask, client: FlaskClient, lead: Staff
) -> None:
    unknown = stamp_of(laid_over(network(), {"texts.lead": "Nie in Kraft."})).signed

    page = post(client, FORM, PERSON | {"stamp": unknown})

    assert page.status == 422
    assert all_of(Application) == []


def test_the_text_of_the_file_takes_the_edit_away(lead: Staff) -> None:
    edit(lead, texts__lead="Neu.", office__phone="030 1")
    edit(lead, seen=1, texts__lead=network(BIPAR).texts.lead, office__phone=None)
    edit(lead, seen=2, texts__lead=file_definitions()[BIPAR].texts.lead)

    assert all_of(NetworkEdit)[-1].content == {}
    assert current_definitions()[BIPAR].digest == file_definitions()[BIPAR].digest


def test_a_second_click_stores_nothing_more(lead: Staff) -> None:
    edit(lead, texts__lead="Neu.")
    with nothing_stored():
        assert edit(lead, texts__lead="Neu.") is None


def test_two_leads_at_the_same_text_do_not_overwrite_each_other(app: Flask, lead: Staff) -> None:
    browser = signed_in(app, lead)
    form = get(browser, TEXTS).form("/texte")
    edit(lead, texts__lead="Von der anderen.")
    with nothing_stored():
        page = post(browser, form.action, form.fields | {"texts_lead": "Von mir."})

    assert page.status == 409
    assert "Von der anderen." in page.words
    again = page.form("/texte")
    assert again.fields["texts_lead"].strip() == "Von mir."
    assert post(browser, again.action, again.fields).status == 303
    assert current_definitions()[BIPAR].texts.lead == "Von mir."


def test_of_four_leads_in_the_same_second_one_is_stored(app: Flask, lead: Staff) -> None:
    racers = [("edit_lead", BIPAR, str(lead.account_id), f"Text {n}.") for n in range(4)]
    answers = race(app, racers)

    found = sorted(answer.partition("(")[0] for answer in answers)
    assert found == ["TextsChanged", "TextsChanged", "TextsChanged", "stored"]
    winner = only(NetworkEdit).content["texts.lead"]
    assert answers[int(winner.removeprefix("Text ").rstrip("."))] == "stored"


def test_two_leads_at_different_texts_do_not_disturb_each_other(lead: Staff) -> None:
    edit(lead, texts__lead="Neu.")
    edit(lead, seen=0, **{RECEIVED.replace(".", "__"): words_of(subject="Angekommen")})

    assert set(all_of(NetworkEdit)[-1].content) == {"texts.lead", RECEIVED}
    with pytest.raises(TextsChanged):
        edit(lead, seen=0, texts__lead="Zu spät.")


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("office_email", "keine Adresse", "Geben Sie eine vollständige E-Mail-Adresse ein"),
        ("office_name", " ", "Füllen Sie „Name der Geschäftsstelle oder Koordination“ aus."),
        ("texts_lead", "x" * 4001, "Möglich sind 4000 Zeichen."),
        ("texts_answer", "x" * 301, "Möglich sind 300 Zeichen."),
        ("promise_days", "viele", "Geben Sie eine Zahl ein."),
        ("promise_days", "0", "mindestens einen Tag"),
        ("promise_days", "367", "Möglich sind 0 bis 366 Tage."),
        ("texts_in_review", "", "Hier entscheiden Menschen."),
        ("office_digest", "hourly", ""),
        ("office_phone", "030\x00 1", "Steuerzeichen"),
    ],
)
def test_what_a_file_must_not_say_is_refused_beside_the_field(
    app: Flask, lead: Staff, field: str, typed: str, message: str
) -> None:
    with nothing_stored():
        page = type_in(app, lead, TEXTS, **{field: typed})

    assert page.status == 422
    assert message in page.errors[field]


def test_the_service_refuses_what_no_form_lets_through(lead: Staff) -> None:
    with nothing_stored(), pytest.raises(TextsInvalid):
        edit(lead, texts__answer="zwei\nZeilen")
    with nothing_stored(), pytest.raises(TextsInvalid):
        edit(lead, **{RECEIVED.replace(".", "__"): words_of(body="Ohne Link.")})


def test_keys_beyond_the_editable_ones_change_nothing(lead: Staff) -> None:
    assert edit(lead, controller__name="Jemand anderes", purposes="[]", slug="avd") is None
    assert all_of(NetworkEdit) == []


def test_another_number_of_days_in_words_is_pointed_out(app: Flask, lead: Staff) -> None:
    edit(lead, promise__days=21)
    page = get(signed_in(app, lead), TEXTS)

    assert "Hier steht „28 Tagen“, zugesagt sind aber 21 Tage." in page.words


def test_the_standard_is_put_into_the_field_and_not_stored(app: Flask, lead: Staff) -> None:
    edit(lead, texts__lead="Neu.")
    with nothing_stored():
        page = type_in(app, lead, TEXTS, standard="texts_lead", office_phone="030 99")

    assert page.status == 200
    assert page.form("/texte").fields["texts_lead"].strip() == file_definitions()[BIPAR].texts.lead
    assert page.form("/texte").fields["office_phone"] == "030 99"


def test_edits_that_no_longer_fit_a_changed_file_are_left_out(app: Flask, lead: Staff) -> None:
    edit(lead, promise__days=21, texts__lead="Bleibt.")
    files = dict(file_definitions())
    at_once = [rule | {"policy": "open"} for rule in files[BIPAR].model_dump()["admission"]]
    changed = files[BIPAR].model_dump() | {"admission": at_once, "promise": {"days": 0}}
    files[BIPAR] = type(files[BIPAR]).model_validate(changed)
    app.extensions["networks"] = files

    now = current_definitions()[BIPAR]
    assert (now.texts.lead, now.promise.days) == ("Bleibt.", 0)


@pytest.mark.parametrize("slug", [SLUG, BIPAR, "avd", "ebbs-sachsen"])
def test_every_shipped_text_passes_the_check_of_edits(app: Flask, slug: str) -> None:
    file = file_definitions()[slug]
    edits = {f"mails.{kind}": words_of(kind) for kind in EDITABLE}

    assert faulty_keys(file, edits) == []
    assert set(edits) <= set(LABELS)


# The words of mails

ATTEMPTS = [
    "{{config}}", "{{ ''.__class__ }}", "{{ net.controller }}", "{{ 7*7 }}", "{{full_name", "}}",
    "{{ full_name | upper }}", "{{Full_Name}}",
]  # fmt: skip


@pytest.mark.parametrize("typed", ATTEMPTS)
def test_whatever_stands_in_double_braces_and_is_no_placeholder_is_refused(
    app: Flask, lead: Staff, typed: str
) -> None:
    address = f"{TEXTS}/mails/application_received"
    body = f"{default_text('application_received').body}\n\n{typed}"
    with nothing_stored():
        page = type_in(app, lead, address, "application_received", body=body, subject="Gut")
        other = type_in(app, lead, address, "application_received", subject=f"Gut {typed}")

    assert "{{case_url}}" in page.errors["body"]
    assert (page.status, other.status) == (422, 422)
    assert "{{full_name}}" in other.errors["subject"]


def test_statements_of_a_template_are_only_text(app: Flask, lead: Staff) -> None:
    body = "{% include 'mails/sign_in.txt' %} {# nichts #} <b>&amp;</b>\n\n{{case_url}}"
    edit(lead, **{RECEIVED.replace(".", "__"): words_of(body=body)})
    mail = newest_mail(case(BIPAR).id)

    assert (mail.body or "").startswith(
        "{% include 'mails/sign_in.txt' %} {# nichts #} <b>&amp;</b>"
    )


def test_placeholders_inside_of_values_stay_what_somebody_typed(app: Flask, lead: Staff) -> None:
    mail = newest_mail(case(BIPAR, last_name="{{case_url}}", first_name="{{ 7*7 }}").id)

    assert "Guten Tag {{ 7*7 }} {{case_url}}," in (mail.body or "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("{{case_url}}", "hier"), "Im Text fehlt: {{case_url}}."),
        (
            ("{{case_url}}", "hier: {{case_url}}"),
            "Allein auf einer Zeile stehen muss: {{case_url}}.",
        ),
    ],
)
def test_a_link_may_neither_be_missing_nor_stand_in_a_sentence(
    app: Flask, lead: Staff, change: tuple[str, str], message: str
) -> None:
    address = f"{TEXTS}/mails/application_received"
    body = default_text("application_received").body.replace(*change)
    with nothing_stored():
        page = type_in(app, lead, address, "application_received", body=body)

    assert page.errors["body"] == message
    assert page.form("application_received").fields["body"].strip() == body


def test_a_line_break_in_a_subject_becomes_a_blank(app: Flask, lead: Staff) -> None:
    address = f"{TEXTS}/mails/application_received"
    type_in(app, lead, address, "application_received", subject="Da\r\nBcc: x@example.org")
    mail = newest_mail(case(BIPAR).id)

    assert mail.subject == "Da Bcc: x@example.org"
    with nothing_stored(), pytest.raises(TextsInvalid):
        edit(lead, seen=1, **{RECEIVED.replace(".", "__"): words_of(subject="Da\nBcc: x")})


@pytest.mark.parametrize("kind", EDITABLE)
def test_every_mail_page_shows_the_mail_and_saves_its_words(
    app: Flask, lead: Staff, kind: str
) -> None:
    case(BIPAR, first_name="Ida", last_name="Ünal")
    address = f"{TEXTS}/mails/{kind}"
    page = get(signed_in(app, lead), address)

    assert "Guten Tag Ida Ünal," in page.words
    assert "{{" not in page.words.split("So sieht die E-Mail aus")[1]
    assert f"/netzwerke/{BIPAR}/barrierefreiheit" in page.words
    assert all(f"{{{{{name}}}}}" in page.words for name in placeholders_of(kind))
    body = f"{default_text(kind).body}\n\nMit besten Wünschen"
    browser = signed_in(app, lead)
    assert send(browser, address, {"body": body}).status == 303
    saved = get(browser, address)
    assert "Mit besten Wünschen" in saved.words.split("So sieht die E-Mail aus")[1]
    back = send(browser, address, {"standard": "1"})
    assert back.form(kind).fields["body"].strip() == default_text(kind).body
    assert post(browser, address, back.form(kind).fields).status == 303
    assert all_of(NetworkEdit)[-1].content == {}


def test_without_any_case_the_preview_is_of_somebody_invented(app: Flask, lead: Staff) -> None:
    with nothing_stored():
        page = get(signed_in(app, lead), f"{TEXTS}/mails/application_approved")

    assert "Guten Tag Mara Beispiel," in page.words


def test_a_restricted_case_is_not_shown_as_an_example(app: Flask, lead: Staff) -> None:
    applied = case(BIPAR, first_name="Ida", last_name="Ünal")
    with unit_of_work():
        db.session.get_one(Application, applied.id).restricted_at = utcnow()
    page = get(signed_in(app, lead), f"{TEXTS}/mails/application_approved")

    assert "Ünal" not in page.words


@pytest.mark.parametrize("kind", ["confirm_application", "sign_in", "staff_invited", "nothing"])
def test_the_proof_of_an_address_and_mails_to_staff_have_no_page(
    app: Flask, lead: Staff, kind: str
) -> None:
    assert get(signed_in(app, lead), f"{TEXTS}/mails/{kind}").status == 404


def test_the_default_text_is_what_is_sent_without_an_own_one(app: Flask) -> None:
    mail = newest_mail(case(BIPAR).id)

    assert mail.subject == "Ihr Antrag ist eingegangen"
    assert needed_in("application_received") == ["case_url"]
    lines = (mail.body or "").splitlines()
    assert all(" " not in line for line in lines if "http" in line)
    with pytest.raises(KeyError):
        default_text("sign_in")
    assert network(BIPAR).mail_text("application_received") is None


# Versions


def test_a_version_is_shown_and_restored_as_a_new_one(app: Flask, lead: Staff) -> None:
    edit(lead, texts__lead="Erste.")
    edit(lead, seen=1, texts__lead="Zweite.", pause={"until": "2099-01-01", "text": ""})
    browser = signed_in(app, lead)

    listed = get(browser, f"{TEXTS}/fassungen")
    assert "Fassung 2" in listed.words
    assert "Lea Leitung" in listed.words
    assert "Einleitung, Pause der Aufnahme" in listed.words
    page = get(browser, f"{TEXTS}/fassungen/1")
    assert "Erste." in page.words
    form = page.form("/wiederherstellen")
    assert post(browser, form.action, form.fields).status == 303
    newest = all_of(NetworkEdit)[-1]
    assert (newest.version, newest.content["texts.lead"]) == (3, "Erste.")
    assert newest.content["pause"]["until"] == "2099-01-01"
    with nothing_stored():
        assert post(browser, form.action, form.fields).status == 303
    assert get(browser, f"{TEXTS}/fassungen/9").status == 404
    assert post(browser, f"{TEXTS}/fassungen/9/wiederherstellen", form.fields).status == 404


def test_a_stale_restoring_is_refused(app: Flask, lead: Staff) -> None:
    edit(lead, texts__lead="Erste.")
    edit(lead, seen=1, texts__lead="Zweite.")
    browser = signed_in(app, lead)
    form = get(browser, f"{TEXTS}/fassungen/1").form("/wiederherstellen")
    edit(lead, seen=2, texts__lead="Dritte.")
    with nothing_stored():
        page = post(browser, form.action, form.fields)

    assert page.status == 409
    assert "Dritte." in page.words


def test_old_definitions_are_still_there_for_their_cases(app: Flask, lead: Staff) -> None:
    case(BIPAR)
    edit(lead, texts__lead="Neu.")

    texts = {v.content["texts"]["lead"] for v in all_of(DefinitionVersion)
             if v.content["slug"] == BIPAR}  # fmt: skip
    assert texts == {"Neu.", file_definitions()[BIPAR].texts.lead}


# A pause


def pause(lead: Staff, slug: str = SLUG, days: int = 10, seen: int = 0) -> None:
    until = utcnow().astimezone(BERLIN).date() + timedelta(days=days)
    edit(lead, slug, seen=seen, pause={"until": until.isoformat(), "text": "Wir ziehen um."})


def test_while_paused_date_and_sentence_stand_instead_of_the_form(
    app: Flask, client: FlaskClient, lead: Staff
) -> None:
    pause(lead)
    form = get(client, FORM)

    assert form.status == 200
    assert form.forms == []
    for page in (form, get(client, f"/netzwerke/{SLUG}"), get(client, "/")):
        assert "Wir ziehen um." in page.words
        assert f'href="{FORM}"' not in page.html
    assert f"/netzwerke/{BIPAR}/antrag" in get(client, "/").html


def test_a_form_sent_while_paused_is_kept_on_the_page_and_not_stored(
    app: Flask, client: FlaskClient, lead: Staff
) -> None:
    opened = stamp_on(client)
    pause(lead)
    with nothing_stored():
        page = post(client, FORM, PERSON | {"stamp": opened})

    assert page.status == 409
    assert page.form("/antrag").fields["first_name"] == PERSON["first_name"]
    assert "Gespeichert ist nichts." in page.notice


def test_the_database_refuses_even_a_process_that_knows_of_no_pause(
    app: Flask, lead: Staff
) -> None:
    pause(lead)
    app.extensions["networks_in_force"] = None
    current_definitions()
    with nothing_stored(), pytest.raises(AdmissionPaused), unit_of_work():
        applications.submit_application(network(), PERSON, set(), key=new_token())


def test_what_was_sent_before_goes_on_and_staff_still_enter(app: Flask, lead: Staff) -> None:
    applied = submitted()
    client = app.test_client()
    pause(lead)
    pause(lead, BIPAR)

    assert post(client, applied.confirm).status == 303
    page = send(
        signed_in(app, lead),
        f"/koordination/{BIPAR}/erfassen",
        {k: v for k, v in APPLICANT.items() if isinstance(v, str)}
        | {"channel": "phone", "received_on": "2026-01-12"},
        ending="/erfassen",
    )
    assert page.status == 303, page.errors


def test_a_pause_ends_by_itself_after_its_last_day(
    app: Flask, client: FlaskClient, lead: Staff
) -> None:
    pause(lead, days=2)
    assert current_pause(SLUG) is not None
    last = utcnow().astimezone(BERLIN).replace(hour=12) + timedelta(days=2)
    with time_machine.travel(last):
        assert "Wir ziehen um." in get(client, FORM).words
    with time_machine.travel(last + timedelta(days=1)):
        assert get(client, FORM).form("/antrag")
        page = post(client, FORM, PERSON | {"stamp": stamp_on(client)})
        assert page.status == 303


def test_a_pause_is_begun_and_ended_in_the_browser(
    app: Flask, client: FlaskClient, lead: Staff
) -> None:
    until = (utcnow() + timedelta(days=9)).date().isoformat()
    assert type_in(app, lead, TEXTS, "/pause", until=until, text="Umzug.").status == 303
    assert "Umzug." in get(client, f"/netzwerke/{BIPAR}/antrag").words
    assert type_in(app, lead, TEXTS, "/pause", beenden="1").status == 303
    assert get(client, f"/netzwerke/{BIPAR}/antrag").form("/antrag")


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ("", "Geben Sie den letzten Tag der Pause ein."),
        ("2020-01-01", "Dieser Tag ist schon vorbei."),
        ("2999-01-01", "Eine Pause dauert höchstens ein Jahr."),
        ("morgen", "Geben Sie ein Datum ein, zum Beispiel 31.01.2027."),
    ],
)
def test_a_pause_needs_a_day_within_a_year(
    app: Flask, lead: Staff, until: str, message: str
) -> None:
    with nothing_stored():
        page = type_in(app, lead, TEXTS, "/pause", until=until)

    assert page.status == 422
    assert page.errors["until"] == message


@pytest.mark.parametrize("role", [Role.READER, Role.COORDINATOR, Role.DECIDER, Role.AUDITOR])
def test_only_the_lead_edits(app: Flask, role: Role) -> None:
    browser = signed_in(app, staff(role, BIPAR))
    for address in (TEXTS, f"{TEXTS}/fassungen", f"{TEXTS}/mails/application_received"):
        assert get(browser, address).status == 403
    with nothing_stored():
        assert post(browser, TEXTS, {"texts_lead": "Neu."}).status == 403
    assert all_of(OutgoingMail) == []


def test_the_record_of_processing_is_the_one_of_the_definition_in_force(
    app: Flask, lead: Staff
) -> None:
    page = get(signed_in(app, staff(Role.AUDITOR, BIPAR)),
               f"/koordination/{BIPAR}/verarbeitungsverzeichnis")  # fmt: skip
    net = current_definitions()[BIPAR]

    assert net.digest in page.words
    for purpose in net.purposes:
        assert (
            f"{purpose.title} Zweck {purpose.text} Rechtsgrundlage {purpose.legal_basis}"
            in page.words
        )
    assert "Art. 30 DSGVO" in page.words


def test_looking_for_edits_costs_one_statement_in_three_seconds(
    app: Flask, client: FlaskClient
) -> None:
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement != "BEGIN":
            sent.append(statement)

    get(client, FORM)
    sa.event.listen(db.engine, "before_cursor_execute", note)
    app.extensions["networks_looked_at"] = time.monotonic() - LOOK_EVERY_SECONDS
    for _ in range(3):
        get(client, FORM)
    sa.event.remove(db.engine, "before_cursor_execute", note)

    assert [" ".join(statement.split()) for statement in sent] == [
        "SELECT networks.slug, networks.edits FROM networks"
    ]


def test_pages_are_served_while_the_database_does_not_answer(
    app: Flask, client: FlaskClient, lead: Staff
) -> None:
    edit(lead, texts__after_submitting="Noch da.")
    app.extensions["networks_looked_at"] = time.monotonic() - LOOK_EVERY_SECONDS

    def fail(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    sa.event.listen(db.engine, "before_cursor_execute", fail)
    page = get(client, f"/netzwerke/{BIPAR}/antrag")
    sa.event.remove(db.engine, "before_cursor_execute", fail)

    assert page.status == 200
    assert "Noch da." in page.words
