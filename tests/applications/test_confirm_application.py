"""The proof of the address by the link from the mail: the button confirms, opening does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from memberships.accounts.models import Account
from memberships.applications.errors import AlreadyConfirmed, LinkUnknown
from memberships.applications.models import Application, ApplicationStatus, CaseToken
from memberships.applications.queries import application_by_confirm_token
from memberships.applications.services import confirm_application
from memberships.database import unit_of_work, utcnow
from memberships.events.models import Event
from memberships.events.queries import check_log
from memberships.mails.models import MailState, OutgoingMail
from memberships.members.models import Holder, Membership
from memberships.privacy.models import ConsentEvent, ConsentStep
from memberships.privacy.queries import confirmed_since
from memberships.tokens import token_hash
from tests.factories import Applied, confirmed, network, submitted, token_in
from tests.pages import INSTITUTION, PERSON, get, post
from tests.tables import all_of, is_empty, nothing_stored, only

UNKNOWN = "/antrag/AAAAAAAAAAAAAAAAAAAAAA/bestaetigen"


def queued(kind: str) -> list[OutgoingMail]:
    return [m for m in all_of(OutgoingMail) if (m.kind, m.state) == (kind, MailState.QUEUED)]


def test_opening_the_link_changes_nothing_however_often(client: FlaskClient) -> None:
    applied = submitted(newsletter=True)
    with nothing_stored():
        for _ in range(5):
            page = get(client, applied.confirm)
            assert client.head(applied.confirm).status_code == 200
            assert client.options(applied.confirm).status_code == 200
    assert page.heading == "Anmeldung bestätigen"
    assert applied.row.email in page.words
    assert "Rundbrief doch nicht senden" in page.words


def test_the_page_of_the_link_shows_no_answer_but_the_address(client: FlaskClient) -> None:
    page = get(client, submitted(INSTITUTION).confirm)
    assert page.status == 200
    for text in ("Mara", "Hofmann", "Talheim", "Bürgerstiftung", "Stiftung"):
        assert text not in page.words


def test_the_button_makes_a_member_at_once(client: FlaskClient) -> None:
    applied = submitted(PERSON, email="mara@example.org", budget_relation="planning")

    answer = post(client, applied.confirm)

    assert answer.status == 303
    application, membership = applied.row, only(Membership)
    assert application.status is ApplicationStatus.APPROVED
    assert application.decided_by_rule == "anyone"
    assert application.decided_at == application.takes_effect_at
    assert application.membership_id == membership.id
    assert (membership.holder, membership.last_name) == (Holder.PERSON, "Hofmann")
    assert membership.answers == application.answers
    assert membership.ended_at is None
    assert only(Account).email == "mara@example.org"
    assert {event.tag for event in all_of(Event)} == {
        "application:submitted",
        "application:confirmed",
        "membership:started",
        "application:approved",
    }
    assert check_log().faults == []
    page = get(client, answer.headers["Location"])
    assert page.heading == "Sie sind Mitglied im Netzwerk Bürgerhaushalt"


def test_an_institution_becomes_the_member_and_the_person_its_contact(
    client: FlaskClient,
) -> None:
    applied = submitted(INSTITUTION)
    answer = post(client, applied.confirm)

    membership = only(Membership)
    assert membership.holder is Holder.ORGANISATION
    assert membership.organisation_name == "Bürgerstiftung Talheim"
    page = get(client, answer.headers["Location"])
    assert page.heading == "Bürgerstiftung Talheim ist Mitglied im Netzwerk Bürgerhaushalt"
    assert "Sie sind Ansprechperson" in page.words
    assert "Stiftung" in page.words


def test_the_welcome_mail_opens_the_applicants_own_page(client: FlaskClient) -> None:
    applied = submitted()
    post(client, applied.confirm)

    (mail,) = queued("application_approved")
    assert mail.subject == "Willkommen im Netzwerk Bürgerhaushalt"
    assert mail.to_address == applied.row.email
    assert "Guten Tag Mara Hofmann" in str(mail.body)
    page = get(client, f"/vorgang/{token_in(mail)}")
    assert page.status == 200
    assert "Mara" in page.words


def test_a_confirmation_mail_that_still_waits_is_not_sent_any_more(client: FlaskClient) -> None:
    applied = submitted()
    post(client, applied.confirm)
    (mail,) = [m for m in all_of(OutgoingMail) if m.kind == "confirm_application"]
    assert (mail.state, mail.body) == (MailState.CANCELLED, None)


def test_a_second_click_on_the_button_only_opens_the_page_again(client: FlaskClient) -> None:
    applied = submitted()
    first = post(client, applied.confirm)
    second = post(client, applied.confirm)

    assert second.status == 303
    assert get(client, second.headers["Location"]).status == 200
    assert first.headers["Location"] != second.headers["Location"]
    assert len(all_of(Membership)) == len(queued("application_approved")) == 1
    assert len([e for e in all_of(Event) if e.tag == "application:confirmed"]) == 1


def test_opening_the_link_again_says_that_it_is_done(client: FlaskClient) -> None:
    applied = confirmed()
    with nothing_stored():
        page = get(client, applied.confirm)
    assert (page.status, page.heading) == (200, "Ihre Anmeldung ist schon bestätigt")
    assert "Mara" not in page.words


def test_a_confirmed_link_opens_no_page_after_its_seven_days(client: FlaskClient) -> None:
    applied = confirmed()
    with time_machine.travel(applied.row.expires_at), nothing_stored():
        assert get(client, applied.confirm).forms == []
        again = post(client, applied.confirm)
        assert (again.status, again.forms) == (200, [])


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=30)])
def test_a_link_that_expired_is_as_unknown_as_any_other(
    client: FlaskClient, late: timedelta
) -> None:
    applied = submitted()
    with time_machine.travel(applied.row.expires_at + late, tick=False), nothing_stored():
        opened, sent = get(client, applied.confirm), post(client, applied.confirm)
        unknown = get(client, UNKNOWN)
    assert opened.status == sent.status == unknown.status == 404
    assert opened.html == sent.html == unknown.html == post(client, UNKNOWN).html
    assert opened.heading == "Dieser Link gilt nicht mehr"


def test_a_link_is_good_until_its_last_second(client: FlaskClient) -> None:
    applied = submitted()
    with time_machine.travel(applied.row.expires_at - timedelta(seconds=1), tick=False):
        assert post(client, applied.confirm).status == 303


@pytest.mark.parametrize("token", ["x", "%00", "%ff", "ü", "a" * 5000, "..%2f..", "' OR 1=1 --"])
def test_any_nonsense_for_a_token_is_unknown(client: FlaskClient, token: str) -> None:
    for address in (f"/antrag/{token}/bestaetigen", f"/antrag/{token}/warten", f"/vorgang/{token}"):
        assert get(client, address).status == 404
    for verb in ("bestaetigen", "code", "erneut", "adresse"):
        typed = {"email": "mara@example.org", "code": "123456"}
        assert post(client, f"/antrag/{token}/{verb}", typed).status == 404
    assert is_empty()


def test_each_secret_opens_its_own_door_only(client: FlaskClient) -> None:
    applied = submitted()
    code_hash_like = applied.code
    for wrong in (applied.page_token, code_hash_like, str(applied.id)):
        assert get(client, f"/antrag/{wrong}/bestaetigen").status == 404
        assert post(client, f"/antrag/{wrong}/bestaetigen").status == 404
    for wrong in (applied.page_token, applied.confirm_token):
        assert get(client, f"/vorgang/{wrong}").status == 404
    assert get(client, f"/antrag/{applied.confirm_token}/warten").status == 404
    code = {"code": applied.code}
    assert post(client, f"/antrag/{applied.confirm_token}/code", code).status == 404
    assert all_of(Membership) == []

    case = post(client, applied.confirm).headers["Location"].removeprefix("/vorgang/")
    with nothing_stored():
        assert get(client, f"/antrag/{case}/bestaetigen").status == 404
        assert get(client, f"/antrag/{case}/warten").status == 404


def test_the_page_token_is_dead_after_the_proof(client: FlaskClient) -> None:
    applied = confirmed()
    unknown = "/antrag/AAAAAAAAAAAAAAAAAAAAAA"
    with nothing_stored():
        assert get(client, applied.waiting).html == get(client, f"{unknown}/warten").html
        for verb in ("erneut", "adresse"):
            dead = post(client, applied.at_page(verb), {"email": "thief@example.org"})
            same = post(client, f"{unknown}/{verb}", {"email": "thief@example.org"})
            assert (dead.status, dead.html) == (404, same.html)


def test_a_case_link_ends(client: FlaskClient) -> None:
    applied = submitted()
    case = post(client, applied.confirm).headers["Location"]
    with time_machine.travel(utcnow() + timedelta(days=179)):
        assert get(client, case).status == 200
    with time_machine.travel(utcnow() + timedelta(days=181)):
        assert get(client, case).html == get(client, "/vorgang/AAAAAAAAAAAAAAAAAAAAAA").html
    assert {token.purpose for token in all_of(CaseToken)} == {"decision_mail", "confirmed_here"}


# The service itself refuses, whatever a view forgets


def confirm(applied: Applied) -> None:
    application = application_by_confirm_token(applied.confirm_token, for_change=True)
    assert application is not None
    confirm_application(application, proof="proof", channel="link", newsletter=True)


def test_an_application_is_confirmed_once(client: FlaskClient) -> None:
    applied = confirmed()
    with nothing_stored(), pytest.raises(AlreadyConfirmed), unit_of_work():
        confirm(applied)


def test_an_expired_application_is_not_confirmed(client: FlaskClient) -> None:
    applied = submitted()
    with (
        time_machine.travel(applied.row.expires_at),
        nothing_stored(),
        pytest.raises(LinkUnknown),
        unit_of_work(),
    ):
        confirm(applied)


@pytest.mark.parametrize("status", list(ApplicationStatus)[1:])
def test_only_an_unconfirmed_application_is_confirmable(
    client: FlaskClient, status: ApplicationStatus
) -> None:
    now = utcnow()
    application = Application(status=status, expires_at=now + timedelta(days=1))
    assert not application.is_confirmable(now)
    application.status = ApplicationStatus.UNCONFIRMED
    assert application.is_confirmable(now)
    assert not application.is_confirmable(application.expires_at)


# Consents


def steps(applied: Applied) -> list[ConsentStep]:
    return [c.step for c in all_of(ConsentEvent) if c.subject_id == applied.id]


def test_the_proof_confirms_the_newsletter_with_all_that_proves_it(client: FlaskClient) -> None:
    applied = submitted(newsletter=True)
    post(client, applied.confirm)

    given, proven = all_of(ConsentEvent)
    assert (given.step, proven.step) == (ConsentStep.GIVEN, ConsentStep.CONFIRMED)
    for column in (
        "network_id",
        "definition_id",
        "email",
        "purpose",
        "text",
        "text_version",
        "form_url",
    ):
        assert getattr(proven, column) == getattr(given, column)
    assert (proven.channel, proven.proof) == ("link", token_hash(applied.confirm_token))
    assert confirmed_since(applied.id, "newsletter_consent") == proven.at


def test_a_newsletter_is_not_confirmed_before_the_proof(client: FlaskClient) -> None:
    applied = submitted(newsletter=True)
    assert confirmed_since(applied.id, "newsletter_consent") is None


def test_the_newsletter_can_be_dropped_with_the_proof(client: FlaskClient) -> None:
    applied = submitted(newsletter=True)
    answer = post(client, applied.confirm, {"no_newsletter": "y"})

    assert steps(applied) == [ConsentStep.GIVEN, ConsentStep.WITHDRAWN]
    assert confirmed_since(applied.id, "newsletter_consent") is None
    assert "Nicht bestellt." in get(client, answer.headers["Location"]).words
    assert len(all_of(Membership)) == 1


def test_joining_works_with_every_consent_empty(client: FlaskClient) -> None:
    applied = submitted(newsletter=False)
    assert "Rundbrief" not in get(client, applied.confirm).words
    post(client, applied.confirm)

    assert all_of(ConsentEvent) == []
    assert len(all_of(Membership)) == 1


# The same address again


def test_a_second_application_of_an_address_makes_no_second_membership(
    client: FlaskClient,
) -> None:
    first = confirmed(email="mara@example.org")
    second = submitted(email="mara@example.org", last_name="Hofmann-Berg")
    answer = post(client, second.confirm)

    membership = only(Membership)
    assert first.row.membership_id == second.row.membership_id == membership.id
    assert (membership.holder, membership.last_name) == (Holder.PERSON, "Hofmann")
    assert len(queued("application_approved")) == 1
    (mail,) = queued("application_repeated")
    assert mail.subject == "Sie sind schon Mitglied im Netzwerk Bürgerhaushalt"
    page = get(client, answer.headers["Location"])
    assert "bestand die Mitgliedschaft schon" in page.words
    assert len([e for e in all_of(Event) if e.tag == "membership:started"]) == 1
    assert check_log().faults == []


def test_the_first_application_of_an_address_is_not_called_a_second(client: FlaskClient) -> None:
    answer = post(client, submitted().confirm)
    assert "bestand die Mitgliedschaft schon" not in get(client, answer.headers["Location"]).words


def test_the_rule_that_decided_is_in_the_log(client: FlaskClient) -> None:
    confirmed()
    (approved,) = [e for e in all_of(Event) if e.tag == "application:approved"]
    assert f'"rule":"{network().admission[0].key}"' in approved.record
    assert approved.actor_kind == "system"
