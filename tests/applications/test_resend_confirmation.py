"""Sending the confirmation again: after a pause, a few times, and earlier links stay good."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from memberships.applications.errors import LinkUnknown, ResendTooEarly
from memberships.applications.models import Application
from memberships.applications.queries import application_by_page_token
from memberships.applications.services import resend_confirmation
from memberships.database import unit_of_work, utcnow
from memberships.events.models import Event
from memberships.mails.models import OutgoingMail
from tests.factories import Applied, confirmed, newest_mail, submitted, token_in
from tests.pages import get, post
from tests.tables import all_of, nothing_stored, only

SENT = "Die E-Mail ist noch einmal unterwegs."
PAUSE = timedelta(minutes=5)


def resend(applied: Applied) -> None:
    with unit_of_work():
        application = application_by_page_token(applied.page_token, for_change=True)
        assert application is not None
        resend_confirmation(application)


def test_within_five_minutes_nothing_is_sent_again(client: FlaskClient) -> None:
    applied = submitted()
    with (
        time_machine.travel(applied.row.confirmation_mailed_at + PAUSE - timedelta(seconds=1)),
        nothing_stored(),
    ):
        answer = post(client, applied.at_page("erneut"))
        page = get(client, answer.headers["Location"])
        with pytest.raises(ResendTooEarly):
            resend(applied)
    assert (answer.status, page.status) == (303, 200)
    assert page.notice.startswith("Noch einmal senden geht wieder um ")
    assert "Wieder möglich um" in page.words


def test_after_five_minutes_a_new_link_is_sent_and_the_old_one_stays_good(
    client: FlaskClient,
) -> None:
    applied = submitted(newsletter=True)
    with time_machine.travel(applied.row.confirmation_mailed_at + PAUSE):
        answer = post(client, applied.at_page("erneut"))
        assert get(client, answer.headers["Location"]).notice == SENT
        newer = token_in(newest_mail(applied.id))
        assert newer != applied.confirm_token
        assert "Rundbrief" in str(newest_mail(applied.id).body)
        assert get(client, f"/antrag/{newer}/bestaetigen").status == 200
        assert post(client, applied.confirm).status == 303
    events = [e.tag for e in all_of(Event) if e.subject_id == applied.id]
    assert events[:2] == ["application:submitted", "application:confirmation_resent"]


def test_the_pause_begins_again_with_each_mail(client: FlaskClient) -> None:
    applied = submitted()
    with time_machine.travel(utcnow() + PAUSE, tick=False) as clock:
        post(client, applied.at_page("erneut"))
        clock.shift(PAUSE - timedelta(seconds=1))
        post(client, applied.at_page("erneut"))
        assert len(all_of(OutgoingMail)) == 2
        clock.shift(timedelta(seconds=1))
        post(client, applied.at_page("erneut"))
        assert len(all_of(OutgoingMail)) == 3


def test_at_most_five_mails_are_sent_for_one_application(client: FlaskClient) -> None:
    applied = submitted()
    with time_machine.travel(utcnow()) as clock:
        for _ in range(10):
            clock.shift(PAUSE)
            post(client, applied.at_page("erneut"))
        assert len(all_of(OutgoingMail)) == only(Application).confirmation_mails == 5
        page = get(client, applied.waiting)
        assert "Noch eine E-Mail können wir dazu nicht senden" in page.words
        assert not [form for form in page.forms if form.action.endswith("/erneut")]
        with nothing_stored(), pytest.raises(ResendTooEarly):
            resend(applied)


def test_nothing_is_sent_again_after_the_proof(client: FlaskClient) -> None:
    applied = confirmed()
    with time_machine.travel(utcnow() + PAUSE), nothing_stored():
        assert post(client, applied.at_page("erneut")).status == 404
        with pytest.raises(LinkUnknown):
            resend(applied)


def test_nothing_is_sent_again_after_the_seven_days(client: FlaskClient) -> None:
    applied = submitted()
    with time_machine.travel(applied.row.expires_at), nothing_stored():
        assert post(client, applied.at_page("erneut")).status == 404
        with pytest.raises(LinkUnknown):
            resend(applied)


def test_sending_again_does_not_prolong_the_seven_days(client: FlaskClient) -> None:
    applied = submitted()
    expires_at = applied.row.expires_at
    with time_machine.travel(utcnow() + timedelta(days=6)):
        resend(applied)
    assert applied.row.expires_at == expires_at
