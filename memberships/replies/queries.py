"""The saved replies of a network, and one as it reads in a case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from babel.dates import format_date

from memberships.applications.models import Application
from memberships.calendar import BERLIN
from memberships.database import db
from memberships.mails.wording import fill, names_in
from memberships.networks.queries import words_today
from memberships.replies.models import SavedReply, Use

# What each placeholder becomes, in words for the office.
PLACEHOLDERS = {
    "full_name": "Vor- und Nachname",
    "organisation_name": "Name der Organisation, leer bei Personen ohne",
    "applied_on": "Tag, an dem das Formular abgeschickt wurde",
    "network_name": "Name des Netzwerks",
    "in_phrase": "„im Netzwerk …“, wie es im Satz heißt",
    "office_name": "Name der Geschäftsstelle oder Koordination",
    "office_email": "E-Mail-Adresse der Geschäftsstelle",
    "office_phone": "Telefon der Geschäftsstelle, leer, wenn keines eingetragen ist",
}
_BRACES = re.compile(r"\{\{|\}\}")


def replies_of(network_id: int, use: Use | None = None) -> Sequence[SavedReply]:
    """The network's replies for a use, or all, by use and title."""
    query = sa.select(SavedReply).where(SavedReply.network_id == network_id)
    if use is not None:
        query = query.where(SavedReply.use == use)
    return db.session.scalars(query.order_by(SavedReply.use, SavedReply.title)).all()


def reply_in(network_id: int, reply_id: UUID) -> SavedReply | None:
    """The reply of that id, if it is this network's."""
    return db.session.scalar(
        sa.select(SavedReply).where(SavedReply.id == reply_id, SavedReply.network_id == network_id)
    )


def strangers_in(text: str) -> list[str]:
    """What stands in double braces and is no placeholder; lone braces, too."""
    unknown = [name for name in names_in(text) if name not in PLACEHOLDERS]
    rest = fill(text, lambda _name: "")
    return unknown + [found[0] for found in _BRACES.finditer(rest)][:1]


def filled(reply: SavedReply, application: Application) -> str:
    """The reply as it reads in this case."""
    return fill_in(reply.text, application)


def fill_in(text: str, application: Application) -> str:
    """Words with placeholders as they read in this case."""
    net = words_today(application.definition)
    words = {
        "full_name": application.full_name,
        "organisation_name": application.organisation_name or "",
        "applied_on": format_date(
            application.submitted_at.astimezone(BERLIN), "d. MMMM y", locale="de"
        ),
        "network_name": net.name,
        "in_phrase": net.in_phrase,
        "office_name": net.office.name,
        "office_email": str(net.office.email),
        "office_phone": net.office.phone,
    }
    return fill(text, lambda name: words.get(name, ""))
