"""One mail as it goes over the wire."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address, UniqueAddressHeader
from email.message import EmailMessage
from email.utils import format_datetime

import flask_mail
from email_validator import EmailNotValidError, validate_email

from memberships.settings import Settings

_FIELD_NAME = re.compile(r"[!-9;-~]+")


class _WirePolicy(email.policy.EmailPolicy):
    """How headers are written: ASCII on one line, everything else in encoded words of our own.

    Python's folding breaks a long List-Unsubscribe address, loses blanks between encoded words and
    makes longer ones than the 75 characters of RFC 2047.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        if value.isascii():
            return super().fold_binary(name, value)
        if not isinstance(value, UniqueAddressHeader):
            return f"{name}: {_encoded(name, value)}\r\n".encode("ascii")
        person = value.addresses[0]
        display_name = _encoded(name, person.display_name)
        return f"{name}: {display_name}\r\n <{person.addr_spec}>\r\n".encode("ascii")


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=76, header_name=name).encode(linesep="\r\n")


_BUILD = email.policy.SMTP.clone(max_line_length=76)  # the longest quoted-printable line
_WIRE = _WirePolicy(linesep="\r\n", max_line_length=998)


def ascii_address(address: str) -> str:
    """The address as the wire needs it: the domain in ASCII by IDNA 2008 (straße.de keeps its ß).

    Raises ValueError for an address that no mail server without SMTPUTF8 can be given.
    """
    if address.isascii():
        return address
    try:
        valid = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError("the address cannot be written in ASCII") from error
    return valid.ascii_email or address


def mail_domain(settings: Settings) -> str:
    """What we say in EHLO and Message-IDs, instead of this machine's name."""
    return ascii_address(settings.sender_address).rpartition("@")[2]


class Message(flask_mail.Message):
    """One mail to one person, as plain text. A line break in any header is refused."""

    def __init__(
        self,
        *,
        to: str,
        sender: tuple[str, str],
        reply_to: str,
        subject: str,
        body: str,
        message_id: str,
        sent_at: datetime,
        extra_headers: Mapping[str, str] | None = None,
    ) -> None:
        self.to = ascii_address(to)
        self.sender_name = sender[0]
        self.envelope_from = ascii_address(sender[1])
        super().__init__(
            subject=subject,
            recipients=[self.to],
            body=body,
            sender=sender,
            reply_to=ascii_address(reply_to),
            date=sent_at.timestamp(),
            extra_headers=dict(extra_headers or {}),
        )
        self.msgId = message_id  # Flask-Mail's own would name this machine

    def _message(self) -> EmailMessage:  # type: ignore[override] # the modern class of the same kind
        built = EmailMessage(policy=_BUILD)
        built["From"] = Address(self.sender_name, addr_spec=self.envelope_from)
        built["To"] = Address(addr_spec=self.to)
        built["Reply-To"] = Address(addr_spec=str(self.reply_to))
        built["Subject"] = self.subject
        built["Date"] = format_datetime(datetime.fromtimestamp(self.date or 0, UTC))
        built["Message-ID"] = self.msgId
        built["Auto-Submitted"] = "auto-generated"
        for name, value in (self.extra_headers or {}).items():
            if not _FIELD_NAME.fullmatch(name):
                raise ValueError("this is no name of a header")
            built[name] = value
        built.set_content(self.body or "", cte="quoted-printable")
        return built

    def as_bytes(self) -> bytes:
        return self._message().as_bytes(policy=_WIRE)
