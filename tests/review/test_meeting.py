"""The list for the meeting of a body, and its results entered in one go."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.models import ApplicationStatus
from memberships.members.models import Membership
from memberships.permissions import Role
from tests.factories import Applied
from tests.pages import Page, get, post
from tests.review.cases import (
    APPLICANT,
    BIPAR,
    CHECK,
    FORUM,
    Staff,
    ask,
    case,
    case_url,
    mails_of,
    send,
    signed_in,
    staff,
    submitted,
)
from tests.tables import all_of, nothing_stored, statements

MEETING = f"/koordination/{BIPAR}/sitzung"
WHEN = {"body": "Direktorium", "decided_on": "2026-11-20"}


@pytest.fixture
def lead(app: Flask) -> Staff:
    return staff(Role.LEAD, BIPAR, CHECK, name="Lou Berger")


@pytest.fixture
def browser(app: Flask, lead: Staff) -> FlaskClient:
    return signed_in(app, lead)


def results(**by_case: tuple[Applied, str, str]) -> dict[str, str]:
    typed = {}
    for applied, outcome, reason in by_case.values():
        typed |= {f"ergebnis-{applied.id}": outcome, f"grund-{applied.id}": reason}
    return typed


def enter(browser: FlaskClient, typed: dict[str, str]) -> Page:
    return send(browser, MEETING, WHEN | typed)


def test_the_list_holds_what_waits_for_the_body_with_answers_and_advice(browser, lead) -> None:
    waiting, asked = case(BIPAR, last_name="Wartend"), case(BIPAR, last_name="Gefragt")
    ask(asked, lead)
    foreign = case(FORUM, last_name="Fremdling")
    submitted(APPLICANT, slug=BIPAR, last_name="Unbewiesen")
    typed = {"recommendation": "decline", "note": "Noch zu wenig Erfahrung."}
    send(browser, case_url(waiting, BIPAR), typed, ending="/empfehlung")
    page = get(browser, MEETING)
    for words in ("Wartend", "Bürgerräte begleitet", "Nicht aufnehmen", "Noch zu wenig Erfahrung."):
        assert words in page.words
    for words in ("Gefragt", "Fremdling", "Unbewiesen"):
        assert words not in page.words
    radios = [e for e in page.root if e.get("type") == "radio" and e.get("value")]
    assert not [e for e in radios if "checked" in e.attributes]
    assert foreign.row.status is ApplicationStatus.IN_REVIEW


def test_results_are_entered_in_one_go_with_body_and_day(browser, lead) -> None:
    yes, no, later = case(BIPAR), case(BIPAR), case(BIPAR)
    page = enter(browser, results(a=(yes, "approve", ""), b=(no, "decline", "other"),
                                  c=(later, "", "other")))  # fmt: skip
    assert page.status == 303
    assert yes.row.status is ApplicationStatus.APPROVED
    assert no.row.status is ApplicationStatus.DECLINED
    assert later.row.status is ApplicationStatus.IN_REVIEW
    for applied in (yes, no):
        row = applied.row
        assert (row.decided_by_body, row.body_decided_on) == ("Direktorium", date(2026, 11, 20))
        assert row.decided_by_id == lead.account_id
    assert len(all_of(Membership)) == 1
    assert len(mails_of(yes, "application_approved")) == 1
    assert len(mails_of(no, "application_declined")) == 1
    assert "Direktorium" in get(browser, case_url(yes, BIPAR)).words


def test_a_decline_without_a_reason_enters_nothing_at_all(browser) -> None:
    yes, no = case(BIPAR), case(BIPAR)
    typed = results(a=(yes, "approve", ""), b=(no, "decline", ""))
    with nothing_stored():
        page = enter(browser, typed)
    assert page.status == 422
    assert "Wählen Sie einen Grund aus." in page.words
    kept = page.form("/sitzung").fields
    assert kept[f"ergebnis-{yes.id}"] == "approve"
    assert kept["body"] == "Direktorium"


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": ""},
        {"body": "x" * 121},
        {"decided_on": ""},
        {"decided_on": "gestern"},
        {"decided_on": "2199-01-01"},
    ],
)
def test_body_and_day_are_needed(browser, wrong) -> None:
    yes = case(BIPAR)
    with nothing_stored():
        page = enter(browser, results(a=(yes, "approve", "")) | wrong)
    assert page.status == 422
    assert page.summary


def test_what_changed_meanwhile_is_left_out_and_named(browser, app) -> None:
    fine, changed = case(BIPAR, last_name="Gut"), case(BIPAR, last_name="Anders")
    form = get(browser, MEETING).form("/sitzung")
    other = signed_in(app, staff(Role.COORDINATOR, BIPAR))
    send(other, case_url(changed, BIPAR), {}, ending="/uebernehmen")
    typed = results(a=(fine, "approve", ""), b=(changed, "approve", ""))
    page = post(browser, form.action, form.fields | WHEN | typed)
    assert page.status == 409
    assert fine.row.status is ApplicationStatus.APPROVED
    assert changed.row.status is ApplicationStatus.IN_REVIEW
    assert changed.row.decided_by_body is None
    assert "Inzwischen entschieden oder geändert" in page.words
    assert mails_of(changed, "application_approved") == []


def test_a_reason_that_the_network_does_not_know_is_left_out(browser) -> None:
    no = case(BIPAR)
    with nothing_stored():
        assert enter(browser, results(a=(no, "decline", "made_up"))).status == 409


def test_cases_of_other_networks_and_names_that_are_none_are_not_entered(browser, app) -> None:
    foreign, own, fine = case(FORUM), case(CHECK), case(BIPAR)
    form = get(browser, MEETING).form("/sitzung")
    for name in (f"ergebnis-{foreign.id}", f"ergebnis-{own.id}", "ergebnis-x", "ergebnis-"):
        with nothing_stored():
            page = post(browser, form.action, form.fields | WHEN | {name: "approve"})
        assert page.status in {303, 409}
    # What comes after an unknown one is entered all the same, and the page says what is not.
    both = {f"ergebnis-{foreign.id}": "approve", f"ergebnis-{fine.id}": "approve"}
    assert post(browser, form.action, form.fields | WHEN | both).status == 409
    assert fine.row.status is ApplicationStatus.APPROVED
    assert foreign.row.status is ApplicationStatus.IN_REVIEW


def test_there_is_no_meeting_where_no_body_decides(browser) -> None:
    case(CHECK)
    address = f"/koordination/{CHECK}/sitzung"
    assert get(browser, address).status == 404
    token = get(browser, f"/koordination/{CHECK}/erfassen").form("/erfassen").fields["csrf_token"]
    assert post(browser, address, {"csrf_token": token}).status == 404


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.READER])
def test_who_may_not_enter_results_reads_and_prints_the_list(app, role) -> None:
    yes = case(BIPAR, last_name="Wartend")
    reader = signed_in(app, staff(role, BIPAR))
    page = get(reader, MEETING)
    assert "Wartend" in page.words
    assert [f for f in page.forms if f.action.endswith("/sitzung")] == []
    with nothing_stored():
        typed = WHEN | results(a=(yes, "approve", ""))
        assert post(reader, MEETING, typed).status in {400, 403}


def test_the_list_of_thirty_takes_as_many_statements_as_the_list_of_one(browser) -> None:

    counts = []
    for more in (1, 29):
        for _ in range(more):
            case(BIPAR)
        with statements() as sent:
            assert get(browser, MEETING).status == 200
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 8
