"""Any order of all verbs, with the clock jumping: what must hold does hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import time_machine
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from memberships.applications import services
from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    LinkUnknown,
    NothingAsked,
    NotWithdrawable,
)
from memberships.applications.models import (
    Application,
    ApplicationStatus,
    InformationRequest,
    Recommendation,
)
from memberships.applications.queries import answer_revision, application_by_confirm_token
from memberships.calendar import end_of_day
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import Event
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.members.models import Membership
from memberships.tokens import token_hash
from tests.factories import Applied, submitted
from tests.review.cases import APPLICANT, CHECK, Staff, staff
from tests.tables import all_of

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
DECISIONS = {"application:approved", "application:declined"}
DECISION_MAILS = {"application_approved", "application_declined", "application_repeated"}
REFUSALS = (ApplicationNotDecidable, ApplicationChanged, NothingAsked, NotWithdrawable, LinkUnknown)
S = ApplicationStatus

# From which status which verb leads where; everything else is refused and changes nothing.
MOVES: dict[str, dict[S, S]] = {
    "confirm": {S.UNCONFIRMED: S.IN_REVIEW},
    "claim": {S.IN_REVIEW: S.IN_REVIEW, S.INFORMATION_REQUESTED: S.INFORMATION_REQUESTED},
    "recommend": {S.IN_REVIEW: S.IN_REVIEW, S.INFORMATION_REQUESTED: S.INFORMATION_REQUESTED},
    "correct": {S.IN_REVIEW: S.IN_REVIEW, S.INFORMATION_REQUESTED: S.INFORMATION_REQUESTED},
    "ask": {S.IN_REVIEW: S.INFORMATION_REQUESTED},
    "answer": {S.INFORMATION_REQUESTED: S.IN_REVIEW, S.CLOSED: S.IN_REVIEW},
    "approve": {S.IN_REVIEW: S.APPROVED, S.INFORMATION_REQUESTED: S.APPROVED},
    "decline": {S.IN_REVIEW: S.DECLINED, S.INFORMATION_REQUESTED: S.DECLINED},
    "withdraw": {
        S.IN_REVIEW: S.WITHDRAWN, S.INFORMATION_REQUESTED: S.WITHDRAWN, S.CLOSED: S.WITHDRAWN
    },
}  # fmt: skip


_examples = count()


class Workflow(RuleBasedStateMachine):
    app: Flask
    cases = Bundle("cases")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.clock = self.stack.enter_context(time_machine.travel(START, tick=False))
        self.seen: dict[Any, tuple[S, datetime | None]] = {}
        self.names = 0

    @initialize()
    def begin(self) -> None:
        self.by: Staff = staff()
        # What earlier examples left stays in the database: these addresses are of this one.
        self.example = next(_examples)

    def teardown(self) -> None:
        self.stack.close()
        db.session.rollback()

    @rule(
        target=cases, address=st.sampled_from(["a@example.org", "b@example.org", "c@example.org"])
    )
    def submit(self, address: str) -> Applied:
        applied = submitted(APPLICANT, slug=CHECK, email=address)
        self.remember(applied)
        return applied

    def remember(self, applied: Applied) -> None:
        row = self.row(applied)
        if row is not None:
            self.seen[applied.id] = (row.status, row.due_at)

    def row(self, applied: Applied) -> Application | None:
        db.session.rollback()
        return db.session.get(Application, applied.id)

    def own_cases(self) -> list[Application]:
        return [a for a in all_of(Application) if a.id in self.seen]

    def do(self, verb: str, applied: Applied, act: Callable[[Application], object]) -> None:
        """Act, and compare with the table of moves."""
        before = self.row(applied)
        if before is None:
            return
        status = before.status
        allowed = MOVES[verb].get(status)
        if verb == "confirm" and not before.is_confirmable(utcnow()):
            allowed = None
        events = len(all_of(Event))
        try:
            with unit_of_work():
                act(db.session.get_one(Application, applied.id, with_for_update=True))
        except REFUSALS:
            assert allowed is None, (verb, status)
            assert len(all_of(Event)) == events
        else:
            assert allowed is not None, (verb, status)
        after = self.row(applied)
        assert after is not None
        assert after.status is (allowed or status)
        self.check_due(verb if allowed else "", applied, after)
        self.remember(applied)

    def check_due(self, verb: str, applied: Applied, after: Application) -> None:
        """The promised day moves when the case begins, and by the time that the applicant took."""
        status, due = self.seen[applied.id]
        if verb == "confirm" or (verb == "answer" and status is S.CLOSED):
            assert after.due_at is not None
            assert timedelta(days=28) <= after.due_at - utcnow() < timedelta(days=29)
        elif verb == "answer":
            asked = max(
                q.asked_at for q in all_of(InformationRequest) if q.application_id == applied.id
            )
            assert due is not None
            assert after.due_at == end_of_day(due + (utcnow() - asked))
        else:
            assert after.due_at == due

    @rule(applied=cases)
    def confirm(self, applied: Applied) -> None:
        if (row := self.row(applied)) is None or row.confirmed_at is not None:
            return

        def act(_application: Application) -> None:
            found = application_by_confirm_token(applied.confirm_token, for_change=True)
            assert found is not None
            proof = token_hash(applied.confirm_token)
            services.confirm_application(found, proof=proof, channel="link", newsletter=False)

        self.do("confirm", applied, act)

    @rule(applied=cases)
    def claim(self, applied: Applied) -> None:
        self.do("claim", applied, lambda a: services.claim_application(a, by=self.by.actor))

    @rule(applied=cases, what=st.sampled_from(Recommendation))
    def recommend(self, applied: Applied, what: Recommendation) -> None:
        self.do(
            "recommend", applied, lambda a: services.recommend_decision(a, what, by=self.by.actor)
        )

    @rule(applied=cases)
    def ask(self, applied: Applied) -> None:
        self.do("ask", applied, lambda a: services.request_information(a, "Wo?", by=self.by.actor))

    @rule(applied=cases)
    def answer(self, applied: Applied) -> None:
        self.do("answer", applied, lambda a: services.receive_information(a, "Dort."))

    @rule(applied=cases)
    def correct(self, applied: Applied) -> None:
        self.names += 1
        answers = APPLICANT | {"last_name": f"Name {self.names}"}
        self.do(
            "correct",
            applied,
            lambda a: services.correct_answers(a, answers, seen_revision=answer_revision(a)),
        )

    @rule(applied=cases)
    def withdraw(self, applied: Applied) -> None:
        self.do("withdraw", applied, services.withdraw_application)

    @rule(applied=cases)
    def approve(self, applied: Applied) -> None:
        self.do("approve", applied, lambda a: services.approve_application(a, by=self.by.actor))

    @rule(applied=cases)
    def decline(self, applied: Applied) -> None:
        self.do(
            "decline",
            applied,
            lambda a: services.decline_application(a, by=self.by.actor, reason="other"),
        )

    @rule(days=st.sampled_from([1, 6, 7, 14, 28]))
    def time_passes(self, days: int) -> None:
        self.clock.shift(timedelta(days=days))
        for job in (
            services.erase_expired_applications,
            services.remind_of_questions,
            services.close_unanswered,
        ):
            with unit_of_work():
                job(limit=10_000)
        for application in self.own_cases():
            status, due = self.seen[application.id]
            closed = (S.INFORMATION_REQUESTED, S.CLOSED)
            assert application.status is status or (status, application.status) == closed
            assert application.due_at == due
            self.seen[application.id] = (application.status, due)

    @invariant()
    def the_log_is_whole(self) -> None:
        db.session.rollback()
        assert check_log().faults == []

    @invariant()
    def every_case_has_at_most_one_decision_and_one_mail_of_it(self) -> None:
        events, mails = all_of(Event), all_of(OutgoingMail)
        living = [m.account_id for m in all_of(Membership) if m.ended_at is None]
        assert len(living) == len(set(living))
        for application in self.own_cases():
            decided = [e for e in events if e.subject_id == application.id and e.tag in DECISIONS]
            told = [m for m in mails if m.subject_id == application.id and m.kind in DECISION_MAILS]
            is_decided = application.status in {S.APPROVED, S.DECLINED}
            assert len(decided) == len(told) == int(is_decided)
            assert (application.membership_id is not None) == (application.status is S.APPROVED)

    @invariant()
    def a_question_is_open_exactly_while_it_can_be_answered(self) -> None:
        requests = all_of(InformationRequest)
        for application in self.own_cases():
            waiting = [
                r for r in requests
                if r.application_id == application.id and not r.answered_at and not r.ended_at
            ]  # fmt: skip
            can_answer = application.status in {S.INFORMATION_REQUESTED, S.CLOSED}
            assert len(waiting) == int(can_answer)
            stands = application.status is S.INFORMATION_REQUESTED
            assert (application.clock_stopped_at is not None) == stands


def test_no_order_of_verbs_breaks_what_must_hold(app) -> None:
    Workflow.app = app
    run_state_machine_as_test(
        Workflow,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
