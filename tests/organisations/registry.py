"""A registry for tests. All people and organisations are invented."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from memberships.database import db, unit_of_work
from memberships.events.models import SYSTEM, Actor
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.networks.services import publish_definition
from memberships.organisations.models import Description, Organisation
from memberships.organisations.services import (
    merge_organisations,
    register_organisation,
    remember_apart,
    undo_merge,
)

MILL = Description(
    "Bürgerwerkstatt Mühlental e. V.", "avd", "association", "DE", "70173", "Stuttgart", "BW"
)
BRIDGE = Description(
    "Verein Brückenschlag Talheim", "avd", "association", "DE", "70173", "Stuttgart", "BW"
)
FOREST = Description("Waldfreunde Obertal", "avd", "association", "DE", "70173", "Stuttgart", "BW")


def registered(described: Description) -> UUID:
    with unit_of_work():
        return register_organisation(described).id


def network_of(slug: str) -> Network:
    with unit_of_work():
        publish_definition(current_definitions()[slug])
    return db.session.scalars(sa.select(Network).where(Network.slug == slug)).one()


def merged(
    keep: UUID, drop: UUID, slug: str = "avd", *, by: Actor = SYSTEM, is_operator: bool = True
) -> UUID:
    network = network_of(slug)
    with unit_of_work():
        return merge_organisations(
            keep, drop, network=network, by=by, reason="Umbenannt.", is_operator=is_operator
        ).id


def undone(merge_id: UUID, slug: str = "avd", *, is_operator: bool = True) -> None:
    network = network_of(slug)
    with unit_of_work():
        undo_merge(merge_id, network=network, by=SYSTEM, is_operator=is_operator)


def told_apart(one: UUID, other: UUID, slug: str = "avd") -> None:
    network_id = network_of(slug).id
    with unit_of_work():
        remember_apart(row(one), row(other), network_id, by=SYSTEM)


def row(organisation_id: UUID) -> Organisation:
    return db.session.get_one(Organisation, organisation_id)
