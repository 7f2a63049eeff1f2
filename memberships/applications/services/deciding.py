"""Deciding about a case: by rule, by a coordinator, by a body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from memberships.accounts.services import account_for_change, verify_account
from memberships.applications import mails
from memberships.applications.errors import (
    ApplicationNotDecidable,
    BodyDecides,
    ReasonUnknown,
)
from memberships.applications.models import (
    ALREADY_MEMBER,
    Application,
    ApplicationStatus,
    Recommendation,
)
from memberships.applications.services.asking import end_open_question
from memberships.applications.services.cases import open_case, promised_by
from memberships.database import utcnow
from memberships.events.models import SYSTEM, Actor, EventTag
from memberships.events.services import record_event
from memberships.members.models import Holder, Membership
from memberships.members.queries import living_membership
from memberships.members.services import start_membership
from memberships.networks.definition import DeclineReason, Policy
from memberships.networks.queries import current_definitions, definition_of

_BY_HAND = "by_hand"


class Outcome(StrEnum):
    """What a body can decide."""

    APPROVE = "approve"
    DECLINE = "decline"


@dataclass(frozen=True)
class BodyDecision:
    """Which body decided on which day; `reason` is needed to decline."""

    body: str
    decided_on: date
    outcome: Outcome
    reason: str = ""


def decide_by_rule(application: Application) -> None:
    """Admit a confirmed application, or let it wait for a person, as the network's rules say."""
    definition = definition_of(application.definition)
    rule = definition.rule_for(application.all_answers)
    if rule.policy is Policy.OPEN:
        _admit(application, by=SYSTEM, rule=rule.key, message="")
        return
    application.due_at = promised_by(definition, utcnow())
    token = open_case(application, purpose="received_mail")
    mails.application_received(application, case_token=token)


def approve_application(application: Application, *, by: Actor, message: str = "") -> Membership:
    """Admit the applicant. Status, membership, events and mail are one change.

    Raises ApplicationNotDecidable when somebody else has decided, BodyDecides when this network's
    body has to.
    """
    check_decidable(application)
    return _admit(application, by=by, rule=_BY_HAND, message=message)


def decline_application(
    application: Application, *, by: Actor, reason: str, message: str = ""
) -> None:
    """Decline with one of the network's reasons; only a person can (Art. 22 GDPR).

    Raises ApplicationNotDecidable, BodyDecides, ReasonUnknown.
    """
    check_decidable(application)
    _decline(application, by=by, reason=reason, message=message)


def record_body_decision(application: Application, decision: BodyDecision, *, by: Actor) -> None:
    """Enter what the network's body decided in its meeting, with its name and the day.

    Raises ApplicationNotDecidable, ReasonUnknown.
    """
    _require_decidable(application)
    application.decided_by_body = decision.body
    application.body_decided_on = decision.decided_on
    if decision.outcome is Outcome.APPROVE:
        _admit(application, by=by, rule=_BY_HAND, message="")
    else:
        _decline(application, by=by, reason=decision.reason, message="")


def recommend_decision(
    application: Application, recommendation: Recommendation, *, by: Actor, note: str = ""
) -> None:
    """Advise the body; a later recommendation takes the place of an earlier one.

    Raises ApplicationNotDecidable.
    """
    _require_decidable(application)
    application.recommendation = recommendation
    application.recommendation_note = note or None
    application.recommended_by_id = by.id
    application.recommended_at = utcnow()
    record_event(
        EventTag.APPLICATION_RECOMMENDED, application, by=by, recommendation=recommendation
    )


def body_decides(application: Application) -> bool:
    """Whether the network's body decides about this application."""
    rule = definition_of(application.definition).rule_for(application.all_answers)
    return rule.policy is Policy.BODY_DECISION


def _require_decidable(application: Application) -> None:
    if not application.status.is_decidable:
        raise ApplicationNotDecidable


def reasons_to_decline(application: Application) -> tuple[DeclineReason, ...]:
    """The reasons that the case's own definition knows; today's where it knew none."""
    definition = definition_of(application.definition)
    current = current_definitions().get(definition.slug, definition)
    return definition.decline_reasons or current.decline_reasons


def check_decidable(application: Application) -> None:
    """Whether one person may decide now: raises ApplicationNotDecidable or BodyDecides if not."""
    _require_decidable(application)
    if body_decides(application):
        raise BodyDecides


def _admit(application: Application, *, by: Actor, rule: str, message: str) -> Membership:
    account_of = account_for_change if application.was_entered else verify_account
    account = account_of(application.email)
    standing = living_membership(account, application.network_id)
    membership = standing or start_membership(
        account,
        application.definition,
        holder=Holder(application.applicant_kind.value),
        by=by,
        rule=rule,
        first_name=application.first_name,
        last_name=application.last_name,
        organisation_name=application.organisation_name,
        answers=dict(application.answers),
    )
    application.decided_by_rule = ALREADY_MEMBER if standing else rule
    application.membership_id = membership.id
    _settle(application, ApplicationStatus.APPROVED, by=by)
    record_event(
        EventTag.APPLICATION_APPROVED,
        application,
        by=by,
        rule=application.decided_by_rule,
        membership=str(membership.id),
        body=bool(application.decided_by_body) or None,
    )
    token = open_case(application, purpose="decision_mail")
    mail = mails.application_repeated if standing else mails.application_approved
    mail(application, membership, case_token=token, message=message)
    return membership


def _decline(application: Application, *, by: Actor, reason: str, message: str) -> None:
    if reason not in {known.key for known in reasons_to_decline(application)}:
        raise ReasonUnknown
    application.decline_reason = reason
    _settle(application, ApplicationStatus.DECLINED, by=by)
    record_event(EventTag.APPLICATION_DECLINED, application, by=by, reason=reason)
    token = open_case(application, purpose="decision_mail")
    mails.application_declined(application, case_token=token, message=message)


def _settle(application: Application, status: ApplicationStatus, *, by: Actor) -> None:
    now = utcnow()
    application.status = status
    application.decided_at = application.takes_effect_at = application.settled_at = now
    application.decided_by_id = by.id
    application.clock_stopped_at = None
    end_open_question(application)
