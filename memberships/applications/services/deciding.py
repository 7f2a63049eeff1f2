"""Deciding about a case: by rule, by a coordinator, by a body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from memberships.accounts.models import Account
from memberships.accounts.services import account_for_change, verify_account
from memberships.applications import mails
from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    BodyDecides,
    DecisionPending,
    HoldsAnotherSeat,
    OrganisationUndecided,
    ReasonUnknown,
)
from memberships.applications.models import (
    ALREADY_MEMBER,
    ORGANISATION_UNCLEAR,
    SECOND_PERSON,
    Application,
    ApplicationStatus,
    Recommendation,
)
from memberships.applications.organisations import (
    joins_membership,
    organisation_state,
    outcome_of,
    standing_membership,
    succession_of,
)
from memberships.applications.services.asking import end_open_question
from memberships.applications.services.cases import open_case, promised_by
from memberships.applications.services.organisations import link_by_name, organisation_to_admit
from memberships.database import utcnow
from memberships.events.models import SYSTEM, Actor, ActorKind, EventTag
from memberships.events.services import record_event
from memberships.members.errors import SeatTaken
from memberships.members.models import Holder, Membership
from memberships.members.queries import account_of, seats_of
from memberships.members.services import Contact, add_representative, relist, start_membership
from memberships.networks.definition import DeclineReason, Definition, Policy
from memberships.networks.queries import current_definitions, definition_of
from memberships.organisations.models import Organisation
from memberships.seats.models import Handover
from memberships.seats.services import complete_for_applicant, end_succession, lock_handover

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
    """Admit a confirmed application, or let it wait for a person, as the network's rules say.

    Where the rules admit at once, a person still looks when it is not clear which organisation it
    is, or when the organisation is a member already (domain.md, section 3).
    """
    definition = definition_of(application.definition)
    rule = definition.rule_for(application.all_answers)
    if rule.policy.is_decided_by_person:
        application.review_reason = rule.key
        link_by_name(application)
    else:
        try:
            party = _party(application)
        except OrganisationUndecided:
            application.review_reason = ORGANISATION_UNCLEAR
        else:
            if not _is_second_person(application, party):
                _admit(application, party, by=SYSTEM, rule=rule.key, message="")
                return
            application.review_reason = SECOND_PERSON
    application.due_at = promised_by(definition, utcnow())
    token = open_case(application, purpose="received_mail")
    mails.application_received(application, case_token=token)


@dataclass
class _Party:
    """The organisation to be admitted, locked, and what it holds; none where none is told apart."""

    organisation: Organisation | None
    network_id: int

    @cached_property
    def seats(self) -> Sequence[Membership]:
        if self.organisation is None:
            return ()
        return seats_of(self.organisation.id, self.network_id)


def _party(application: Application) -> _Party:
    return _Party(organisation_to_admit(application), application.network_id)


def _is_second_person(application: Application, party: _Party) -> bool:
    """Whether somebody else of the organisation is a member already.

    The account is not made before somebody is admitted; the organisation's lock is enough here.
    """
    if party.organisation is None or not party.seats:
        return False
    account = account_of(application.email)
    return not (account and standing_membership(application, account, party.organisation.id))


def approve_application(
    application: Application, *, by: Actor, message: str = "", expected: str = ""
) -> Membership:
    """Admit the applicant. Status, membership, events and mail are one change.

    `expected` is what `expected_outcome` said when the person looked.

    Raises ApplicationNotDecidable when somebody else has decided, BodyDecides when this network's
    body has to, OrganisationUndecided when nobody has said which organisation it is, SeatTaken when
    the organisation holds its one seat and no other was granted, HoldsAnotherSeat when the
    applicant has the seat of another one, ApplicationChanged when the outcome would be another.
    """
    check_decidable(application)
    return _admit(
        application, _party(application), by=by, rule=_BY_HAND, message=message, expected=expected
    )


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

    Raises ApplicationNotDecidable, ReasonUnknown, OrganisationUndecided, SeatTaken.
    """
    _require_decidable(application)
    application.decided_by_body = decision.body
    application.body_decided_on = decision.decided_on
    if decision.outcome is Outcome.APPROVE:
        _admit(application, _party(application), by=by, rule=_BY_HAND, message="")
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
    """Whether one person may decide now: raises ApplicationNotDecidable or BodyDecides if not.

    DecisionPending while one that was taken has not taken effect.
    """
    if application.pending is not None:
        raise DecisionPending
    _require_decidable(application)
    if body_decides(application):
        raise BodyDecides


def check_approvable(application: Application) -> None:
    """Whether an approval now would pass: raises what `approve_application` would raise."""
    check_decidable(application)
    state = organisation_state(application)
    if state is None:
        return
    if state.is_undecided:
        raise OrganisationUndecided
    if state.holds_another_seat:
        raise HoldsAnotherSeat
    if state.needs_another_seat and not (application.seat_reason or state.succeeds):
        raise SeatTaken


def _admit(
    application: Application,
    party: _Party,
    *,
    by: Actor,
    rule: str,
    message: str,
    expected: str = "",
) -> Membership:
    # The account after the organisation, always: two cases of both must not wait crosswise.
    account = _account_of(application)
    organisation = party.organisation
    standing = standing_membership(application, account, organisation.id if organisation else None)
    joined = None
    if standing is None and joins_membership(application):
        joined = next(iter(party.seats), None)
    if expected and expected != outcome_of(standing, joined):
        raise ApplicationChanged([])
    if standing is not None:
        _check_seat(standing, organisation)
        _renew_answers(application, standing, by=by)
    handover = succession_of(application)
    if handover is not None:
        lock_handover(handover)
    membership = standing or _join(
        application,
        _contact(application, account),
        organisation,
        joined,
        handover,
        by=by,
        rule=rule,
    )
    if handover is not None and handover.settled_at is None:
        end_succession(application.id, by=by)
    application.decided_by_rule = ALREADY_MEMBER if standing else rule
    application.membership = membership
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


def _account_of(application: Application) -> Account:
    """The applicant's account, locked; proven unless the office entered the address."""
    account_of = account_for_change if application.was_entered else verify_account
    return account_of(application.email)


def _check_seat(standing: Membership, organisation: Organisation | None) -> None:
    if organisation is not None and standing.organisation_id != organisation.id:
        raise HoldsAnotherSeat


def _renew_answers(application: Application, standing: Membership, *, by: Actor) -> None:
    """Somebody has looked: what a member says anew about themselves holds from now on."""
    if by.kind is not ActorKind.STAFF or standing.holder is not Holder.PERSON:
        return
    in_profile = {field.key for field in _definition_today(application).profile_fields}
    kept = {key: said for key, said in standing.answers.items() if key in in_profile}
    renewed = kept | application.answers
    if standing.answers != renewed:
        standing.answers = renewed
        relist(standing)
        record_event(EventTag.MEMBERSHIP_ANSWERS_RENEWED, standing, by=by)


def _definition_today(application: Application) -> Definition:
    asked = definition_of(application.definition)
    return current_definitions().get(asked.slug, asked)


def _contact(application: Application, account: Account) -> Contact:
    return Contact(
        account,
        application.first_name,
        application.last_name,
        application.organisation_name,
        application.answers,
    )


def _join(
    application: Application,
    contact: Contact,
    organisation: Organisation | None,
    joined: Membership | None,
    handover: Handover | None,
    *,
    by: Actor,
    rule: str,
) -> Membership:
    """Begin a membership, or add one more person to the one that the organisation has."""
    if joined is not None:
        add_representative(joined, contact, by=by)
        return joined
    if handover is not None and handover.cleared_at is not None:
        return complete_for_applicant(handover, contact, application.definition, by=by)
    return start_membership(
        contact,
        application.definition,
        holder=Holder(application.applicant_kind.value),
        by=by,
        rule=rule,
        organisation=organisation,
        seat_reason=application.seat_reason or "",
    )


def _decline(application: Application, *, by: Actor, reason: str, message: str) -> None:
    if reason not in {known.key for known in reasons_to_decline(application)}:
        raise ReasonUnknown
    if succession_of(application) is not None:
        end_succession(application.id, by=by)
    application.decline_reason = reason
    _settle(application, ApplicationStatus.DECLINED, by=by)
    record_event(EventTag.APPLICATION_DECLINED, application, by=by, reason=reason)
    token = open_case(application, purpose="decision_mail")
    mails.application_declined(application, case_token=token, message=message)


def _settle(application: Application, status: ApplicationStatus, *, by: Actor) -> None:
    # In review none is open: that saves the look.
    may_be_asked = application.status is not ApplicationStatus.IN_REVIEW
    now = utcnow()
    application.status = status
    application.decided_at = application.takes_effect_at = application.settled_at = now
    application.decided_by_id = by.id
    application.clock_stopped_at = None
    if may_be_asked:
        end_open_question(application)
