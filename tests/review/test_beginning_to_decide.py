"""Who begins to decide has the case for a while, so that colleagues see it; nobody loses one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from flask import Flask

from memberships.applications.errors import ApplicationNotDecidable
from memberships.applications.services import (
    begin_deciding,
    claim_application,
    hand_application_to,
    release_stale_claims,
    request_information,
    stop_deciding,
)
from memberships.database import unit_of_work, utcnow
from memberships.permissions import Role
from tests.factories import Applied
from tests.pages import Page, get, post
from tests.review.cases import (
    BIPAR,
    NOT_DECIDABLE,
    Staff,
    approve,
    case,
    case_in,
    case_url,
    decline,
    form_of,
    locked,
    signed_in,
    staff,
    tags,
    token_on,
)
from tests.tables import nothing_stored

VERBS = ["aufnehmen", "ablehnen", "rueckfrage"]
LATER = timedelta(hours=1, minutes=1)


def begins(applied: Applied, by: Staff) -> bool:
    with unit_of_work():
        return begin_deciding(locked(applied), by=by.actor)


def presses(browser, applied: Applied, verb: str, button: str = "beginnen") -> Page:
    """What the buttons of the case and of its deciding pages send."""
    token = token_on(get(browser, case_url(applied)))
    page = post(browser, case_url(applied, verb=verb), {"csrf_token": token, button: "1"})
    if button == "beginnen" and page.status == 303:
        return get(browser, page.headers["Location"])
    return page


@pytest.mark.parametrize("verb", VERBS)
def test_beginning_opens_the_page_and_claims_the_case(app: Flask, kim: Staff, verb: str) -> None:
    applied = case()
    browser = signed_in(app, kim)
    page = presses(browser, applied, verb)
    assert page.status == 200
    assert not page.errors
    assert "Zurück zur Liste" in page.words
    assert applied.row.claimed_by_id == kim.account_id
    assert applied.row.claimed_until is not None
    assert tags(applied)[-1] == "claimed"
    with nothing_stored():  # a double click
        assert presses(browser, applied, verb).status == 200
    assert "Mit der Entscheidung begonnen" in get(browser, case_url(applied)).words


def test_the_page_that_it_opens_decides_at_once(app: Flask, kim: Staff) -> None:
    applied = case()
    browser = signed_in(app, kim)
    form = presses(browser, applied, "aufnehmen").form("aufnehmen")
    assert post(browser, form.action, form.fields).status == 303
    assert applied.row.pending is not None or applied.row.decided_at is not None


@pytest.mark.parametrize("verb", VERBS)
def test_opening_the_page_by_its_address_changes_nothing(app: Flask, kim, verb: str) -> None:
    applied = case()
    browser = signed_in(app, kim)
    with nothing_stored():
        assert get(browser, case_url(applied, verb=verb)).status == 200


def test_a_colleague_sees_who_decides_and_since_when_and_may_decide_all_the_same(
    app: Flask, kim: Staff
) -> None:
    ada, applied = staff(name="Ada Amsel"), case()
    begins(applied, ada)
    browser = signed_in(app, kim)
    page = get(browser, case_url(applied))
    assert "Ada Amsel entscheidet gerade über diesen Fall, seit" in page.words
    with nothing_stored():
        page = presses(browser, applied, "ablehnen")
    assert "Ada Amsel entscheidet gerade über diesen Fall, seit" in page.words
    assert "Zurück zur Liste" not in page.words
    assert applied.row.claimed_by_id == ada.account_id
    form = page.form("ablehnen")
    assert post(browser, form.action, form.fields | {"reason": "not_eligible"}).status == 303
    typed = form_of_the_slower(app, ada, applied)
    assert typed.status == 409


def form_of_the_slower(app: Flask, person: Staff, applied: Applied) -> Page:
    browser = signed_in(app, person)
    token = token_on(get(browser, case_url(applied)))
    return post(browser, case_url(applied, verb="aufnehmen"), {"csrf_token": token, "version": "1"})


def test_a_case_taken_on_purpose_stays_as_it_is(app: Flask, kim: Staff) -> None:
    ada, applied = staff(), case()
    with unit_of_work():
        claim_application(locked(applied), by=kim.actor)
    with nothing_stored():
        assert begins(applied, kim)
        assert not begins(applied, ada)
        with unit_of_work():
            stop_deciding(locked(applied), by=kim.actor)


def test_going_back_to_the_list_gives_back_what_was_only_begun(app: Flask, kim: Staff) -> None:
    applied = case()
    browser = signed_in(app, kim)
    presses(browser, applied, "aufnehmen")
    page = presses(browser, applied, "aufnehmen", "verlassen")
    assert page.status == 303
    assert page.headers["Location"].endswith("/antraege")
    assert (applied.row.claimed_by_id, applied.row.claimed_until) == (None, None)
    assert tags(applied)[-1] == "released"
    with nothing_stored():
        assert presses(browser, applied, "aufnehmen", "verlassen").status == 303


def test_going_back_takes_nothing_from_a_colleague(app: Flask, kim: Staff) -> None:
    applied = case()
    begins(applied, staff())
    with nothing_stored():
        assert presses(signed_in(app, kim), applied, "aufnehmen", "verlassen").status == 303


def test_going_back_from_what_is_decided_meanwhile_only_leads_to_the_list(app, kim) -> None:
    applied = case()
    browser = signed_in(app, kim)
    presses(browser, applied, "aufnehmen")
    decline(applied, staff())
    with nothing_stored():
        assert presses(browser, applied, "aufnehmen", "verlassen").status == 303


def test_after_an_hour_it_is_free(app, kim: Staff) -> None:
    applied = case()
    begins(applied, kim)
    with nothing_stored(), unit_of_work():
        assert release_stale_claims() == 0
    with time_machine.travel(utcnow() + LATER), unit_of_work():
        assert release_stale_claims() == 1
    assert applied.row.claimed_by_id is None


def test_what_ran_out_goes_to_the_next_before_the_job_has_come(app, kim: Staff) -> None:
    ada, applied = staff(), case()
    begins(applied, ada)
    assert not begins(applied, kim)
    with time_machine.travel(utcnow() + LATER):
        assert begins(applied, kim)
    assert applied.row.claimed_by_id == kim.account_id


@pytest.mark.parametrize("verb", ["kept", "handed on", "asked"])
def test_what_is_kept_handed_on_or_asked_about_does_not_run_out(app, kim, verb: str) -> None:
    ada, applied = staff(), case()
    begins(applied, kim)
    with unit_of_work():
        row = locked(applied)
        if verb == "kept":
            claim_application(row, by=kim.actor)
        elif verb == "handed on":
            hand_application_to(row, ada.account_id, by=kim.actor)
        else:
            request_information(row, "Wo?", by=kim.actor)
    assert applied.row.claimed_until is None
    with time_machine.travel(utcnow() + LATER), nothing_stored(), unit_of_work():
        assert release_stale_claims() == 0


def test_who_decides_but_takes_no_cases_has_it_too(app: Flask) -> None:
    decider, applied = staff(Role.DECIDER), case()
    assert presses(signed_in(app, decider), applied, "aufnehmen").status == 200
    assert applied.row.claimed_by_id == decider.account_id
    with nothing_stored(), unit_of_work():
        assert release_stale_claims() == 0


def test_who_only_reads_cannot_begin(app: Flask) -> None:
    reader, applied = staff(Role.READER), case()
    browser = signed_in(app, reader)
    with nothing_stored():
        page = post(browser, case_url(applied, verb="aufnehmen"), {"beginnen": "1"})
        assert page.status in {400, 403}


def test_where_the_body_decides_nobody_begins(app: Flask) -> None:
    person, applied = staff(Role.COORDINATOR, BIPAR), case(BIPAR)
    browser = signed_in(app, person)
    token = token_on(get(browser, case_url(applied, BIPAR)))
    with nothing_stored():
        page = post(
            browser,
            case_url(applied, BIPAR, "aufnehmen"),
            {"csrf_token": token, "beginnen": "1"},
        )
    assert page.status == 409


@pytest.mark.parametrize("status", NOT_DECIDABLE)
def test_nothing_begins_where_nothing_is_left_to_decide(app, kim, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable):
        begins(applied, kim)


def test_a_case_decided_meanwhile_is_shown_as_it_is(app: Flask, kim: Staff) -> None:
    applied = case()
    browser = signed_in(app, kim)
    approve(applied, staff())
    with nothing_stored():
        assert presses(browser, applied, "aufnehmen").status == 409


def test_of_two_who_begin_at_once_one_has_it(app: Flask, kim: Staff) -> None:
    people, applied, ready = [kim, staff()], case(), Barrier(2)

    def begin(person: Staff) -> bool:
        with app.app_context():
            ready.wait(10)
            return begins(applied, person)

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(begin, people))
    assert sorted(got) == [False, True]
    assert applied.row.claimed_by_id == people[got.index(True)].account_id
    assert tags(applied).count("claimed") == 1


def test_both_pages_that_began_at_once_open(app: Flask, kim: Staff) -> None:
    applied, ada = case(), staff(name="Ada Amsel")
    first, second = signed_in(app, kim), signed_in(app, ada)
    assert presses(first, applied, "aufnehmen").status == 200
    page = presses(second, applied, "ablehnen")
    assert "Kim Adler entscheidet gerade" in page.words
    assert form_of(second, case_url(applied, verb="ablehnen"), "ablehnen").fields["version"]
