"""Drafts are kept while somebody types, and dropped when it is sent or thirty days old."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.applications.models import Application
from memberships.database import db, utcnow
from memberships.drafts.errors import DraftChanged, DraftTooLong
from memberships.drafts.models import KEPT, MOST_CHARACTERS, MOST_FIELDS, Draft, DraftForm
from memberships.tokens import new_token


def save_draft(
    account_id: UUID,
    application: Application,
    form: DraftForm,
    fields: Mapping[str, list[str]],
    *,
    seen: str | None,
) -> str:
    """Keep what is typed; returns the stamp of the draft, empty when nothing is typed any more.

    `seen` is the stamp that the window knows, empty for none; None overwrites whatever there is.
    Raises DraftChanged when another window of the same person has written since, DraftTooLong for
    more than a form can hold.
    """
    typed = {name: values for name, values in fields.items() if any(map(str.strip, values))}
    if len(typed) > MOST_FIELDS or sum(map(_length, typed.values())) > MOST_CHARACTERS:
        raise DraftTooLong
    known = _for_change(account_id, application.id, form)
    if seen is not None and (known.stamp if known else "") != seen:
        raise DraftChanged
    if not typed:
        if known:
            db.session.delete(known)
        return ""
    if known is None:
        known = Draft(account_id=account_id, application_id=application.id, form=form)
        db.session.add(known)
    known.fields, known.stamp, known.saved_at = typed, new_token(), utcnow()
    return known.stamp


def _length(values: list[str]) -> int:
    return sum(map(len, values))


def _for_change(account_id: UUID, application_id: UUID, form: DraftForm) -> Draft | None:
    """The draft; the account is locked, so that two windows come one after the other."""
    db.session.execute(
        sa.select(Account.id).where(Account.id == account_id).with_for_update(key_share=True)
    )
    return db.session.get(Draft, (account_id, application_id, form), populate_existing=True)


def drop_draft(account_id: UUID, application_id: UUID, *forms: DraftForm) -> None:
    """Forget what was typed into these forms: it is sent, or nobody wants it."""
    db.session.execute(
        sa.delete(Draft).where(
            Draft.account_id == account_id,
            Draft.application_id == application_id,
            Draft.form.in_(forms),
        )
    )


def erase_old_drafts(limit: int = 500) -> int:
    """Erase what nobody has gone on with for thirty days; returns how many."""
    old = (
        sa.select(Draft.account_id, Draft.application_id, Draft.form)
        .where(Draft.saved_at < utcnow() - KEPT)
        .limit(limit)
    )
    found = db.session.execute(old).all()
    for account_id, application_id, form in found:
        drop_draft(account_id, application_id, form)
    return len(found)
