"""Who joins a team, changes their role, or leaves it."""

from __future__ import annotations

import sqlalchemy as sa

from memberships.accounts import mails
from memberships.accounts.errors import AlreadyOnTeam, LastLead, OwnRole, RoleNotOfNetwork
from memberships.accounts.models import StaffRole
from memberships.accounts.queries import roles_of
from memberships.accounts.services.factors import forget_factors
from memberships.accounts.services.recording import record_staff_event
from memberships.accounts.services.sessions import end_sessions
from memberships.accounts.services.verifying import account_for_change
from memberships.database import ChangedMeanwhile, db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.mails.services import cancel_mails
from memberships.networks.models import Network
from memberships.permissions import Role


def invite_staff(
    email: str, *, name: str, role: Role, network: Network | None, by: Actor, inviter: str = ""
) -> StaffRole:
    """Give an address a role in a network, or as an operator in none, and mail it how to sign in.

    The address is proven by its first sign-in. A name that the account has already stays. `inviter`
    is named in the mail; without, it is the administration.

    Raises AlreadyOnTeam when the address holds a role there, RoleNotOfNetwork when role and network
    do not fit together.
    """
    if (role is Role.OPERATOR) != (network is None):
        raise RoleNotOfNetwork
    account = account_for_change(email)
    account.name = account.name or name
    if any(held.role for held in _roles_there(account.id, network)):
        raise AlreadyOnTeam
    held = StaffRole(
        account=account, network_id=network.id if network else None, role=role, since=utcnow()
    )
    db.session.add(held)
    db.session.flush()
    record_staff_event(
        EventTag.STAFF_INVITED, held, by=by, role=role.value, account=str(account.id)
    )
    mails.staff_invited(held, inviter=inviter)
    return held


def _roles_there(account_id: object, network: Network | None) -> list[StaffRole]:
    there = (
        StaffRole.network_id.is_(None) if network is None else StaffRole.network_id == network.id
    )
    return list(
        db.session.scalars(sa.select(StaffRole).where(StaffRole.account_id == account_id, there))
    )


def change_role(held: StaffRole, role: Role, *, seen: Role, by: Actor) -> None:
    """Give a colleague another role, and end their sessions.

    `seen` is the role that the person who changes it saw. The same role again changes nothing.

    Raises ChangedMeanwhile when it is another by now, OwnRole, LastLead, or RoleNotOfNetwork.
    """
    if role is Role.OPERATOR or held.network_id is None:
        raise RoleNotOfNetwork
    _lock_team(held)
    if held.role is not seen:
        raise ChangedMeanwhile
    if role is held.role:
        return
    _require_removable(held, by)
    before, held.role = held.role, role
    end_sessions(held.account_id)
    record_staff_event(
        EventTag.STAFF_ROLE_CHANGED, held, by=by, role=role.value, before=before.value
    )


def remove_staff(held: StaffRole, *, by: Actor) -> None:
    """Take a role back, end the sessions of its holder, and an invitation that is still to be sent.

    Raises OwnRole or LastLead.
    """
    _lock_team(held)
    _require_removable(held, by)
    end_sessions(held.account_id)
    cancel_mails(held)
    record_staff_event(EventTag.STAFF_REMOVED, held, by=by, role=held.role.value)
    db.session.delete(held)
    db.session.flush()
    if not roles_of(held.account_id):
        forget_factors(held.account_id)


def _lock_team(held: StaffRole) -> None:
    """Changes of one team pass one after the other: two leads cannot remove each other."""
    db.session.execute(
        sa.select(Network.id).where(Network.id == held.network_id).with_for_update(key_share=True)
    )
    if db.session.scalar(sa.select(StaffRole.id).where(StaffRole.id == held.id)) is None:
        raise ChangedMeanwhile
    db.session.refresh(held)


def _require_removable(held: StaffRole, by: Actor) -> None:
    if held.account_id == by.id:
        raise OwnRole
    if held.role is Role.LEAD and not _has_another_lead(held):
        raise LastLead


def _has_another_lead(held: StaffRole) -> bool:
    others = sa.select(StaffRole.id).where(
        StaffRole.network_id == held.network_id,
        StaffRole.role == Role.LEAD,
        StaffRole.id != held.id,
    )
    return db.session.scalar(others.limit(1)) is not None
