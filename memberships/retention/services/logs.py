"""What is kept for the same time in every network: records of what was sent, exported, done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account, StaffRole
from memberships.bulk.models import BulkRun
from memberships.calendar import months_later
from memberships.database import db, utcnow
from memberships.events.models import Event
from memberships.events.services import erase_events
from memberships.mails.services import erase_old_mails
from memberships.members.models import Export, Membership, Representative
from memberships.retention.models import ErasureBatch

MAILS_ARE_KEPT = timedelta(days=90)
LOG_MONTHS = 24
# Of applications and memberships the chain goes when they go, and not before.
_OF_THE_HOUSE = (StaffRole.subject_type, ErasureBatch.subject_type, BulkRun.subject_type)


def log_ends_at() -> datetime:
    """What was logged before this has had its time."""
    return months_later(utcnow(), -LOG_MONTHS)


def erase_old_records() -> int:
    """Delete the record of mails that are done with for 90 days (domain.md, section 8)."""
    return erase_old_mails(utcnow() - MAILS_ARE_KEPT)


def erase_old_exports(limit: int = 100) -> int:
    """Delete up to `limit` lines of the register of exports after 24 months, with their events."""
    old = db.session.scalars(
        sa.select(Export)
        .where(Export.at < log_ends_at())
        .order_by(Export.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for export in old:
        erase_events(export, rule="export_24_months")
        db.session.delete(export)
    return len(old)


@dataclass(frozen=True)
class _Gone:
    """The subject of a chain that nothing is left of but the chain."""

    id: UUID
    network_id: int
    subject_type: str


def erase_old_chains(limit: int = 100) -> int:
    """Delete up to `limit` chains whose last event is older than 24 months: of roles that nobody
    holds any more, of bulk runs, and of what was decided about erasing. Returns how many.
    """
    old = db.session.execute(
        sa.select(Event.subject_id, Event.subject_type, sa.func.min(Event.network_id))
        .where(
            Event.subject_type.in_(_OF_THE_HOUSE),
            ~sa.exists().where(StaffRole.id == Event.subject_id),
            ~sa.exists().where(
                ErasureBatch.id == Event.subject_id, ErasureBatch.finished_at.is_(None)
            ),
        )
        .group_by(Event.subject_id, Event.subject_type)
        .having(sa.func.max(Event.at) < log_ends_at())
        .limit(limit)
    ).all()
    for id_, subject_type, network_id in old:
        erase_events(_Gone(id_, network_id, subject_type), rule="log_24_months")  # type: ignore[arg-type]  # as much of a subject as a chain needs
    return len(old)


def idle_accounts() -> Sequence[UUID]:
    """Accounts without membership and role, such as those of people who left a team: whether one
    can go, `erase_unneeded_account` says.
    """
    without = [
        ~sa.exists().where(column == Account.id)
        for column in (StaffRole.account_id, Membership.account_id, Representative.account_id)
    ]
    return db.session.scalars(sa.select(Account.id).where(*without).order_by(Account.id)).all()
