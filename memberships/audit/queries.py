"""The log of a network, newest first, with the names of those who acted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account, StaffRole
from memberships.applications.models import Application, ApplicationStatus
from memberships.audit.wording import Group, tags_of
from memberships.calendar import BERLIN
from memberships.database import db
from memberships.events.models import Anchor, Event, Tombstone

PAGE_SIZE = 50
COUNTED_TO = 1000
_BATCH = 1000


@dataclass(frozen=True)
class LogFilter:
    """What a page of the log shows; `subject` is the id of a case or whatever else it is about."""

    group: Group | None = None
    actor: UUID | None = None
    subject: UUID | None = None
    since: date | None = None
    until: date | None = None
    after: int | None = None


@dataclass(frozen=True)
class LogPage:
    """Events, the names of those who acted, and which of the cases can be opened."""

    events: Sequence[Event]
    names: dict[UUID, str]
    cases: frozenset[UUID]
    next_after: int | None


def log_page(network_id: int, wanted: LogFilter) -> LogPage:
    """One page of this network's log, by key; three statements."""
    found = db.session.scalars(
        sa.select(Event)
        .where(Event.network_id == network_id, *_conditions(wanted))
        .order_by(Event.id.desc())
        .limit(PAGE_SIZE + 1)
    ).all()
    shown = found[:PAGE_SIZE]
    return LogPage(
        events=shown,
        names=_names({event.actor_id for event in shown if event.actor_id}),
        cases=_cases(network_id, {event.subject_id for event in shown}),
        next_after=shown[-1].id if len(found) > PAGE_SIZE else None,
    )


def all_events(network_id: int, wanted: LogFilter) -> Iterator[tuple[Event, dict[UUID, str]]]:
    """Every event of the filter, newest first, with the names of those who acted.

    Read in batches, so that memory stays flat.
    """
    query = (
        sa.select(Event)
        .where(Event.network_id == network_id, *_conditions(wanted))
        .order_by(Event.id.desc())
        .limit(_BATCH)
    )
    after = None
    while True:
        batch = db.session.scalars(query if after is None else query.where(Event.id < after)).all()
        names = _names({event.actor_id for event in batch if event.actor_id})
        for event in batch:
            db.session.expunge(event)
            yield event, names
        if len(batch) < _BATCH:
            return
        after = batch[-1].id


def event_count(network_id: int, wanted: LogFilter) -> int:
    """How many events the filter has; `COUNTED_TO` and one for any more."""
    some = sa.select(Event.id).where(Event.network_id == network_id, *_conditions(wanted))
    counted = some.limit(COUNTED_TO + 1).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0


def _conditions(wanted: LogFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.group:
        conditions.append(Event.tag.in_(tags_of(wanted.group)))
    if wanted.actor:
        conditions.append(Event.actor_id == wanted.actor)
    if wanted.subject:
        conditions.append(Event.subject_id == wanted.subject)
    if wanted.since:
        conditions.append(Event.at >= _begin(wanted.since))
    if wanted.until:
        conditions.append(Event.at < _begin(wanted.until + timedelta(days=1)))
    if wanted.after:
        conditions.append(Event.id < wanted.after)
    return conditions


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, BERLIN)


def _names(ids: set[UUID]) -> dict[UUID, str]:
    found = db.session.scalars(sa.select(Account).where(Account.id.in_(ids))) if ids else ()
    return {account.id: account.shown_name for account in found}


def _cases(network_id: int, ids: set[UUID]) -> frozenset[UUID]:
    is_open = (
        Application.network_id == network_id,
        Application.status != ApplicationStatus.UNCONFIRMED,
    )
    query = sa.select(Application.id).where(Application.id.in_(ids), *is_open)
    return frozenset(db.session.scalars(query)) if ids else frozenset()


def team_of(network_id: int) -> Sequence[Account]:
    """Whom the log can be narrowed to: the people who work for the network now, by name."""
    return db.session.scalars(
        sa.select(Account)
        .join(StaffRole, StaffRole.account_id == Account.id)
        .where(StaffRole.network_id == network_id)
        .order_by(Account.name, Account.email)
    ).all()


def tombstone_of(network_id: int, subject_id: UUID) -> Tombstone | None:
    """What stays of something that was erased."""
    return db.session.scalar(
        sa.select(Tombstone).where(
            Tombstone.subject_id == subject_id, Tombstone.network_id == network_id
        )
    )


def newest_anchor() -> date | None:
    """The day for which the log was last signed."""
    return db.session.scalar(sa.select(sa.func.max(Anchor.day)))
