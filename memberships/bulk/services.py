"""A run, verb by verb: prepared, begun, carried out case by case, stopped, taken back.

Each case is done by the services that a single click uses, in one transaction with its item: who is
killed in between has done nothing, and the next one goes on there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.queries import roles_of
from memberships.applications import services as cases
from memberships.applications.errors import (
    ApplicationUnknown,
    BodyDecides,
    HoldsAnotherSeat,
    NothingPending,
    OrganisationUndecided,
    ReasonUnknown,
)
from memberships.applications.models import Application, ApplicationStatus
from memberships.applications.services import IMPOSSIBLE, Decision, Outcome
from memberships.bulk.errors import NothingChosen, RunUnknown, TooMany
from memberships.bulk.models import Action, BulkItem, BulkRun, ItemState, RunState, Why
from memberships.bulk.queries import still_pending, taking_back
from memberships.database import db, utcnow, uuid7
from memberships.events.models import Actor, ActorKind, EventTag
from memberships.events.services import record_event
from memberships.members.errors import MembershipRestricted, SeatTaken
from memberships.permissions import may
from memberships.replies.queries import fill_in
from memberships.review.queries import MOST_AT_ONCE
from memberships.seats.errors import HandoverOpen, HandoverUnknown

PLANS_ARE_KEPT = timedelta(days=1)
RUNS_ARE_KEPT = timedelta(days=90)

# What a case can answer to an attempt; whatever else is raised is a failure of ours.
REFUSALS = (*IMPOSSIBLE, ApplicationUnknown, NothingPending)

_WHY: dict[type[Exception], Why] = {
    BodyDecides: Why.BODY,
    HandoverOpen: Why.HANDOVER,
    HandoverUnknown: Why.HANDOVER,
    HoldsAnotherSeat: Why.ANOTHER_SEAT,
    MembershipRestricted: Why.RESTRICTED,
    NothingPending: Why.NOTHING_PENDING,
    OrganisationUndecided: Why.ORGANISATION,
    ReasonUnknown: Why.REASON,
    SeatTaken: Why.SEAT,
}
_BY_STATUS = {
    ApplicationStatus.APPROVED: Why.DECIDED,
    ApplicationStatus.DECLINED: Why.DECIDED,
    ApplicationStatus.WITHDRAWN: Why.WITHDRAWN,
    ApplicationStatus.CLOSED: Why.CLOSED,
}


def plan_run(
    network_id: int,
    action: Action,
    ids: Sequence[UUID],
    *,
    wanted: Mapping[str, Any] | None = None,
    by: Actor,
) -> BulkRun:
    """Remember which cases are meant, as they are now; nothing happens to them.

    Cases of other networks are left out. Raises NothingChosen when none is left, TooMany.
    """
    seen = _versions(network_id, ids)
    if not seen:
        raise NothingChosen
    return _store(
        network_id, action, [(id_, seen[id_]) for id_ in ids if id_ in seen], wanted, by=by
    )


def _versions(network_id: int, ids: Collection[UUID]) -> dict[UUID, int]:
    if len(ids) > MOST_AT_ONCE:
        raise TooMany
    rows = db.session.execute(
        sa.select(Application.id, Application.version).where(
            Application.id.in_(ids),
            Application.network_id == network_id,
            Application.status != ApplicationStatus.UNCONFIRMED,
        )
    )
    return dict(iter(rows))


def _store(
    network_id: int,
    action: Action,
    seen: Sequence[tuple[UUID, int]],
    wanted: Mapping[str, Any] | None,
    *,
    by: Actor,
    of_run_id: UUID | None = None,
) -> BulkRun:
    """A run to be checked; one that takes back needs no look before and begins at once."""
    begins = action is Action.TAKE_BACK
    now = utcnow()
    run = BulkRun(
        id=uuid7(),
        network_id=network_id,
        account_id=by.id,
        of_run_id=of_run_id,
        action=action,
        state=RunState.RUNNING if begins else RunState.CHECKING,
        filter=dict(wanted or {}),
        message="",
        reason="",
        with_claimed=False,
        total=len(seen),
        made_at=now,
        started_at=now if begins else None,
    )
    db.session.add(run)
    db.session.flush()
    state = ItemState.READY if begins else ItemState.UNCHECKED
    db.session.execute(
        sa.insert(BulkItem),
        [
            {
                "run_id": run.id,
                "position": position,
                "application_id": id_,
                "seen_version": version,
                "expected": "",
                "is_claimed": False,
                "state": state,
                "why": "",
            }
            for position, (id_, version) in enumerate(seen)
        ],
    )
    if begins:
        _record(EventTag.BULK_STARTED, run, by, cases=len(seen))
    return run


def _record(tag: EventTag, run: BulkRun, by: Actor, **details: int) -> None:
    record_event(tag, run, by=by, action=run.action, **details)


@dataclass(frozen=True)
class Verdict:
    """What looking at a case of a plan found: its version, and why it cannot be done, if so."""

    position: int
    version: int
    why: str
    expected: str
    is_claimed: bool


def verdict_on(item: BulkItem, run: BulkRun) -> Verdict:
    """Whether the action would pass now, as a single click would; reads only."""
    case = item.application
    why = why_not(run, case)
    return Verdict(
        position=item.position,
        version=case.version,
        why=why,
        expected=cases.expected_outcome(case) if run.action is Action.APPROVE and not why else "",
        is_claimed=case.claimed_by_id not in {None, run.account_id},
    )


def why_not(run: BulkRun, case: Application) -> str:
    """Why the action cannot be done to this case now; empty when it can."""
    if case.restricted_at is not None:
        return Why.RESTRICTED
    if run.action is Action.EXPORT:
        return ""
    if run.action is Action.TAKE_BACK:
        return "" if case.pending else Why.NOTHING_PENDING
    return _why_not_open(case) or _why_not_by(run, case)


def _why_not_open(case: Application) -> str:
    if case.pending is not None:
        return Why.DECIDED
    return "" if case.status.is_decidable else _BY_STATUS[case.status]


def _why_not_by(run: BulkRun, case: Application) -> str:
    if run.action is Action.CLAIM:
        return Why.OWN if case.claimed_by_id == run.account_id else ""
    if case.status is ApplicationStatus.INFORMATION_REQUESTED:
        return Why.ASKED
    check = cases.check_approvable if run.action is Action.APPROVE else cases.check_decidable
    try:
        check(case)
    except IMPOSSIBLE as error:
        return _WHY.get(type(error), Why.DECIDED)
    return ""


def note_verdicts(run_id: UUID, found: Sequence[Verdict]) -> bool:
    """Write down what looking found; returns whether that was the last of it.

    Two who looked at the same cases at once do not disturb each other.
    """
    run = db.session.scalar(sa.select(BulkRun).where(BulkRun.id == run_id).with_for_update())
    if run is None or run.state is not RunState.CHECKING:
        return True
    for verdict in found:
        db.session.execute(
            sa.update(BulkItem)
            .where(
                BulkItem.run_id == run_id,
                BulkItem.position == verdict.position,
                BulkItem.state == ItemState.UNCHECKED,
            )
            .values(
                seen_version=verdict.version,
                state=ItemState.IMPOSSIBLE if verdict.why else ItemState.READY,
                why=verdict.why,
                expected=verdict.expected,
                is_claimed=verdict.is_claimed,
            )
            .execution_options(synchronize_session=False)
        )
    if _has(run_id, ItemState.UNCHECKED):
        return False
    run.state = RunState.PLANNED
    return True


def _has(run_id: UUID, state: ItemState) -> bool:
    found = sa.select(BulkItem.position).where(BulkItem.run_id == run_id, BulkItem.state == state)
    return db.session.scalar(found.limit(1)) is not None


def run_for_change(network_id: int, run_id: UUID) -> BulkRun:
    """The run of that network, locked. Raises RunUnknown when the network has none such."""
    run = db.session.scalar(
        sa.select(BulkRun)
        .where(BulkRun.id == run_id, BulkRun.network_id == network_id)
        .with_for_update()
    )
    if run is None:
        raise RunUnknown
    return run


def start_run(
    run: BulkRun, *, message: str = "", reason: str = "", with_claimed: bool = False, by: Actor
) -> bool:
    """Let the worker begin. Returns False, and changes nothing, unless it is a checked plan: a
    double click starts it once.

    Raises NothingChosen when no case is left that it could be done to.
    """
    if run.state is not RunState.PLANNED:
        return False
    if not with_claimed:
        _skip(run, Why.CLAIMED, BulkItem.is_claimed.is_(True))
    if not _has(run.id, ItemState.READY):
        raise NothingChosen
    run.message, run.reason, run.with_claimed = message, reason, with_claimed
    run.state, run.started_at = RunState.RUNNING, utcnow()
    ready = sa.select(sa.func.count()).where(
        BulkItem.run_id == run.id, BulkItem.state == ItemState.READY
    )
    _record(EventTag.BULK_STARTED, run, by, cases=db.session.scalar(ready) or 0)
    return True


def _skip(run: BulkRun, why: Why, *conditions: sa.ColumnElement[bool]) -> None:
    """Leave out what is not done yet."""
    db.session.execute(
        sa.update(BulkItem)
        .where(BulkItem.run_id == run.id, BulkItem.state == ItemState.READY, *conditions)
        .values(state=ItemState.SKIPPED, why=why)
        .execution_options(synchronize_session=False)
    )


def stop_run(run: BulkRun, *, by: Actor) -> bool:
    """Do no further case; the one at hand is finished. False when there was nothing to stop."""
    if run.state is not RunState.RUNNING:
        return False
    run.state = RunState.STOPPED
    _record(EventTag.BULK_STOPPED, run, by)
    return True


def continue_run(run: BulkRun, *, by: Actor) -> bool:
    """Go on where it was stopped."""
    if run.state is not RunState.STOPPED:
        return False
    run.state = RunState.RUNNING
    _record(EventTag.BULK_CONTINUED, run, by)
    return True


def give_up_run(run: BulkRun, *, by: Actor) -> bool:
    """Leave the rest undone for good; a plan that was never begun is deleted."""
    if run.state.is_plan:
        db.session.delete(run)
        return True
    if run.state is not RunState.STOPPED:
        return False
    run.state, run.ended_at = RunState.GIVEN_UP, utcnow()
    _record(EventTag.BULK_GIVEN_UP, run, by)
    return True


def take_back_run(run: BulkRun, *, by: Actor) -> BulkRun:
    """Begin to take back every decision of this run that is not in effect yet.

    A second click finds the first one's. Raises NothingChosen when there is none (any more).
    """
    under_way = taking_back(run.id)
    if under_way is not None:
        return under_way
    ids = still_pending(run.id)
    seen = _versions(run.network_id, ids)
    if not seen:
        raise NothingChosen
    pairs = [(id_, seen[id_]) for id_ in ids]
    return _store(run.network_id, Action.TAKE_BACK, pairs, None, by=by, of_run_id=run.id)


def finish_export(run: BulkRun) -> None:
    """The file has been made."""
    db.session.execute(
        sa.update(BulkItem)
        .where(BulkItem.run_id == run.id, BulkItem.state == ItemState.READY)
        .values(state=ItemState.DONE)
        .execution_options(synchronize_session=False)
    )
    run.state = RunState.FINISHED
    run.started_at = run.started_at or utcnow()
    run.ended_at = utcnow()


def carry_out_item(item: BulkItem) -> None:
    """Do it to this case, which is locked: the same steps as a single click, by whoever began.

    Who may not do it any more does nothing: this case and the rest are skipped. Raises one of
    `REFUSALS` when the case is not any more what was seen, or cannot be done.
    """
    run = item.run
    role = next((r.role for r in roles_of(run.account_id) if r.network_id == run.network_id), None)
    if not may(role, run.action.needs):
        _skip(run, Why.NO_RIGHT)
        return
    case = cases.application_for_change(
        run.network_id,
        item.application_id,
        seen_version=item.seen_version,
        even_pending=run.action is Action.TAKE_BACK,
    )
    _act(run, item, case, Actor(ActorKind.STAFF, run.account_id))
    db.session.flush()
    item.state, item.done_version = ItemState.DONE, case.version


def _act(run: BulkRun, item: BulkItem, application: Application, by: Actor) -> None:
    message = fill_in(run.message, application) if run.message else ""
    match run.action:
        case Action.APPROVE:
            decision = Decision(Outcome.APPROVE, message, expected=item.expected)
            cases.decide(application, decision, by=by)
        case Action.DECLINE:
            cases.decide(application, Decision(Outcome.DECLINE, message, run.reason), by=by)
        case Action.CLAIM:
            cases.claim_application(application, by=by)
        case Action.TAKE_BACK:
            cases.take_back_decision(application, by=by)
        case Action.EXPORT:
            raise ValueError("a file is made by whoever downloads it")


def skip_item(run_id: UUID, position: int, error: Exception) -> None:
    """Leave out a case that refused, with the reason that holds now."""
    item = db.session.scalar(
        sa.select(BulkItem)
        .where(
            BulkItem.run_id == run_id,
            BulkItem.position == position,
            BulkItem.state == ItemState.READY,
        )
        .with_for_update()
    )
    if item is None:
        return
    item.state = ItemState.SKIPPED
    if isinstance(error, REFUSALS):
        item.why = _WHY.get(type(error)) or why_not(item.run, item.application) or Why.CHANGED
    else:
        item.why = Why.FAILED


def finish_run(run_id: UUID) -> None:
    """The run is over once no case waits any more, in nobody's hands either."""
    waits = sa.exists().where(BulkItem.run_id == run_id, BulkItem.state == ItemState.READY)
    db.session.execute(
        sa.update(BulkRun)
        .where(BulkRun.id == run_id, BulkRun.state == RunState.RUNNING, ~waits)
        .values(state=RunState.FINISHED, ended_at=utcnow())
        .execution_options(synchronize_session=False)
    )


def erase_old_runs(limit: int = 100) -> int:
    """Delete up to `limit` plans that nobody began within a day, and runs of 90 days ago."""
    now = utcnow()
    plans = [state for state in RunState if state.is_plan]
    old = db.session.scalars(
        sa.select(BulkRun)
        .where(
            sa.or_(
                sa.and_(BulkRun.state.in_(plans), BulkRun.made_at < now - PLANS_ARE_KEPT),
                sa.and_(BulkRun.state.not_in(plans), BulkRun.made_at < now - RUNS_ARE_KEPT),
            )
        )
        .order_by(BulkRun.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for run in old:
        db.session.delete(run)
        db.session.flush()
    return len(old)
