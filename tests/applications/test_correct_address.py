"""Correcting a mistyped address: once, and whoever got the first mail can do nothing with it."""

from __future__ import annotations

import pytest
import time_machine
from flask.testing import FlaskClient

from memberships.accounts.models import Account
from memberships.applications.errors import AddressAlreadyCorrected, LinkUnknown
from memberships.applications.models import ApplicationStatus
from memberships.applications.queries import application_by_page_token
from memberships.applications.services import correct_address
from memberships.database import unit_of_work
from memberships.events.models import Event
from memberships.mails.delivery import deliver_due_mails
from memberships.mails.models import DevInboxMail, MailState, OutgoingMail
from memberships.privacy.models import ConsentEvent
from tests.factories import Applied, code_in, confirmed, newest_mail, submitted, token_in
from tests.pages import Page, get, post
from tests.tables import all_of, nothing_stored, only

RIGHT = "right@example.org"
INCOMPLETE = "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."


def correct(client: FlaskClient, applied: Applied, address: str = RIGHT) -> Page:
    return post(client, applied.at_page("adresse"), {"email": address})


def test_the_corrected_address_gets_the_mail_and_proves_it(client: FlaskClient) -> None:
    applied = submitted(email="wrnog@example.org", newsletter=True)
    answer = correct(client, applied, " Right@Example.ORG ")

    page = get(client, answer.headers["Location"])
    assert page.notice == "Die E-Mail an die neue Adresse ist unterwegs."
    assert applied.row.email == RIGHT
    mail = newest_mail(applied.id)
    assert mail.to_address == RIGHT
    assert post(client, f"/antrag/{token_in(mail)}/bestaetigen").status == 303
    assert only(Account).email == RIGHT
    assert {consent.email for consent in all_of(ConsentEvent)} == {RIGHT}


def test_link_and_code_of_the_first_mail_are_dead(client: FlaskClient) -> None:
    applied = submitted()
    correct(client, applied)

    with nothing_stored():
        assert get(client, applied.confirm).status == 404
        assert post(client, applied.confirm).status == 404
    if applied.code != code_in(newest_mail(applied.id)):
        code = {"code": applied.code}
        assert post(client, applied.at_page("code"), code).status == 422
    assert applied.row.status is ApplicationStatus.UNCONFIRMED


def test_a_first_mail_that_still_waits_is_never_sent(client: FlaskClient) -> None:
    applied = submitted(email="wrnog@example.org")
    correct(client, applied)

    first = next(m for m in all_of(OutgoingMail) if m.to_address == "wrnog@example.org")
    assert (first.state, first.body) == (MailState.CANCELLED, None)
    deliver_due_mails()
    assert [mail.to_address for mail in all_of(DevInboxMail)] == [RIGHT]


def test_the_address_is_corrected_once(client: FlaskClient) -> None:
    applied = submitted()
    correct(client, applied)
    page = get(client, applied.waiting)
    assert not [form for form in page.forms if form.action.endswith("/adresse")]

    with nothing_stored():
        page = correct(client, applied, "third@example.org")
        assert (page.status, page.notice) == (422, "Die Adresse lässt sich nur einmal ändern.")
        with pytest.raises(AddressAlreadyCorrected):
            correct_by_service(applied)


@pytest.mark.parametrize("address", ["", "right", "right@example", "a\x00@example.org", "a" * 9000])
def test_an_incomplete_address_is_refused_and_kept(client: FlaskClient, address: str) -> None:
    applied = submitted()
    with nothing_stored():
        page = correct(client, applied, address)
    assert (page.status, page.errors) == (422, {"email": INCOMPLETE})
    assert page.summary == [("#email", INCOMPLETE)]
    assert page.form("/adresse").fields["email"] == address
    assert correct(client, applied).status == 303


def test_the_event_names_no_address(client: FlaskClient) -> None:
    applied = submitted(email="wrnog@example.org")
    correct(client, applied)
    records = "".join(event.record for event in all_of(Event))
    assert "application:address_corrected" in records
    assert "@" not in records


def correct_by_service(applied: Applied) -> None:
    with unit_of_work():
        application = application_by_page_token(applied.page_token, for_change=True)
        assert application is not None
        correct_address(application, "third@example.org")


def test_the_address_of_a_member_is_not_corrected_here(client: FlaskClient) -> None:
    applied = confirmed()
    with nothing_stored():
        assert correct(client, applied).status == 404
        with pytest.raises(LinkUnknown):
            correct_by_service(applied)


def test_nothing_is_corrected_after_the_seven_days(client: FlaskClient) -> None:
    applied = submitted()
    with time_machine.travel(applied.row.expires_at), nothing_stored():
        assert correct(client, applied).status == 404
        with pytest.raises(LinkUnknown):
            correct_by_service(applied)
