"""Making a network's definition known to the database, and editing its texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session, contains_eager, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from memberships.database import db, insert_if_absent, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.networks.definition import Definition
from memberships.networks.editing import (
    LABELS,
    PAUSE,
    faulty_keys,
    laid_over,
    only_differing,
    pause_in,
)
from memberships.networks.errors import EditUnknown, TextsChanged, TextsInvalid
from memberships.networks.models import DefinitionVersion, Network, NetworkEdit
from memberships.networks.queries import edit_of, file_definitions, in_force_with

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
    # The lock numbers two new versions one after the other.
    network = _network_for_change(definition.slug)
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


def _network_for_change(slug: str) -> Network:
    insert_if_absent(Network, slug=slug)
    return db.session.scalars(
        sa.select(Network).where(Network.slug == slug).with_for_update(key_share=True)
    ).one()


def edit_texts(
    slug: str, changes: Mapping[str, Any], *, seen: int, by: Actor
) -> NetworkEdit | None:
    """Store a network's texts anew with these changes; None is "as the file says".

    `changes` are by the keys of `editing.LABELS`, `seen` is the number of the edit that the person
    saw. One row, its event and the definition before and after it are one change. Returns None and
    stores nothing where nothing differs, as after a second click.

    Raises TextsChanged when one of these very keys was edited after `seen`, TextsInvalid when the
    definition would not pass the check of its file.
    """
    file, network = file_definitions()[slug], _network_for_change(slug)
    stored = _content_of(slug, network.edits)
    edits = only_differing(file, {**stored, **{k: v for k, v in changes.items() if k in LABELS}})
    if edits == stored:
        return None
    _refuse_stale(stored, _content_of(slug, seen), changes)
    if faulty := faulty_keys(file, edits):
        raise TextsInvalid(faulty)
    # The one before, too: forms that are open now were opened with it.
    publish_definition(in_force_with(file, stored))
    publish_definition(laid_over(file, edits))
    return _store_edit(network, stored, edits, by)


def _content_of(slug: str, number: int) -> dict[str, Any]:
    edit = edit_of(slug, number) if number else None
    return edit.content if edit else {}


def _refuse_stale(
    stored: Mapping[str, Any], seen: Mapping[str, Any], changes: Mapping[str, Any]
) -> None:
    differing = {
        key: (seen.get(key), stored.get(key)) for key in changes if seen.get(key) != stored.get(key)
    }
    if differing:
        raise TextsChanged(differing)


def _store_edit(
    network: Network, stored: Mapping[str, Any], edits: dict[str, Any], by: Actor
) -> NetworkEdit:
    pause = pause_in(edits)
    network.edits += 1
    network.paused_until = pause.until if pause else None
    edit = NetworkEdit(
        network_id=network.id, version=network.edits, at=utcnow(), by_id=by.id, content=edits
    )
    db.session.add(edit)
    changed = [key for key in LABELS if stored.get(key) != edits.get(key)]
    db.session.flush()
    record_event(
        EventTag.NETWORK_TEXTS_CHANGED, edit, by=by, version=edit.version, keys=" ".join(changed)
    )
    return edit


def restore_texts(slug: str, number: int, *, seen: int, by: Actor) -> NetworkEdit | None:
    """Make the texts as they were in that edit again, as a new one; a pause stays as it is.

    Number 0 is the file. Raises EditUnknown, and what `edit_texts` raises.
    """
    edit = edit_of(slug, number) if number else None
    if number and edit is None:
        raise EditUnknown
    content = edit.content if edit else {}
    changes = {key: content.get(key) for key in LABELS if key != PAUSE}
    return edit_texts(slug, changes, seen=seen, by=by)
