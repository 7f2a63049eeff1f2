"""Why a mail was not accepted. Codes and reasons are the server's, without addresses."""

from __future__ import annotations


class MailNotAccepted(Exception):
    """The server did not take the mail."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(f"{code or 'no code'}: {reason}")
        self.code = code
        self.reason = reason


class MailRefused(MailNotAccepted):
    """For good: the server will not take this mail, or it cannot be built."""


class MailDeferred(MailNotAccepted):
    """For now: the same mail may be taken later."""


class ServerUnavailable(MailNotAccepted):
    """No mail can be handed over now: nothing answers, or it lets nobody in."""


class MailTextIncomplete(Exception):
    """A mail template renders no subject or no body."""
