"""A hand-over for change: locked with the organisation, in the order of the house."""

from __future__ import annotations

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.accounts.services import verify_account
from memberships.database import db
from memberships.members.errors import MembershipRestricted
from memberships.members.models import Membership, Representative, Seat
from memberships.networks.models import Network
from memberships.organisations.models import Organisation
from memberships.organisations.queries import organisation_for
from memberships.seats.errors import HandoverUnknown, SeatUnknown
from memberships.seats.models import Handover


def lock_organisation_of(seat: Seat) -> Organisation:
    """The organisation whose seat it is, as it is called today, locked."""
    slug = db.session.get_one(Network, seat.network_id).slug
    organisation = organisation_for(slug, seat.organisation_id)
    if organisation is None:
        raise SeatUnknown
    db.session.refresh(seat)
    return organisation


def lock_membership(membership: Membership) -> None:
    """Raises MembershipRestricted while its data is only kept (Art. 18 GDPR)."""
    db.session.execute(
        sa.select(Membership)
        .where(Membership.id == membership.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if membership.restricted_at is not None:
        raise MembershipRestricted


def lock_handover(handover: Handover, *, with_account: bool = False) -> Account | None:
    """Lock it, and all that it changes, as they are now; the invited one's account if it is asked.

    The address is proven then: whoever asks has it from the person or from their own link.

    Raises HandoverUnknown when it has ended meanwhile.
    """
    lock_organisation_of(handover.seat)
    account = None
    if with_account and handover.email:
        account = verify_account(handover.email)
    if handover.membership is not None:
        lock_membership(handover.membership)
    if handover.representative is not None:
        db.session.refresh(handover.representative)
    found = db.session.scalar(
        sa.select(Handover)
        .where(Handover.id == handover.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None or found.settled_at is not None:
        raise HandoverUnknown
    return account


def representative_or_none(handover: Handover) -> Representative | None:
    """Who goes, while they still act for the organisation."""
    person = handover.representative
    return person if person is not None and person.ended_at is None else None
