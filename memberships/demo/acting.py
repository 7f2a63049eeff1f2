"""One step of a case, by the service that does it; what members do in their profile, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from memberships.accounts.models import Account
from memberships.applications.models import Application, Recommendation
from memberships.applications.organisations import described_organisation, organisation_state
from memberships.applications.queries import answer_revision, open_question
from memberships.applications.services import (
    BodyDecision,
    Outcome,
    approve_application,
    claim_application,
    decline_application,
    grant_another_seat,
    link_new_organisation,
    link_organisation,
    receive_fields,
    receive_information,
    recommend_decision,
    record_body_decision,
    request_information,
    withdraw_application,
    write_note,
)
from memberships.calendar import BERLIN
from memberships.database import utcnow
from memberships.demo.plan import PlanInvalid, Step, Verb
from memberships.events.models import Actor, ActorKind
from memberships.members.models import ObjectionTo
from memberships.members.queries import Standing, account_of
from memberships.members.services import (
    change_answers,
    join_directory,
    leave_network,
    object_to,
    own_membership_for_change,
    publish_entry,
    release_entry,
)
from memberships.networks.definition import Definition
from memberships.networks.queries import current_definitions, definition_of
from memberships.networks.services import publish_definition
from memberships.organisations.queries import candidates
from memberships.rights.services import party_of_case, restrict

_PROFILE = "/profil"


def take_step(step: Step, application: Application, *, by: Actor) -> None:
    """Do what the step says, now; raises what its service raises."""
    if step.do in {Verb.APPROVE, Verb.DECIDE, Verb.GRANT_SEAT}:
        _settle_organisation(application, by)
    _ACTS[step.do](step, application, by)


def _settle_organisation(application: Application, by: Actor) -> None:
    """Say which organisation it is, where only a look can tell: the sure one, else a new one."""
    state = organisation_state(application) if application.is_open else None
    if state is None or not state.is_undecided:
        return
    first = state.candidates[0]
    if first.is_sure:
        link_organisation(application, first.organisation.id, by=by)
    else:
        link_new_organisation(application, by=by)


def _link(step: Step, application: Application, by: Actor) -> None:
    found = candidates(described_organisation(application))
    link_organisation(application, found[0].organisation.id, by=by)


def _answer(step: Step, application: Application, _: Actor) -> None:
    question = open_question(application)
    if question is None or not question.fields:
        receive_information(application, step.text)
        return
    keys = {field.key for field in definition_of(application.definition).fields} - {"district"}
    known = {key: value for key, value in application.all_answers.items() if value and key in keys}
    receive_fields(
        application,
        {**known, **step.answers},
        question_id=question.id,
        seen_revision=answer_revision(application),
        answer=step.text,
    )


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


@dataclass(frozen=True)
class _Self:
    """A member in the own profile."""

    account: Account
    standing: Standing
    by: Actor
    net: Definition


def _member(application: Application) -> _Self:
    account = account_of(application.email)
    if account is None or application.membership is None:
        raise PlanInvalid("a member's step comes before the admission")
    return _Self(
        account,
        own_membership_for_change(account.id, application.membership.id),
        Actor(ActorKind.MEMBER, account.id),
        current_definitions()[application.network.slug],
    )


def _change(step: Step, application: Application) -> None:
    own = _member(application)
    version = own.standing.membership.version
    answers = {**own.standing.all_answers, **step.answers}
    change_answers(own.standing, answers, seen_version=version, by=own.by)


def _show(step: Step, application: Application) -> None:
    own = _member(application)
    publish_entry(
        own.standing,
        step.parts,
        publish_definition(own.net),
        own.net,
        account=own.account,
        seen_version=own.standing.membership.version,
        form_url=_PROFILE,
        by=own.by,
    )


def _join_directory(application: Application) -> None:
    own = _member(application)
    join_directory(
        own.standing,
        publish_definition(own.net),
        own.net,
        account=own.account,
        form_url=_PROFILE,
        by=own.by,
    )


def _object(application: Application) -> None:
    own = _member(application)
    object_to(own.standing, ObjectionTo.DIRECTORY, account=own.account, by=own.by)


def _leave(application: Application) -> None:
    own = _member(application)
    is_last = own.standing.representative is not None
    leave_network(own.standing, account=own.account, by=own.by, ends_organisation=is_last)


def _release(application: Application, by: Actor) -> None:
    if application.membership is None:
        raise PlanInvalid("an entry is released before the admission")
    release_entry(application.membership, by=by)


_ACTS: Mapping[Verb, Callable[[Step, Application, Actor], object]] = {
    Verb.CLAIM: lambda _, case, by: claim_application(case, by=by),
    Verb.NOTE: lambda step, case, by: write_note(case, step.text, by=by),
    Verb.ASK: lambda step, case, by: request_information(
        case, step.text, by=by, fields=step.answers
    ),
    Verb.ANSWER: _answer,
    Verb.WITHDRAW: lambda _, case, __: withdraw_application(case),
    Verb.LINK: _link,
    Verb.LINK_NEW: lambda step, case, by: link_new_organisation(case, by=by, city=step.text),
    Verb.GRANT_SEAT: lambda step, case, by: grant_another_seat(case, step.text, by=by),
    Verb.RECOMMEND: _recommend,
    Verb.DECIDE: _decide,
    Verb.APPROVE: lambda step, case, by: approve_application(case, by=by, message=step.text),
    Verb.DECLINE: _decline,
    Verb.RESTRICT: lambda _, case, by: restrict(party_of_case(case), by=by),
    Verb.CHANGE: lambda step, case, _: _change(step, case),
    Verb.SHOW: lambda step, case, _: _show(step, case),
    Verb.RELEASE: lambda _, case, by: _release(case, by),
    Verb.JOIN_DIRECTORY: lambda _, case, __: _join_directory(case),
    Verb.OBJECT: lambda _, case, __: _object(case),
    Verb.LEAVE: lambda _, case, __: _leave(case),
}
