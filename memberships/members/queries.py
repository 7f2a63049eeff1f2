"""Who is a member."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.accounts.models import Account
from memberships.database import db
from memberships.members.models import Holder, Membership, Representative


def living_membership(account: Account, network_id: int) -> Membership | None:
    """The account's own membership in that network that has not ended, if any."""
    return db.session.scalar(
        sa.select(Membership).where(
            Membership.network_id == network_id,
            Membership.account_id == account.id,
            Membership.ended_at.is_(None),
        )
    )


def represented_membership(
    account: Account, network_id: int, organisation_id: UUID | None
) -> Membership | None:
    """The living membership that the account represents in that network, if any.

    Of the named organisation; where organisations are not told apart (None), of any.
    """
    query = (
        sa.select(Membership)
        .join(Representative, Representative.membership_id == Membership.id)
        .where(
            Membership.network_id == network_id,
            Membership.holder == Holder.ORGANISATION,
            Membership.ended_at.is_(None),
            Representative.account_id == account.id,
            Representative.ended_at.is_(None),
        )
        .order_by(Membership.id)
        .limit(1)
    )
    if organisation_id is not None:
        query = query.where(Membership.organisation_id == organisation_id)
    return db.session.scalar(query)


def seats_of(organisation_id: UUID, network_id: int) -> Sequence[Membership]:
    """The living memberships that the organisation has in that network, the first seat first."""
    return db.session.scalars(
        sa.select(Membership)
        .where(
            Membership.network_id == network_id,
            Membership.organisation_id == organisation_id,
            Membership.ended_at.is_(None),
        )
        .order_by(Membership.seat_number)
    ).all()


def representatives_of(membership_ids: Collection[UUID]) -> dict[UUID, list[Representative]]:
    """By membership who represents the organisation now, the account loaded, the first first."""
    rows = db.session.scalars(
        sa.select(Representative)
        .where(Representative.membership_id.in_(membership_ids), Representative.ended_at.is_(None))
        .options(joinedload(Representative.account))
        .order_by(Representative.since, Representative.id)
    )
    people: dict[UUID, list[Representative]] = {}
    for person in rows:
        people.setdefault(person.membership_id, []).append(person)
    return people


def names_of(memberships: Sequence[Membership]) -> dict[UUID, list[str]]:
    """By membership who acts in it: the person, or the organisation's representatives."""
    names = {m.id: [f"{m.first_name} {m.last_name}"] if m.first_name else [] for m in memberships}
    for id_, people in representatives_of(names).items():
        names[id_] += [person.full_name for person in people]
    return names


def account_of(email: str) -> Account | None:
    """The account of an address, if there is one. Never for a public page."""
    return db.session.scalar(sa.select(Account).where(Account.email == email))
