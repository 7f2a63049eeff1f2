"""What staff do with a case before it is decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from memberships.accounts.queries import colleagues_in
from memberships.applications import mails
from memberships.applications.errors import ApplicationNotDecidable, ColleagueUnknown
from memberships.applications.models import Application, ApplicationStatus, Channel, Note
from memberships.applications.queries import stale_claims
from memberships.applications.services.cases import open_case, promised_by
from memberships.applications.services.organisations import link_by_name
from memberships.applications.services.submitting import new_application
from memberships.database import db, utcnow
from memberships.events.models import SYSTEM, Actor, EventTag
from memberships.events.services import record_event
from memberships.networks.definition import Definition
from memberships.permissions import Permission

CLAIMED_FOR = timedelta(days=14)
DECIDING_FOR = timedelta(hours=1)


def claim_application(application: Application, *, by: Actor) -> None:
    """Take the case for oneself, from nobody or from a colleague.

    Raises ApplicationNotDecidable when there is nothing left to do.
    """
    _require_decidable(application)
    application.claimed_by_id = by.id
    application.claimed_at = utcnow()
    application.claimed_until = None
    record_event(EventTag.APPLICATION_CLAIMED, application, by=by)


def begin_deciding(application: Application, *, by: Actor) -> bool:
    """Claim the case for an hour, as somebody begins to decide; taken from nobody.

    Returns whether the person has it now. One's own claim stays as it is: a second click, or a
    case taken on purpose. Raises ApplicationNotDecidable when there is nothing left to do.
    """
    _require_decidable(application)
    now, until = utcnow(), application.claimed_until
    if application.claimed_by_id is not None and (until is None or now < until):
        return application.claimed_by_id == by.id
    application.claimed_by_id = by.id
    application.claimed_at = now
    application.claimed_until = now + DECIDING_FOR
    record_event(EventTag.APPLICATION_CLAIMED, application, by=by, begun=True)
    return True


def stop_deciding(application: Application, *, by: Actor) -> None:
    """Give back what the person has only because they began to decide; nothing else changes."""
    if application.is_being_decided and application.claimed_by_id == by.id:
        release_application(application, by=by)


def hand_application_to(application: Application, account_id: UUID, *, by: Actor) -> None:
    """Let a colleague have the case from now on, whoever had it.

    Raises ApplicationNotDecidable when there is nothing left to do, ColleagueUnknown unless they
    may work on cases of this network.
    """
    _require_decidable(application)
    colleagues = colleagues_in(application.network_id, Permission.CLAIM_APPLICATIONS)
    if account_id not in {account.id for account in colleagues}:
        raise ColleagueUnknown
    application.claimed_by_id = account_id
    application.claimed_at = utcnow()
    application.claimed_until = None
    record_event(EventTag.APPLICATION_HANDED_ON, application, by=by, to=str(account_id))


def release_stale_claims(limit: int = 100) -> int:
    """Free cases whose owner has left the office, or has had them for two weeks without a step.

    Who only began to decide keeps a case for an hour. Returns how many. A case that waits for an
    answer stays with its owner.
    """
    now = utcnow()
    waiting = stale_claims(now, limit, on_purpose_before=now - CLAIMED_FOR)
    for application in waiting:
        _free(application)
        record_event(EventTag.APPLICATION_RELEASED, application, by=SYSTEM)
    return len(waiting)


def release_application(application: Application, *, by: Actor) -> None:
    """Give the case back. Raises ApplicationNotDecidable when there is nothing left to do."""
    _require_decidable(application)
    _free(application)
    record_event(EventTag.APPLICATION_RELEASED, application, by=by)


def _free(application: Application) -> None:
    application.claimed_by_id = application.claimed_at = application.claimed_until = None


def write_note(application: Application, text: str, *, by: Actor) -> Note:
    """Add a note for colleagues; the applicant gets it with an access request (Art. 15 GDPR)."""
    if by.id is None:
        raise ValueError("a note has an author")
    note = Note(application_id=application.id, author_id=by.id, text=text, written_at=utcnow())
    db.session.add(note)
    record_event(EventTag.APPLICATION_NOTE_WRITTEN, application, by=by)
    return note


def enter_application(
    definition: Definition,
    answers: Mapping[str, Any],
    *,
    key: str,
    channel: Channel,
    received_on: date,
    by: Actor,
) -> Application:
    """Store an application that reached the office by another way; it waits for a person at once.

    No consent comes of it (Art. 7 GDPR). The first mail says who entered it and links the privacy
    notice (Art. 14 GDPR). The caller's unit of work raises AlreadySubmitted when the same key is
    stored already.
    """
    application = new_application(
        definition, answers, key=key, channel=channel, received_on=received_on
    )
    application.status = ApplicationStatus.IN_REVIEW
    application.confirmed_at = application.submitted_at
    application.entered_by_id = by.id
    application.due_at = promised_by(definition, utcnow())
    db.session.add(application)
    db.session.flush()
    record_event(EventTag.APPLICATION_ENTERED, application, by=by, channel=channel)
    link_by_name(application)
    token = open_case(application, purpose="entered_mail")
    mails.application_entered(application, case_token=token)
    return application


def _require_decidable(application: Application) -> None:
    if not application.status.is_decidable:
        raise ApplicationNotDecidable
