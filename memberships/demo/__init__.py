"""Demonstration data from config/demo/, made by the same services as real data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from memberships.accounts.errors import AlreadyOnTeam
from memberships.accounts.models import Account
from memberships.accounts.services import invite_staff
from memberships.applications.models import Application, Channel
from memberships.applications.services import (
    close_unanswered,
    confirm_application,
    enter_application,
    erase_expired_applications,
    remind_of_questions,
    submission_key,
    submit_application,
)
from memberships.calendar import BERLIN, end_of_day
from memberships.database import db, in_the_past, unit_of_work, utcnow
from memberships.demo.acting import take_step
from memberships.demo.days import Diary
from memberships.demo.inventing import Inventor
from memberships.demo.plan import (
    Case,
    Edit,
    Member,
    Plan,
    PlanInvalid,
    Report,
    Step,
    Verb,
    check_cases,
    load_plan,
)
from memberships.demo.writing import mailbox_of
from memberships.events.models import APPLICANT, SYSTEM, Actor, ActorKind
from memberships.feedback.models import FeedbackCase
from memberships.feedback.services import close_feedback, report_barrier, report_key
from memberships.mails.delivery import record_sent
from memberships.mails.models import IS_QUEUED, OutgoingMail
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.networks.services import edit_texts, publish_definition
from memberships.permissions import Permission, Role, may
from memberships.retention.services import plan_erasures
from memberships.settings import ROOT, current_settings

# Younger mails are still to be sent: the worker has something to do, but never a year's flood.
_SENT_BEFORE = timedelta(days=1)
_TEAM_AGO = timedelta(days=370)


@click.command()
@with_appcontext
def demo() -> None:
    """Fill networks without applications with invented applicants, members and staff."""
    if current_settings().is_production:
        raise click.ClickException(
            "this is a production installation; it gets no demonstration data"
        )
    try:
        plan = load_plan(ROOT / "config" / "demo")
        check_cases(plan, current_definitions())
        with unit_of_work():
            # All or nothing: half a demonstration would never be completed.
            made = fill_networks(plan, set(current_definitions()) - _networks_in_use())
    except PlanInvalid as error:
        raise click.ClickException(str(error)) from error
    for slug, number in sorted(made.items()):
        click.echo(f"Demonstration data: {number} applications to {slug}")
    if not made:
        click.echo("Demonstration data: already there")


def _networks_in_use() -> set[str]:
    return set(db.session.scalars(sa.select(Network.slug).join(Application)))


def fill_networks(plan: Plan, empty: Collection[str]) -> Counter[str]:
    """Play the plan's cases through, for these networks; returns how many each has got.

    In the caller's unit of work, in the order of time over all networks, as identifiers sort by
    the time of making.
    """
    others = db.session.scalars(sa.select(OutgoingMail.id).where(IS_QUEUED)).all()
    now, outbox = utcnow(), _Outbox(frozenset(others))
    stage = _Stage(now, _invite_all(plan.staff, empty, outbox), outbox)
    cases = [*plan.cases, *Inventor(plan, current_definitions()).cases()]
    for case in cases:
        if case.network in empty:
            stage.plan(case)
    for edit in plan.edits:
        if edit.network in empty:
            stage.plan_edit(edit)
    for report in plan.reports:
        if report.network in empty:
            stage.plan_report(report)
    for slug in sorted(empty):
        stage.plan_erasures(slug)
    stage.play()
    return Counter(
        db.session.scalars(
            sa.select(Network.slug).join(Application).where(Network.slug.in_(empty))
        ).all()
    )


def _invite_all(
    staff: list[Member], empty: Collection[str], outbox: _Outbox
) -> dict[str, list[tuple[str, Role]]]:
    """By network who works there, the first named first."""
    teams: dict[str, list[tuple[str, Role]]] = {}
    with in_the_past(_TEAM_AGO):
        for person in staff:
            for slug in person.networks:
                if slug in empty:
                    _invite(person, slug)
                    teams.setdefault(slug, []).append((person.email, person.role))
        outbox.send_all()
    return teams


def _invite(person: Member, slug: str) -> None:
    network = publish_definition(current_definitions()[slug]).network
    with suppress(AlreadyOnTeam):
        invite_staff(person.email, name=person.name, role=person.role, network=network, by=SYSTEM)


@dataclass(frozen=True)
class _Outbox:
    """The mails of this history: none of the `others`, which waited before.

    As far as this history goes they were sent at once; nothing leaves.
    """

    others: frozenset[UUID]

    def send_all(self) -> None:
        self._send(sa.true())

    def send_about(self, subject_id: UUID) -> None:
        self._send(OutgoingMail.subject_id == subject_id)

    def _send(self, wanted: sa.ColumnElement[bool]) -> None:
        waiting = sa.select(OutgoingMail).where(IS_QUEUED, wanted)
        for mail in db.session.scalars(waiting):
            if mail.id not in self.others:
                record_sent(mail)


@dataclass
class _Played:
    """A case in the course of its story."""

    case: Case
    email: str
    application: Application | None = None


@dataclass(order=True)
class _Scene:
    moment: datetime
    number: int
    act: Callable[[], UUID | None] = field(compare=False)


class _Stage:
    """All scenes of all cases, played in the order of time."""

    def __init__(
        self, now: datetime, teams: dict[str, list[tuple[str, Role]]], outbox: _Outbox
    ) -> None:
        self._now = now
        self._teams = teams
        self._outbox = outbox
        self._diary = Diary(now)
        self._random = Random("stage")  # noqa: S311 - the same people each time
        self._scenes: list[_Scene] = []
        self._accounts = {
            account.email: account.id for account in db.session.scalars(sa.select(Account))
        }

    def plan(self, case: Case) -> None:
        """Note down when what happens to the case."""
        answers = case.answers
        email = case.email or mailbox_of(answers["first_name"], answers["last_name"], None)
        played = _Played(case, email)
        if case.channel is Channel.ONLINE:
            submitted = self._diary.submitted(case)
            self._add(submitted, partial(self._submit, played))
            if not case.confirmed:
                self._add_nightly(submitted, 7, erase_expired_applications)
                return
            begun = self._diary.confirmed(case, submitted)
            self._add(begun, partial(self._confirm, played))
        else:
            begun = self._diary.entered(case)
            self._add(begun, partial(self._enter, played))
        for moment, step in self._diary.steps(case, begun):
            self._add(moment, partial(self._take, step, played))
            if step.do is Verb.ASK:
                self._add_nightly(moment, 14, remind_of_questions)
                self._add_nightly(moment, 28, close_unanswered)

    def plan_edit(self, edit: Edit) -> None:
        """Note down when the office changes its texts."""
        self._add(self._diary.worked(edit.ago), partial(self._edit, edit))

    def plan_report(self, report: Report) -> None:
        """Note down when a barrier is reported, and answered if it is."""
        cases: list[FeedbackCase] = []
        moment = self._diary.visited(report.ago)
        self._add(moment, partial(self._report, report, cases))
        if report.answer:
            moment = self._diary.worked(report.answered_ago)
            self._add(moment, partial(self._answer, report, cases))

    def plan_erasures(self, slug: str) -> None:
        """Announce last night what falls due: two days are left to take something out."""
        moment = end_of_day(self._now - timedelta(days=1)) - timedelta(hours=3)
        self._add(moment, partial(_announce_erasures, slug))

    def _add(self, moment: datetime, act: Callable[[], UUID | None]) -> None:
        self._scenes.append(_Scene(moment, len(self._scenes), act))

    def _add_nightly(self, begun: datetime, days: int, job: Callable[[], int]) -> None:
        moment = end_of_day(begun + timedelta(days=days)) + timedelta(minutes=5)
        if moment < self._now:
            self._add(moment, partial(_run, job))

    def play(self) -> None:
        """Play every scene, each at least a second after the one before."""
        last = self._now - _TEAM_AGO
        for scene in sorted(self._scenes):
            last = max(scene.moment, last + timedelta(seconds=1))
            with in_the_past(utcnow() - last):
                about = scene.act()
                if last < self._now - _SENT_BEFORE:
                    self._outbox.send_all()
                elif about is not None:
                    self._outbox.send_about(about)

    def _submit(self, played: _Played) -> UUID | None:
        """Returns whose mail arrived at once: it was answered."""
        case = played.case
        definition = current_definitions()[case.network]
        answers = {**case.answers, "email": played.email}
        consents = {"newsletter_consent"} if case.newsletter else set()
        key = submission_key(f"demo-{case.ago}", answers, consents)
        played.application = submit_application(definition, answers, consents, key=key)
        return played.application.id if case.confirmed else None

    def _confirm(self, played: _Played) -> None:
        confirm_application(
            _begun(played), proof="demo", channel="link", newsletter=played.case.newsletter
        )

    def _enter(self, played: _Played) -> None:
        case = played.case
        answers = {**case.answers, "email": played.email}
        played.application = enter_application(
            current_definitions()[case.network],
            answers,
            key=submission_key(f"demo-{case.ago}", answers, set()),
            channel=case.channel,
            received_on=utcnow().astimezone(BERLIN).date(),
            by=self._somebody(case.network, Permission.ENTER_APPLICATIONS),
        )

    def _take(self, step: Step, played: _Played) -> None:
        try:
            take_step(step, _begun(played), by=self._actor(step, played.case.network))
        except Exception as error:
            name = played.case.answers["last_name"]
            raise PlanInvalid(
                f"{played.case.network}, {name}: {step.do} {step.ago} days ago: {error!r}"
            ) from error

    def _edit(self, edit: Edit) -> None:
        by = self._somebody(edit.network, Permission.EDIT_TEXTS)
        edit_texts(edit.network, edit.changes, seen=0, by=by)

    def _report(self, report: Report, cases: list[FeedbackCase]) -> None:
        case = report_barrier(
            current_definitions()[report.network],
            page=report.page,
            text=report.text,
            email=report.email,
            name=report.name,
            key=report_key("demo", report.network, report.text),
        )
        cases.append(case)

    def _answer(self, report: Report, cases: list[FeedbackCase]) -> None:
        net = current_definitions()[report.network]
        by = self._somebody(report.network, Permission.ANSWER_FEEDBACK)
        close_feedback(cases[0], net, report.answer, by=by)

    def _actor(self, step: Step, slug: str) -> Actor:
        if step.by:
            return Actor(ActorKind.STAFF, self._accounts[step.by])
        if step.do is Verb.RESTRICT and not step.by:
            return APPLICANT
        if step.do is Verb.DECIDE:
            return self._somebody(slug, Permission.RECORD_BODY_DECISIONS)
        return self._somebody(slug, Permission.CLAIM_APPLICATIONS)

    def _somebody(self, slug: str, permission: Permission) -> Actor:
        """Mostly the first of the team who may do it."""
        able = [email for email, role in self._teams[slug] if may(role, permission)]
        chosen = able[0] if self._random.random() < 0.5 else self._random.choice(able)
        return Actor(ActorKind.STAFF, self._accounts[chosen])


def _run(job: Callable[[], int]) -> None:
    job()


def _announce_erasures(slug: str) -> None:
    network = db.session.scalar(sa.select(Network.id).where(Network.slug == slug))
    if network is not None:  # nobody has worked with it so far
        plan_erasures(network)


def _begun(played: _Played) -> Application:
    if played.application is None:
        raise PlanInvalid("a step comes before its application")
    return played.application
