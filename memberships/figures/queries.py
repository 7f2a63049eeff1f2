"""Counting a network, and reading what a job has counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from functools import cache
from typing import Any

import sqlalchemy as sa

from memberships.applications.models import Application, ApplicationStatus, InformationRequest
from memberships.applications.services.cases import promised_by
from memberships.calendar import BERLIN
from memberships.database import db, utcnow
from memberships.events.models import Tombstone
from memberships.figures.errors import NotCounted
from memberships.figures.models import FigureMonth, FigureStand, Part
from memberships.figures.numbers import first_day, first_week
from memberships.figures.tally import (
    ALL,
    NEVER,
    Tally,
    Topic,
    day_of,
    hours_between,
    last_day_of,
    unpacked,
)
from memberships.members.models import Holder, Membership
from memberships.networks.definition import Definition
from memberships.retention.models import ErasedFigure, What
from memberships.settings import current_settings

# Up to so many applications, or memberships, are counted while the page is asked for.
COUNTED_AT_ONCE = 2000
FIRST, DECISION = "first", "decision"
OPEN = "open"
_BATCH = 5000
_ENDS = {
    ApplicationStatus.APPROVED,
    ApplicationStatus.DECLINED,
    ApplicationStatus.WITHDRAWN,
    ApplicationStatus.CLOSED,
}
_DECIDED = {ApplicationStatus.APPROVED, ApplicationStatus.DECLINED}


def tally_for(network_id: int, net: Definition, day: date) -> tuple[Tally, datetime]:
    """Counts for the figures at that day, and as of when they are.

    A small network is counted now. Of a large one this is what the job has counted last, within
    half an hour while a worker runs. Raises NotCounted until it has done so for the first time.
    """
    counted_at = db.session.scalar(
        sa.select(FigureStand.counted_at).where(FigureStand.network_id == network_id)
    )
    if counted_at is not None:
        return stored_tally(network_id, day), counted_at
    if is_large(network_id):
        raise NotCounted
    now = utcnow()
    return count_network(network_id, net), now


def stored_tally(network_id: int, day: date) -> Tally:
    """The stored counts that the figures at that day need; one statement.

    Of members that is one month: it begins with all that were there before.
    """
    here = FigureMonth.network_id == network_id
    until = FigureMonth.month <= day.replace(day=1)
    last = (
        sa.select(sa.func.max(FigureMonth.month))
        .where(here, until, FigureMonth.part == Part.MEMBERS)
        .scalar_subquery()
    )
    wanted = (
        (Part.APPLICATIONS, first_week(day).replace(day=1)),
        (Part.COMING_AND_GOING, first_day(day)),
        (Part.MEMBERS, last),
    )
    rows = db.session.execute(
        sa.select(FigureMonth.part, FigureMonth.month, FigureMonth.content).where(
            here,
            until,
            sa.or_(
                *(
                    sa.and_(FigureMonth.part == part, FigureMonth.month >= since)
                    for part, since in wanted
                )
            ),
        )
    )
    return unpacked((part, month, content) for part, month, content in rows)


def stored_months(network_id: int) -> dict[tuple[Part, date], str]:
    """Everything that is stored of a network."""
    rows = db.session.execute(
        sa.select(FigureMonth.part, FigureMonth.month, FigureMonth.content).where(
            FigureMonth.network_id == network_id
        )
    )
    return {(part, month): content for part, month, content in rows}


def is_large(network_id: int) -> bool:
    """Whether counting takes too long while somebody waits; reads a few thousand keys at most."""
    return any(
        (db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0) > COUNTED_AT_ONCE
        for some in (
            sa.select(model.id)
            .where(model.network_id == network_id)
            .limit(COUNTED_AT_ONCE + 1)
            .subquery()
            for model in (Application, Membership)
        )
    )


def count_network(network_id: int, net: Definition) -> Tally:
    """Every application and membership of a network, by day in Berlin; memory stays flat.

    Left out is whoever's data is restricted (Art. 18 GDPR). What was erased is known by the month;
    of applications that nobody confirmed, by the day of their erasure.
    """
    tally = Tally()
    _count_applications(tally, network_id, net)
    _count_unconfirmed(tally, network_id)
    _count_members(tally, network_id)
    _count_erased(tally, network_id)
    return tally


def _streamed(query: sa.Select[*tuple[Any, ...]]) -> Iterator[Any]:
    return iter(db.session.execute(query.execution_options(yield_per=_BATCH)))


def _count_applications(tally: Tally, network_id: int, net: Definition) -> None:
    asked_at = (
        sa.select(sa.func.min(InformationRequest.asked_at))
        .where(InformationRequest.application_id == Application.id)
        .scalar_subquery()
    )
    rows = _streamed(
        sa.select(
            Application.submitted_at,
            Application.confirmed_at,
            Application.status,
            Application.settled_at,
            Application.decline_reason,
            asked_at,
        ).where(Application.network_id == network_id, Application.restricted_at.is_(None))
    )
    until = _promises(net)
    for sent_at, confirmed_at, status, settled_at, reason, first_asked_at in rows:
        sent = day_of(sent_at)
        settled = day_of(settled_at) if settled_at and status in _ENDS else NEVER
        outcome = status.value if settled else OPEN
        confirmed = day_of(confirmed_at) if confirmed_at else NEVER
        tally.add(Topic.SENT, sent, confirmed, outcome, settled)
        if reason and settled:
            tally.add(Topic.REASONS, sent, reason, settled)
        if first_asked_at:
            tally.add(Topic.ASKED, sent, day_of(first_asked_at))
        if confirmed_at:
            decided_at = settled_at if status in _DECIDED else None
            _count_waits(tally, confirmed_at, first_asked_at, decided_at, until(confirmed))


def _promises(net: Definition) -> Callable[[int], int]:
    @cache
    def until(day: int) -> int:
        noon = datetime.combine(date.fromordinal(day), time(12), BERLIN)
        return day_of(promised_by(net, noon))

    return until


def _count_waits(
    tally: Tally,
    start: datetime,
    asked_at: datetime | None,
    decided_at: datetime | None,
    promised: int,
) -> None:
    answers = [at for at in (asked_at, decided_at) if at]
    if answers:
        answered_at = min(answers)
        day = day_of(answered_at)
        tally.add(Topic.WAITED, day, FIRST, hours_between(start, answered_at))
        tally.add(Topic.KEPT, day, int(day <= promised))
    if decided_at:
        tally.add(Topic.WAITED, day_of(decided_at), DECISION, hours_between(start, decided_at))


def _count_unconfirmed(tally: Tally, network_id: int) -> None:
    rows = db.session.execute(
        sa.select(Tombstone.erased_on, sa.func.count())
        .where(Tombstone.network_id == network_id, Tombstone.rule == "unconfirmed_expired")
        .group_by(Tombstone.erased_on)
    )
    for erased_on, number in rows:
        sent = erased_on.toordinal() - current_settings().confirmation_days - 1
        tally.add(Topic.SENT, sent, NEVER, OPEN, NEVER, number=number)


def _count_members(tally: Tally, network_id: int) -> None:
    answer = Membership.answers
    rows = _streamed(
        sa.select(
            Membership.member_since,
            Membership.ended_at,
            Membership.holder,
            Membership.organisation_kind,
            Membership.federal_state,
            answer["sector"].as_string(),
            answer["level"].as_string(),
            answer["district"].as_string(),
        ).where(Membership.network_id == network_id, Membership.restricted_at.is_(None))
    )
    for since, ended_at, holder, kind, land, sector, level, district in rows:
        keys = (
            (ALL, ""),
            ("kind", kind or (holder.value if holder is Holder.PERSON else "")),
            ("land", land),
            ("sector", sector or ""),
            ("level", level or ""),
            ("district", district or ""),
        )
        began, ended = day_of(since), day_of(ended_at) if ended_at else NEVER
        for topic, moved, day in (
            (Topic.JOINED, Topic.CAME, began),
            (Topic.ENDED, Topic.WENT, ended),
        ):
            if day:
                tally.counts[moved][day,] += 1
                counter = tally.counts[topic]
                for key in keys:
                    counter[day, *key] += 1


def _count_erased(tally: Tally, network_id: int) -> None:
    figure = ErasedFigure
    columns = (figure.what, figure.outcome, figure.began_in, figure.settled_in)
    rows = db.session.execute(
        sa.select(*columns, sa.func.count())
        .where(figure.network_id == network_id)
        .group_by(*columns)
    )
    for what, outcome, began_in, settled_in, number in rows:
        began = last_day_of(began_in)
        if what is What.APPLICATION:
            tally.add(Topic.GONE, began, outcome, number=number)
        else:
            tally.add(Topic.CAME, began, number=number)
            tally.add(Topic.WENT, last_day_of(settled_in), number=number)
