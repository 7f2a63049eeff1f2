"""What the tests of mail need again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from flask import Flask

from memberships.database import db, uuid7
from memberships.mails.models import Office, OutgoingMail

OFFICE = Office(name="Netzwerk Bürgerhaushalt", reply_to="office@example.org")


@dataclass
class Case:
    """Something that mails can be about."""

    subject_type: ClassVar[str] = "case"
    network_id: int
    id: UUID = field(default_factory=uuid7)


def stored(mail_id: UUID) -> OutgoingMail:
    """The mail as the database has it now."""
    db.session.rollback()
    mail = db.session.get(OutgoingMail, mail_id)
    assert mail is not None
    return mail


def meanwhile(app: Flask, act: Callable[[], object]) -> Callable[[object], None]:
    """Something that another process does while the mail server thinks about a mail."""

    def act_in_the_server(mail: object) -> None:
        with app.app_context():
            act()

    return act_in_the_server
