"""Which seats wait for somebody, and which are on their way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from memberships.accounts.models import Account
from memberships.database import db
from memberships.events.models import Event
from memberships.members.models import Deputy, Membership, Representative, Seat
from memberships.members.queries import Standing, living_representatives
from memberships.networks.definition import Definition, OnePerOrganisation
from memberships.organisations.models import Organisation
from memberships.seats.models import Handover, Stage
from memberships.tokens import token_hash

PAGE_SIZE = 50


@dataclass(frozen=True)
class VacantSeat:
    """A seat that nobody holds, of the organisation as it is called today."""

    seat: Seat
    organisation: Organisation


def _living(organisation: Any) -> sa.ColumnElement[UUID]:
    return sa.func.coalesce(organisation.merged_into_id, organisation.id)


def vacant_seats(network_id: int, limit: int = PAGE_SIZE) -> list[VacantSeat]:
    """The seats that wait longest for somebody, at most `limit` and one more."""
    registered, living = aliased(Organisation), aliased(Organisation)
    rows = db.session.execute(
        sa.select(Seat, living)
        .join(registered, registered.id == Seat.organisation_id)
        .join(living, living.id == _living(registered))
        .where(Seat.network_id == network_id, Seat.vacant_since.is_not(None))
        .order_by(Seat.vacant_since, Seat.id)
        .limit(limit + 1)
    )
    return [VacantSeat(seat, organisation) for seat, organisation in rows]


def open_handovers(network_id: int, limit: int = PAGE_SIZE) -> Sequence[Handover]:
    """The hand-overs of a network that are on their way, those that somebody objects to first."""
    return db.session.scalars(
        sa.select(Handover)
        .where(Handover.network_id == network_id, Handover.settled_at.is_(None))
        .options(joinedload(Handover.seat).joinedload(Seat.organisation))
        .order_by(Handover.stage != Stage.CONTESTED, Handover.proposed_at)
        .limit(limit + 1)
    ).all()


def to_decide(network_ids: Collection[int]) -> dict[int, int]:
    """How many hand-overs of each network wait for the office: somebody objects."""
    rows = db.session.execute(
        sa.select(Handover.network_id, sa.func.count())
        .where(
            Handover.network_id.in_(network_ids),
            Handover.settled_at.is_(None),
            Handover.stage == Stage.CONTESTED,
        )
        .group_by(Handover.network_id)
    )
    return {row[0]: row[1] for row in rows}


def seat_in(network_id: int, seat_id: UUID) -> Seat | None:
    """The seat of that id, if it is this network's."""
    return db.session.scalar(
        sa.select(Seat)
        .where(Seat.id == seat_id, Seat.network_id == network_id)
        .options(joinedload(Seat.organisation))
    )


def seat_of(membership: Membership) -> Seat | None:
    """The seat that the membership holds, if it has one."""
    if membership.organisation_id is None:
        return None
    return db.session.scalar(
        sa.select(Seat).where(
            Seat.network_id == membership.network_id,
            Seat.organisation_id == membership.organisation_id,
            Seat.number == membership.seat_number,
        )
    )


def organisation_of(seat: Seat) -> Organisation:
    """The organisation whose seat it is, as it is called today."""
    merged_into = seat.organisation.merged_into_id
    return db.session.get_one(Organisation, merged_into) if merged_into else seat.organisation


def holding_membership(seat: Seat) -> Membership | None:
    """The living membership that holds the seat."""
    return db.session.scalar(
        sa.select(Membership).where(
            Membership.network_id == seat.network_id,
            Membership.organisation_id == organisation_of(seat).id,
            Membership.seat_number == seat.number,
            Membership.ended_at.is_(None),
        )
    )


def open_handover_of(seat: Seat) -> Handover | None:
    """The hand-over of that seat that is on its way."""
    return db.session.scalar(
        sa.select(Handover).where(Handover.seat_id == seat.id, Handover.settled_at.is_(None))
    )


def handover_in(network_id: int, handover_id: UUID) -> Handover | None:
    """The hand-over of that id, if it is this network's."""
    found = db.session.get(Handover, handover_id)
    return found if found is not None and found.network_id == network_id else None


def handover_by_token(token: str) -> Handover | None:
    """What the mail to the invited person links."""
    return db.session.scalar(sa.select(Handover).where(Handover.token_hash == token_hash(token)))


def handover_by_objection_token(token: str) -> Handover | None:
    """What the mail to the person who holds the seat links."""
    return db.session.scalar(
        sa.select(Handover).where(Handover.objection_token_hash == token_hash(token))
    )


def handover_for_application(application_id: UUID) -> Handover | None:
    """The open hand-over to somebody who applied."""
    return db.session.scalar(
        sa.select(Handover).where(
            Handover.application_id == application_id, Handover.settled_at.is_(None)
        )
    )


def holder_of(handover: Handover) -> tuple[Membership | Representative, Account] | None:
    """Who goes, and their account; None where the seat is vacant or they have gone already."""
    membership, representative = handover.membership, handover.representative
    if membership is None or not membership.is_living:
        return None
    person: Membership | Representative = representative or membership
    if person.ended_at is not None or person.account_id is None:
        return None
    return person, db.session.get_one(Account, person.account_id)


def first_representative(membership: Membership) -> Representative | None:
    """Who has acted longest for the organisation that is the member."""
    return next(iter(living_representatives(membership.id)), None)


def due_handovers(now: datetime, limit: int) -> Sequence[UUID]:
    """Open ones whose time to object, or to accept, is over; and those that can happen now."""
    over = sa.or_(
        sa.and_(Handover.cleared_at.is_(None), Handover.object_until <= now),
        sa.and_(Handover.cleared_at.is_not(None), Handover.accepted_at.is_not(None)),
        Handover.expires_at <= now,
    )
    return db.session.scalars(
        sa.select(Handover.id)
        .where(Handover.settled_at.is_(None), Handover.stage == Stage.OPEN, over)
        .order_by(Handover.proposed_at)
        .limit(limit)
    ).all()


def handovers_about(account: Account) -> list[tuple[Handover, bool]]:
    """The hand-overs that hold something about the account's owner; whether as the invited one."""
    going = sa.or_(
        Representative.account_id == account.id,
        sa.and_(Handover.representative_id.is_(None), Membership.account_id == account.id),
    )
    rows = db.session.scalars(
        sa.select(Handover)
        .outerjoin(Membership, Membership.id == Handover.membership_id)
        .outerjoin(Representative, Representative.id == Handover.representative_id)
        .where(sa.or_(going, Handover.email == account.email))
        .options(joinedload(Handover.seat).joinedload(Seat.organisation))
        .order_by(Handover.proposed_at)
    )
    return [(handover, handover.email == account.email) for handover in rows]


def deputies_of(seat: Seat) -> Sequence[Deputy]:
    """Who acts for the seat beside its holder, or is asked to."""
    return db.session.scalars(
        sa.select(Deputy)
        .where(Deputy.seat_id == seat.id)
        .options(joinedload(Deputy.account))
        .order_by(Deputy.slot)
    ).all()


def deputy_by_token(token: str) -> Deputy | None:
    """What the mail to an invited deputy links."""
    return db.session.scalar(sa.select(Deputy).where(Deputy.token_hash == token_hash(token)))


def expired_deputies(now: datetime, limit: int) -> Sequence[UUID]:
    """Who was asked and has not answered in time."""
    return db.session.scalars(
        sa.select(Deputy.id)
        .where(Deputy.accepted_at.is_(None), Deputy.expires_at <= now)
        .order_by(Deputy.expires_at)
        .limit(limit)
    ).all()


def deputy_by_id(deputy_id: UUID) -> Deputy | None:
    """The deputy of that id."""
    return db.session.get(Deputy, deputy_id)


def deputyships_about(account: Account) -> Sequence[Deputy]:
    """Where the account's owner acts for a seat, or is asked to."""
    return db.session.scalars(
        sa.select(Deputy)
        .where(sa.or_(Deputy.account_id == account.id, Deputy.email == account.email))
        .options(joinedload(Deputy.seat).joinedload(Seat.organisation))
        .order_by(Deputy.invited_at)
    ).all()


def has_person_seats(net: Definition) -> bool:
    """Whether a person is the member who holds a seat, and not the organisation itself."""
    return net.one_per_organisation is OnePerOrganisation.SEAT


def people_on(seat: Seat) -> list[Standing]:
    """Who holds the seat or acts for the member on it, then those before, while data is kept."""
    memberships = db.session.scalars(
        sa.select(Membership)
        .where(
            Membership.network_id == seat.network_id,
            Membership.organisation_id == organisation_of(seat).id,
            Membership.seat_number == seat.number,
        )
        .order_by(Membership.ended_at.is_not(None), Membership.member_since.desc())
    ).all()
    acting = db.session.scalars(
        sa.select(Representative)
        .where(Representative.membership_id.in_([one.id for one in memberships]))
        .order_by(Representative.ended_at.is_not(None), Representative.since, Representative.id)
    ).all()
    own = [Standing(one, None) for one in memberships if one.account_id is not None]
    by_id = {one.id: one for one in memberships}
    return [*own, *(Standing(by_id[person.membership_id], person) for person in acting)]


def person_on(seat: Seat, account_id: UUID) -> Standing | None:
    """That account's part in the seat, the living one before those that have ended."""
    found = [one for one in people_on(seat) if one.person.account_id == account_id]
    return next((one for one in found if one.is_living), found[0] if found else None)


def account_of(account_id: UUID) -> Account:
    """The account of somebody on a seat."""
    return db.session.get_one(Account, account_id)


def restricted_seats(network_id: int) -> Sequence[Seat]:
    """Seats with somebody on them whose data is kept and nothing else, at most a page."""
    restricted = sa.union(
        sa.select(Membership.id).where(
            Membership.network_id == network_id, Membership.restricted_at.is_not(None)
        ),
        sa.select(Representative.membership_id).where(Representative.restricted_at.is_not(None)),
    )
    return db.session.scalars(
        sa.select(Seat)
        .join(
            Membership,
            sa.and_(
                Membership.network_id == Seat.network_id,
                Membership.organisation_id == Seat.organisation_id,
                Membership.seat_number == Seat.number,
            ),
        )
        .where(Seat.network_id == network_id, Membership.id.in_(restricted))
        .options(joinedload(Seat.organisation))
        .order_by(Seat.id)
        .limit(PAGE_SIZE)
    ).all()


def events_of(seat: Seat) -> Sequence[Event]:
    """What happened to the seat, oldest first."""
    return db.session.scalars(
        sa.select(Event).where(Event.subject_id == seat.id).order_by(Event.seq)
    ).all()
