"""Another address for an account: asked for, proven by the new one, announced to the old one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts import mails
from memberships.accounts.errors import AddressLinkUnknown, AddressTaken, TooManyAddressChanges
from memberships.accounts.models import Account, AddressChange
from memberships.accounts.queries import (
    account_by_email,
    address_change_by_stop_token,
    address_change_by_token,
    address_changes_asked,
    roles_of,
    unanswered_changes,
)
from memberships.accounts.services.recording import record_staff_event
from memberships.accounts.services.sessions import end_sessions
from memberships.applications.models import Application
from memberships.database import db, utcnow
from memberships.events.models import Actor, ActorKind, EventTag
from memberships.events.services import record_event
from memberships.mails.services import cancel_mails, erase_mails
from memberships.members.queries import standings_of
from memberships.members.services import own_membership_for_change, relist
from memberships.privacy.queries import consents_under
from memberships.privacy.services import move_consent
from memberships.tokens import new_token, token_hash

VALID = timedelta(days=7)
MOST_A_DAY = 5


def request_address_change(account_id: UUID, new_email: str) -> AddressChange:
    """Store that the account shall have another address; an earlier wish ends.

    Nothing is looked up by the new address: the worker decides whom to mail what.
    Raises TooManyAddressChanges after five on one day.
    """
    now = utcnow()
    account = _locked_account(account_id)
    if address_changes_asked(account_id, since=now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooManyAddressChanges
    _end_earlier(account_id)
    change = AddressChange(
        account_id=account_id,
        old_email=account.email,
        new_email=new_email,
        asked_at=now,
        expires_at=now + VALID,
    )
    db.session.add(change)
    return change


def _locked_account(account_id: UUID) -> Account:
    return db.session.scalars(
        sa.select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _end_earlier(account_id: UUID) -> None:
    now = utcnow()
    db.session.execute(
        sa.update(AddressChange)
        .where(
            AddressChange.account_id == account_id,
            AddressChange.expires_at > now,
            AddressChange.changed_at.is_(None),
        )
        .values(expires_at=now)
    )


def answer_address_changes(limit: int = 20) -> int:
    """Mail both addresses of up to `limit` asked-for changes, each once; returns how many.

    The new address gets the link, or, where it has an account, that nothing changes by itself.
    """
    changes = unanswered_changes(utcnow(), limit)
    for change in changes:
        _answer(change)
    return len(changes)


def _answer(change: AddressChange) -> None:
    change.answered_at = utcnow()
    stop = new_token()
    change.stop_token_hash = token_hash(stop)
    mails.address_change_announced(change, token=stop)
    if account_by_email(change.new_email) is not None:
        mails.address_change_taken(change)
        return
    token = new_token()
    change.token_hash = token_hash(token)
    mails.address_change_asked(change, token=token)


def change_address(token: str) -> AddressChange:
    """Give the account its new address, as the mail to it has proven; its sessions all end.

    Consents that hold under the old address go on under the new one. Applications keep the address
    that they were made with. A second click changes nothing.

    Raises AddressLinkUnknown, AddressTaken when the address has got an account meanwhile.
    """
    change, account = _for_change(address_change_by_token, token)
    if change.changed_at is not None:
        return change
    if not change.is_open(utcnow()):
        raise AddressLinkUnknown
    if account_by_email(change.new_email) is not None:
        raise AddressTaken
    change.changed_at = account.verified_at = utcnow()
    account.email = change.new_email
    db.session.flush()
    end_sessions(account.id)
    _move_consents(change)
    _record(account)
    return change


def _for_change(
    find: Callable[..., AddressChange | None], token: str
) -> tuple[AddressChange, Account]:
    """The change and its account, locked as whoever asks anew does; organisations before it."""
    found = find(token)
    if found is None:
        raise AddressLinkUnknown
    for standing in standings_of(found.account_id):
        own_membership_for_change(found.account_id, standing.membership.id)
    account = _locked_account(found.account_id)
    change = find(token, for_change=True)
    if change is None:
        raise AddressLinkUnknown
    return change, account


def _move_consents(change: AddressChange) -> None:
    admitted = set(
        db.session.scalars(
            sa.select(Application.id).where(Application.membership_id.is_not(None))
            .where(Application.id.in_([c.subject_id for c in consents_under(change.old_email)]))
        )
    )  # fmt: skip
    admitted |= {standing.person.id for standing in standings_of(change.account_id)}
    for consent in consents_under(change.old_email):
        if consent.subject_id in admitted:
            move_consent(consent, change.new_email, proof=change.token_hash or "")


def _record(account: Account) -> None:
    by = Actor(ActorKind.MEMBER, account.id)
    for standing in standings_of(account.id):
        # One chain: the lock keeps two events from taking the same place.
        locked = own_membership_for_change(account.id, standing.membership.id)
        relist(locked.membership)
        record_event(EventTag.MEMBERSHIP_ADDRESS_CHANGED, locked.membership, by=by)
    for held in roles_of(account.id):
        record_staff_event(EventTag.ACCOUNT_ADDRESS_CHANGED, held, by=by)


def stop_address_change(token: str) -> None:
    """Stop the change from the old address; whoever asked for it is signed out everywhere.

    A second click changes nothing. Raises AddressLinkUnknown, also when the address is changed.
    """
    change, _ = _for_change(address_change_by_stop_token, token)
    if change.stopped_at is not None:
        return
    if not change.is_open(utcnow()):
        raise AddressLinkUnknown
    change.stopped_at = utcnow()
    cancel_mails(change)
    end_sessions(change.account_id)


def erase_old_address_changes(limit: int = 100) -> int:
    """Erase up to `limit` address changes a day after they expired, with their mails."""
    old = db.session.scalars(
        sa.select(AddressChange)
        .where(AddressChange.expires_at <= utcnow() - timedelta(days=1))
        .order_by(AddressChange.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for change in old:
        erase_mails(change.id)
        db.session.delete(change)
    return len(old)
