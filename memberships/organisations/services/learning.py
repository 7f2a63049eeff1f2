"""What the registry learns of an organisation: further names, domains, and which it is not."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm.attributes import flag_modified

from memberships.database import ChangedMeanwhile, db, insert_if_absent, utcnow, uuid7
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.organisations.errors import NameKnown, NameUnknown, OrganisationsAreOne
from memberships.organisations.index import index_keys
from memberships.organisations.keys import name_key
from memberships.organisations.models import (
    LONGEST_NAME,
    SHARED,
    Description,
    InNetwork,
    NameKind,
    Organisation,
    OrganisationDomain,
    OrganisationKey,
    OrganisationName,
    ToldApart,
)
from memberships.organisations.queries import (
    known_besides,
    organisation_for,
    own_domain,
    scope_of,
    scopes_of,
)


def learn(organisation: Organisation, described: Description) -> None:
    """Know the organisation by the name and domain of an application that was approved, too.

    Nothing is learned before an approval: what one stranger types would lead others astray. Nor
    from an initiative or a self-employed person about an organisation that all networks know.
    """
    if organisation.scope == SHARED and scope_of(described) != SHARED:
        return
    domain, key = own_domain(described.domain), name_key(described.name)
    if key == organisation.name_key and not domain:
        return
    more = known_besides([organisation.id], scopes_of(organisation.scope))[organisation.id]
    if key not in {organisation.name_key, *map(name_key, more.names)}:
        learn_name(organisation, described.name)
    if domain and domain not in more.domains:
        learn_domain(organisation, domain)


def learn_name(organisation: Organisation, name: str, *, kind: NameKind = NameKind.OTHER) -> None:
    """Find the organisation by this name from now on, too; what is known already changes nothing.

    The organisation is locked.
    """
    key = name_key(name)
    if not name.strip() or key == organisation.name_key:
        return
    values = {"id": uuid7(), "organisation_id": organisation.id, "name_key": key}
    insert_if_absent(OrganisationName, **values, name=name[:LONGEST_NAME], kind=kind)
    write_keys(organisation, [name])


def learn_domain(organisation: Organisation, domain: str) -> None:
    """Find the organisation by this bare domain from now on, too."""
    insert_if_absent(OrganisationDomain, organisation_id=organisation.id, domain=domain)
    write_keys(organisation, [], [domain])


def write_keys(
    organisation: Organisation, names: Iterable[str], domains: Iterable[str] = ()
) -> None:
    """Store what the organisation is found by under these names; one statement."""
    keys = index_keys(names, domains, organisation.postal_code, organisation.city)
    rows = [{"key": key, "organisation_id": organisation.id} for key in keys]
    if rows:
        insert = postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
        db.session.execute(insert(OrganisationKey).values(rows).on_conflict_do_nothing())


def organisation_for_change(
    scope: str, organisation_id: UUID, *, seen_version: int | None
) -> Organisation | None:
    """The organisation, locked; None when the network knows no such one.

    Raises ChangedMeanwhile unless it has the version that the person saw.
    """
    found = organisation_for(scope, organisation_id)
    if found is not None and (found.id != organisation_id or found.version != seen_version):
        raise ChangedMeanwhile
    return found


def add_name(
    organisation: Organisation, name: str, kind: NameKind, *, network_id: int, by: Actor
) -> None:
    """Add a further name by hand. The organisation is locked.

    Raises NameKnown when it has that name already.
    """
    more = known_besides([organisation.id], scopes_of(organisation.scope))[organisation.id]
    if name_key(name) in {organisation.name_key, *map(name_key, more.names)}:
        raise NameKnown
    learn_name(organisation, name, kind=kind)
    flag_modified(organisation, "name")  # the version counts what its page shows
    about = InNetwork(organisation.id, network_id)
    record_event(EventTag.ORGANISATION_NAME_ADDED, about, by=by, kind=kind.value)


def remove_name(organisation: Organisation, name_id: UUID, *, network_id: int, by: Actor) -> None:
    """Take a further name away, and what it was found by. The organisation is locked.

    Raises NameUnknown when it has none of that id.
    """
    name = db.session.get(OrganisationName, name_id)
    if name is None or name.organisation_id != organisation.id:
        raise NameUnknown
    db.session.delete(name)
    flag_modified(organisation, "name")
    db.session.flush()
    rebuild_keys(organisation)
    about = InNetwork(organisation.id, network_id)
    record_event(EventTag.ORGANISATION_NAME_REMOVED, about, by=by)


def rebuild_keys(organisation: Organisation) -> None:
    """Make the organisation's keys anew from its own names and domains."""
    id_ = organisation.id
    names = db.session.scalars(
        sa.select(OrganisationName.name).where(OrganisationName.organisation_id == id_)
    ).all()
    domains = db.session.scalars(
        sa.select(OrganisationDomain.domain).where(OrganisationDomain.organisation_id == id_)
    ).all()
    db.session.execute(sa.delete(OrganisationKey).where(OrganisationKey.organisation_id == id_))
    write_keys(organisation, [organisation.name, *names], domains)


def remember_apart(one: Organisation, other: Organisation, network_id: int, *, by: Actor) -> None:
    """These two are not the same; nobody is asked again. Saying so twice changes nothing.

    Raises OrganisationsAreOne when both are the same, or one was merged into the other.
    """
    if (one.merged_into_id or one.id) == (other.merged_into_id or other.id):
        raise OrganisationsAreOne
    first, second = sorted((one.id, other.id))
    lock_organisations(first, second)
    if db.session.get(ToldApart, (first, second)) is not None:
        return
    db.session.add(
        ToldApart(first_id=first, second_id=second, network_id=network_id, by_id=by.id, at=utcnow())
    )
    for id_, not_id in ((first, second), (second, first)):
        record_event(
            EventTag.ORGANISATION_TOLD_APART,
            InNetwork(id_, network_id),
            by=by,
            organisation=str(not_id),
        )


def lock_organisations(*ids: UUID) -> dict[UUID, Organisation]:
    """The organisations of these ids as they are now, locked in one order."""
    rows = db.session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.in_(ids))
        .order_by(Organisation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}
