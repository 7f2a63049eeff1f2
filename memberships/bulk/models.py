"""Tables of bulk runs: one action for many cases, prepared first, then carried out case by case."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.accounts.models import Account
from memberships.applications.models import Application
from memberships.database import Model, uuid7
from memberships.networks.models import Network
from memberships.permissions import Permission


class Action(StrEnum):
    """What is done to each case of a run."""

    APPROVE = "approve"
    DECLINE = "decline"
    CLAIM = "claim"
    EXPORT = "export"
    TAKE_BACK = "take_back"

    @property
    def needs(self) -> Permission:
        """What somebody must be permitted to do it to one case."""
        return _NEEDED[self]

    @property
    def decides(self) -> bool:
        return self in {self.APPROVE, self.DECLINE}


_NEEDED = {
    Action.APPROVE: Permission.DECIDE_APPLICATIONS,
    Action.DECLINE: Permission.DECIDE_APPLICATIONS,
    Action.CLAIM: Permission.CLAIM_APPLICATIONS,
    Action.EXPORT: Permission.EXPORT_MEMBERS,
    Action.TAKE_BACK: Permission.DECIDE_APPLICATIONS,
}


class RunState(StrEnum):
    """Where a run stands; until `running` nothing has happened to any case."""

    CHECKING = "checking"
    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"
    GIVEN_UP = "given_up"

    @property
    def is_busy(self) -> bool:
        """Whether the worker has something to do for it."""
        return self in {self.CHECKING, self.RUNNING}

    @property
    def is_plan(self) -> bool:
        return self in {self.CHECKING, self.PLANNED}


class ItemState(StrEnum):
    UNCHECKED = "unchecked"
    READY = "ready"
    IMPOSSIBLE = "impossible"
    DONE = "done"
    SKIPPED = "skipped"


class Why(StrEnum):
    """Why a case cannot be in a run, or was left out of it."""

    ANOTHER_SEAT = "another_seat"
    ASKED = "asked"
    BODY = "body"
    CHANGED = "changed"
    CLAIMED = "claimed"
    CLOSED = "closed"
    DECIDED = "decided"
    FAILED = "failed"
    HANDOVER = "handover"
    NO_RIGHT = "no_right"
    NOTHING_PENDING = "nothing_pending"
    ORGANISATION = "organisation"
    OWN = "own"
    REASON = "reason"
    RESTRICTED = "restricted"
    SEAT = "seat"
    WITHDRAWN = "withdrawn"


_IS_BUSY = text("state IN ('checking', 'running')")


class BulkRun(Model):
    """One action for many cases of a network, by one person.

    `total` is how many cases it began with: the items of those that were erased since are gone.
    `filter` is the filter of the list that they were chosen by, as in its address, without what was
    searched for. `of_run_id` is the run whose decisions this one takes back.
    """

    __tablename__ = "bulk_runs"
    __table_args__ = (
        Index("ix_bulk_runs_network_id", "network_id", "id"),
        Index("ix_bulk_runs_account_id", "account_id"),
        Index("ix_bulk_runs_of_run_id", "of_run_id"),
        Index(
            "ix_bulk_runs_busy",
            "started_at",
            postgresql_where=_IS_BUSY,
            sqlite_where=_IS_BUSY,
        ),
    )
    subject_type: ClassVar[str] = "bulk"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    of_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("bulk_runs.id", ondelete="CASCADE"))
    action: Mapped[Action]
    state: Mapped[RunState]
    filter: Mapped[dict[str, Any]]
    message: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(40))
    with_claimed: Mapped[bool]
    total: Mapped[int]
    made_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    network: Mapped[Network] = relationship()
    account: Mapped[Account] = relationship()


class BulkItem(Model):
    """One case of a run, as it was seen: `seen_version`, and in `expected` what an approval would
    do. Its state changes in the transaction that does it, so it is done once.

    `is_claimed`: a colleague works on it. `done_version` is the case's version after it was done.
    """

    __tablename__ = "bulk_items"
    __table_args__ = (
        Index("ix_bulk_items_state", "run_id", "state", "position"),
        Index("ix_bulk_items_application_id", "application_id"),
    )

    run_id: Mapped[UUID] = mapped_column(
        ForeignKey("bulk_runs.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    seen_version: Mapped[int]
    expected: Mapped[str] = mapped_column(String(60))
    is_claimed: Mapped[bool]
    state: Mapped[ItemState]
    why: Mapped[str] = mapped_column(String(40))
    done_version: Mapped[int | None]

    run: Mapped[BulkRun] = relationship()
    application: Mapped[Application] = relationship()
