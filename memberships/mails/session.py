"""SMTP sessions that end: smtplib bounds each wait, never the sum of them."""

from __future__ import annotations

import io
import smtplib
import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Session(smtplib.SMTP):
    """An SMTP session in which no wait exceeds `step`, and all together end at `ends_at`.

    Both in seconds, `ends_at` on the monotonic clock. Past it every call raises an OSError, even if
    the server still says something every few seconds.
    """

    def __init__(
        self, host: str, port: int, *, step: float, ends_at: float, **options: Any
    ) -> None:
        self.step = step
        self.begin_mail(ends_at)
        super().__init__(host, port, timeout=self._longest_wait(), **options)

    def begin_mail(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.has_begun_data = False

    def limit_wait(self) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._longest_wait())

    def _longest_wait(self) -> float:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the mail server took too long")
        # A server may think long about what it got (RFC 5321, 4.5.3.2.6: ten minutes), and to hang
        # up on it is to send the mail twice.
        return left if self.has_begun_data else min(self.step, left)

    def data(self, msg: ReadableBuffer | str) -> tuple[int, bytes]:
        self.has_begun_data = True
        return super().data(msg)

    def send(self, s: ReadableBuffer | str) -> None:
        self.limit_wait()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_BoundedReader(self, self.sock))
        return super().getreply()


class TlsSession(Session, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class _BoundedReader(io.RawIOBase):
    def __init__(self, session: Session, connection: socket.socket) -> None:
        self._session = session
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._session.limit_wait()
        return self._connection.recv_into(buffer)
