"""Handing a mail to the mail server: Flask-Mail, with the faults of its transport closed."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import ssl
import time
from contextlib import suppress
from email.errors import MessageError
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import flask_mail
from flask import Flask, current_app

from memberships.mails.errors import MailDeferred, MailRefused, ServerUnavailable
from memberships.mails.message import Message, mail_domain
from memberships.mails.session import Session, TlsSession
from memberships.settings import Settings, SettingsInvalid, current_settings

GOODBYE_SECONDS = 2.0
LONGEST_REASON = 200
_ADDRESS = re.compile(r"\S+@\S+")


class Mail(flask_mail.Mail):
    """Flask-Mail, configured from our settings alone."""

    def init_app(self, app: Flask) -> Any:
        """Configure from `app.config["SETTINGS"]`; raises what `configure_mail` raises."""
        settings: Settings = app.config["SETTINGS"]
        configure_mail(app, settings)
        state: Any = super().init_app(app)
        state.helo_name = mail_domain(settings)
        return state

    def connect(self) -> Connection:
        return connect()


def connect() -> Connection:
    """A connection to the current application's mail server; it opens with the first mail."""
    return Connection(current_app.extensions["mail"], current_settings())


def mail_deadline_seconds(settings: Settings) -> float:
    """The longest that handing over one mail may take: well inside the lease on it."""
    return min(4 * settings.mail_timeout_seconds, settings.mail_lease_seconds / 2)


class Connection(flask_mail.Connection):
    """A connection for several mails; opened again when the server has hung up between two."""

    def __init__(self, mail: Any, settings: Settings) -> None:
        super().__init__(mail)
        self.settings = settings
        self.session: Session | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self.session is not None:
            self.session.begin_mail(time.monotonic() + GOODBYE_SECONDS)
            # Every mail has its answer: how the server says goodbye is its own affair.
            with suppress(OSError):
                self.session.quit()
            self._drop()

    def send(self, message: flask_mail.Message, envelope_from: object = None) -> None:
        """Hand one mail over. When this returns, the server has taken responsibility for it.

        Raises MailRefused (for good), MailDeferred (for now), ServerUnavailable (no mail can be
        handed over now), within `mail_deadline_seconds`; the connection stays usable.
        """
        if not isinstance(message, Message) or envelope_from is not None:
            raise TypeError("only our own Message is safe to send, and it names its sender")
        try:
            wire = message.as_bytes()
        except (ValueError, MessageError) as error:
            raise MailRefused(None, "the mail cannot be built") from error
        if not self.mail.suppress:
            self._hand_over(message, wire)
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - as Flask documents
        flask_mail.email_dispatched.send(app, message=message)

    def _hand_over(self, message: Message, wire: bytes) -> None:
        ends_at = time.monotonic() + mail_deadline_seconds(self.settings)
        kept = self.session
        error = self._attempt(message, wire, ends_at)
        if error and kept and not kept.has_begun_data and _has_hung_up(error):
            error = self._attempt(message, wire, ends_at)
        if error:
            raise _verdict(error, message.to) from error

    def _attempt(self, message: Message, wire: bytes, ends_at: float) -> OSError | None:
        session = self.session or self._open(ends_at)
        session.begin_mail(ends_at)
        try:
            session.sendmail(message.envelope_from, [message.to], wire)
        except OSError as error:
            # After a refused recipient smtplib has reset the session; not so after other refusals.
            if not isinstance(error, smtplib.SMTPRecipientsRefused) or session.sock is None:
                self._drop()
            return error
        return None

    def _open(self, ends_at: float) -> Session:
        try:
            self.session = self._dial(ends_at)
        except smtplib.SMTPResponseException as error:
            raise ServerUnavailable(error.smtp_code, _words(error.smtp_error)) from error
        except OSError as error:
            raise ServerUnavailable(None, _words(error)) from error
        except ValueError as error:  # its text may quote a password that is not ASCII
            raise ServerUnavailable(None, type(error).__name__) from None
        return self.session

    def _dial(self, ends_at: float) -> Session:
        options: dict[str, Any] = {"local_hostname": self.mail.helo_name}
        if self.mail.use_ssl:
            options["context"] = ssl.create_default_context()
        session = (TlsSession if self.mail.use_ssl else Session)(
            self.mail.server,
            self.mail.port,
            step=self.settings.mail_timeout_seconds,
            ends_at=ends_at,
            **options,
        )
        try:
            if self.mail.use_tls:
                session.starttls(context=ssl.create_default_context())
            if self.mail.username:
                session.login(self.mail.username, self.mail.password)
            session.ehlo_or_helo_if_needed()
        except BaseException:
            session.close()
            raise
        return session

    def _drop(self) -> None:
        if self.session is not None:
            self.session.close()
        self.session = None


def _has_hung_up(error: OSError) -> bool:
    return isinstance(error, smtplib.SMTPServerDisconnected) or _answer(error)[0] == 421


def _verdict(error: OSError, to: str) -> MailRefused | MailDeferred:
    code, said = _answer(error)
    is_about_the_mail = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    if is_about_the_mail and code is not None and 500 <= code < 600:
        return MailRefused(code, _words(said, to))
    return MailDeferred(code, _words(said, to))


def _answer(error: OSError) -> tuple[int | None, object]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code, error.smtp_error
    return None, error


def _words(said: object, to: str = "") -> str:
    """What was said, on one line and without the address: the log outlives the mail."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    text = "".join(character if character.isprintable() else " " for character in text)
    text = _ADDRESS.sub("<address>", text)
    if to:
        local_part = re.escape(to.partition("@")[0])
        text = re.sub(rf"(?<!\w){local_part}(?!\w)", "<name>", text, flags=re.IGNORECASE)
    return " ".join(text.split())[:LONGEST_REASON]


def configure_mail(app: Flask, settings: Settings) -> None:
    """Translate our settings into Flask-Mail's. Without smtp_url nothing leaves the machine.

    Raises SettingsInvalid for an unknown option, and where a password would travel in the clear.
    """
    url = urlsplit(settings.smtp_url)
    tls = _tls_mode(url)
    app.config.update(
        MAIL_SERVER=url.hostname or "",
        MAIL_PORT=_port(url) or {"implicit": 465, "starttls": 587, "none": 25}[tls],
        MAIL_USERNAME=unquote(url.username or ""),
        MAIL_PASSWORD=unquote(url.password or ""),
        MAIL_USE_TLS=tls == "starttls",
        MAIL_USE_SSL=tls == "implicit",
        MAIL_DEFAULT_SENDER=settings.sender_address,
        MAIL_DEBUG=False,  # it would write passwords and addresses to standard error
        MAIL_SUPPRESS_SEND=not settings.smtp_url,
    )


def _tls_mode(url: SplitResult) -> str:
    if url.scheme == "smtps" and not url.query:
        return "implicit"
    tls = parse_qs(url.query, keep_blank_values=True) or {"tls": ["none"]}
    # A misspelt option, taken for plain text, would hand the password to whoever listens.
    if url.scheme == "smtps" or tls not in ({"tls": ["starttls"]}, {"tls": ["none"]}):
        raise SettingsInvalid("MEMBERSHIPS_SMTP_URL: the only options are tls=starttls, tls=none")
    if url.username and tls == {"tls": ["none"]} and not _is_loopback(url.hostname or ""):
        raise SettingsInvalid("MEMBERSHIPS_SMTP_URL: a password needs tls=starttls or smtps://")
    return tls["tls"][0]


def _port(url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        raise SettingsInvalid("MEMBERSHIPS_SMTP_URL: this is no port") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
