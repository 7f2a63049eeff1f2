"""Memberships begin here."""

from __future__ import annotations

from typing import Any

from memberships.accounts.models import Account
from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.models import Holder, Membership
from memberships.networks.models import DefinitionVersion


def start_membership(
    account: Account,
    definition: DefinitionVersion,
    *,
    holder: Holder,
    by: Actor,
    rule: str,
    **contact: Any,
) -> Membership:
    """Make the account's holder a member, from now, under the named admission rule.

    The caller holds the account locked and has seen that no living membership stands; a partial
    unique index is the second belt.
    """
    membership = Membership(
        network_id=definition.network_id,
        account_id=account.id,
        definition_id=definition.id,
        holder=holder,
        member_since=utcnow(),
        **contact,
    )
    db.session.add(membership)
    db.session.flush()
    record_event(EventTag.MEMBERSHIP_STARTED, membership, by=by, rule=rule)
    return membership
