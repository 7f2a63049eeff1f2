"""A decision takes effect after the grace period; until then one click takes it back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.cli import carry_out_decisions
from memberships.applications.errors import DecisionPending, NothingPending
from memberships.applications.models import Application, ApplicationStatus
from memberships.applications.services import (
    Decision,
    Outcome,
    application_for_change,
    close_unanswered,
    correct_answers,
    decide,
    receive_information,
    remind_of_questions,
    take_back_decision,
    withdraw_application,
)
from memberships.database import db, unit_of_work, utcnow
from memberships.mails.models import OutgoingMail
from memberships.members.models import Membership
from memberships.networks.queries import current_definitions
from memberships.permissions import Role
from memberships.rights.services import party_of_case, restrict
from memberships.settings import Settings
from tests.applications.joining import AVD, joined
from tests.factories import Applied
from tests.pages import get, post
from tests.review.cases import (
    BIPAR,
    CHECK,
    Staff,
    approve,
    ask,
    case,
    case_token,
    case_url,
    locked,
    signed_in,
    staff,
    tags,
)
from tests.tables import all_of, nothing_stored

APPROVED, DECLINED = (
    Decision(Outcome.APPROVE, "Schön."),
    Decision(Outcome.DECLINE, "", "not_eligible"),
)
VERBS = ["uebernehmen", "rueckfrage", "aufnehmen", "ablehnen", "empfehlung", "antwort"]


@pytest.fixture
def settings(networks_settings: Settings) -> Settings:
    return networks_settings.model_copy(update={"grace_minutes": 10})


def decided(applied: Applied, by: Staff, decision: Decision = APPROVED) -> None:
    with unit_of_work():
        decide(locked(applied), decision, by=by.actor)


def minutes_later(minutes: float) -> None:
    with time_machine.travel(utcnow() + timedelta(minutes=minutes), tick=False):
        carry_out_decisions()


def decision_mails() -> list[str]:
    kinds = {"application_approved", "application_declined"}
    return [mail.kind for mail in all_of(OutgoingMail) if mail.kind in kinds]


@pytest.mark.parametrize(
    ("decision", "status", "mail"),
    [
        (APPROVED, ApplicationStatus.APPROVED, "application_approved"),
        (DECLINED, ApplicationStatus.DECLINED, "application_declined"),
    ],
)
def test_it_takes_effect_after_ten_minutes_and_once(
    app, kim: Staff, decision: Decision, status: ApplicationStatus, mail: str
) -> None:
    applied = case()
    decided(applied, kim, decision)
    assert applied.row.status is ApplicationStatus.IN_REVIEW
    assert (all_of(Membership), decision_mails()) == ([], [])
    with nothing_stored():
        minutes_later(9.9)
    minutes_later(10.1)
    row = applied.row
    assert (row.status, row.pending, row.decided_by_id) == (status, None, kim.account_id)
    assert decision_mails() == [mail]
    with nothing_stored():
        minutes_later(11)
    assert tags(applied)[-2:] == ["decision_made", status.value]


def test_until_then_it_is_taken_back_without_a_trace_for_the_applicant(app, kim: Staff) -> None:
    applied = case()
    decided(applied, kim)
    with unit_of_work():
        take_back_decision(locked(applied), by=kim.actor)
    row = applied.row
    assert (row.status, row.pending, row.takes_effect_at, row.decided_by_id) == (
        ApplicationStatus.IN_REVIEW,
        None,
        None,
        None,
    )
    with nothing_stored():
        minutes_later(11)
        with pytest.raises(NothingPending), unit_of_work():
            take_back_decision(locked(applied), by=kim.actor)
    approve(applied, kim)
    assert tags(applied)[-3:] == ["decision_made", "decision_taken_back", "approved"]


def test_what_took_effect_is_not_taken_back(app, kim: Staff) -> None:
    applied = case()
    decided(applied, kim)
    minutes_later(11)
    with nothing_stored(), pytest.raises(NothingPending), unit_of_work():
        take_back_decision(locked(applied), by=kim.actor)


def test_meanwhile_nobody_decides_otherwise(app, kim: Staff) -> None:
    applied = case()
    decided(applied, kim)
    other = staff()
    with nothing_stored():
        with pytest.raises(DecisionPending), unit_of_work():
            decide(locked(applied), DECLINED, by=other.actor)
        with pytest.raises(DecisionPending), unit_of_work():
            application_for_change(applied.row.network_id, applied.id)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_the_page_is_refused_in_words(app: Flask, kim: Staff, verb: str) -> None:
    applied = case()
    decided(applied, kim)
    browser = signed_in(app, kim)
    get(browser, case_url(applied))
    typed = {"question": "Wo?", "reason": "not_eligible", "answer": "Da", "channel": "phone"}
    typed |= {"recommendation": "approve", "version": str(applied.row.version)}
    form = get(browser, case_url(applied)).form("/zuruecknehmen")
    with nothing_stored():
        page = post(browser, case_url(applied, CHECK, verb), form.fields | typed)
    assert (page.status, page.notice) == (409, "Das haben Sie schon entschieden")


def test_the_banner_and_the_case_take_it_back(app: Flask, kim: Staff) -> None:
    first, second = case(), case()
    browser = signed_in(app, kim)
    form = get(browser, case_url(first, CHECK, "aufnehmen")).form("/aufnehmen")
    assert "Das gilt in 10 Minuten" in get(browser, case_url(first, CHECK, "aufnehmen")).words
    answer = post(browser, form.action, form.fields)
    assert answer.status == 303
    page = get(browser, answer.headers["Location"])
    assert str(second.id) in answer.headers["Location"]
    assert "Aufnahme beschlossen. Das gilt ab" in page.words
    form = page.form(f"{first.id}/zuruecknehmen")
    assert post(browser, form.action, form.fields).status == 303
    assert first.row.pending is None
    refused = post(browser, form.action, form.fields)
    assert (refused.status, refused.notice) == (409, "Zurückzunehmen ist hier nichts mehr")

    decided(first, kim, DECLINED)
    page = get(browser, case_url(first))
    assert "Ablehnung beschlossen von Ihnen" in page.words
    form = page.form("/zuruecknehmen")
    assert post(browser, form.action, form.fields).status == 303
    assert first.row.pending is None


def test_who_may_not_decide_cannot_take_back(app: Flask, kim: Staff) -> None:
    applied = case()
    decided(applied, kim)
    browser = signed_in(app, staff(Role.READER))
    page = get(browser, case_url(applied))
    assert "Entscheidung zurücknehmen" not in page.words
    with nothing_stored():
        assert post(browser, case_url(applied, CHECK, "zuruecknehmen")).status in {400, 403}


def test_it_waits_for_nobody_and_is_listed_apart(app: Flask, kim: Staff) -> None:
    applied = case(first_name="Thea", last_name="Vorgemerkt")
    decided(applied, kim)
    browser = signed_in(app, kim)
    assert "Thea" not in get(browser, f"/koordination/{CHECK}/antraege").words
    page = get(browser, f"/koordination/{CHECK}/antraege?ansicht=beschlossen")
    assert "Aufnahme beschlossen, gilt ab" in page.words
    assert "Thea" in get(browser, f"/koordination/{CHECK}/antraege?ansicht=alle").words


def test_the_applicant_sees_nothing_of_it(app: Flask, client: FlaskClient, kim: Staff) -> None:
    applied = case()
    decided(applied, kim)
    assert "beschlossen" not in get(client, f"/vorgang/{case_token(applied)}").words


def test_other_answers_meanwhile_let_a_person_look_again(app, kim: Staff) -> None:
    applied = case()
    decided(applied, kim)
    with unit_of_work():
        application = locked(applied)
        answers = application.all_answers | {"portfolio": "Etwas anderes."}
        assert correct_answers(application, answers, seen_revision=0)
    minutes_later(11)
    assert applied.row.status is ApplicationStatus.IN_REVIEW
    assert decision_mails() == []
    assert tags(applied)[-1] == "decision_dropped"


def test_who_withdraws_meanwhile_is_not_admitted(app, kim: Staff) -> None:
    applied = case()
    decided(applied, kim)
    with unit_of_work():
        withdraw_application(locked(applied))
    minutes_later(11)
    assert applied.row.status is ApplicationStatus.WITHDRAWN
    assert all_of(Membership) == []


def test_an_answer_meanwhile_lets_a_person_look_again(app, kim: Staff) -> None:
    applied = case()
    ask(applied, kim)
    decided(applied, kim)
    with time_machine.travel(utcnow() + timedelta(days=60)), nothing_stored(), unit_of_work():
        assert remind_of_questions() == close_unanswered() == 0
    with unit_of_work():
        receive_information(locked(applied), "In Ulm.")
    minutes_later(11)
    assert (applied.row.status, applied.row.pending) == (ApplicationStatus.IN_REVIEW, None)


def test_what_is_restricted_meanwhile_is_not_decided(app, kim: Staff) -> None:
    applied = case()
    decided(applied, kim)
    with unit_of_work():
        restrict(party_of_case(locked(applied)), by=kim.actor)
    with nothing_stored():
        minutes_later(11)
    assert (applied.row.status, applied.row.pending) == (ApplicationStatus.IN_REVIEW, None)


def test_what_became_impossible_waits_for_a_person_again(app, kim: Staff) -> None:
    """Two applicants of one organisation, decided side by side: the seat is taken once."""
    both = [joined(AVD, email=f"{name}@example.org") for name in ("erste", "zweite")]
    for applied in both:
        decided(applied, kim)
    minutes_later(11)
    rows = [applied.row for applied in both]
    assert sorted(row.status.value for row in rows) == ["approved", "in_review"]
    left = next(applied for applied in both if applied.row.status is ApplicationStatus.IN_REVIEW)
    assert left.row.pending is None
    assert tags(left)[-1] == "decision_dropped"
    assert len(all_of(Membership)) == 1
    page = get(signed_in(app, staff(Role.COORDINATOR, AVD)), case_url(left, AVD))
    assert "Entscheidung nicht ausgeführt: der Sitz der Organisation ist" in page.words


def test_what_cannot_be_decided_now_is_not_even_pending(app, kim: Staff) -> None:
    approve(joined(AVD, email="erste@example.org"), kim)
    second = joined(AVD, email="zweite@example.org")
    browser = signed_in(app, staff(Role.COORDINATOR, AVD))
    with nothing_stored():
        assert get(browser, case_url(second, AVD, "aufnehmen")).status == 409


def test_the_database_keeps_pending_and_decided_apart(app, kim: Staff) -> None:
    applied = case()
    approve(applied, kim)
    with pytest.raises(Exception, match="only_open_ones_are_pending"), unit_of_work():
        db.session.get_one(Application, applied.id).pending = {"outcome": "approve"}


def test_one_that_fails_keeps_no_other_waiting(app, kim: Staff) -> None:
    broken, sound = case(), case()
    for applied in (broken, sound):
        decided(applied, kim)
    with unit_of_work():
        locked(broken).pending = {"outcome": "nobody knows this"}
    minutes_later(11)
    assert broken.row.status is ApplicationStatus.IN_REVIEW
    assert broken.row.pending is not None
    assert sound.row.status is ApplicationStatus.APPROVED


def test_what_a_body_decided_takes_effect_later_too(app: Flask) -> None:
    applied, place = case(BIPAR), f"/koordination/{BIPAR}/sitzung"
    browser = signed_in(app, staff(Role.LEAD, BIPAR))
    page = get(browser, place)
    assert "erhält nach 10 Minuten, in denen Sie es zurücknehmen können, eine E-Mail" in page.words
    typed = {"body": "Direktorium", "decided_on": "2026-11-20", f"ergebnis-{applied.id}": "approve"}
    answer = post(browser, place, page.form("/sitzung").fields | typed)
    assert answer.status == 303
    page = get(browser, answer.headers["Location"])
    assert "Ein Ergebnis ist eingetragen. Es gilt in 10 Minuten" in page.words
    assert (all_of(Membership), decision_mails()) == ([], [])
    minutes_later(11)
    row = applied.row
    assert (row.status, row.decided_by_body) == (ApplicationStatus.APPROVED, "Direktorium")
    assert row.body_decided_on == date(2026, 11, 20)
    assert decision_mails() == ["application_approved"]


@pytest.mark.parametrize(("minutes", "words"), [(0, ""), (1, "einer Minute"), (90, "90 Minuten")])
def test_a_network_has_a_grace_of_its_own(
    app, kim: Staff, monkeypatch: pytest.MonkeyPatch, minutes: int, words: str
) -> None:
    definition = current_definitions()[CHECK]
    own = definition.decision.model_copy(update={"grace_minutes": minutes})
    changed = definition.model_copy(update={"decision": own})
    monkeypatch.setitem(current_definitions(), CHECK, changed)
    applied = case()
    page = get(signed_in(app, kim), case_url(applied, verb="aufnehmen"))
    assert (f"Das gilt in {words}, dann" in page.words) is bool(words)
    decided(applied, kim)
    if minutes:
        with nothing_stored():
            minutes_later(minutes - 0.1)
        minutes_later(minutes + 0.1)
    assert applied.row.status is ApplicationStatus.APPROVED
