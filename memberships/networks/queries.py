"""Definitions in force, and definitions as a case was opened with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app

from memberships.database import db
from memberships.networks.definition import ARCHIVE_PHRASE, Definition
from memberships.networks.models import DefinitionVersion, Network


def current_definitions() -> dict[str, Definition]:
    """All networks of this installation by slug, as their files say now."""
    definitions: dict[str, Definition] = current_app.extensions["networks"]
    return definitions


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
        definition = Definition.model_validate(_as_written_today(version.content))
        # It keeps its name though the model may have got more parts since.
        definition.__dict__["digest"] = version.digest
        _old[version.digest] = definition
    return _old[version.digest]


def _as_written_today(content: Mapping[str, Any]) -> dict[str, Any]:
    """Versions stored before [retention] held the phrases that are made of it now."""
    if "erase_phrases" not in content:
        return dict(content)
    said = content["erase_phrases"].get("ended")
    rest = {key: value for key, value in content.items() if key != "erase_phrases"}
    return {**rest, "retention": {"archive_offer": said == ARCHIVE_PHRASE}}


_old: dict[str, Definition] = {}
