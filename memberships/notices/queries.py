"""Reading what waits for whom, and what they were told of it already."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from memberships.accounts.models import StaffRole
from memberships.applications.models import (
    Application,
    ApplicationStatus,
    Channel,
    InformationRequest,
)
from memberships.calendar import BERLIN, end_of_day, working_days_between, working_days_later
from memberships.database import db
from memberships.events.models import Event, EventTag
from memberships.mails.models import OutgoingMail
from memberships.notices.models import NoticeSetting, Reminder, Rhythm, Step
from memberships.permissions import NETWORK_ROLES, Permission, Role, may

MOST = 2000
# Working days: before the promised day, and after it.
SOON, DEPUTY_AFTER, LEAD_AFTER = 1, 2, 5
LOOKED_BACK = timedelta(days=8)
_MAY_DECIDE = [role for role in NETWORK_ROLES if may(role, Permission.DECIDE_APPLICATIONS)]
_WAITS = sa.and_(
    Application.status == ApplicationStatus.IN_REVIEW,
    Application.restricted_at.is_(None),
    Application.pending.is_(None),
    Application.claimed_by_id.is_not(None),
)


@dataclass(frozen=True)
class Notice:
    """One case that somebody is to be told of, and why."""

    application: Application
    step: Step
    about_at: datetime


@dataclass(frozen=True)
class Colleague:
    """Who decides in a network, and what they chose."""

    held: StaffRole
    rhythm: Rhythm
    deputy_role_id: UUID | None


def colleagues_of(network_id: int) -> Sequence[Colleague]:
    """Everybody who may decide in the network, by name."""
    rows: Sequence[Any] = db.session.execute(
        sa.select(StaffRole, NoticeSetting)
        .join(StaffRole.account)
        .outerjoin(NoticeSetting, NoticeSetting.role_id == StaffRole.id)
        .where(
            StaffRole.network_id == network_id,
            StaffRole.role.in_(_MAY_DECIDE),
        )
        .options(contains_eager(StaffRole.account))
    ).all()
    found = [
        Colleague(
            held,
            chosen.rhythm if chosen else Rhythm.DAILY,
            chosen.deputy_role_id if chosen else None,
        )
        for held, chosen in rows
    ]
    return sorted(found, key=lambda one: one.held.account.shown_name.casefold())


def notices_for(
    network_id: int, colleagues: Sequence[Colleague], land: str, now: datetime
) -> dict[UUID, list[Notice]]:
    """What each colleague (by role) is to be told and was not told yet, what is due first."""
    found: dict[UUID, list[Notice]] = {one.held.id: [] for one in colleagues}
    waiting = [*_due(network_id, land, now), *_new(network_id, now)]
    told = _told({notice.application.id for notice in waiting})
    for notice in waiting:
        for one in _recipients(notice, colleagues):
            key = (notice.application.id, one.held.id, notice.step, notice.about_at)
            if key not in told:
                found[one.held.id].append(notice)
    return found


def _due(network_id: int, land: str, now: datetime) -> Iterator[Notice]:
    today = now.astimezone(BERLIN).date()
    until = end_of_day(datetime.combine(working_days_later(today, SOON, land), now.time(), BERLIN))
    # The latest first: of the oldest everybody was told long ago.
    rows = db.session.scalars(
        sa.select(Application)
        .where(Application.network_id == network_id, _WAITS, Application.due_at <= until)
        .order_by(Application.due_at.desc(), Application.id.desc())
        .limit(MOST)
    ).all()
    for application in reversed(rows):
        due_at = application.due_at
        if due_at is None:
            continue
        if due_at >= now:
            yield Notice(application, Step.SOON, due_at)
            continue
        yield Notice(application, Step.OVERDUE, due_at)
        late = working_days_between(due_at.astimezone(BERLIN).date(), today, land)
        if late > DEPUTY_AFTER:
            yield Notice(application, Step.DEPUTY, due_at)
        if late > LEAD_AFTER:
            yield Notice(application, Step.LEAD, due_at)


def _new(network_id: int, now: datetime) -> Iterator[Notice]:
    """What was handed to its owner by somebody else, and what was answered."""
    handed = db.session.execute(
        sa.select(Application, Event)
        .join(Event, Event.subject_id == Application.id)
        .where(
            Application.network_id == network_id,
            _WAITS,
            Application.claimed_at > now - LOOKED_BACK,
            Event.tag == EventTag.APPLICATION_HANDED_ON,
            Event.at >= Application.claimed_at,
            Event.actor_id != Application.claimed_by_id,
        )
        .order_by(Application.id, Event.seq)
        .limit(MOST)
    ).all()
    for application, event in handed:
        to = json.loads(event.record)["details"].get("to")
        if to == str(application.claimed_by_id) and application.claimed_at:
            yield Notice(application, Step.HANDED, application.claimed_at)
    answered: Sequence[Any] = db.session.execute(
        sa.select(Application, InformationRequest.answered_at)
        .join(InformationRequest, InformationRequest.application_id == Application.id)
        .where(
            Application.network_id == network_id,
            _WAITS,
            InformationRequest.answered_at > now - LOOKED_BACK,
            InformationRequest.answered_via == Channel.ONLINE,
        )
        .order_by(InformationRequest.answered_at)
        .limit(MOST)
    ).all()
    for application, at in answered:
        yield Notice(application, Step.ANSWERED, at)


def _recipients(notice: Notice, colleagues: Sequence[Colleague]) -> list[Colleague]:
    """The owner; a while later the deputy that they named, or all others; then the lead."""
    owner_id = notice.application.claimed_by_id
    owner = next((one for one in colleagues if one.held.account_id == owner_id), None)
    if owner is None:
        return []
    others = [one for one in colleagues if one is not owner]
    if notice.step is Step.LEAD:
        return [one for one in others if one.held.role is Role.LEAD]
    if notice.step is Step.DEPUTY:
        named = [one for one in others if one.held.id == owner.deputy_role_id]
        return named or [one for one in others if one.held.role is not Role.LEAD]
    return [owner]


def _told(application_ids: Collection[UUID]) -> set[tuple[UUID, UUID, Step, datetime]]:
    if not application_ids:
        return set()
    rows = db.session.execute(
        sa.select(
            Reminder.application_id, Reminder.role_id, Reminder.step, Reminder.about_at
        ).where(Reminder.application_id.in_(application_ids))
    ).all()
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def last_told(role_ids: Collection[UUID], kind: str) -> Mapping[UUID, datetime]:
    """When each of them was last mailed such a notice."""
    rows = db.session.execute(
        sa.select(OutgoingMail.subject_id, sa.func.max(OutgoingMail.created_at))
        .where(OutgoingMail.subject_id.in_(role_ids), OutgoingMail.kind == kind)
        .group_by(OutgoingMail.subject_id)
    ).all()
    return {row[0]: row[1] for row in rows}
