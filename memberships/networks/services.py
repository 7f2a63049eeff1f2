"""Making a network's definition known to the database."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session, contains_eager, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from memberships.database import db, insert_if_absent, utcnow
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion, Network

_SEEN = "stored versions of definitions"


def publish_definition(definition: Definition) -> DefinitionVersion:
    """The stored version of exactly this definition, made on its first use.

    Happens in the unit of work that first needs it, so that a deployment needs no step of its own.
    A stored version never changes: each process asks for it once.
    """
    known = _known().get(definition.digest)
    if known is not None:
        return db.session.merge(known, load=False)
    version = db.session.scalar(_version_of(definition)) or _store(definition)
    db.session.info.setdefault(_SEEN, []).append(_detached(version))
    return version


def _known() -> dict[str, DefinitionVersion]:
    versions: dict[str, DefinitionVersion] = current_app.extensions.setdefault(_SEEN, {})
    return versions


def _detached(version: DefinitionVersion) -> DefinitionVersion:
    """A copy that belongs to no session, with all but the content."""
    network = Network(id=version.network.id, slug=version.network.slug)
    copy = DefinitionVersion(
        id=version.id,
        network_id=network.id,
        version=version.version,
        digest=version.digest,
        published_at=version.published_at,
    )
    make_transient_to_detached(network)
    make_transient_to_detached(copy)
    set_committed_value(copy, "network", network)
    return copy


@listens_for(db.session, "after_commit")
def _remember(session: Session) -> None:
    """Only now is it sure that the version exists."""
    for version in session.info.pop(_SEEN, ()):
        _known()[version.digest] = version


@listens_for(db.session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_SEEN, None)


def _store(definition: Definition) -> DefinitionVersion:
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
