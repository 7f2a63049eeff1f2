"""Finding applications by the secrets that open them, and the answers as they were asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.applications.models import (
    Application,
    CaseToken,
    Confirmation,
)
from memberships.database import db, utcnow
from memberships.networks.definition import ChoiceField, Definition
from memberships.networks.models import DefinitionVersion
from memberships.tokens import token_hash


def application_by_page_token(page_token: str, *, for_change: bool = False) -> Application | None:
    """The application that this browser submitted, while its data exists."""
    return _one(Application.page_token_hash == token_hash(page_token), for_change=for_change)


def application_by_confirm_token(token: str, *, for_change: bool = False) -> Application | None:
    """The application whose confirmation mail held this link, while its data exists."""
    confirmed = sa.select(Confirmation.application_id).where(
        Confirmation.token_hash == token_hash(token)
    )
    application = _one(Application.id.in_(confirmed), for_change=for_change)
    # PostgreSQL waits for the row's lock and then looks at that row anew, not at the links: whoever
    # corrected the address meanwhile has ended this one, and it must not prove the new address.
    if for_change and db.session.scalar(confirmed) is None:
        return None
    return application


def application_by_case_token(token: str) -> Application | None:
    """The application that this case link opens, while the link lives."""
    opened = sa.select(CaseToken.application_id).where(
        CaseToken.token_hash == token_hash(token), CaseToken.expires_at > utcnow()
    )
    return _one(Application.id.in_(opened), for_change=False)


def _one(condition: sa.ColumnElement[bool], *, for_change: bool) -> Application | None:
    query = (
        sa.select(Application)
        .where(condition)
        .options(joinedload(Application.definition).joinedload(DefinitionVersion.network))
    )
    if for_change:
        query = query.with_for_update(of=Application)
    return db.session.scalar(query)


def expired_applications(now: datetime, limit: int) -> Sequence[Application]:
    """Unconfirmed applications whose time is over, locked; those in other hands are skipped."""
    return db.session.scalars(
        sa.select(Application)
        .where(
            # Literal, so that SQLite uses the partial index.
            sa.text("status = 'unconfirmed'"),
            Application.expires_at <= now,
        )
        .order_by(Application.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def answers_as_asked(application: Application, definition: Definition) -> list[tuple[str, str]]:
    """Question and answer in words, in the order of the form; unanswered questions are left out."""
    answers = application.all_answers
    return [
        (field.label, _in_words(field, answers[field.key]))
        for field in definition.fields
        if field.type != "consent" and answers.get(field.key)
    ]


def _in_words(field: Any, value: str) -> str:
    if isinstance(field, ChoiceField):
        return next((option.label for option in field.options if option.key == value), value)
    return value
