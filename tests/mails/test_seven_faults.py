"""Faults of Flask-Mail 0.10 that must not come back; half-dead servers are in their own file."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

import flask_mail
import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from memberships.extensions import mail as flask_mail_of_app
from memberships.mails.errors import MailRefused, ServerUnavailable
from memberships.mails.message import ascii_address
from memberships.settings import SettingsInvalid, load_settings
from tests.mails.messages import NOON, a_message, send
from tests.smtp_servers import CERTIFICATES, certificate, smtp_server


@pytest.fixture
def app() -> Iterator[Flask]:
    """No database: these rules end at the wire."""
    app = Flask(__name__)
    app.config["SETTINGS"] = load_settings({})
    with app.app_context():
        yield app


def read(wire: bytes) -> EmailMessage:
    parsed = message_from_bytes(wire, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


# Fault 2: any certificate was good enough.


@pytest.mark.parametrize("options", ["smtp://127.0.0.1:{}?tls=starttls", "smtps://127.0.0.1:{}"])
@pytest.mark.parametrize("name", ["loopback", "stranger"])
def test_a_certificate_that_nobody_vouches_for_is_refused(use_settings, options, name):
    with smtp_server(**tls_of(options, name)) as inbox:
        use_settings(smtp_url=options.format(inbox.port))

        with pytest.raises(ServerUnavailable, match="certificate verify failed"):
            send()

    assert inbox.received == []


@pytest.mark.parametrize("options", ["smtp://127.0.0.1:{}?tls=starttls", "smtps://127.0.0.1:{}"])
def test_a_certificate_for_another_name_is_refused(use_settings, monkeypatch, options):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "stranger.pem"))
    with smtp_server(**tls_of(options, "stranger")) as inbox:
        use_settings(smtp_url=options.format(inbox.port))

        with pytest.raises(ServerUnavailable, match=r"not valid for '127\.0\.0\.1'"):
            send()

    assert inbox.received == []


@pytest.mark.parametrize("options", ["smtp://localhost:{}?tls=starttls", "smtps://localhost:{}"])
def test_a_certificate_that_somebody_vouches_for_is_accepted(use_settings, monkeypatch, options):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "loopback.pem"))
    with smtp_server(**tls_of(options, "loopback")) as inbox:
        use_settings(smtp_url=options.format(inbox.port))

        send()

    assert inbox.ids() == ["<1@example.org>"]


def tls_of(url: str, name: str) -> dict[str, Any]:
    if url.startswith("smtps"):
        return {"ssl_context": certificate(name)}
    return {"tls_context": certificate(name), "require_starttls": True}


def test_a_server_without_starttls_gets_nothing(use_settings):
    with smtp_server() as inbox:
        use_settings(smtp_url=f"smtp://127.0.0.1:{inbox.port}?tls=starttls")

        with pytest.raises(ServerUnavailable, match="STARTTLS"):
            send()

    assert inbox.received == []


@pytest.mark.parametrize(
    "url",
    [
        "smtp://user:secret@mail.example.org",
        "smtp://user:secret@mail.example.org?tls=none",
        "smtp://user:secret@mail.example.org?tls=startls",
        "smtp://user:secret@mail.example.org?tsl=starttls",
        "smtp://mail.example.org?tls=starttls&verify=no",
        "smtps://user:secret@mail.example.org?tls=none",
        "smtp://mail.example.org:70000",
    ],
)
def test_an_address_that_would_send_a_password_in_the_clear_is_refused_at_start(use_settings, url):
    with pytest.raises(SettingsInvalid) as caught:
        use_settings(smtp_url=url)

    assert "secret" not in str(caught.value)


# Fault 3: bodies went out as they were, lines of any length.


def test_no_line_of_a_body_is_longer_than_76_characters_and_the_text_arrives_whole(inbox):
    body = "Grüße " * 400 + "\n\n.\nFrom me\n" + "x" * 2000

    send(body=body)

    content = inbox.received[0].content.partition(b"\r\n\r\n")[2]
    assert max(map(len, content.split(b"\r\n"))) <= 76
    assert inbox.received[0].message.get_content().replace("\r\n", "\n") == body + "\n"


def test_a_long_unsubscribe_address_stays_whole_on_one_line():
    header = f"<https://netz.example.org/abmelden/{'x' * 300}>"

    wire = a_message(extra_headers={"List-Unsubscribe": header}).as_bytes()

    assert f"List-Unsubscribe: {header}\r\n".encode() in wire


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" "),
        min_size=1,
        max_size=200,
    )
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
@settings(max_examples=200, deadline=None)
def test_subjects_and_names_arrive_as_they_were_in_short_encoded_words(text):
    wire = a_message(subject=text, sender=(text, "netzwerke@example.org")).as_bytes()

    assert read(wire)["Subject"] == text
    assert sender_of(wire) == (text, "netzwerke@example.org")
    if not text.isascii():
        assert all(len(line) <= 76 for line in wire.splitlines() if b"=?" in line)


def sender_of(wire: bytes) -> tuple[str, str]:
    # By the old parser: the new one reads blanks into the gaps of encoded names.
    name, address = parseaddr(message_from_bytes(wire)["From"])
    return str(make_header(decode_header(name))), address


# Fault 4: a line break in a value began a new header.


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Hallo\r\nBcc: other@example.org"},
        {"subject": "Hallo\nBcc: other@example.org"},
        {"sender": ("Netz\r\nBcc: other@example.org", "netzwerke@example.org")},
        {"to": "person@example.org\r\nBcc: other@example.org"},
        {"to": "person@example.org>\r\nRCPT TO:<other@example.org"},
        {"reply_to": "office@example.org\nBcc: other@example.org"},
        {"message_id": "<1@example.org>\r\nBcc: other@example.org"},
        {"extra_headers": {"X-One": "1\r\nBcc: other@example.org"}},
        {"extra_headers": {"X-One: 1\r\nBcc": "other@example.org"}},
    ],
)
def test_a_line_break_in_a_header_is_refused(inbox, changes):
    with pytest.raises(MailRefused):
        send(**changes)

    assert inbox.received == []


# Fault 5: with several recipients, refused ones vanished.


def test_a_mail_has_one_recipient(inbox):
    send()

    assert inbox.received[0].recipients == ["person@example.org"]
    assert inbox.received[0].message.get_all("To") == ["person@example.org"]


def test_flask_mails_own_message_cannot_be_sent(inbox):
    theirs = flask_mail.Message("Hallo", ["one@example.org", "two@example.org"], "Text")

    with pytest.raises(TypeError):
        flask_mail_of_app.send(theirs)

    assert inbox.received == []


# Fault 6: straße.de was written to at strasse.de.


def test_a_domain_with_a_sharp_s_is_written_by_idna_2008(inbox):
    send(to="person@straße.de")

    assert inbox.received[0].recipients == ["person@xn--strae-oqa.de"]
    assert inbox.received[0].message["To"] == "person@xn--strae-oqa.de"


def test_an_address_that_cannot_be_written_in_ascii_is_refused():
    with pytest.raises(ValueError, match="ASCII"):
        ascii_address("müller@example.org")


# Fault 7: the machine's name, and in debug mode the password, were told to others.


def test_the_machine_is_not_named(inbox, monkeypatch):
    monkeypatch.setattr("socket.getfqdn", lambda name="": "secret-machine.internal")

    send()

    assert inbox.greetings == ["example.org"]
    assert inbox.ids() == ["<1@example.org>"]
    assert b"secret-machine" not in inbox.received[0].content


def test_the_dialogue_with_the_server_is_not_printed(app, use_settings, capfd):
    app.debug = True
    logins = []

    def authenticate(server, session, envelope, mechanism, login):
        assert isinstance(login, LoginPassword)
        logins.append((login.login, login.password))
        return AuthResult(success=True)

    with smtp_server(authenticator=authenticate, auth_require_tls=False) as inbox:
        use_settings(smtp_url=f"smtp://user:p%40ss@127.0.0.1:{inbox.port}")
        send()

    assert logins == [(b"user", b"p@ss")]
    assert "AUTH" not in "".join(capfd.readouterr())


# What every mail says about itself.


def test_a_mail_names_network_office_and_time_and_says_that_a_machine_wrote_it(inbox):
    send()

    message = inbox.received[0].message
    assert message["From"] == "Netzwerk Bürgerhaushalt <netzwerke@example.org>"
    assert message["Reply-To"] == "office@example.org"
    assert message["Date"].datetime == NOON
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert inbox.received[0].sender == "netzwerke@example.org"


def test_flask_mails_record_of_messages_still_works(inbox):
    with flask_mail_of_app.record_messages() as recorded:
        send()

    assert [message.subject for message in recorded] == ["Bitte bestätigen"]
