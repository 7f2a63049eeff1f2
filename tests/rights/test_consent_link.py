"""Consents are withdrawn by the link in each mail's footer, without signing in (Art. 7(3) GDPR)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from memberships.mails.models import OutgoingMail
from memberships.members.listing import recipients
from memberships.members.models import PublicEntry
from memberships.privacy.models import ConsentEvent, ConsentStep
from memberships.tokens import consent_token
from tests.applications.joining import AVD
from tests.factories import confirmed, newest_mail, submitted
from tests.members.cases import MARA, a_member, membership, on_a_seat, tags
from tests.members.showing import public_list, released
from tests.pages import get, post
from tests.review.cases import case, mails_of, withdraw
from tests.tables import all_of, nothing_stored

LINK = re.compile(r"^http://\S+(/widerruf/[\w-]{38})$", re.MULTILINE)


def link_in(mail: OutgoingMail) -> str:
    found = LINK.search(str(mail.body))
    assert found, mail.body
    return found[1]


def test_the_link_of_the_welcome_withdraws_the_circular(app: Flask, client) -> None:
    applied = confirmed(newsletter=True, email=MARA)
    link = link_in(newest_mail(applied.id))
    with nothing_stored():
        page = get(client, link)
    assert "Rundbrief" in page.words
    assert "Mara" not in page.words
    assert "Set-Cookie" not in page.headers
    form = page.forms[0]
    assert post(client, form.action, form.fields).status == 303
    steps = [c.step for c in all_of(ConsentEvent)]
    assert steps == [ConsentStep.GIVEN, ConsentStep.CONFIRMED, ConsentStep.WITHDRAWN]
    assert all_of(ConsentEvent)[-1].channel == "mail_link"
    assert not list(recipients(applied.row.network_id, news=True))
    assert "Zurzeit gilt keine Einwilligung" in get(client, link).words


def test_a_second_click_changes_nothing(app: Flask, client) -> None:
    applied = confirmed(newsletter=True)
    link = link_in(newest_mail(applied.id))
    form = get(client, link).forms[0]
    post(client, form.action, form.fields)
    with nothing_stored():
        assert post(client, form.action, form.fields).status == 303


@pytest.mark.parametrize("purpose", ["", "membership", "x" * 5000, "newsletter_consent\0"])
def test_another_purpose_changes_nothing(app: Flask, client, purpose) -> None:
    applied = confirmed(newsletter=True)
    with nothing_stored():
        assert post(client, link_in(newest_mail(applied.id)), {"zweck": purpose}).status == 303


@pytest.mark.parametrize("token", ["x", "A" * 38, "ü" * 38, "-" * 22, "A" * 500])
def test_a_link_that_is_none_says_so(app: Flask, client, token) -> None:
    with nothing_stored():
        assert get(client, f"/widerruf/{token}").status == 404
        assert post(client, f"/widerruf/{token}", {"zweck": "newsletter_consent"}).status == 404


def test_a_link_with_a_broken_end_says_so(app: Flask, client) -> None:
    subject = consent_token(a_member(newsletter=True), MARA)[:22]
    with nothing_stored():
        for end in ("ü" * 16, "A" * 16, "", "\0"):
            assert get(client, f"/widerruf/{subject}{end}").status == 404, end
            purpose = {"zweck": "newsletter_consent"}
            assert post(client, f"/widerruf/{subject}{end}", purpose).status == 404, end


def test_a_link_for_another_address_proves_nothing(app: Flask, client) -> None:
    applied = confirmed(newsletter=True)
    with nothing_stored():
        token = consent_token(applied.id, "jemand@example.org")
        assert post(client, f"/widerruf/{token}", {"zweck": "newsletter_consent"}).status == 404


def test_an_address_that_nobody_has_proven_gets_no_link(app: Flask, client) -> None:
    applied = submitted(newsletter=True)
    assert not LINK.search(str(newest_mail(applied.id).body))
    token = consent_token(applied.id, applied.row.email)
    assert get(client, f"/widerruf/{token}").status == 404


def test_the_link_of_a_case_is_in_each_mail_about_it(app: Flask, client) -> None:
    applied = case()
    (mail,) = mails_of(applied, "application_received")
    assert get(client, link_in(mail)).status == 200
    withdraw(applied)
    (receipt,) = mails_of(applied, "application_withdrawn")
    assert not LINK.search(str(receipt.body))


def test_the_withdrawal_stands_in_the_log(app: Flask, client) -> None:
    id_ = a_member(newsletter=True)
    token = consent_token(id_, MARA)
    post(client, f"/widerruf/{token}", {"zweck": "newsletter_consent"})
    assert tags(id_)[-1] == "consent_withdrawn"
    assert membership(id_).is_living


def test_a_public_entry_goes_with_its_consent(app: Flask, client) -> None:
    id_ = released(on_a_seat(), "name")
    assert "Jörn Müßig" in public_list(app, AVD).words
    post(client, f"/widerruf/{consent_token(id_, MARA)}", {"zweck": "directory_consent"})
    assert "Jörn Müßig" not in public_list(app, AVD).words
    assert all_of(PublicEntry) == []
    assert tags(id_)[-2:] == ["entry_withdrawn", "consent_withdrawn"]
    steps = [c.step for c in all_of(ConsentEvent)]
    assert steps == [ConsentStep.GIVEN, ConsentStep.CONFIRMED, ConsentStep.WITHDRAWN]
