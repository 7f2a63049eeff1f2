"""Reading runs: what there is to do, what became of each case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from memberships.accounts.models import Account
from memberships.applications.models import Application
from memberships.bulk.models import Action, BulkItem, BulkRun, ItemState, RunState, Why
from memberships.database import db
from memberships.networks.models import DefinitionVersion

PAGE_SIZE = 100
RUNS_SHOWN = 50


def run_in(network_id: int, run_id: UUID) -> BulkRun | None:
    """The run of that id, if it is this network's."""
    return db.session.scalar(
        sa.select(BulkRun)
        .where(BulkRun.id == run_id, BulkRun.network_id == network_id)
        .options(joinedload(BulkRun.account, innerjoin=True))
    )


def runs_of(network_id: int, account_id: UUID) -> Sequence[BulkRun]:
    """The newest runs of a network; of plans, which nobody else has to know, only one's own."""
    plans = [state for state in RunState if state.is_plan]
    return db.session.scalars(
        sa.select(BulkRun)
        .where(
            BulkRun.network_id == network_id,
            sa.or_(BulkRun.account_id == account_id, BulkRun.state.not_in(plans)),
        )
        .options(joinedload(BulkRun.account, innerjoin=True))
        .order_by(BulkRun.id.desc())
        .limit(RUNS_SHOWN)
    ).all()


@dataclass(frozen=True)
class Tally:
    """How many cases of a run are where, and how many of the ready ones a colleague works on."""

    counts: dict[ItemState, int]
    claimed: int

    def __getitem__(self, state: ItemState) -> int:
        return self.counts.get(state, 0)

    @property
    def known(self) -> int:
        return sum(self.counts.values())


def tallies(run_ids: Collection[UUID]) -> dict[UUID, Tally]:
    """Of each of these runs; one statement."""
    rows = db.session.execute(
        sa.select(BulkItem.run_id, BulkItem.state, BulkItem.is_claimed, sa.func.count())
        .where(BulkItem.run_id.in_(run_ids))
        .group_by(BulkItem.run_id, BulkItem.state, BulkItem.is_claimed)
    ).all()
    found: dict[UUID, Tally] = {}
    for run_id in run_ids:
        own = [(state, claimed, count) for id_, state, claimed, count in rows if id_ == run_id]
        counts = {s: sum(n for state, _, n in own if state is s) for s in ItemState}
        claimed = sum(n for state, is_, n in own if is_ and state is ItemState.READY)
        found[run_id] = Tally(counts, claimed)
    return found


@dataclass(frozen=True)
class Reason:
    """Why how many cases are left out; `who` has decided about them or works on them."""

    why: str
    who: str
    count: int


def reasons_of(run_id: UUID) -> list[Reason]:
    """Why cases of a run are left out, and which a colleague works on; the most frequent first."""
    is_taken = sa.and_(BulkItem.state == ItemState.READY, BulkItem.is_claimed)
    why = sa.case((is_taken, Why.CLAIMED.value), else_=BulkItem.why)
    who = sa.case(
        (why == Why.DECIDED, Application.decided_by_id),
        (why == Why.CLAIMED, Application.claimed_by_id),
    )
    each = (
        sa.select(why.label("why"), who.label("who"))
        .select_from(BulkItem)
        .join(BulkItem.application)
        .where(BulkItem.run_id == run_id, sa.or_(BulkItem.why != "", is_taken))
        .subquery()
    )
    found = (
        sa.select(each.c.why, each.c.who, sa.func.count().label("count"))
        .group_by(each.c.why, each.c.who)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(found.c.why, Account, found.c.count)
        .outerjoin(Account, Account.id == found.c.who)
        .order_by(found.c.count.desc(), found.c.why)
    )
    return [
        Reason(why, account.shown_name if account else "", number) for why, account, number in rows
    ]


def outcomes_of(run_id: UUID) -> dict[str, int]:
    """How many of the ready cases an approval would make members, add, or find members already."""
    each = (
        sa.select(sa.func.substr(BulkItem.expected, 1, 6).label("kind"))
        .where(BulkItem.run_id == run_id, BulkItem.state == ItemState.READY)
        .subquery()
    )
    rows = db.session.execute(sa.select(each.c.kind, sa.func.count()).group_by(each.c.kind))
    return {kind.rstrip(":"): count for kind, count in rows}


def items_of(run_id: UUID, states: Collection[ItemState], after: int = -1) -> Sequence[BulkItem]:
    """A page of a run's cases in these states, and one more if there are more."""
    return db.session.scalars(
        _with_cases(
            BulkItem.run_id == run_id, BulkItem.state.in_(states), BulkItem.position > after
        )
        .options(
            contains_eager(BulkItem.application).joinedload(Application.decided_by),
            contains_eager(BulkItem.application).joinedload(Application.claimed_by),
        )
        .limit(PAGE_SIZE + 1)
    ).all()


def _with_cases(*conditions: sa.ColumnElement[bool]) -> sa.Select[BulkItem]:
    case = contains_eager(BulkItem.application)
    return (
        sa.select(BulkItem)
        .join(BulkItem.application)
        .where(*conditions)
        .options(
            case.joinedload(Application.network, innerjoin=True),
            case.joinedload(Application.definition, innerjoin=True).joinedload(
                DefinitionVersion.network, innerjoin=True
            ),
            case.joinedload(Application.organisation),
        )
        .order_by(BulkItem.position)
    )


def first_ready(run_id: UUID) -> Application | None:
    """The case that a run would begin with, if it can one that is still as it was looked at: its
    mail is the example.
    """
    is_changed = sa.case((Application.version == BulkItem.seen_version, 0), else_=1)
    item = db.session.scalar(
        _with_cases(BulkItem.run_id == run_id, BulkItem.state == ItemState.READY)
        .order_by(None)
        .order_by(is_changed, BulkItem.position)
        .limit(1)
    )
    return item.application if item else None


def unchecked_items(run_id: UUID, limit: int) -> Sequence[BulkItem]:
    """The next cases that nobody has looked at, with all that looking needs."""
    return db.session.scalars(
        _with_cases(BulkItem.run_id == run_id, BulkItem.state == ItemState.UNCHECKED).limit(limit)
    ).all()


def exported_cases(run_id: UUID) -> Sequence[Application]:
    """The cases of a run that may leave in a file, in its order; looked at once more."""
    return [
        item.application
        for item in db.session.scalars(
            _with_cases(
                BulkItem.run_id == run_id,
                BulkItem.state.in_([ItemState.READY, ItemState.DONE]),
                Application.restricted_at.is_(None),
            ).options(contains_eager(BulkItem.application).joinedload(Application.claimed_by))
        )
    ]


def busy_runs() -> Sequence[tuple[UUID, RunState]]:
    """What the worker has to do, what was begun first at the front: asked before any lock."""
    # Literal, so that SQLite uses the partial index.
    rows = db.session.execute(
        sa.select(BulkRun.id, BulkRun.state)
        .where(sa.text("state IN ('checking', 'running')"))
        .order_by(BulkRun.started_at, BulkRun.id)
    )
    return [(id_, state) for id_, state in rows]


def next_item(run_id: UUID) -> BulkItem | None:
    """The next case to do, locked; one in another worker's hands is passed over."""
    return db.session.scalar(
        sa.select(BulkItem)
        .join(BulkItem.run)
        .where(
            BulkItem.run_id == run_id,
            BulkItem.state == ItemState.READY,
            BulkRun.state == RunState.RUNNING,
        )
        .options(contains_eager(BulkItem.run).joinedload(BulkRun.network, innerjoin=True))
        .order_by(BulkItem.position)
        .limit(1)
        .with_for_update(of=BulkItem, skip_locked=True)
    )


def still_pending(run_id: UUID) -> Sequence[UUID]:
    """Cases whose decision is this run's and has not taken effect: it can be taken back."""
    return db.session.scalars(
        sa.select(BulkItem.application_id)
        .join(BulkItem.application)
        .where(
            BulkItem.run_id == run_id,
            BulkItem.state == ItemState.DONE,
            Application.pending.is_not(None),
            Application.version == BulkItem.done_version,
        )
        .order_by(BulkItem.position)
    ).all()


def taking_back(run_id: UUID) -> BulkRun | None:
    """The run that takes this one's decisions back now, if there is one."""
    return db.session.scalar(
        sa.select(BulkRun)
        .where(
            BulkRun.of_run_id == run_id,
            BulkRun.action == Action.TAKE_BACK,
            BulkRun.state.in_([RunState.RUNNING, RunState.STOPPED]),
        )
        .limit(1)
    )
