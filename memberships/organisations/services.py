"""Organisations enter the registry here."""

from __future__ import annotations

import sqlalchemy as sa

from memberships.database import db, insert_or_lock, utcnow, uuid7
from memberships.organisations.errors import OrganisationKnown
from memberships.organisations.keys import name_key, place_key
from memberships.organisations.models import Description, NameKind, Organisation, Origin
from memberships.events.models import Actor
from memberships.organisations.queries import scope_of


def register_new_organisation(described: Description) -> Organisation:
    """An organisation that nobody knew so far, locked.

    Raises OrganisationKnown when one of that name and place is there already.
    """
    known = sa.select(Organisation.id).filter_by(**_identity(described))
    if db.session.scalar(known) is not None:
        raise OrganisationKnown
    return register_organisation(described)


def _identity(described: Description) -> dict[str, str]:
    return {
        "scope": scope_of(described),
        "name_key": name_key(described.name),
        "place_key": place_key(described),
    }


def register_organisation(described: Description) -> Organisation:
    """The organisation of exactly that name and place, made if there is none, locked.

    Locked without its key: applications that refer to it already must not stand in the way.

    However many ask at once, all get the same one, one after the other.
    """
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
    return insert_or_lock(Organisation, _identity(described), values)


def learn_name(
    organisation: Organisation, name: str, *, kind: NameKind = NameKind.OTHER, domain: str = ""
) -> None:
    """Find the organisation by this name, and this domain, from now on, too."""
    raise NotImplementedError


def remember_apart(one: Organisation, other: Organisation, network_id: int, *, by: Actor) -> None:
    """These two are not the same; nobody is asked again. Saying so twice changes nothing."""
    raise NotImplementedError
