"""Sending what is stored: claim a batch, hand each mail over, mark it at once."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from memberships.database import DatabaseBusy, db, unit_of_work, utcnow
from memberships.mails import transport
from memberships.mails.errors import MailDeferred, MailNotAccepted, MailRefused, ServerUnavailable
from memberships.mails.message import Message
from memberships.mails.models import (
    IS_QUEUED,
    AttemptOutcome,
    DevInboxMail,
    MailAttempt,
    MailState,
    OutgoingMail,
)
from memberships.mails.queries import has_due_mails, mails_sent_to
from memberships.settings import current_settings
from memberships.traces import trace_without_values

BATCH = 20
# Whoever fills in forms with a stranger's address must not flood it (ours, silently).
LIMITED_KINDS = {"confirm_application", "barrier_received"}
# After a server that lets nobody in, the rest of the batch is left alone for so long.
REST = timedelta(minutes=1)
LONGEST_BACKOFF_SECONDS = 3600
# A lost mark sends a mail twice: the database gets these chances, in seconds, to come back.
PAUSES_BEFORE_MARKING_AGAIN = (0.2, 1.0, 5.0)

_OUTCOMES = {
    MailRefused: AttemptOutcome.REFUSED,
    MailDeferred: AttemptOutcome.DEFERRED,
    ServerUnavailable: AttemptOutcome.UNREACHABLE,
}
_FINAL_STATES = {
    AttemptOutcome.SENT: MailState.SENT,
    AttemptOutcome.WITHHELD: MailState.WITHHELD,
    AttemptOutcome.REFUSED: MailState.FAILED,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """Mails that one worker alone may send, until their lease ends."""

    lease: UUID
    until: datetime
    mail_ids: list[UUID]


@dataclass
class Delivery:
    """What became of one batch."""

    taken: int = 0
    given_back: int = 0
    has_more: bool = False
    outcomes: Counter[AttemptOutcome] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Attempt:
    outcome: AttemptOutcome
    code: int | None = None
    reason: str = ""


def deliver_due_mails(
    limit: int = BATCH, *, is_stopping: Callable[[], bool] = lambda: False
) -> Delivery:
    """Send one batch of due mails, one after the other, outside any transaction.

    Each is marked in a unit of work of its own, right after the server's answer. Killed in between,
    a mail that the server had accepted is sent again with the same Message-ID; none is ever lost.
    Mails that cannot be started within the lease, or before `is_stopping`, are given back.
    Raises DatabaseBusy when the database fails; what was not marked is due when its lease ends.
    """
    if not has_due_mails():
        return Delivery()
    with unit_of_work():
        claim = take_due_mails(limit)
    delivery = Delivery(taken=len(claim.mail_ids))
    waiting, rest = claim.mail_ids.copy(), timedelta()
    with transport.connect() as connection:
        while waiting and not rest and not is_stopping() and _may_start(claim):
            outcome = _deliver(claim, waiting.pop(0), connection)
            delivery.outcomes.update([outcome] if outcome else [])
            rest = REST if outcome is AttemptOutcome.UNREACHABLE else rest
    delivery.given_back = len(waiting)
    delivery.has_more = len(claim.mail_ids) == limit and not rest
    _give_back(claim, waiting, due_at=utcnow() + rest)
    return delivery


def take_due_mails(limit: int) -> Claim:
    """Claim up to `limit` due mails, the longest due first, in the caller's unit of work.

    No two workers get the same mail. What is not marked when the lease ends becomes due again.
    """
    now = utcnow()
    lease, until = uuid4(), now + timedelta(seconds=current_settings().mail_lease_seconds)
    # Materialized: PostgreSQL may run a subquery with a limit once per row and take more than that.
    due = (
        sa.select(OutgoingMail.id)
        .where(IS_QUEUED, OutgoingMail.due_at <= now)
        .order_by(OutgoingMail.due_at, OutgoingMail.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
        .prefix_with("MATERIALIZED")
    )
    taken = db.session.execute(
        sa.update(OutgoingMail)
        .where(OutgoingMail.id.in_(sa.select(due.c.id)))
        .values(due_at=until, lease=lease)
        .returning(OutgoingMail.id)
        .execution_options(synchronize_session=False)
    )
    return Claim(lease, until, sorted(taken.scalars()))


def _may_start(claim: Claim) -> bool:
    longest = timedelta(seconds=transport.mail_deadline_seconds(current_settings()))
    return utcnow() + longest <= claim.until


def _give_back(claim: Claim, mail_ids: Collection[UUID], *, due_at: datetime) -> None:
    if not mail_ids:
        return
    with unit_of_work():
        db.session.execute(
            sa.update(OutgoingMail)
            .where(OutgoingMail.id.in_(mail_ids), OutgoingMail.lease == claim.lease, IS_QUEUED)
            .values(due_at=due_at, lease=None)
            .execution_options(synchronize_session=False)
        )


def _deliver(
    claim: Claim, mail_id: UUID, connection: transport.Connection
) -> AttemptOutcome | None:
    # Read again: since the claim it may have been cancelled, erased, or taken over by another.
    mail = db.session.scalar(
        sa.select(OutgoingMail).where(
            OutgoingMail.id == mail_id, OutgoingMail.lease == claim.lease, IS_QUEUED
        )
    )
    if mail is None:
        return None
    is_withheld = _is_one_too_many(mail)
    db.session.expunge(mail)
    db.session.rollback()  # no transaction stays open while the mail server thinks
    attempt = _Attempt(AttemptOutcome.WITHHELD) if is_withheld else _send(mail, connection)
    level = logging.WARNING if attempt.outcome in _OUTCOMES.values() else logging.INFO
    log.log(
        level, "mail %s of kind %s: %s %s", mail_id, mail.kind, attempt.outcome, attempt.code or "-"
    )
    _mark_surely(claim, mail_id, attempt)
    return attempt.outcome


def _is_one_too_many(mail: OutgoingMail) -> bool:
    if mail.kind not in LIMITED_KINDS:
        return False
    sent = mails_sent_to(mail.to_address, mail.kind, since=utcnow() - timedelta(days=1))
    return sent >= current_settings().confirmation_mails_per_address_a_day


def _send(mail: OutgoingMail, connection: transport.Connection) -> _Attempt:
    try:
        connection.send(
            Message(
                to=mail.to_address,
                sender=(mail.from_name, current_settings().sender_address),
                reply_to=mail.reply_to,
                subject=mail.subject,
                body=mail.body or "",
                message_id=mail.message_id,
                sent_at=utcnow(),
            )
        )
    except MailNotAccepted as error:
        return _Attempt(_OUTCOMES[type(error)], error.code, error.reason)
    except Exception as error:  # noqa: BLE001 - one mail that we fail at must not hold up the others
        log.error("mail %s cannot be sent: %s", mail.id, trace_without_values(error))  # noqa: TRY400 - no values
        return _Attempt(AttemptOutcome.DEFERRED, reason=type(error).__name__)
    return _Attempt(AttemptOutcome.SENT)


def _mark_surely(claim: Claim, mail_id: UUID, attempt: _Attempt) -> None:
    for pause in PAUSES_BEFORE_MARKING_AGAIN:
        try:
            return _mark(claim, mail_id, attempt)
        except DatabaseBusy:
            time.sleep(pause)
    return _mark(claim, mail_id, attempt)


def _mark(claim: Claim, mail_id: UUID, attempt: _Attempt) -> None:
    with unit_of_work():
        mail = db.session.get(OutgoingMail, mail_id, with_for_update=True)
        if mail is None:  # erased meanwhile
            return
        now = utcnow()
        _record(mail, attempt, now)
        if mail.lease == claim.lease and mail.state is MailState.QUEUED:
            _settle(mail, attempt.outcome, now)


def record_sent(mail: OutgoingMail) -> None:
    """Write down that a mail was sent now, without sending it: the history of a demonstration.

    In the caller's unit of work.
    """
    now = utcnow()
    attempt = _Attempt(AttemptOutcome.SENT)
    _record(mail, attempt, now)
    _settle(mail, attempt.outcome, now)


def _record(mail: OutgoingMail, attempt: _Attempt, now: datetime) -> None:
    db.session.add(
        MailAttempt(
            mail_id=mail.id,
            at=now,
            outcome=attempt.outcome,
            code=attempt.code,
            reason=attempt.reason,
        )
    )


def _settle(mail: OutgoingMail, outcome: AttemptOutcome, now: datetime) -> None:
    mail.lease = None
    mail.attempts += 1
    has_time_left = now - mail.created_at < timedelta(days=current_settings().mail_retry_days)
    if outcome not in _FINAL_STATES and has_time_left:
        mail.due_at = now + _backoff(mail.attempts)
        return
    if outcome is AttemptOutcome.SENT and not current_settings().is_production:
        db.session.add(_development_copy(mail, now))
    mail.state = _FINAL_STATES.get(outcome, MailState.FAILED)
    mail.finished_at = now
    mail.body = None


def _backoff(attempts: int) -> timedelta:
    """One to two minutes after the first attempt, doubling, up to an hour; never in step."""
    longest = min(60 * 2 ** min(attempts, 10), LONGEST_BACKOFF_SECONDS)
    return timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311 - spreads load


def _development_copy(mail: OutgoingMail, now: datetime) -> DevInboxMail:
    return DevInboxMail(
        id=mail.id,
        network_id=mail.network_id,
        subject_type=mail.subject_type,
        subject_id=mail.subject_id,
        received_at=now,
        sender=f"{mail.from_name} <{current_settings().sender_address}>",
        to_address=mail.to_address,
        reply_to=mail.reply_to,
        subject=mail.subject,
        body=mail.body or "",
    )
