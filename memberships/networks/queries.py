"""Definitions in force, and definitions as a case was opened with."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from memberships.accounts.models import Account
from memberships.calendar import BERLIN
from memberships.database import db, is_writing, utcnow
from memberships.networks.definition import ARCHIVE_PHRASE, Definition
from memberships.networks.editing import Pause, fitting, laid_over, pause_in
from memberships.networks.models import DefinitionVersion, Network, NetworkEdit

# How long a process may go on with the texts that it knows before it looks for newer ones.
LOOK_EVERY_SECONDS = 3.0
_IN_FORCE, _LOOKED_AT = "networks_in_force", "networks_looked_at"

_PAUSED_UNTIL = sa.select(Network.paused_until).where(Network.id == sa.bindparam("id"))

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _InForce:
    """What this process knows; replaced as a whole, so that threads need no lock."""

    files: Mapping[str, Definition]
    edits: Mapping[str, int]
    definitions: dict[str, Definition]
    pauses: Mapping[str, Pause]


def file_definitions() -> dict[str, Definition]:
    """All networks of this installation by slug, as their files say, whatever was edited."""
    definitions: dict[str, Definition] = current_app.extensions["networks"]
    return definitions


def current_definitions() -> dict[str, Definition]:
    """All networks of this installation by slug: the files, and over them what offices edited.

    Asks the database only the first time in a process; `follow_edits` keeps it up to date.
    """
    return _in_force().definitions


def current_pause(slug: str) -> Pause | None:
    """The pause of admission that holds today; as fresh as `current_definitions`."""
    pause = _in_force().pauses.get(slug)
    is_over = pause is None or utcnow().astimezone(BERLIN).date() > pause.until
    return None if is_over else pause


def is_paused(network_id: int, today: date) -> bool:
    """Whether nobody is taken in on that day, as the database says now, in any unit of work."""
    until = db.session.scalar(_PAUSED_UNTIL, {"id": network_id})
    return until is not None and today <= until


def _in_force() -> _InForce:
    known: _InForce | None = current_app.extensions.get(_IN_FORCE)
    if known is None or known.files is not file_definitions():
        return _look()
    return known


def follow_edits(*, at_once: bool = False) -> None:
    """Take over what offices have edited since, also in other processes.

    One small statement at most every LOOK_EVERY_SECONDS, or now. Two threads at once look twice,
    which does no harm. Not inside a unit of work: what that has not stored yet is not in force.
    """
    looked_at = current_app.extensions.get(_LOOKED_AT, float("-inf"))
    if at_once or time.monotonic() - looked_at >= LOOK_EVERY_SECONDS:
        if not at_once:
            current_app.extensions[_LOOKED_AT] = time.monotonic()
        _look()


def _look() -> _InForce:
    known: _InForce | None = current_app.extensions.get(_IN_FORCE)
    files = file_definitions()
    if known is None or known.files is not files:
        known = _InForce(files, {}, files, {})
    try:
        rows = db.session.execute(sa.select(Network.slug, Network.edits)).all()
        edits = {row.slug: row.edits for row in rows}
        if edits != known.edits:
            known = _laid_over(known, edits)
    except SQLAlchemyError as error:
        if is_writing():
            raise
        # A page that needs no database is still served, with the texts known so far.
        db.session.rollback()
        log.warning("the edited texts cannot be read: %s", type(error).__name__)
    current_app.extensions[_IN_FORCE] = known
    return known


def _laid_over(known: _InForce, edits: Mapping[str, int]) -> _InForce:
    definitions, pauses = dict(known.definitions), dict(known.pauses)
    for slug, number in edits.items():
        if slug in known.files and known.edits.get(slug, 0) != number:
            content = _content(slug, number)
            pauses.pop(slug, None)
            if pause := pause_in(content):
                pauses[slug] = pause
            definitions[slug] = in_force_with(known.files[slug], content)
    return _InForce(known.files, edits, definitions, pauses)


def in_force_with(file: Definition, content: Mapping[str, Any]) -> Definition:
    """The file with these edits; those that no longer fit a file that has changed are left out."""
    kept = fitting(file, content)
    if len(kept) < len(content):
        left_out = ", ".join(sorted(set(content) - set(kept)))
        log.error("%s: edited texts that do not fit the file: %s", file.slug, left_out)
    return laid_over(file, kept)


def _content(slug: str, number: int) -> dict[str, Any]:
    return db.session.scalar(_edits(slug).where(NetworkEdit.version == number)) or {}


def _edits(slug: str) -> sa.Select[dict[str, Any]]:
    return sa.select(NetworkEdit.content).join(Network).where(Network.slug == slug)


def newest_edit(slug: str) -> tuple[int, dict[str, Any]]:
    """The number of the newest edit and what it holds, read now; 0 and nothing without one."""
    number = db.session.scalar(sa.select(Network.edits).where(Network.slug == slug)) or 0
    return number, _content(slug, number)


def edit_of(slug: str, number: int) -> NetworkEdit | None:
    """One edit by its number."""
    return db.session.scalar(
        sa.select(NetworkEdit)
        .join(Network)
        .where(Network.slug == slug, NetworkEdit.version == number)
    )


def edits_of(
    slug: str, *, before: int | None = None, limit: int = 50
) -> list[tuple[NetworkEdit, Account | None]]:
    """The edits of a network with who made them, newest first, those before that number."""
    query = (
        sa.select(NetworkEdit, Account)
        .join(Network, Network.id == NetworkEdit.network_id)
        .outerjoin(Account, Account.id == NetworkEdit.by_id)
        .where(Network.slug == slug)
        .order_by(NetworkEdit.version.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(NetworkEdit.version < before)
    return [(edit, by) for edit, by in db.session.execute(query)]


def words_today(version: DefinitionVersion) -> Definition:
    """The definition of a case for what is said about it now: with the contact of today.

    Questions, rules, promises and texts are those that the case was opened with. Who can be asked
    and the words of mails are today's.
    """
    opened_with = definition_of(version)
    current = current_definitions().get(opened_with.slug, opened_with)
    return opened_with if current is opened_with else opened_with.speaking_as(current)


def definition_of(version: DefinitionVersion) -> Definition:
    """The definition as it was in that version."""
    current = current_definitions().get(version.network.slug)
    if current is not None and current.digest == version.digest:
        return current
    return _stored(version)


def earlier_definition(slug: str, digest: str) -> Definition | None:
    """A stored version by the beginning of its digest, for cases that were opened with it."""
    version = db.session.scalar(
        sa.select(DefinitionVersion)
        .join(Network)
        .where(Network.slug == slug, DefinitionVersion.digest.startswith(digest, autoescape=True))
        .limit(1)
    )
    return _stored(version) if version else None


def _stored(version: DefinitionVersion) -> Definition:
    if version.digest not in _old:
        stored = Definition.model_validate(_as_written_today(version.content))
        _old[version.digest] = stored.known_as(version.digest)
    return _old[version.digest]


def _as_written_today(content: Mapping[str, Any]) -> dict[str, Any]:
    """Versions stored before [retention] held the phrases that are made of it now."""
    if "erase_phrases" not in content:
        return dict(content)
    said = content["erase_phrases"].get("ended")
    rest = {key: value for key, value in content.items() if key != "erase_phrases"}
    return {**rest, "retention": {"archive_offer": said == ARCHIVE_PHRASE}}


_old: dict[str, Definition] = {}
