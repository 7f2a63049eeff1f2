"""Sending the form stores application, event and mail together, and looks nothing up."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from memberships.applications.errors import AlreadySubmitted
from memberships.applications.models import Application, ApplicationStatus, Channel, Confirmation
from memberships.applications.services import page_token_of, submission_key, submit_application
from memberships.calendar import end_of_day
from memberships.database import unit_of_work, utcnow
from memberships.events.models import Event
from memberships.mails.models import MailClass, MailState, OutgoingMail
from memberships.networks.models import DefinitionVersion
from memberships.privacy.models import ConsentEvent, ConsentStep
from memberships.tokens import token_hash
from tests.factories import network, submitted
from tests.pages import FORM, INSTITUTION, PERSON, apply, get, new_stamp, page_token, post
from tests.tables import all_of, dump, nothing_stored, only, statements


def test_a_sent_form_waits_for_the_proof_of_its_address(client: FlaskClient) -> None:
    page = apply(client, INSTITUTION | {"budget_relation": "planning"})

    application = only(Application)
    assert application.status is ApplicationStatus.UNCONFIRMED
    assert application.channel is Channel.ONLINE
    assert application.full_name == "Mara Hofmann"
    assert application.organisation_name == "Bürgerstiftung Talheim"
    assert application.answers == {
        "applicant_kind": "organisation",
        "organisation_kind": "foundation",
        "budget_relation": "planning",
    }
    assert application.expires_at == end_of_day(application.submitted_at + timedelta(days=7))
    assert only(DefinitionVersion).digest == network().digest
    assert [event.tag for event in all_of(Event)] == ["application:submitted"]
    assert page.headers["Location"] == f"/antrag/{page_token(page)}/warten"


def test_the_confirmation_mail_holds_no_text_from_the_form(client: FlaskClient) -> None:
    apply(client, INSTITUTION)

    mail = only(OutgoingMail)
    assert (mail.kind, mail.state, mail.mail_class) == (
        "confirm_application",
        MailState.QUEUED,
        MailClass.CASE,
    )
    assert mail.to_address == "mara.hofmann@example.org"
    assert (mail.from_name, mail.reply_to) == (network().name, network().office.email)
    for text in ("Mara", "Hofmann", "Talheim", "Bürgerstiftung"):
        assert text not in mail.subject + str(mail.body)
    assert "Rundbrief" not in str(mail.body)


def test_an_ordered_newsletter_is_named_in_the_mail_and_kept_with_its_text(
    client: FlaskClient,
) -> None:
    apply(client, PERSON | {"newsletter_consent": "y"})

    assert "Rundbrief per E-Mail bestellt" in str(only(OutgoingMail).body)
    given = only(ConsentEvent)
    field = network().field("newsletter_consent")
    assert (given.step, given.purpose, given.channel) == (
        ConsentStep.GIVEN,
        "newsletter_consent",
        "online",
    )
    assert (given.text, given.text_version) == (field.text, field.text_version)  # type: ignore[union-attr]
    assert given.form_url == f"http://127.0.0.1:8000{FORM}"
    assert given.email == "mara.hofmann@example.org"
    assert given.proof is None


@pytest.mark.parametrize("value", ["", "n", "on", "Y", "true"])
def test_only_the_boxs_own_value_is_a_consent(client: FlaskClient, value: str) -> None:
    apply(client, PERSON | {"newsletter_consent": value})
    assert all_of(ConsentEvent) == []


def test_secrets_are_stored_as_hashes_only(client: FlaskClient) -> None:
    applied = submitted()
    stored = {name: rows for name, rows in dump().items() if name != "outgoing_mails"}
    for secret in (applied.page_token, applied.confirm_token):
        assert secret not in str(stored)
        assert token_hash(secret) in str(stored)
    # A million codes are quickly tried: its hash is keyed, so that the table alone tells nothing.
    assert only(Confirmation).code_hash != token_hash(applied.code)
    assert applied.page_token not in str(dump()["outgoing_mails"])


def test_the_three_secrets_have_nothing_in_common(client: FlaskClient) -> None:
    one, other = submitted(email="mara@example.org"), submitted(email="mara@example.org")
    secrets = [one.page_token, one.confirm_token, other.page_token, other.confirm_token]
    assert len(set(secrets)) == 4
    assert all(len(secret) >= 22 for secret in secrets)


def test_the_same_key_is_stored_once(client: FlaskClient) -> None:
    key = submission_key("nonce", PERSON, set())
    with unit_of_work():
        submit_application(network(), PERSON, set(), key=key)
    with nothing_stored(), pytest.raises(AlreadySubmitted), unit_of_work():
        submit_application(network(), PERSON, set(), key=key)


def test_a_key_differs_with_form_answers_and_consents(client: FlaskClient) -> None:
    keys = {
        submission_key("one", PERSON, set()),
        submission_key("two", PERSON, set()),
        submission_key("one", PERSON | {"last_name": "Hoffmann"}, set()),
        submission_key("one", PERSON, {"newsletter_consent"}),
    }
    assert len({page_token_of(key) for key in keys}) == len(keys) == 4
    assert submission_key("one", dict(reversed(PERSON.items())), set()) in keys


def test_the_form_asks_the_database_nothing_and_sending_it_asks_little(
    client: FlaskClient,
) -> None:
    apply(client)  # the first one publishes the definition

    with statements() as opening:
        stamp = new_stamp(client)
    with statements() as sending:
        answer = post(client, FORM, PERSON | {"stamp": stamp})
    with statements() as ordering:
        apply(client, PERSON | {"newsletter_consent": "y"})

    assert answer.status == 303
    assert opening == []
    assert len(sending) <= 12
    assert len(ordering) <= 13


def test_nothing_is_looked_up_by_address(client: FlaskClient) -> None:
    with statements() as sent:
        apply(client)
        apply(client)
    asked = [s.partition("WHERE")[2] for s in sent if s.lstrip().startswith("SELECT")]
    assert asked  # for the version of the form, the first time
    assert [
        condition for condition in asked if "email" in condition or "address" in condition
    ] == []


def test_the_page_after_sending_shows_nothing_that_was_typed(client: FlaskClient) -> None:
    sent = apply(client, INSTITUTION)
    page = get(client, sent.headers["Location"])

    assert page.status == 200
    assert page.heading == "Wir haben Ihnen eine E-Mail geschickt"
    for text in INSTITUTION.values():
        if text not in {"organisation", "foundation"}:
            assert text not in page.html
    assert "netzwerke@example.org" in page.words


def test_times_are_those_of_our_clock(client: FlaskClient) -> None:
    noon = utcnow().replace(year=2027, microsecond=123456)
    with time_machine.travel(noon, tick=False):
        submitted()
    assert only(Application).submitted_at == noon
    assert only(Event).at == noon
