"""The digest for the office, numbers only; and the filters that its people keep.

What somebody has in hand they are reminded of themselves (`notices/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.calendar import BERLIN, is_working_day
from memberships.database import db, utcnow
from memberships.links import legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.queries import last_mailed
from memberships.mails.services import queue_mail
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.review.errors import FilterUnknown, TooManyFilters
from memberships.review.models import MOST_FILTERS, SavedFilter
from memberships.review.queries import new_count, overdue_count, unclaimed_count, waiting_count
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

    Daily: once a working day from seven o'clock in Berlin, when something waits. At once: when
    something new waits, at most every quarter of an hour. A hand-over that somebody objects to is
    told once a day.
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
    if not _is_due(definition, last):
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
        unclaimed=unclaimed_count(network.id),
        contested=contested,
        queue_url=public_url_for("review.queue", slug=network.slug),
        seats_url=public_url_for("seats.list_seats", slug=network.slug),
        **legal_links(network.slug),
    )


def _is_due(definition: Definition, last: datetime | None) -> bool:
    now, mode = utcnow(), definition.office.digest
    if mode == "at_once":
        return last is None or now - last >= AT_ONCE_PAUSE
    here = now.astimezone(BERLIN)
    is_morning = here.time() >= DAILY_FROM and is_working_day(here.date(), definition.holiday_land)
    return mode == "daily" and is_morning and _is_new_day(last)


def _is_new_day(last: datetime | None) -> bool:
    return last is None or last.astimezone(BERLIN).date() < utcnow().astimezone(BERLIN).date()


def save_filter(
    network_id: int, account_id: UUID, name: str, arguments: Mapping[str, Any]
) -> SavedFilter:
    """Keep a filter for its owner. The unit of work raises FilterNameTaken for a name twice.

    Raises TooManyFilters beyond twenty in a network.
    """
    # The owner's row, so that two at once do not both take the last place.
    db.session.execute(sa.select(Account.id).where(Account.id == account_id).with_for_update())
    count = sa.select(sa.func.count()).where(
        SavedFilter.account_id == account_id, SavedFilter.network_id == network_id
    )
    if (db.session.scalar(count) or 0) >= MOST_FILTERS:
        raise TooManyFilters
    saved = SavedFilter(
        account_id=account_id,
        network_id=network_id,
        name=name,
        arguments=dict(arguments),
        saved_at=utcnow(),
    )
    db.session.add(saved)
    return saved


def filter_for_change(network_id: int, account_id: UUID, filter_id: UUID) -> SavedFilter:
    """The person's own filter, locked. Raises FilterUnknown."""
    found = db.session.scalar(
        sa.select(SavedFilter)
        .where(
            SavedFilter.id == filter_id,
            SavedFilter.network_id == network_id,
            SavedFilter.account_id == account_id,
        )
        .with_for_update()
    )
    if found is None:
        raise FilterUnknown
    return found


def rename_filter(saved: SavedFilter, name: str) -> None:
    """Another name for the same filter. The unit of work raises FilterNameTaken."""
    saved.name = name


def remove_filter(saved: SavedFilter) -> None:
    """Its owner does not want it any more; nothing else changes."""
    db.session.delete(saved)
