"""The worker decides whom to mail what."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient

from memberships.accounts import services
from memberships.accounts.cli import answer_sign_in_requests, erase_old_requests
from memberships.accounts.models import SignInRequest
from memberships.applications.models import Application, ApplicationStatus, CaseToken
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM
from memberships.mails.models import OutgoingMail
from memberships.permissions import Role
from memberships.tokens import token_hash
from tests.accounts.cases import (
    LEAD,
    age_requests,
    ask,
    asked_and_answered,
    invited,
    role_row,
    sign_in_mails,
)
from tests.applications.joining import ANSWERS, AVD
from tests.factories import Applied, confirmed, submitted, token_in
from tests.tables import all_of, dump, only

T5 = """Guten Tag,

mit diesem Link öffnen Sie Ihren persönlichen Bereich:

http://127.0.0.1:8000{link}

Oder geben Sie auf der Anmeldeseite diesen Code ein: {code}

Beides gilt 60 Minuten und nur einmal. Haben Sie nichts angefordert, können Sie diese Nachricht \
löschen; es ist nichts geändert worden.

Beteiligungsnetzwerke · Impressum:
http://127.0.0.1:8000/impressum

Datenschutz:
http://127.0.0.1:8000/datenschutz

Barrierefreiheit:
http://127.0.0.1:8000/barrierefreiheit

Vorführung – keine echte Anmeldung"""


@pytest.mark.parametrize("role", Role)
def test_staff_get_a_link_and_a_code(client: FlaskClient, role: Role) -> None:
    invited(role=role)

    _, link, code = asked_and_answered(client)

    mail = only(OutgoingMail)
    assert (mail.kind, mail.to_address, mail.network_id) == ("sign_in", LEAD, None)
    assert (mail.from_name, mail.reply_to) == ("Beteiligungsnetzwerke", "netzwerke@example.org")
    assert mail.subject == "Ihr Link zum persönlichen Bereich"
    assert mail.body == T5.format(link=link, code=f"{code[:3]} {code[3:]}")


def test_only_hashes_of_link_and_code_are_stored(client: FlaskClient) -> None:
    invited()

    page, link, code = asked_and_answered(client)

    stored = dump()["sign_in_requests"]
    assert token_hash(link.split("/")[2]) in stored[0]
    for secret in (link.split("/")[2], page.split("/")[3], code):
        assert secret not in stored[0]


def waiting(email: str) -> Applied:
    """An application about which a person has to decide."""
    return confirmed(ANSWERS[AVD], slug=AVD, email=email)


def test_a_member_gets_a_link_and_the_way_to_what_is_still_open(client: FlaskClient) -> None:
    confirmed(email="mara@example.org")
    applied = waiting("mara@example.org")
    _forget_mails()

    ask(client, "mara@example.org")
    answer_sign_in_requests()

    assert [mail.kind for mail in all_of(OutgoingMail)] == ["sign_in", "case_link"]
    mail = all_of(OutgoingMail)[1]
    opened = db.session.scalars(
        sa.select(CaseToken.application_id).where(
            CaseToken.token_hash == token_hash(token_in(mail))
        )
    ).one()
    assert opened == applied.id
    assert only(SignInRequest).mails == 2


def test_somebody_with_only_an_application_gets_the_link_to_it(client: FlaskClient) -> None:
    applied = waiting("mara@example.org")
    _forget_mails()

    ask(client, "mara@example.org")
    answer_sign_in_requests()

    mail = only(OutgoingMail)
    assert (mail.kind, mail.to_address) == ("case_link", "mara@example.org")
    assert mail.subject_id == only(SignInRequest).id
    assert "Mara" not in (mail.body or "")
    token = db.session.scalars(
        sa.select(CaseToken).where(CaseToken.token_hash == token_hash(token_in(mail)))
    ).one()
    assert (token.application_id, token.purpose) == (applied.id, "case_link")
    assert client.get(f"/vorgang/{token_in(mail)}").status_code == 200


def test_each_application_has_a_mail_of_its_own(client: FlaskClient) -> None:
    for _ in range(7):
        waiting("mara@example.org")
    _forget_mails()

    ask(client, "mara@example.org")
    answer_sign_in_requests()

    assert [mail.kind for mail in all_of(OutgoingMail)] == ["case_link"] * 5


def test_a_role_goes_before_an_application(client: FlaskClient) -> None:
    confirmed(email=LEAD)
    invited()

    ask(client)
    answer_sign_in_requests()

    assert [mail.kind for mail in all_of(OutgoingMail)] == ["sign_in"]


def test_an_unconfirmed_application_opens_nothing(client: FlaskClient) -> None:
    submitted(email="mara@example.org")
    _forget_mails()

    ask(client, "mara@example.org")
    answer_sign_in_requests()

    assert all_of(OutgoingMail) == []


def test_a_withdrawn_application_opens_nothing(client: FlaskClient) -> None:
    waiting("mara@example.org")
    _forget_mails()
    with unit_of_work():
        db.session.execute(sa.update(Application).values(status=ApplicationStatus.WITHDRAWN))

    ask(client, "mara@example.org")
    answer_sign_in_requests()

    assert all_of(OutgoingMail) == []


def test_somebody_who_left_the_team_gets_no_link(client: FlaskClient) -> None:
    role_id = invited(role=Role.READER)
    with unit_of_work():
        held = role_row(role_id)
        assert held
        services.remove_staff(held, by=SYSTEM)

    ask(client)
    answer_sign_in_requests()

    assert all_of(OutgoingMail) == []


def test_a_request_is_answered_once(client: FlaskClient) -> None:
    invited()
    ask(client)

    assert [answer_sign_in_requests() for _ in range(3)] == [False, False, False]
    assert len(sign_in_mails()) == 1


def test_a_full_batch_says_that_there_may_be_more(client: FlaskClient) -> None:
    for number in range(21):
        ask(client, f"somebody{number}@example.org")

    assert [answer_sign_in_requests() for _ in range(3)] == [True, False, False]


def test_the_sixth_mail_within_an_hour_is_silently_not_sent(client: FlaskClient) -> None:
    invited()
    with time_machine.travel(utcnow(), tick=False) as clock:
        for _ in range(7):
            place = ask(client)
            answer_sign_in_requests()
        assert len(sign_in_mails()) == 5
        assert client.get(place).status_code == 200

        clock.shift(timedelta(minutes=61))
        ask(client)
        answer_sign_in_requests()
        assert len(sign_in_mails()) == 6


def test_a_request_that_nobody_waits_for_any_more_is_not_answered(client: FlaskClient) -> None:
    invited()
    ask(client)

    with time_machine.travel(utcnow() + timedelta(minutes=61)):
        answer_sign_in_requests()

    assert all_of(OutgoingMail) == []


def test_the_hour_begins_with_the_mail(client: FlaskClient) -> None:
    invited()
    with time_machine.travel(utcnow(), tick=False) as clock:
        ask(client)
        clock.shift(timedelta(minutes=50))
        answer_sign_in_requests()

        assert only(SignInRequest).expires_at == utcnow() + timedelta(minutes=60)


def test_requests_are_erased_after_a_day_with_their_mails(client: FlaskClient) -> None:
    invited()
    ask(client, "nobody@example.org")
    asked_and_answered(client)
    with time_machine.travel(utcnow() + timedelta(hours=23)):
        assert erase_old_requests() == 0

    with time_machine.travel(utcnow() + timedelta(hours=25)):
        assert erase_old_requests() == 2

    assert all_of(SignInRequest) == all_of(OutgoingMail) == []


def test_young_requests_stay(client: FlaskClient) -> None:
    ask(client)
    age_requests(asked_at=utcnow() - timedelta(hours=25))
    ask(client)

    assert erase_old_requests() == 1
    assert len(all_of(SignInRequest)) == 1


def _forget_mails() -> None:
    with unit_of_work():
        db.session.execute(sa.delete(OutgoingMail))
