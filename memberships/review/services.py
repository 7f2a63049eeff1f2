"""The digest for the office: numbers only, so that nobody must look in vain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa

from memberships.calendar import BERLIN
from memberships.database import db, utcnow
from memberships.links import legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.queries import last_mailed
from memberships.mails.services import queue_mail
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.review.queries import new_count, overdue_count, waiting_count
from memberships.seats.queries import to_decide
from memberships.settings import current_settings

KIND = "office_digest"
DAILY_FROM = time(7, 0)
AT_ONCE_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True)
class Digest:
    """What a digest is about: the network's queue as a whole."""

    slug: str
    network_id: int
    subject_type: ClassVar[str] = "digest"

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"memberships:digest:{self.slug}")


def send_due_digests() -> int:
    """Store the digests that are due now; returns how many.

    Daily: once a day from seven o'clock in Berlin, when something waits. At once: when something
    new waits, at most every quarter of an hour. A hand-over that somebody objects to is told
    once a day.
    """
    sent = 0
    for network in db.session.scalars(sa.select(Network).with_for_update(key_share=True)):
        definition = current_definitions().get(network.slug)
        if definition is not None and _send_digest(network, definition) is not None:
            sent += 1
    return sent


def _send_digest(network: Network, definition: Definition) -> OutgoingMail | None:
    digest = Digest(network.slug, network.id)
    last = last_mailed(digest.id, KIND)
    since = last or utcnow() - timedelta(days=1)
    if not _is_due(definition.office.digest, last):
        return None
    new, waiting = new_count(network.id, since), waiting_count(network.id)
    contested = to_decide([network.id]).get(network.id, 0)
    if definition.office.digest == "at_once":
        is_worth_it = new or (contested and _is_new_day(last))
    else:
        is_worth_it = waiting or contested
    if not is_worth_it:
        return None
    return queue_mail(
        KIND,
        mail_class=MailClass.CASE,
        about=digest,
        to=str(definition.office.mailbox or definition.office.email),
        office=Office(name=definition.name, reply_to=current_settings().sender_address),
        net=definition,
        settings=current_settings(),
        new=new,
        waiting=waiting,
        overdue=overdue_count(network.id),
        contested=contested,
        queue_url=public_url_for("review.queue", slug=network.slug),
        seats_url=public_url_for("seats.list_seats", slug=network.slug),
        **legal_links(network.slug),
    )


def _is_due(mode: str, last: datetime | None) -> bool:
    now = utcnow()
    if mode == "at_once":
        return last is None or now - last >= AT_ONCE_PAUSE
    is_morning = now.astimezone(BERLIN).time() >= DAILY_FROM
    return mode == "daily" and is_morning and _is_new_day(last)


def _is_new_day(last: datetime | None) -> bool:
    return last is None or last.astimezone(BERLIN).date() < utcnow().astimezone(BERLIN).date()
