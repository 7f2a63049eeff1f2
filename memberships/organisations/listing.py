"""The registry as one network's office sees it: all that it may know, beside it its own rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from memberships.applications.models import Application, ApplicationStatus
from memberships.database import db
from memberships.members.models import Membership
from memberships.networks.models import Network
from memberships.organisations.merges import merges_of
from memberships.organisations.models import (
    Merge,
    Organisation,
    OrganisationDomain,
    OrganisationName,
    ToldApart,
)
from memberships.organisations.queries import (
    Known,
    known_besides,
    organisations_named,
    scopes_of,
)

PAGE_SIZE = 50
_OPEN = [status for status in ApplicationStatus if status.is_decidable]


@dataclass(frozen=True)
class Page:
    """Some organisations, by name; `following` is the last one's id where there are more."""

    rows: Sequence[Organisation]
    more: Mapping[UUID, Known]
    members: Mapping[UUID, int]
    cases: Mapping[UUID, int]
    following: UUID | None


@dataclass(frozen=True)
class Shown:
    """One organisation with all that this network may know of it."""

    organisation: Organisation
    names: Sequence[OrganisationName]
    domains: Sequence[str]
    memberships: Sequence[Membership]
    cases: Sequence[Application]
    apart: Sequence[Organisation]
    merges: Sequence[Merge]

    @property
    def is_of_interest(self) -> bool:
        """Whether the network has a member or a case of it, and so a say in what it is called."""
        return bool(self.memberships or self.cases)


def registry_page(network: Network, *, text: str = "", after: UUID | None = None) -> Page:
    """A page of what the network may know, or the first of what is called like the text."""
    if text:
        rows = list(organisations_named(text, network.slug, PAGE_SIZE))
        following = None
    else:
        rows = list(db.session.scalars(_after(network.slug, after).limit(PAGE_SIZE + 1)))
        following = rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None
        rows = rows[:PAGE_SIZE]
    ids = [one.id for one in rows]
    return Page(
        rows,
        known_besides(ids, scopes_of(network.slug)),
        _counted(Membership, network.id, ids, Membership.ended_at.is_(None)),
        _counted(Application, network.id, ids, Application.status.in_(_OPEN)),
        following,
    )


def _after(slug: str, after: UUID | None) -> sa.Select[Organisation]:
    key = sa.tuple_(Organisation.name_key, Organisation.place_key, Organisation.id)
    query = (
        sa.select(Organisation)
        .where(Organisation.scope.in_(scopes_of(slug)), Organisation.merged_into_id.is_(None))
        .order_by(Organisation.name_key, Organisation.place_key, Organisation.id)
    )
    last = db.session.get(Organisation, after) if after else None
    if last is None:
        return query
    return query.where(
        key > sa.tuple_(last.name_key, last.place_key, sa.literal(last.id, sa.Uuid()))
    )


def _counted(
    table: type[Application | Membership],
    network_id: int,
    ids: Sequence[UUID],
    condition: sa.ColumnElement[bool],
) -> Mapping[UUID, int]:
    """Of what is restricted nothing is listed, and so nothing counted (Art. 18 GDPR)."""
    rows = db.session.execute(
        sa.select(table.organisation_id, sa.func.count())
        .where(
            table.network_id == network_id,
            table.organisation_id.in_(ids),
            table.restricted_at.is_(None),
            condition,
        )
        .group_by(table.organisation_id)
    )
    return {id_: count for id_, count in rows if id_ is not None}


def organisation_seen_by(network: Network, organisation_id: UUID) -> Organisation | None:
    """The organisation, or the one that it was merged into; None when the network knows no such."""
    scopes = scopes_of(network.slug)
    found = db.session.get(Organisation, organisation_id)
    if found is not None and found.scope in scopes and found.merged_into_id is not None:
        found = db.session.get(Organisation, found.merged_into_id)
    return found if found is not None and found.scope in scopes else None


def shown(network: Network, organisation: Organisation) -> Shown:
    """All that the network may know of the organisation."""
    id_ = organisation.id
    return Shown(
        organisation,
        db.session.scalars(
            sa.select(OrganisationName)
            .where(OrganisationName.organisation_id == id_)
            .order_by(OrganisationName.name_key)
        ).all(),
        db.session.scalars(
            sa.select(OrganisationDomain.domain)
            .where(OrganisationDomain.organisation_id == id_)
            .order_by(OrganisationDomain.domain)
        ).all(),
        db.session.scalars(
            sa.select(Membership)
            .where(
                Membership.network_id == network.id,
                Membership.organisation_id == id_,
                Membership.restricted_at.is_(None),
            )
            .order_by(Membership.ended_at.is_not(None), Membership.seat_number, Membership.id)
        ).all(),
        db.session.scalars(
            sa.select(Application)
            .where(
                Application.network_id == network.id,
                Application.organisation_id == id_,
                Application.restricted_at.is_(None),
            )
            .order_by(Application.id.desc())
            .limit(PAGE_SIZE)
        ).all(),
        _apart(network, id_),
        [one for one in merges_of(id_) if one.dropped.scope in scopes_of(network.slug)],
    )


def _apart(network: Network, organisation_id: UUID) -> Sequence[Organisation]:
    """Those of which somebody said that they are not this one."""
    others = sa.union_all(
        sa.select(ToldApart.second_id).where(ToldApart.first_id == organisation_id),
        sa.select(ToldApart.first_id).where(ToldApart.second_id == organisation_id),
    )
    return db.session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.in_(others), Organisation.scope.in_(scopes_of(network.slug)))
        .order_by(Organisation.name_key, Organisation.id)
    ).all()
