"""What somebody has agreed to, computed from the steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from memberships.database import db
from memberships.privacy.models import NEWSLETTER, ConsentEvent, ConsentStep


def given_consents(subject_id: UUID) -> Sequence[ConsentEvent]:
    """The consents that were ticked in the form."""
    return db.session.scalars(
        sa.select(ConsentEvent).where(
            ConsentEvent.subject_id == subject_id, ConsentEvent.step == ConsentStep.GIVEN
        )
    ).all()


def has_ordered_newsletter(subject_id: UUID) -> bool:
    """Whether the circular was ticked in the form."""
    return any(consent.purpose == NEWSLETTER for consent in given_consents(subject_id))


def confirmed_since(subject_id: UUID, purpose: str) -> datetime | None:
    """Since when a consent holds; None when it was never confirmed or is withdrawn."""
    last = newest_consent(subject_id, purpose)
    return last.at if last is not None and last.step is ConsentStep.CONFIRMED else None


def newest_consent(subject_id: UUID, purpose: str) -> ConsentEvent | None:
    """The last step of a subject's consent to this purpose."""
    return db.session.scalar(
        sa.select(ConsentEvent)
        .where(ConsentEvent.subject_id == subject_id, ConsentEvent.purpose == purpose)
        .order_by(ConsentEvent.id.desc())
        .limit(1)
    )


def agreed_addresses(network_id: int, purpose: str) -> sa.Select[UUID, str]:
    """Subject and address of every consent that holds in a network, as one query to build on.

    It is confirmed, and neither the subject nor the address, whatever its subject then, has
    withdrawn since: who withdrew with a second application, or under another address in between,
    has withdrawn (Art. 7(3) GDPR).
    """
    return sa.select(ConsentEvent.subject_id, ConsentEvent.email).where(
        ConsentEvent.network_id == network_id,
        ConsentEvent.purpose == purpose,
        ConsentEvent.step == ConsentStep.CONFIRMED,
        # One by one: each is found by an index of its own.
        ~_withdrawn_later("email"),
        ~_withdrawn_later("subject_id"),
    )


def _withdrawn_later(same: str) -> sa.ColumnElement[bool]:
    later = aliased(ConsentEvent)
    return sa.exists().where(
        later.network_id == ConsentEvent.network_id,
        later.purpose == ConsentEvent.purpose,
        getattr(later, same) == getattr(ConsentEvent, same),
        later.id > ConsentEvent.id,
        later.step == ConsentStep.WITHDRAWN,
    )


def consent_holds(subject: Any, purpose: str) -> sa.ColumnElement[bool]:
    """Whether the subject's consent holds, as a condition: `subject` is a column of the query."""
    newest = (
        sa.select(ConsentEvent.step)
        .where(ConsentEvent.subject_id == subject, ConsentEvent.purpose == purpose)
        .order_by(ConsentEvent.id.desc())
        .limit(1)
    )
    return newest.scalar_subquery() == ConsentStep.CONFIRMED


def consents_of(subject_id: UUID) -> Sequence[ConsentEvent]:
    """Every step of every consent of a subject, oldest first."""
    return db.session.scalars(
        sa.select(ConsentEvent)
        .where(ConsentEvent.subject_id == subject_id)
        .order_by(ConsentEvent.id)
    ).all()


def newest_steps(subject_ids: Collection[UUID]) -> list[ConsentEvent]:
    """How each consent of these subjects stands: its newest step, in the order of giving."""
    newest = (
        sa.select(sa.func.max(ConsentEvent.id))
        .where(ConsentEvent.subject_id.in_(subject_ids))
        .group_by(ConsentEvent.subject_id, ConsentEvent.purpose)
    )
    return list(
        db.session.scalars(
            sa.select(ConsentEvent).where(ConsentEvent.id.in_(newest)).order_by(ConsentEvent.id)
        )
    )


def consents_under(email: str) -> list[ConsentEvent]:
    """The newest step of every consent that holds and belongs to this address."""
    newest = sa.select(sa.func.max(ConsentEvent.id)).group_by(
        ConsentEvent.subject_id, ConsentEvent.purpose
    )
    return list(
        db.session.scalars(
            sa.select(ConsentEvent)
            .where(
                ConsentEvent.email == email,
                ConsentEvent.step == ConsentStep.CONFIRMED,
                ConsentEvent.id.in_(newest),
            )
            .order_by(ConsentEvent.id)
        )
    )


def withdrawn_consents(network_id: int, before: datetime) -> Sequence[tuple[UUID, datetime]]:
    """Subject and time of every consent whose newest step is its withdrawal, before then."""
    newest = (
        sa.select(sa.func.max(ConsentEvent.id))
        .where(ConsentEvent.network_id == network_id)
        .group_by(ConsentEvent.subject_id, ConsentEvent.purpose)
    )
    rows = db.session.execute(
        sa.select(ConsentEvent.subject_id, ConsentEvent.at)
        .where(
            ConsentEvent.id.in_(newest),
            ConsentEvent.step == ConsentStep.WITHDRAWN,
            ConsentEvent.at < before,
        )
        .order_by(ConsentEvent.id)
    )
    return [(subject_id, at) for subject_id, at in rows]
