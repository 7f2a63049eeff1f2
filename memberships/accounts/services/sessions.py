"""Ending the sessions of an account, wherever they are."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account, SignInRequest
from memberships.accounts.queries import roles_of
from memberships.accounts.services.recording import record_staff_event
from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag


def end_sessions(account_id: UUID) -> None:
    """End every session of the account, and every link that could begin one.

    In the caller's unit of work; from its end on, each browser has to sign in anew.
    """
    now = utcnow()
    db.session.execute(
        sa.update(Account)
        .where(Account.id == account_id)
        .values(session_epoch=Account.session_epoch + 1)
    )
    db.session.execute(
        sa.update(SignInRequest)
        .where(SignInRequest.account_id == account_id, SignInRequest.expires_at > now)
        .values(expires_at=now)
    )


def sign_out_everywhere(account_id: UUID, *, by: Actor) -> None:
    """End every session of the account by its owner's wish, and say so in the log of its roles."""
    end_sessions(account_id)
    for held in roles_of(account_id):
        record_staff_event(EventTag.ACCOUNT_SIGNED_OUT_EVERYWHERE, held, by=by)
