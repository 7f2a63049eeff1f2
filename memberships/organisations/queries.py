"""Which organisation is meant. The engine may grow; what it answers stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db
from memberships.organisations.keys import is_vague, name_key, place_key
from memberships.organisations.models import PRIVATE_KINDS, SHARED, Description, Organisation
from memberships.search import contains_pattern


class Verdict(StrEnum):
    """How sure it is that an organisation is the one that was described."""

    SAME = "same"
    PERHAPS = "perhaps"


@dataclass(frozen=True)
class Candidate:
    """An organisation that may be meant, and why, in words for the office."""

    organisation: Organisation
    verdict: Verdict
    reason: str


def candidates(described: Description) -> list[Candidate]:
    """The organisations that may be the described one, the surest first.

    Same name and same place is `same`; the same name is `perhaps` where one of both places is not
    known well enough. The same name in two known places is two organisations.
    """
    place = place_key(described)
    found = db.session.scalars(
        sa.select(Organisation)
        .where(
            Organisation.name_key == name_key(described.name),
            Organisation.scope.in_((SHARED, described.scope)),
        )
        .order_by(Organisation.registered_at, Organisation.id)
        .limit(50)
    ).all()
    same = [o for o in found if o.place_key == place]
    perhaps = [
        o for o in found if o.place_key != place and (is_vague(place) or is_vague(o.place_key))
    ]
    return [
        *(Candidate(o, Verdict.SAME, "gleicher Name, gleicher Ort") for o in same),
        *(Candidate(o, Verdict.PERHAPS, "gleicher Name, Ort unklar") for o in perhaps),
    ]


def only_match(found: Sequence[Candidate]) -> Organisation | None:
    """The organisation, when exactly one may be meant and surely is."""
    is_sure = len(found) == 1 and found[0].verdict is Verdict.SAME
    return found[0].organisation if is_sure else None


def organisations_named(text: str, scope: str, limit: int = 10) -> Sequence[Organisation]:
    """Organisations that this network may know, with that text in their name, by name."""
    wanted = name_key(text.replace("\0", "").strip())
    if not wanted:
        return []
    return db.session.scalars(
        sa.select(Organisation)
        .where(
            Organisation.scope.in_((SHARED, scope)),
            Organisation.name_key.like(contains_pattern(wanted), escape="\\"),
        )
        .order_by(Organisation.name_key, Organisation.place_key)
        .limit(limit)
    ).all()


def organisation_for(scope: str, organisation_id: UUID) -> Organisation | None:
    """The organisation of that id, when this network may know it, locked for the unit of work."""
    return db.session.scalar(
        sa.select(Organisation)
        .where(Organisation.id == organisation_id, Organisation.scope.in_((SHARED, scope)))
        .with_for_update(key_share=True)
    )


def scope_of(described: Description) -> str:
    """Where the organisation is known: everywhere, or in this network only."""
    return described.scope if described.kind in PRIVATE_KINDS else SHARED
