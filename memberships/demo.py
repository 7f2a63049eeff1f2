"""Demonstration data from config/demo.toml, made by the same services as real data."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import timedelta
from typing import Any

import click
import sqlalchemy as sa
from flask.cli import with_appcontext
from pydantic import BaseModel, ConfigDict

from memberships.accounts.models import StaffRole
from memberships.accounts.services import invite_staff
from memberships.applications.models import Application, Recommendation
from memberships.applications.services import (
    BodyDecision,
    Outcome,
    claim_application,
    confirm_application,
    receive_information,
    recommend_decision,
    record_body_decision,
    request_information,
    submission_key,
    submit_application,
    withdraw_application,
    write_note,
)
from memberships.calendar import BERLIN
from memberships.database import db, in_the_past, unit_of_work, utcnow
from memberships.events.models import SYSTEM, Actor, ActorKind
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions, definition_of
from memberships.networks.services import publish_definition
from memberships.permissions import Role
from memberships.settings import ROOT, current_settings


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Staff(_Part):
    email: str
    name: str
    role: Role
    networks: list[str]


class _Step(_Part):
    """What happens to an application `ago` days before now."""

    ago: int
    do: str
    text: str = ""
    outcome: Outcome = Outcome.APPROVE
    reason: str = ""


class _Applicant(_Part):
    network: str
    ago: int
    answers: dict[str, Any]
    newsletter: bool = False
    confirmed: bool = True
    steps: list[_Step] = []


class _Plan(_Part):
    staff: list[_Staff]
    applications: list[_Applicant]


@click.command()
@with_appcontext
def demo() -> None:
    """Fill networks without applications with invented applicants, members and staff."""
    if current_settings().is_production:
        raise click.ClickException(
            "this is a production installation; it gets no demonstration data"
        )
    plan = _Plan.model_validate(tomllib.loads((ROOT / "config" / "demo.toml").read_text("utf-8")))
    with unit_of_work():
        # All or nothing: half a demonstration would never be completed.
        made = _fill(plan, set(current_definitions()) - _networks_in_use())
    for slug, number in sorted(made.items()):
        click.echo(f"Demonstration data: {number} applications to {slug}")
    if not made:
        click.echo("Demonstration data: already there")


def _networks_in_use() -> set[str]:
    return set(db.session.scalars(sa.select(Network.slug).join(Application)))


def _fill(plan: _Plan, empty: set[str]) -> Counter[str]:
    for person in plan.staff:
        _invite(person, empty)
    staff = _coordinator()
    made: Counter[str] = Counter()
    # The oldest first, as identifiers sort by the time of making.
    for number, applicant in enumerate(sorted(plan.applications, key=lambda a: -a.ago)):
        if applicant.network in empty:
            _apply(applicant, f"person{number}@example.org", staff)
            made[applicant.network] += 1
    return made


def _invite(person: _Staff, empty: set[str]) -> None:
    for slug in person.networks:
        if slug in empty:
            invite_staff(
                person.email,
                name=person.name,
                role=person.role,
                network=publish_definition(current_definitions()[slug]).network,
                by=SYSTEM,
            )


def _coordinator() -> Actor:
    account = db.session.scalar(
        sa.select(StaffRole.account_id).where(StaffRole.role == Role.COORDINATOR).limit(1)
    )
    return Actor(ActorKind.STAFF, account)


def _apply(applicant: _Applicant, email: str, staff: Actor) -> None:
    answers = {**applicant.answers, "email": email}
    consents = {"newsletter_consent"} if applicant.newsletter else set()
    net = current_definitions()[applicant.network]
    with in_the_past(timedelta(days=applicant.ago)):
        key = submission_key(f"demo-{email}", answers, consents)
        application = submit_application(net, answers, consents, key=key)
        if applicant.confirmed:
            newsletter = applicant.newsletter
            confirm_application(application, proof="demo", channel="demo", newsletter=newsletter)
    for step in applicant.steps:
        with in_the_past(timedelta(days=step.ago)):
            _take(step, application, staff)


def _take(step: _Step, application: Application, staff: Actor) -> None:
    match step.do:
        case "claim":
            claim_application(application, by=staff)
        case "note":
            write_note(application, step.text, by=staff)
        case "ask":
            request_information(application, step.text, by=staff)
        case "answer":
            db.session.flush()
            receive_information(application, step.text)
        case "withdraw":
            withdraw_application(application)
        case "recommend":
            advice = Recommendation(step.outcome.value)
            recommend_decision(application, advice, by=staff, note=step.text)
        case "decide":
            record_body_decision(application, _decision(step, application), by=staff)
        case unknown:
            raise ValueError(f"demo.toml: no step {unknown!r}")


def _decision(step: _Step, application: Application) -> BodyDecision:
    body = definition_of(application.definition).decision.body
    return BodyDecision(body, utcnow().astimezone(BERLIN).date(), step.outcome, step.reason)
