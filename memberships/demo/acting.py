"""One step of a case, by the service that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from memberships.applications.models import Application, Recommendation
from memberships.applications.queries import described_organisation
from memberships.applications.services import (
    BodyDecision,
    Outcome,
    approve_application,
    claim_application,
    decline_application,
    grant_another_seat,
    link_new_organisation,
    link_organisation,
    receive_information,
    recommend_decision,
    record_body_decision,
    request_information,
    withdraw_application,
    write_note,
)
from memberships.calendar import BERLIN
from memberships.database import utcnow
from memberships.demo.plan import Step, Verb
from memberships.events.models import Actor
from memberships.networks.queries import definition_of
from memberships.organisations.queries import candidates


def take_step(step: Step, application: Application, *, by: Actor) -> None:
    """Do what the step says, now; raises what its service raises."""
    _ACTS[step.do](step, application, by)


def _link(step: Step, application: Application, by: Actor) -> None:
    found = candidates(described_organisation(application))
    link_organisation(application, found[0].organisation.id, by=by)


def _recommend(step: Step, application: Application, by: Actor) -> None:
    advice = Recommendation(step.outcome.value)
    recommend_decision(application, advice, by=by, note=step.text)


def _decide(step: Step, application: Application, by: Actor) -> None:
    body = definition_of(application.definition).decision.body
    today = utcnow().astimezone(BERLIN).date()
    decision = BodyDecision(body, today, Outcome(step.outcome.value), step.reason)
    record_body_decision(application, decision, by=by)


def _decline(step: Step, application: Application, by: Actor) -> None:
    decline_application(application, by=by, reason=step.reason, message=step.text)


_ACTS: Mapping[Verb, Callable[[Step, Application, Actor], object]] = {
    Verb.CLAIM: lambda _, case, by: claim_application(case, by=by),
    Verb.NOTE: lambda step, case, by: write_note(case, step.text, by=by),
    Verb.ASK: lambda step, case, by: request_information(case, step.text, by=by),
    Verb.ANSWER: lambda step, case, _: receive_information(case, step.text),
    Verb.WITHDRAW: lambda _, case, __: withdraw_application(case),
    Verb.LINK: _link,
    Verb.LINK_NEW: lambda step, case, by: link_new_organisation(case, by=by, city=step.text),
    Verb.GRANT_SEAT: lambda step, case, by: grant_another_seat(case, step.text, by=by),
    Verb.RECOMMEND: _recommend,
    Verb.DECIDE: _decide,
    Verb.APPROVE: lambda step, case, by: approve_application(case, by=by, message=step.text),
    Verb.DECLINE: _decline,
}
