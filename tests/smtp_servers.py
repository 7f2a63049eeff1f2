"""Real mail servers on loopback: one that works, and some that are half dead."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

CERTIFICATES = Path(__file__).parent / "mails" / "certificates"


def certificate(name: str) -> ssl.SSLContext:
    """A server's context with a self-signed certificate, valid from 2020 to 2120.

    `loopback` is made out to localhost and 127.0.0.1, `stranger` to mail.example.org.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


@dataclass(frozen=True)
class Received:
    """One mail as it arrived."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class Inbox:
    """What a server accepts. Mails stay in `received`; the answers are given one after the other,
    and once they are used up everything is accepted.
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    greetings: list[str] = field(default_factory=list)
    recipient_answers: dict[str, list[str]] = field(default_factory=dict)
    content_answers: list[str] = field(default_factory=list)
    # Called in a thread before a mail is answered: may wait, and may give the answer.
    before_answer: Callable[[Received], object] = lambda mail: None
    # What was accepted once more, for those who wait for it.
    arrivals: SimpleQueue[Received] = field(default_factory=SimpleQueue)

    def ids(self) -> list[str]:
        return [mail.message_id for mail in self.received]

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        self.connections += 1
        self.greetings.append(name)
        session.host_name = name
        return answers

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = self.recipient_answers.get(address)
        if answers and not (answer := answers.pop(0)).startswith("2"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        mail = Received(envelope.mail_from or "", envelope.rcpt_tos, envelope.content)
        answer = await asyncio.to_thread(self.before_answer, mail)
        if not isinstance(answer, str):
            answer = self.content_answers.pop(0) if self.content_answers else "250 OK"
        if answer.startswith("2"):
            self.received.append(mail)
            self.arrivals.put(mail)
        return answer


class _AnyPort(Controller):
    """Listens on a free port and tells which."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def smtp_server(inbox: Inbox | None = None, **options: Any) -> Iterator[Inbox]:
    """A mail server that works; `options` are aiosmtpd's (ssl_context, tls_context, …)."""
    inbox = inbox or Inbox()
    controller = _AnyPort(inbox, hostname="127.0.0.1", port=inbox.port, **options)
    controller.start()
    inbox.port = controller.port
    try:
        yield inbox
    finally:
        controller.stop()


@dataclass
class Talk:
    """One connection of a hand-written server."""

    connection: socket.socket
    over: threading.Event

    def say(self, text: str) -> None:
        self.connection.sendall(text.encode())

    def hear(self) -> str:
        line = bytearray()
        while not line.endswith(b"\n"):
            byte = self.connection.recv(1)
            if not byte:
                raise ConnectionError("the client has gone")
            line += byte
        return line.decode().strip()

    def answer_until(self, command: str) -> None:
        """Greet and say yes to everything before `command`, which is read and not answered."""
        self.say("220 here\r\n")
        while not self.hear().upper().startswith(command):
            self.say("250 yes\r\n")

    def take_content(self) -> None:
        self.say("354 go on\r\n")
        while self.hear() != ".":
            pass

    def hang(self) -> None:
        self.over.wait()

    def drip(self, text: str, seconds: float = 0.1) -> None:
        """Say it for ever, one character at a time."""
        while not self.over.is_set():
            for character in text:
                self.say(character)
                self.over.wait(seconds)


@dataclass
class HalfDead:
    """A server that follows one script for every connection."""

    port: int
    talks: list[Talk] = field(default_factory=list)

    @property
    def connections(self) -> int:
        return len(self.talks)


@contextmanager
def scripted_server(*scripts: Callable[[Talk], object]) -> Iterator[HalfDead]:
    """A server whose n-th connection follows the n-th script, and all later ones the last."""
    over = threading.Event()
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server = HalfDead(listener.getsockname()[1])
        threads = [threading.Thread(target=_accept, args=(listener, server, scripts, over))]
        threads[0].start()
        try:
            yield server
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for talk in server.talks:
                with suppress(OSError):
                    talk.connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _accept(
    listener: socket.socket,
    server: HalfDead,
    scripts: tuple[Callable[[Talk], object], ...],
    over: threading.Event,
) -> None:
    followers = []
    while not over.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        script = scripts[min(server.connections, len(scripts) - 1)]
        server.talks.append(Talk(connection, over))
        followers.append(threading.Thread(target=_follow, args=(script, server.talks[-1])))
        followers[-1].start()
    for follower in followers:
        follower.join()


def _follow(script: Callable[[Talk], object], talk: Talk) -> None:
    with talk.connection, suppress(OSError):
        script(talk)


@contextmanager
def refused_port() -> Iterator[int]:
    """A port on which nobody listens, and nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
