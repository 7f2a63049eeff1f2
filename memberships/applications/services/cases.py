"""What every step of a case needs: its lock, its links, its clock, its searchable text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    ApplicationRestricted,
    ApplicationUnknown,
    DecisionPending,
)
from memberships.applications.models import (
    AnswerRevision,
    Application,
    ApplicationStatus,
    CaseToken,
    Confirmation,
)
from memberships.applications.queries import changes_since
from memberships.calendar import (
    BERLIN,
    end_of_day,
    is_working_day,
    working_days_between,
    working_days_later,
)
from memberships.database import db, utcnow
from memberships.events.models import SYSTEM, EventTag
from memberships.events.services import record_event
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion
from memberships.organisations.queries import load_engine
from memberships.search import fold
from memberships.settings import current_settings
from memberships.tokens import new_token, token_hash

OWN_COLUMNS = ("email", "first_name", "last_name", "organisation_name")
SEARCHED = ("first_name", "last_name", "email", "organisation_name", "place", "postal_code")


@cache
def get_ready() -> None:
    """Load what deciding needs, once per process and before anything is locked.

    Whoever came first would do it while all others wait: a third of a second on SQLite.
    """
    load_engine()
    is_working_day(utcnow().date())


def application_for_change(
    network_id: int,
    application_id: UUID,
    *,
    seen_version: int | None = None,
    even_restricted: bool = False,
    even_pending: bool = False,
) -> Application:
    """The application of that network, locked, as the person saw it.

    Raises ApplicationUnknown when the network has no such case, or its address is not proven yet,
    ApplicationRestricted when its data is only kept, ApplicationNotDecidable when somebody has
    decided it since (DecisionPending while that can be taken back), ApplicationChanged when
    anything else differs from what was seen.
    """
    application = db.session.scalar(
        sa.select(Application)
        .where(
            Application.id == application_id,
            Application.network_id == network_id,
            Application.status != ApplicationStatus.UNCONFIRMED,
        )
        .options(
            joinedload(Application.network, innerjoin=True),
            joinedload(Application.definition, innerjoin=True).joinedload(
                DefinitionVersion.network, innerjoin=True
            ),
        )
        .with_for_update(of=Application)
    )
    if application is None:
        raise ApplicationUnknown
    if not even_restricted:
        require_unrestricted(application)
    if application.pending is not None and not even_pending:
        raise DecisionPending
    if seen_version is not None and application.version != seen_version:
        if not application.status.is_decidable:
            raise ApplicationNotDecidable
        raise ApplicationChanged(changes_since(application, seen_version))
    return application


def require_unrestricted(application: Application) -> None:
    """Raises ApplicationRestricted while the case's data is kept and nothing else."""
    if application.restricted_at is not None:
        raise ApplicationRestricted


def open_case(application: Application, *, purpose: str) -> str:
    """Mint a link to the applicant's own page; the token is returned once, stored as a hash."""
    token = new_token()
    db.session.add(
        CaseToken(
            application_id=application.id,
            token_hash=token_hash(token),
            purpose=purpose,
            expires_at=utcnow() + timedelta(days=current_settings().case_link_days),
        )
    )
    return token


def close_case_links(application: Application) -> None:
    """End every link to the applicant's own page, and what could open a new one."""
    for secret in (CaseToken, Confirmation):
        db.session.execute(sa.delete(secret).where(secret.application_id == application.id))


def keep_revision(application: Application) -> None:
    """Remember the answers as they are now, before they change."""
    db.session.add(
        AnswerRevision(
            application_id=application.id,
            until_version=application.version,
            answers=application.all_answers,
            changed_at=utcnow(),
        )
    )


def search_text_of(answers: Mapping[str, Any]) -> str:
    """What a coordinator searches in, folded."""
    return fold(" ".join(str(answers[key]) for key in SEARCHED if answers.get(key)))


def drop_decision(application: Application, *, why: str) -> None:
    """The case is not any more what was decided about: a person looks again. `why` is for the log.

    Nothing happens where no decision waits to take effect.
    """
    if application.pending is not None:
        forget_decision(application)
        record_event(EventTag.APPLICATION_DECISION_DROPPED, application, by=SYSTEM, why=why)


def forget_decision(application: Application) -> None:
    """The case waits as it did before somebody decided."""
    application.pending = application.takes_effect_at = application.decided_by_id = None


def promised_by(definition: Definition, start: datetime) -> datetime:
    """The end of the day until which the network promises an answer.

    Working days leave out the public holidays of the network's Land, of a federal one those of all
    Germany. A network that admits at once and yet has to look at a case takes two weeks at most.
    """
    return _end_of(_days_later(definition, _day(start), definition.promise.days or 14))


def promised_after_pause(
    definition: Definition, due_at: datetime, stopped_at: datetime, now: datetime
) -> datetime:
    """Until when an answer is due after the clock stood: as long is left as was left then."""
    due, stopped = _day(due_at), _day(stopped_at)
    if not definition.promise.working_days or due < stopped:
        return end_of_day(due_at + (now - stopped_at))
    left = working_days_between(stopped, due, definition.holiday_land)
    return _end_of(_days_later(definition, _day(now), left))


def _days_later(definition: Definition, day: date, days: int) -> date:
    if definition.promise.working_days:
        return working_days_later(day, days, definition.holiday_land)
    return day + timedelta(days=days)


def _day(at: datetime) -> date:
    return at.astimezone(BERLIN).date()


def _end_of(day: date) -> datetime:
    return end_of_day(datetime.combine(day, time(), BERLIN))
