"""Organisations enter the registry here."""

from __future__ import annotations

import sqlalchemy as sa

from memberships.database import ChangedMeanwhile, db, insert_or_lock, utcnow, uuid7
from memberships.organisations.errors import OrganisationKnown
from memberships.organisations.keys import name_key, place_key
from memberships.organisations.models import Description, Organisation, Origin
from memberships.organisations.queries import organisation_for, own_domain, scope_of
from memberships.organisations.services.learning import learn_domain, write_keys


def register_new_organisation(described: Description) -> Organisation:
    """An organisation that nobody knew so far, locked.

    Raises OrganisationKnown when one of that name and place is there already.
    """
    known = sa.select(Organisation.id).filter_by(**_identity(described))
    if db.session.scalar(known) is not None:
        raise OrganisationKnown
    return _register(described)


def register_organisation(described: Description) -> Organisation:
    """The organisation of exactly that name and place, made if there is none, locked.

    Locked without its key: applications that refer to it already must not stand in the way. Where
    the one of that name was merged, it is the one that lives on.

    However many ask at once, all get the same one, one after the other. Raises ChangedMeanwhile
    when it is merged at this moment.
    """
    merged = sa.select(Organisation.id).filter_by(**_identity(described))
    merged_id = db.session.scalar(merged.where(Organisation.merged_into_id.is_not(None)))
    if merged_id is not None:
        living = organisation_for(described.scope, merged_id)
        if living is None:
            raise ChangedMeanwhile
        return living
    return _register(described)


def _identity(described: Description) -> dict[str, str]:
    return {
        "scope": scope_of(described),
        "name_key": name_key(described.name),
        "place_key": place_key(described),
    }


def _register(described: Description) -> Organisation:
    values = {
        "id": uuid7(),
        "name": described.name,
        "kind": described.kind,
        "country": described.country,
        "postal_code": described.postal_code,
        "city": described.city,
        "federal_state": described.federal_state,
        "municipality_key": described.municipality_key,
        "origin": Origin.APPLICATION,
        "registered_at": utcnow(),
        "version": 1,
    }
    organisation = insert_or_lock(Organisation, _identity(described), values)
    if organisation.merged_into_id is not None:
        raise ChangedMeanwhile
    if organisation.id == values["id"]:
        write_keys(organisation, [described.name])
        if domain := own_domain(described.domain):
            learn_domain(organisation, domain)
    return organisation
