"""Making a network's definition known to the database."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from memberships.database import db, insert_if_absent, utcnow
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion, Network


def publish_definition(definition: Definition) -> DefinitionVersion:
    """The stored version of exactly this definition, made on its first use.

    Happens in the unit of work that first needs it, so that a deployment needs no step of its own.
    """
    version = db.session.scalar(_version_of(definition))
    if version is not None:
        return version
    insert_if_absent(Network, slug=definition.slug)
    # The lock numbers two new versions one after the other.
    network = db.session.scalars(
        sa.select(Network).where(Network.slug == definition.slug).with_for_update(key_share=True)
    ).one()
    last = db.session.scalar(
        sa.select(sa.func.max(DefinitionVersion.version)).where(
            DefinitionVersion.network_id == network.id
        )
    )
    insert_if_absent(
        DefinitionVersion,
        network_id=network.id,
        version=(last or 0) + 1,
        digest=definition.digest,
        published_at=utcnow(),
        content=definition.model_dump(mode="json"),
    )
    return db.session.scalars(_version_of(definition)).one()


def _version_of(definition: Definition) -> sa.Select[DefinitionVersion]:
    return (
        sa.select(DefinitionVersion)
        .join(DefinitionVersion.network)
        .where(Network.slug == definition.slug, DefinitionVersion.digest == definition.digest)
        .options(contains_eager(DefinitionVersion.network))
    )
