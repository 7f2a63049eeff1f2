"""Servers that refuse, hang, drip and vanish: each ends in a verdict, and in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from aiosmtpd.smtp import AuthResult
from flask import Flask

from memberships.mails.errors import MailDeferred, MailRefused, ServerUnavailable
from memberships.mails.transport import connect
from memberships.settings import load_settings
from tests.mails.messages import a_message, send
from tests.smtp_servers import Inbox, Talk, refused_port, scripted_server, smtp_server

# `use_server` allows half a second for an answer and two for a mail; the rest is a busy machine's.
STEP = 0.5
DEADLINE = 2.0
GRACE = 1.5


@pytest.fixture
def app() -> Iterator[Flask]:
    """No database: these rules end at the wire."""
    app = Flask(__name__)
    app.config["SETTINGS"] = load_settings({})
    with app.app_context():
        yield app


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds + GRACE


def accept_all(talk: Talk) -> None:
    talk.answer_until("DATA")
    while True:
        talk.take_content()
        talk.say("250 taken\r\n")
        while not talk.hear().upper().startswith("DATA"):
            talk.say("250 yes\r\n")


# Nobody is let in: the server's trouble, whatever the code.


def test_a_port_on_which_nobody_listens_is_a_server_unavailable(use_server):
    with refused_port() as port, no_longer_than(STEP):
        use_server(port)

        with pytest.raises(ServerUnavailable, match="refused"):
            send()


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_says_nothing_is_given_up_after_the_timeout(use_settings, scheme):
    with scripted_server(Talk.hang) as server:
        use_settings(smtp_url=f"{scheme}://127.0.0.1:{server.port}", mail_timeout_seconds=STEP)

        with no_longer_than(STEP), pytest.raises(ServerUnavailable, match="timed out"):
            send()


def test_a_server_that_greets_and_hangs_is_given_up_after_the_timeout(use_server):
    def script(talk: Talk) -> None:
        talk.say("220 here\r\n")
        talk.hang()

    with scripted_server(script) as server:
        use_server(server.port)

        with no_longer_than(STEP), pytest.raises(ServerUnavailable, match="timed out"):
            send()


@pytest.mark.parametrize("answer", ["421 too busy", "554 no service"])
def test_a_server_that_does_not_welcome_is_unavailable_whatever_its_code(use_server, answer):
    with scripted_server(lambda talk: talk.say(f"{answer}\r\n")) as server:
        use_server(server.port)

        with pytest.raises(ServerUnavailable) as caught:
            send()

    assert caught.value.code == int(answer[:3])


def test_a_refused_ehlo_is_a_server_unavailable(use_server):
    def script(talk: Talk) -> None:
        talk.say("220 here\r\n")
        while talk.hear():
            talk.say("550 not you\r\n")

    with scripted_server(script) as server:
        use_server(server.port)

        with pytest.raises(ServerUnavailable) as caught:
            send()

    assert caught.value.code == 550


def test_a_refused_password_is_a_server_unavailable(use_settings):
    def refuse(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with smtp_server(authenticator=refuse, auth_require_tls=False) as inbox:
        use_settings(smtp_url=f"smtp://user:wrong@127.0.0.1:{inbox.port}")

        with pytest.raises(ServerUnavailable) as caught:
            send()

    assert caught.value.code == 535


def test_a_password_that_smtp_cannot_carry_is_not_quoted(use_settings):
    with smtp_server(authenticator=lambda *_: None, auth_require_tls=False) as inbox:
        use_settings(smtp_url=f"smtp://user:gehe%C3%AFm@127.0.0.1:{inbox.port}")

        with pytest.raises(ServerUnavailable) as caught:
            send()

    assert caught.value.reason == "UnicodeEncodeError"


# Slowly, but for ever: no single wait is too long, all together are.


def test_a_server_that_drips_its_greeting_is_given_up_at_the_deadline(use_server):
    with scripted_server(lambda talk: talk.drip("220-here\r\n")) as server:
        use_server(server.port)

        with (
            no_longer_than(DEADLINE),
            pytest.raises(ServerUnavailable, match=r"timed out|too long"),
        ):
            send()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_drips_an_answer_is_given_up_at_the_deadline(use_server, command):
    def script(talk: Talk) -> None:
        talk.answer_until(command)
        talk.drip("250-yes\r\n")

    with scripted_server(script) as server:
        use_server(server.port)

        with no_longer_than(DEADLINE), pytest.raises(MailDeferred, match=r"timed out|too long"):
            send()


def test_a_server_that_drips_its_tls_handshake_is_given_up_at_the_deadline(use_settings):
    def script(talk: Talk) -> None:
        talk.say("\x16\x03\x03\x3f\x7f")  # a handshake record of 16 kB follows
        talk.drip("\x02")

    with scripted_server(script) as server:
        use_settings(smtp_url=f"smtps://127.0.0.1:{server.port}", mail_timeout_seconds=STEP)

        with no_longer_than(DEADLINE), pytest.raises(ServerUnavailable, match="timed out"):
            send()


# Hanging and vanishing in the middle of a mail.


def test_a_server_that_hangs_in_the_middle_is_given_up_after_the_timeout(use_server):
    def script(talk: Talk) -> None:
        talk.answer_until("RCPT")
        talk.hang()

    with scripted_server(script) as server:
        use_server(server.port)

        with no_longer_than(STEP), pytest.raises(MailDeferred, match="timed out"):
            send()


def test_a_server_may_think_about_the_content_for_longer_than_the_timeout(use_server):
    with smtp_server(Inbox(before_answer=lambda mail: time.sleep(2 * STEP))) as inbox:
        use_server(inbox.port, mail_timeout_seconds=STEP, mail_lease_seconds=300)

        send()

    assert inbox.ids() == ["<1@example.org>"]


def test_a_server_that_never_answers_the_content_is_given_up_at_the_deadline(use_server):
    def script(talk: Talk) -> None:
        talk.answer_until("DATA")
        talk.take_content()
        talk.hang()

    with scripted_server(script) as server:
        use_server(server.port)

        with no_longer_than(DEADLINE), pytest.raises(MailDeferred):
            send()


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_closes_in_the_middle_has_not_taken_the_mail(use_server, command):
    with scripted_server(lambda talk: talk.answer_until(command)) as server:
        use_server(server.port)

        with no_longer_than(STEP), pytest.raises(MailDeferred, match="closed"):
            send()


def test_a_server_that_closes_after_the_content_may_not_have_taken_the_mail(use_server):
    def script(talk: Talk) -> None:
        talk.answer_until("DATA")
        talk.take_content()

    with scripted_server(script) as server:
        use_server(server.port)

        with no_longer_than(STEP), pytest.raises(MailDeferred, match="closed"):
            send()


def test_a_server_that_does_not_answer_the_goodbye_holds_nobody_up(use_server):
    def script(talk: Talk) -> None:
        talk.answer_until("DATA")
        talk.take_content()
        talk.say("250 taken\r\n")
        talk.hang()

    with scripted_server(script) as server:
        use_server(server.port)

        with no_longer_than(STEP):
            send()


# Verdicts on one mail.


@pytest.mark.parametrize(
    ("place", "answer", "verdict"),
    [
        ("recipient", "450 4.2.0 greylisted", MailDeferred),
        ("recipient", "550 5.1.1 unknown", MailRefused),
        ("content", "451 4.3.0 later", MailDeferred),
        ("content", "554 5.7.1 spam", MailRefused),
    ],
)
def test_the_first_digit_decides_whether_a_mail_is_refused(use_server, place, answer, verdict):
    with smtp_server(inbox_answering(place, answer)) as inbox:
        use_server(inbox.port, mail_timeout_seconds=10)

        with pytest.raises(verdict) as caught:
            send()

    assert type(caught.value) is verdict
    assert f"{caught.value.code} {caught.value.reason}" == answer
    assert inbox.received == []


def inbox_answering(place: str, answer: str) -> Inbox:
    if place == "recipient":
        return Inbox(recipient_answers={"person@example.org": [answer]})
    return Inbox(content_answers=[answer])


def test_a_refused_sender_is_our_trouble_and_no_verdict_on_the_mail(use_server):
    def script(talk: Talk) -> None:
        talk.answer_until("MAIL")
        talk.say("550 5.7.1 not from here\r\n")
        talk.hear()

    with scripted_server(script) as server:
        use_server(server.port)

        with pytest.raises(MailDeferred) as caught:
            send()

    assert caught.value.code == 550


def test_what_the_server_says_is_kept_without_the_address(use_server):
    said = "550 5.1.1 <person@example.org>: no Person here,\tsee person.example and b@example.org"
    with smtp_server(Inbox(recipient_answers={"person@example.org": [said]})) as inbox:
        use_server(inbox.port, mail_timeout_seconds=10)

        with pytest.raises(MailRefused) as caught:
            send()

    assert caught.value.reason == (
        "5.1.1 <address> no <name> here, see <name>.example and <address>"
    )


def test_what_the_server_says_fits_the_log(use_server):
    said = "550 " + "a\x01" * 400
    with smtp_server(Inbox(recipient_answers={"person@example.org": [said]})) as inbox:
        use_server(inbox.port, mail_timeout_seconds=10)

        with pytest.raises(MailRefused) as caught:
            send()

    assert caught.value.reason == ("a " * 100)[:200]


# One connection for several mails.


def test_a_refused_recipient_does_not_break_the_connection(use_server):
    with smtp_server(Inbox(recipient_answers={"gone@example.org": ["550 gone"]})) as inbox:
        use_server(inbox.port, mail_timeout_seconds=10)

        with connect() as connection:
            connection.send(a_message(message_id="<1@example.org>"))
            with pytest.raises(MailRefused):
                connection.send(a_message(to="gone@example.org"))
            connection.send(a_message(message_id="<3@example.org>"))

    assert inbox.ids() == ["<1@example.org>", "<3@example.org>"]
    assert inbox.connections == 1


def refuse_data(talk: Talk) -> None:
    talk.answer_until("DATA")
    talk.say("554 no\r\n")
    while talk.hear():
        talk.say("503 finish the first mail first\r\n")


def take_one_and_close(talk: Talk) -> None:
    talk.answer_until("DATA")
    talk.take_content()
    talk.say("250 taken\r\n")


def take_one_and_be_full(talk: Talk) -> None:
    take_one_and_close(talk)
    talk.hear()
    talk.say("421 enough for one connection\r\n")


def test_a_refused_content_leaves_a_fresh_connection_to_the_next_mail(use_server):
    with scripted_server(refuse_data, accept_all) as server:
        use_server(server.port)

        with connect() as connection:
            with pytest.raises(MailRefused):
                connection.send(a_message())
            connection.send(a_message())

    assert server.connections == 2


@pytest.mark.parametrize("script", [take_one_and_close, take_one_and_be_full])
def test_a_server_that_hung_up_between_two_mails_is_called_again(
    use_server, script: Callable[[Talk], None]
):
    with scripted_server(script, accept_all) as server:
        use_server(server.port)

        with connect() as connection:
            connection.send(a_message())
            connection.send(a_message())

    assert server.connections == 2


def test_a_mail_whose_content_has_left_is_not_sent_again_at_once(use_server):
    def script(talk: Talk) -> None:
        take_one_and_close(talk)
        while not talk.hear().upper().startswith("DATA"):
            talk.say("250 yes\r\n")
        talk.take_content()

    with scripted_server(script, accept_all) as server:
        use_server(server.port)

        with connect() as connection:
            connection.send(a_message())
            with pytest.raises(MailDeferred):
                connection.send(a_message())

    assert server.connections == 1
