"""The case page and what is done on it: claims, notes, replies, previews, the next case."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.models import (
    ApplicationStatus,
    Channel,
    InformationRequest,
    Note,
)
from memberships.database import db, unit_of_work
from memberships.mails.models import MailState, OutgoingMail
from memberships.members.models import Membership
from memberships.permissions import Role
from tests.factories import submitted
from tests.pages import get, post
from tests.review.cases import (
    APPLICANT,
    BIPAR,
    CHECK,
    FORUM,
    Staff,
    approve,
    ask,
    case,
    case_in,
    case_url,
    form_of,
    mails_of,
    send,
    signed_in,
    staff,
    tags,
    withdraw,
)
from tests.tables import all_of, nothing_stored, only

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
VERBS = ["uebernehmen", "notiz", "antwort", "empfehlung", "rueckfrage", "aufnehmen", "ablehnen"]


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def test_the_case_shows_the_answers_with_the_questions_as_they_were_asked(app, browser) -> None:
    page = get(browser, case_url(case()))
    for words in ("Tätigkeit im Feld", "Ehrenamtlich", "In Projekten", "Klima und Energie",
                  "Bürgerräte begleitet", "Bürgerwerkstatt Öderan", "Jörn"):  # fmt: skip
        assert words in page.words
    for key in ("voluntary", "climate", "activity_context"):
        assert key not in page.words


def test_nothing_is_chosen_beforehand(app, browser) -> None:
    body = staff(Role.LEAD, BIPAR)
    pages = [get(browser, case_url(case())), get(browser, case_url(case(), verb="ablehnen")),
             get(signed_in(app, body), case_url(case(BIPAR), BIPAR))]  # fmt: skip
    for page in pages:
        radios = [e for e in page.root if e.tag == "input" and e.get("type") == "radio"]
        assert not [e for e in radios if "checked" in e.attributes]


def test_similar_cases_are_those_of_this_network_only(app, browser) -> None:
    applied = case(email="joern@example.org")
    same_mail = case(email="joern@example.org", first_name="A", last_name="Gleichpost",
                     organisation_name="")  # fmt: skip
    same_house = case(first_name="B", last_name="Gleichhaus")
    other = case(first_name="C", last_name="Anders", organisation_name="")
    foreign = case(FORUM, email="joern@example.org")
    unproven = submitted(APPLICANT, slug=CHECK, email="joern@example.org")
    links = {e.get("href") for e in get(browser, case_url(applied)).root if e.tag == "a"}
    assert case_url(same_mail) in links
    assert case_url(same_house) in links
    assert case_url(other) not in links
    for hidden in (foreign, unproven):
        assert not [link for link in links if str(hidden.id) in link]


def test_the_timeline_tells_the_fate_of_every_mail(app, kim, browser) -> None:
    applied = case()
    ask(applied, kim)
    mail_id = mails_of(applied, "information_requested")[0].id
    with unit_of_work():
        mail = db.session.get_one(OutgoingMail, mail_id)
        mail.state, mail.body, mail.finished_at = MailState.FAILED, None, mail.created_at
    words = get(browser, case_url(applied)).words
    assert "Rückfrage gestellt" in words
    assert "Kim Adler" in words
    assert words.count("unzustellbar") == 1
    assert words.count("nicht gesendet, da überholt") == 1


@pytest.mark.parametrize("status", list(ApplicationStatus))
def test_every_case_but_an_unproven_one_can_be_read(app, kim, browser, status) -> None:
    applied = case_in(status, kim)
    read = 404 if status is ApplicationStatus.UNCONFIRMED else 200
    decide = 200 if status.is_decidable else max(read, 409) if read == 200 else 404
    ask_back = 200 if status is ApplicationStatus.IN_REVIEW else max(decide, 409)
    ask_back = 404 if read == 404 else ask_back
    with nothing_stored():
        assert get(browser, case_url(applied)).status == read
        for verb, expected in (("rueckfrage", ask_back), ("aufnehmen", decide),
                               ("ablehnen", decide)):  # fmt: skip
            assert get(browser, case_url(applied, verb=verb)).status == expected


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_can_be_done_to_an_unproven_or_foreign_case(app, kim, browser, verb) -> None:
    token = form_of(browser, case_url(case()), "/notiz").fields["csrf_token"]
    typed = {"csrf_token": token, "version": "1", "text": "x", "answer": "x", "channel": "phone",
             "question": "x?", "reason": "other", "recommendation": "approve"}  # fmt: skip
    foreign = case(FORUM)
    unproven = submitted(APPLICANT, slug=CHECK)
    with nothing_stored():
        for id_ in (foreign.id, unproven.id, UUID(int=7)):
            assert post(browser, case_url(id_, verb=verb), typed).status == 404
        assert post(browser, case_url(foreign, FORUM, verb), typed).status == 404


def test_claiming_names_the_owner_and_giving_back_ends_it(app, kim, browser) -> None:
    applied = case()
    assert send(browser, case_url(applied), {}, ending="/uebernehmen").status == 303
    application = applied.row
    assert application.claimed_by_id == kim.account_id
    assert application.claimed_at is not None
    assert "Kim Adler" in get(signed_in(app, staff()), case_url(applied)).words
    assert send(browser, case_url(applied), {"abgeben": "1"}, ending="/uebernehmen").status == 303
    assert (applied.row.claimed_by_id, applied.row.claimed_at) == (None, None)
    assert tags(applied)[-2:] == ["claimed", "released"]


def test_a_colleague_can_take_the_case_over(app, kim, browser) -> None:
    applied, colleague = case(), staff()
    send(browser, case_url(applied), {}, ending="/uebernehmen")
    send(signed_in(app, colleague), case_url(applied), {}, ending="/uebernehmen")
    assert applied.row.claimed_by_id == colleague.account_id


def test_a_note_has_an_author_and_leaves_the_case_as_it_is(app, kim, browser) -> None:
    applied = case()
    version = applied.row.version
    page = send(browser, case_url(applied), {"text": "Kennt <b>Frau</b> Berg."}, ending="/notiz")
    assert page.status == 303
    note = only(Note)
    assert (note.text, note.author_id) == ("Kennt <b>Frau</b> Berg.", kim.account_id)
    assert (applied.row.version, tags(applied)[-1]) == (version, "note_written")
    shown = get(browser, case_url(applied))
    assert "Kennt <b>Frau</b> Berg." in shown.words
    with nothing_stored():
        again = send(browser, case_url(applied), {"text": "  "}, ending="/notiz")
    assert again.status == 422


def test_an_answer_by_phone_is_entered_on_the_case(app, kim, browser) -> None:
    applied = case()
    ask(applied, kim)
    with nothing_stored():
        empty = send(browser, case_url(applied), {"answer": ""}, ending="/antwort")
    assert empty.status == 422
    typed = {"answer": "In Öderan.", "channel": "phone"}
    assert send(browser, case_url(applied), typed, ending="/antwort").status == 303
    request = only(InformationRequest)
    assert (request.answer, request.answered_via) == ("In Öderan.", Channel.PHONE)
    assert "In Öderan." in get(browser, case_url(applied)).words


PREVIEWS = [
    ("aufnehmen", {"message": "Bis bald & viel Freude."}, "application_approved"),
    ("ablehnen", {"reason": "not_eligible", "message": "Alles Gute."}, "application_declined"),
    ("rueckfrage", {"question": "Wo sind Sie tätig?\n\nUnd seit wann?"}, "information_requested"),
]


def shown_mail(page) -> tuple[str, str]:
    body = next(e.text for e in page.root if e.has_class("app-mail"))
    subject = [e.words for e in page.root if e.tag == "dd"]
    return subject[1], body


@pytest.mark.parametrize(("verb", "typed", "kind"), PREVIEWS)
def test_the_preview_is_the_mail_that_leaves(app, browser, verb, typed, kind) -> None:
    applied = case()
    form = form_of(browser, case_url(applied, verb=verb), verb)
    with nothing_stored(but="drafts"):
        seen = post(browser, form.action, form.fields | typed | {"ansehen": "1"})
    assert seen.status == 200
    subject, body = shown_mail(seen)
    kept = seen.form(verb)
    assert post(browser, kept.action, kept.fields).status == 303

    (mail,) = mails_of(applied, kind)
    assert subject == mail.subject
    is_own = re.compile(r"^http\S+/(vorgang|widerruf)/\S+$", re.MULTILINE)
    expected = is_own.sub("[persönlicher Link]", str(mail.body))
    assert body.strip().splitlines() == expected.strip().splitlines()


def test_the_preview_for_somebody_who_is_a_member_already_is_another(app, kim, browser) -> None:
    first, second = case(email="joern@example.org"), case(email="joern@example.org")
    approve(first, kim)
    subject, _ = shown_mail(get(browser, case_url(second, verb="aufnehmen")))
    send(browser, case_url(second, verb="aufnehmen"), {})
    (mail,) = mails_of(second, "application_repeated")
    assert subject == mail.subject


@pytest.mark.parametrize(("verb", "typed"), [
    ("ablehnen", {"reason": ""}), ("ablehnen", {"message": "x" * 4001, "reason": "other"}),
    ("aufnehmen", {"message": "x" * 4001}), ("aufnehmen", {"version": ""}),
    ("rueckfrage", {"question": " "}), ("rueckfrage", {"question": "x" * 4001}),
])  # fmt: skip
def test_what_is_missing_or_too_long_decides_nothing(app, browser, verb, typed) -> None:
    applied = case()
    form = form_of(browser, case_url(applied, verb=verb), verb)
    with nothing_stored(but="drafts"):
        page = post(browser, form.action, form.fields | typed)
    assert page.status == 422
    assert page.errors or "version" in typed


def test_a_reason_that_is_not_offered_is_refused(app, browser) -> None:
    applied = case()
    with nothing_stored():
        page = send(browser, case_url(applied, verb="ablehnen"), {"reason": "made_up"})
    assert page.status == 409


def test_after_a_decision_the_next_case_opens_with_a_banner(app, browser) -> None:
    with time_machine.travel(MONDAY, tick=False):
        first = case(last_name="Erst")
        foreign = case(FORUM)
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        second = case(last_name="Zweit")
    answer = send(browser, case_url(first, verb="aufnehmen"), {})
    assert answer.status == 303
    assert answer.headers["Location"].startswith(case_url(second))
    page = get(browser, answer.headers["Location"])
    assert "Jörn Erst" in page.words
    assert "ist aufgenommen." in page.words
    answer = send(browser, case_url(second, verb="ablehnen"), {"reason": "other"})
    assert answer.headers["Location"].startswith(f"/koordination/{CHECK}/antraege?")
    page = get(browser, answer.headers["Location"])
    assert "ist abgelehnt." in page.words
    assert foreign.row.status is ApplicationStatus.IN_REVIEW


def test_where_a_body_decides_the_coordination_recommends(app) -> None:
    lead = signed_in(app, staff(Role.LEAD, BIPAR))
    applied = case(BIPAR)
    typed = {"recommendation": "approve", "note": "Große Erfahrung."}
    answer = send(lead, case_url(applied, BIPAR), typed, ending="/empfehlung")
    assert answer.status == 303
    assert applied.row.recommendation == "approve"
    assert "Große Erfahrung." in get(lead, case_url(applied, BIPAR)).words
    token = form_of(lead, case_url(applied, BIPAR), "/notiz").fields["csrf_token"]
    typed = {"csrf_token": token, "version": str(applied.row.version), "reason": "other"}
    for verb in ("aufnehmen", "ablehnen"):
        with nothing_stored():
            pages = [
                get(lead, case_url(applied, BIPAR, verb)),
                post(lead, case_url(applied, BIPAR, verb), typed),
            ]
        for page in pages:
            assert page.status == 409
            assert "Hier entscheidet das Gremium" in page.words
    assert all_of(Membership) == []


def test_a_post_without_the_token_changes_nothing(app, browser) -> None:
    applied = case()
    form = form_of(browser, case_url(applied, verb="aufnehmen"), "aufnehmen")
    with nothing_stored():
        for token in ("", "x"):
            fields = form.fields | {"csrf_token": token}
            assert post(browser, form.action, fields).status == 400


def test_withdrawn_meanwhile_is_told_in_words(app, browser) -> None:
    applied = case()
    form = form_of(browser, case_url(applied, verb="rueckfrage"), "rueckfrage")
    withdraw(applied)
    with nothing_stored():
        page = post(browser, form.action, form.fields | {"question": "Wo?"})
    assert page.status == 409
    assert "zurückgezogen" in page.words
    assert "Wo?" in page.words
