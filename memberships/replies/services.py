"""Saved replies are written, changed and removed by the office."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.networks.models import Network
from memberships.replies.errors import ReplyChanged, ReplyUnknown, TooManyReplies
from memberships.replies.models import MOST, SavedReply, Use


def save_reply(network: Network, use: Use, title: str, text: str, *, by: Actor) -> SavedReply:
    """Keep words for the office. The caller's unit of work raises TitleTaken for a title twice.

    Raises TooManyReplies beyond a hundred.
    """
    # The network's row, so that two at once do not both take the last place.
    db.session.execute(sa.select(Network.id).where(Network.id == network.id).with_for_update())
    count = sa.select(sa.func.count()).where(SavedReply.network_id == network.id)
    if (db.session.scalar(count) or 0) >= MOST:
        raise TooManyReplies
    reply = SavedReply(network_id=network.id, use=use, title=title, text=text, changed_at=utcnow())
    db.session.add(reply)
    db.session.flush()
    record_event(EventTag.REPLY_SAVED, reply, by=by)
    return reply


def change_reply(reply: SavedReply, title: str, text: str, *, by: Actor) -> None:
    """Other words under the same use. The unit of work raises TitleTaken."""
    reply.title, reply.text, reply.changed_at = title, text, utcnow()
    record_event(EventTag.REPLY_CHANGED, reply, by=by)


def remove_reply(reply: SavedReply, *, by: Actor) -> None:
    """Nobody can put it in any more; mails that were sent with it stay as they are."""
    record_event(EventTag.REPLY_REMOVED, reply, by=by)
    db.session.delete(reply)


def reply_for_change(network_id: int, reply_id: UUID, *, seen_version: int | None) -> SavedReply:
    """The reply, locked, as the person saw it. Raises ReplyUnknown, ReplyChanged."""
    reply = db.session.scalar(
        sa.select(SavedReply)
        .where(SavedReply.id == reply_id, SavedReply.network_id == network_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if reply is None:
        raise ReplyUnknown
    if reply.version != seen_version:
        raise ReplyChanged
    return reply
