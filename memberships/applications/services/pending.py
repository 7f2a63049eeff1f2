"""A decision takes effect after the grace period; until then it can be taken back.

Nothing has happened before: no membership, no mail, and the applicant's page says nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    BodyDecides,
    DecisionPending,
    HoldsAnotherSeat,
    NothingPending,
    OrganisationUndecided,
    ReasonUnknown,
)
from memberships.applications.models import Application
from memberships.applications.queries import due_decision
from memberships.applications.services.cases import drop_decision, forget_decision
from memberships.applications.services.deciding import (
    BodyDecision,
    Outcome,
    approve_application,
    check_approvable,
    check_decidable,
    decline_application,
    reasons_to_decline,
    record_body_decision,
)
from memberships.database import utcnow
from memberships.events.models import Actor, ActorKind, EventTag
from memberships.events.services import record_event
from memberships.members.errors import MembershipRestricted, SeatTaken
from memberships.networks.queries import current_definitions, definition_of
from memberships.seats.errors import HandoverOpen, HandoverUnknown
from memberships.settings import current_settings

IMPOSSIBLE = (
    ApplicationChanged,
    ApplicationNotDecidable,
    BodyDecides,
    HandoverOpen,
    HandoverUnknown,
    HoldsAnotherSeat,
    MembershipRestricted,
    OrganisationUndecided,
    ReasonUnknown,
    SeatTaken,
)


@dataclass(frozen=True)
class Decision:
    """What somebody decided. `expected` is what an approval would do, as they saw it; `body` and
    `decided_on` are of a decision that a body took in its meeting."""

    outcome: Outcome
    message: str = ""
    reason: str = ""
    expected: str = ""
    body: str = ""
    decided_on: date | None = None

    def stored(self) -> dict[str, Any]:
        """As the row keeps it; what is empty is left out."""
        told = {
            "outcome": self.outcome.value,
            "message": self.message,
            "reason": self.reason,
            "expected": self.expected,
            "body": self.body,
            "decided_on": self.decided_on.isoformat() if self.decided_on else "",
        }
        return {key: value for key, value in told.items() if value}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Decision:
        """The decision that a row keeps."""
        day = stored.get("decided_on")
        return cls(
            **stored
            | {
                "outcome": Outcome(stored["outcome"]),
                "decided_on": date.fromisoformat(day) if day else None,
            }
        )


def decide(application: Application, decision: Decision, *, by: Actor) -> None:
    """Decide: it takes effect after the grace period, or now where there is none.

    Raises what the decision itself would raise now, so that nobody learns of it only later, and
    DecisionPending when somebody has decided already.
    """
    if application.pending is not None:
        raise DecisionPending
    grace = _grace_of(application)
    if not grace:
        _carry_out(application, decision, by=by)
        return
    _check(application, decision)
    application.pending = decision.stored()
    application.takes_effect_at = utcnow() + grace
    application.decided_by_id = by.id
    record_event(
        EventTag.APPLICATION_DECISION_MADE,
        application,
        by=by,
        outcome=decision.outcome,
        reason=decision.reason or None,
    )


def _grace_of(application: Application) -> timedelta:
    """As the network's file says today, or else the installation."""
    asked = definition_of(application.definition)
    minutes = current_definitions().get(asked.slug, asked).decision.grace_minutes
    return timedelta(minutes=current_settings().grace_minutes if minutes is None else minutes)


def _check(application: Application, decision: Decision) -> None:
    if decision.outcome is Outcome.APPROVE and not decision.body:
        check_approvable(application)
    elif not decision.body:
        check_decidable(application)
    if decision.outcome is Outcome.DECLINE and decision.reason not in {
        known.key for known in reasons_to_decline(application)
    }:
        raise ReasonUnknown


def _carry_out(application: Application, decision: Decision, *, by: Actor) -> None:
    if decision.body and decision.decided_on:
        outcome, reason = decision.outcome, decision.reason
        found = BodyDecision(decision.body, decision.decided_on, outcome, reason)
        record_body_decision(application, found, by=by)
    elif decision.outcome is Outcome.APPROVE:
        approve_application(
            application, by=by, message=decision.message, expected=decision.expected
        )
    else:
        decline_application(application, by=by, reason=decision.reason, message=decision.message)


def take_back_decision(application: Application, *, by: Actor) -> None:
    """Undo what was decided before it takes effect; the case waits as it did.

    Raises NothingPending when there is nothing to take back any more.
    """
    if application.pending is None:
        raise NothingPending
    forget_decision(application)
    record_event(EventTag.APPLICATION_DECISION_TAKEN_BACK, application, by=by)


def carry_out_decision(application_id: UUID) -> bool:
    """Let the decision about this case take effect, in the caller's unit of work.

    Returns False, and stores nothing, when it is not due (any more), or another worker has it.
    Raises one of `IMPOSSIBLE` when it cannot: the caller then gives it up in a new unit of work.
    """
    application = due_decision(application_id, utcnow())
    if application is None or application.pending is None:
        return False
    decision, by = Decision.of(application.pending), _decider(application)
    forget_decision(application)
    _carry_out(application, decision, by=by)
    return True


def give_up_decision(application_id: UUID, why: str) -> None:
    """What was decided cannot be done any more; the case waits for a person again."""
    application = due_decision(application_id, utcnow())
    if application is not None:
        drop_decision(application, why=why)


def _decider(application: Application) -> Actor:
    return Actor(ActorKind.STAFF, application.decided_by_id)
