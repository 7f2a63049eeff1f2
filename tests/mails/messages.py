"""Messages for tests that end at the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from memberships.mails.message import Message
from memberships.mails.transport import connect

NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def a_message(**changes: Any) -> Message:
    return Message(
        **{
            "to": "person@example.org",
            "sender": ("Netzwerk Bürgerhaushalt", "netzwerke@example.org"),
            "reply_to": "office@example.org",
            "subject": "Bitte bestätigen",
            "body": "Guten Tag",
            "message_id": "<1@example.org>",
            "sent_at": NOON,
        }
        | changes
    )


def send(**changes: Any) -> None:
    with connect() as connection:
        connection.send(a_message(**changes))
