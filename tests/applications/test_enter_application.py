"""An application that came by phone or on paper is entered by staff for somebody."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from memberships.applications.models import Application, ApplicationStatus, Channel
from memberships.events.models import Event
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.privacy.models import ConsentEvent
from tests.factories import token_in
from tests.pages import Page, get, post
from tests.review.cases import APPLICANT, CHECK, Staff, entered, signed_in
from tests.tables import all_of, nothing_stored, only

ADDRESS = f"/koordination/{CHECK}/erfassen"
TYPED = APPLICANT | {"channel": "letter", "received_on": "2026-11-20"}


@pytest.fixture
def browser(app, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def enter(browser: FlaskClient, **changes: object) -> Page:
    form = get(browser, ADDRESS).form("/erfassen")
    return post(browser, form.action, form.fields | TYPED | changes)


def test_it_waits_at_once_with_its_channel_and_date_and_without_a_consent(app, kim, client) -> None:
    entered(kim, email="papier@example.org", newsletter_consent="y")

    application = only(Application)
    assert application.status is ApplicationStatus.IN_REVIEW
    assert (application.channel, application.received_on) == (Channel.PHONE, date(2026, 11, 20))
    assert application.entered_by_id == kim.account_id
    assert application.due_at is not None
    assert all_of(ConsentEvent) == []
    mail = only(OutgoingMail)
    assert (mail.kind, mail.to_address) == ("application_entered", "papier@example.org")
    assert "am 20. November 2026" in str(mail.body)
    assert "am Telefon" in str(mail.body)
    assert f"/netzwerke/{CHECK}/datenschutz" in str(mail.body)
    assert get(client, f"/vorgang/{token_in(mail)}").status == 200
    (event,) = all_of(Event)
    assert (event.tag, event.actor_id) == ("application:entered", kim.account_id)
    assert '"channel":"phone"' in event.record
    assert check_log().faults == []


def test_the_form_of_the_network_is_entered_by_staff(app, kim, browser) -> None:
    answer = enter(browser, newsletter_consent="y")
    application = only(Application)
    assert answer.status == 303
    assert answer.headers["Location"].endswith(str(application.id))
    assert application.channel is Channel.LETTER
    assert application.received_on == date(2026, 11, 20)
    assert application.answers["topics"] == ["climate", "mobility"]
    assert all_of(ConsentEvent) == []
    page = get(browser, answer.headers["Location"])
    assert "Jörn Müßig" in page.words


@pytest.mark.parametrize(
    "wrong",
    [{"last_name": ""}, {"email": "x"}, {"channel": "online"}, {"received_on": ""},
     {"received_on": "31.02.2026"}, {"received_on": "2199-01-01"}, {"topics": ["made_up"]}],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_stored(app, browser, wrong) -> None:
    with nothing_stored():
        page = enter(browser, **wrong)
    assert page.status == 422
    assert page.summary
    assert "Öderan" in page.html


def test_a_double_click_enters_one_application(app, browser) -> None:
    form = get(browser, ADDRESS).form("/erfassen")
    first = post(browser, form.action, form.fields | TYPED)
    with nothing_stored():
        second = post(browser, form.action, form.fields | TYPED)
    assert (first.status, second.status) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(all_of(Application)) == len(all_of(OutgoingMail)) == 1


def test_the_same_person_may_be_entered_again(app, browser) -> None:
    enter(browser)
    enter(browser)
    assert len(all_of(Application)) == 2
