"""What cases are found by is kept beside them, in the transaction that changes them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.applications.models import Application, ApplicationSearch
from memberships.applications.queries import answer_in_words
from memberships.applications.services.cases import SEARCHED, search_text_of
from memberships.calendar import BERLIN
from memberships.database import db, upsert
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion
from memberships.networks.queries import definition_of
from memberships.search import fold, mark_keys, stored_keys, whole_words
from memberships.territory.models import LAENDER


def new_search(application: Application, definition: Definition) -> ApplicationSearch:
    """The row by which a new application is found; the caller stores both."""
    return ApplicationSearch(application=application, **_found_by(application, definition))


def index_application(application: Application) -> None:
    """Make anew what the application is found by, after its answers or its address changed."""
    application.search_text = search_text_of(application.all_answers)
    found_by = _found_by(application, definition_of(application.definition))
    upsert(ApplicationSearch, {"application_id": application.id}, found_by, found_by)


def index_applications(after: UUID | None, limit: int) -> UUID | None:
    """Make anew what the next cases after that id are found by; the last id, None at the end.

    The cases are locked meanwhile: nobody corrects one between reading and writing.
    """
    query = (
        sa.select(Application)
        .options(
            joinedload(Application.definition, innerjoin=True).joinedload(
                DefinitionVersion.network, innerjoin=True
            )
        )
        .order_by(Application.id)
        .limit(limit)
        .with_for_update(of=Application, key_share=True)
    )
    if after is not None:
        query = query.where(Application.id > after)
    applications = db.session.scalars(query).all()
    if not applications:
        return None
    ids = [one.id for one in applications]
    rows = [
        {"application_id": one.id, **_found_by(one, definition_of(one.definition))}
        for one in applications
    ]
    db.session.execute(
        sa.delete(ApplicationSearch).where(ApplicationSearch.application_id.in_(ids))
    )
    db.session.execute(sa.insert(ApplicationSearch), rows)
    return ids[-1]


def _found_by(application: Application, definition: Definition) -> dict[str, Any]:
    text, words = application.search_text, _answered_words(application, definition)
    state = application.answers.get("federal_state")
    state = state if state in LAENDER else None
    received_on = application.received_on or application.submitted_at.astimezone(BERLIN).date()
    row = {
        "network_id": application.network_id,
        "federal_state": state,
        "received_on": received_on,
        "text": text,
    }
    if db.engine.dialect.name != "postgresql":
        return {**row, "words": f" {' '.join(words)} ", "keys": None}
    keys = stored_keys(text, words, mark_keys(application.network_id, state))
    return {**row, "words": None, "keys": keys}


def _answered_words(application: Application, definition: Definition) -> list[str]:
    """The words of what was answered, options by their labels; whatever `text` has is left out."""
    answers = application.answers
    said = [
        answer_in_words(field, answers[field.key])
        for field in definition.fields
        if field.key in answers and answers[field.key] and field.key not in SEARCHED
    ]
    return whole_words(fold(" ".join([*said, str(answers.get("district") or "")])))
