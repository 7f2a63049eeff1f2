"""Who is a member."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.accounts.models import Account
from memberships.applications.models import Application
from memberships.database import db, utcnow
from memberships.members.models import (
    Deputy,
    EntryStatus,
    Holder,
    Membership,
    Objection,
    ObjectionTo,
    PublicEntry,
    Representative,
    Seat,
    return_until,
)
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion, Network
from memberships.networks.queries import current_definitions, definition_of
from memberships.privacy.queries import consent_holds

ENTRY_CONSENT = "directory_consent"
# A representative's application was decided in the unit of work that added the representative.
_SAME_MOMENT = timedelta(seconds=10)


@dataclass(frozen=True)
class Standing:
    """A membership as one account has it: its own, or as an organisation's representative."""

    membership: Membership
    representative: Representative | None

    @property
    def is_living(self) -> bool:
        return self.membership.is_living and self._acts

    @property
    def _acts(self) -> bool:
        return self.representative is None or self.representative.ended_at is None

    @property
    def ended_at(self) -> datetime | None:
        if self.representative is not None and self.representative.ended_at is not None:
            return self.representative.ended_at
        return self.membership.ended_at

    @property
    def may_return_until(self) -> datetime | None:
        """Until when the person can come back by themselves; None if they never can."""
        if self.representative is None or self.representative.ended_at is None:
            return self.membership.may_return_until
        return return_until(self.representative.ended_at) if self.membership.is_living else None

    def is_shown(self, now: datetime) -> bool:
        """Whether the profile shows it: it lives, or the person can still come back."""
        until = self.may_return_until
        return self.is_living or (until is not None and now <= until)

    @property
    def restricted_at(self) -> datetime | None:
        """Since when this person's data is kept and nothing else (Art. 18 GDPR)."""
        return self.person.restricted_at

    @property
    def person(self) -> Membership | Representative:
        """The row that holds the person's own part."""
        return self.representative or self.membership

    @property
    def full_name(self) -> str:
        person = self.person
        return f"{person.first_name} {person.last_name}"

    @property
    def since(self) -> datetime:
        person = self.representative
        return person.since if person is not None else self.membership.member_since

    @property
    def all_answers(self) -> dict[str, Any]:
        """Every answer by field key, whichever row holds it; the address is the account's."""
        person = self.representative or self.membership
        return {
            **self.membership.answers,
            **person.answers,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "organisation_name": self.membership.organisation_name,
        }


def standings_of(account_id: UUID) -> list[Standing]:
    """What the account's profile shows: all that lives, the oldest first, then what it left and
    can return to. Two statements, however many there are.
    """
    now = utcnow()
    shown = [standing for standing in _standings(account_id) if standing.is_shown(now)]
    living = [standing for standing in shown if standing.is_living]
    joined = {_place(standing) for standing in living}
    left = {_place(s): s for s in shown if not s.is_living and _place(s) not in joined}
    return [*living, *left.values()]


def every_standing_of(account_id: UUID) -> list[Standing]:
    """All that is stored of the account's memberships, ended ones too, in no list or order."""
    return _standings(account_id)


def _place(standing: Standing) -> tuple[int, UUID | None]:
    """What one has once at a time: a membership of one's own in a network, or one represented."""
    membership = standing.membership
    return membership.network_id, membership.id if standing.representative else None


def standing_of(account_id: UUID, membership_id: UUID, *, fresh: bool = False) -> Standing | None:
    """The membership as this account has it, ended or not; None if it has no part in it.

    `fresh` reads it anew, under a lock that the caller holds.
    """
    found = _standings(account_id, membership_id, fresh=fresh)
    return next((s for s in found if s.is_living), found[-1] if found else None)


def has_profile(account_id: UUID) -> bool:
    """Whether there is something for this account to see there."""
    return bool(standings_of(account_id) or deputyships_of(account_id))


def deputyships_of(account_id: UUID) -> Sequence[Deputy]:
    """The seats for which the account acts as a deputy, the longest first."""
    return db.session.scalars(
        sa.select(Deputy)
        .where(Deputy.account_id == account_id)
        .options(joinedload(Deputy.seat).joinedload(Seat.organisation))
        .order_by(Deputy.accepted_at, Deputy.id)
    ).all()


def _standings(
    account_id: UUID, membership_id: UUID | None = None, *, fresh: bool = False
) -> list[Standing]:
    of_one = sa.true() if membership_id is None else Membership.id == membership_id
    with_definition = joinedload(Membership.definition).joinedload(DefinitionVersion.network)
    own = db.session.scalars(
        sa.select(Membership)
        .where(Membership.account_id == account_id, of_one)
        .options(with_definition)
        .order_by(Membership.member_since, Membership.id)
        .execution_options(populate_existing=fresh)
    )
    represented = db.session.execute(
        sa.select(Membership, Representative)
        .join(Representative, Representative.membership_id == Membership.id)
        .where(Representative.account_id == account_id, of_one)
        .options(with_definition)
        .order_by(Representative.since, Representative.id)
        .execution_options(populate_existing=fresh)
    )
    return [
        *(Standing(membership, None) for membership in own),
        *(Standing(membership, person) for membership, person in represented),
    ]


def membership_of(network_id: int, membership_id: UUID) -> Membership | None:
    """The membership of that id, if it is this network's."""
    return db.session.scalar(
        sa.select(Membership)
        .where(Membership.id == membership_id, Membership.network_id == network_id)
        .options(joinedload(Membership.definition).joinedload(DefinitionVersion.network))
    )


def living_representatives(membership_id: UUID) -> Sequence[Representative]:
    """Who acts for the organisation now, longest first."""
    return db.session.scalars(
        sa.select(Representative)
        .where(Representative.membership_id == membership_id, Representative.ended_at.is_(None))
        .order_by(Representative.since, Representative.id)
    ).all()


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


def seats_of_each(
    organisation_ids: Collection[UUID], network_id: int
) -> dict[UUID, list[Membership]]:
    """By organisation its living memberships in that network; none where it has none."""
    found: dict[UUID, list[Membership]] = {id_: [] for id_ in organisation_ids}
    if found:
        for seat in db.session.scalars(
            sa.select(Membership)
            .where(
                Membership.network_id == network_id,
                Membership.organisation_id.in_(organisation_ids),
                Membership.ended_at.is_(None),
            )
            .order_by(Membership.seat_number)
        ):
            if seat.organisation_id is not None:
                found[seat.organisation_id].append(seat)
    return found


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
    """By membership who acts in it: the person, or the organisation's representatives.

    Nobody whose data is only kept (Art. 18 GDPR).
    """
    shown = {m.id: bool(m.first_name) and m.restricted_at is None for m in memberships}
    names = {m.id: [f"{m.first_name} {m.last_name}"] if shown[m.id] else [] for m in memberships}
    for id_, people in representatives_of(names).items():
        names[id_] += [person.full_name for person in people if person.restricted_at is None]
    return names


def account_of(email: str) -> Account | None:
    """The account of an address, if there is one. Never for a public page."""
    return db.session.scalar(sa.select(Account).where(Account.email == email))


def cases_of_representative(membership_id: UUID, account_id: UUID) -> list[UUID]:
    """Ids of the applications with which this one of its representatives came to a membership."""
    return [id_ for id_, owner in _who_applied(membership_id).items() if owner == account_id]


def account_behind(application: Application) -> Account | None:
    """Whose application it is, of those who act or acted in the membership that came of it."""
    membership = application.membership
    if membership is None or membership.account is not None:
        return membership.account if membership else None
    owner = _who_applied(membership.id).get(application.id)
    return db.session.get(Account, owner) if owner else None


def _who_applied(membership_id: UUID) -> dict[UUID, UUID | None]:
    """The account behind each application of an organisation that is a member.

    Whoever began to act in the moment of the decision; addresses change, and are passed on to
    others. Of an application that made nobody a representative the address tells.
    """
    people = db.session.execute(
        sa.select(Account.id, Account.email, Representative.since)
        .join(Representative, Representative.account_id == Account.id)
        .where(Representative.membership_id == membership_id)
    ).all()
    by_address: dict[str, UUID] = {person.email: person.id for person in people}
    applied = db.session.execute(
        sa.select(Application.id, Application.email, Application.decided_at)
        .where(Application.membership_id == membership_id)
        .order_by(Application.id)
    )
    owners = {}
    for id_, email, decided_at in applied:
        began = {abs(person.since - decided_at): person.id for person in people if decided_at}
        nearest = min(began, default=_SAME_MOMENT * 2)
        owners[id_] = began[nearest] if nearest <= _SAME_MOMENT else by_address.get(email)
    return owners


def objections_of(membership_id: UUID, account_id: UUID) -> frozenset[ObjectionTo]:
    """What the account objects to in this membership (Art. 21 GDPR)."""
    return frozenset(
        db.session.scalars(
            sa.select(Objection.against).where(
                Objection.membership_id == membership_id, Objection.account_id == account_id
            )
        )
    )


def entry_of(membership_id: UUID) -> PublicEntry | None:
    """The membership's entry, whatever its status."""
    return db.session.scalar(
        sa.select(PublicEntry)
        .where(PublicEntry.membership_id == membership_id)
        .options(joinedload(PublicEntry.representative))
    )


def asked_of(membership: Membership) -> Definition:
    """The form that the member joined with, with the profile questions of today at its end."""
    joined_with = definition_of(membership.definition)
    today = current_definitions().get(joined_with.slug, joined_with)
    return joined_with.with_profile_of(today, membership.holder.value)


def public_entries(slug: str) -> sa.Select[PublicEntry]:
    """The entries that everybody may see at this moment: released, agreed to, of living members.

    An entry is deleted with the agreement; these conditions are the second belt.
    """
    subject = sa.func.coalesce(PublicEntry.representative_id, PublicEntry.membership_id)
    return (
        sa.select(PublicEntry)
        .join(Membership, Membership.id == PublicEntry.membership_id)
        .outerjoin(Representative, Representative.id == PublicEntry.representative_id)
        .where(
            PublicEntry.network_id
            == sa.select(Network.id).where(Network.slug == slug).scalar_subquery(),
            PublicEntry.status == EntryStatus.RELEASED,
            Membership.ended_at.is_(None),
            Membership.restricted_at.is_(None),
            Representative.ended_at.is_(None),
            Representative.restricted_at.is_(None),
            consent_holds(subject, ENTRY_CONSENT),
        )
    )


def has_public_entries(net: Definition) -> bool:
    """Whether the public list of this network shows anybody."""
    if not net.entry_labels:
        return False
    some = public_entries(net.slug).with_only_columns(PublicEntry.id).limit(1)
    return db.session.scalar(some) is not None
