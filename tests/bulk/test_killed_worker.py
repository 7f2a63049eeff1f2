"""Workers that are killed, and several at once: each case is done once, or not yet."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from memberships.applications.models import ApplicationStatus
from memberships.bulk.models import RunState
from memberships.events.models import Event
from memberships.events.queries import check_log
from memberships.members.models import Membership
from memberships.settings import ROOT
from tests.bulk.cases import begun, ends, planned, press, run_at, worked
from tests.factories import Applied
from tests.pages import get, post
from tests.review.cases import case, case_url, mails_of, session_cookie, signed_in, staff
from tests.review.racing import Move
from tests.tables import all_of

PROGRAM = """
import json, os, signal, sys, time
from sqlalchemy import event
from memberships import create_app
from memberships.bulk.running import work_on_runs
from memberships.database import db
from memberships.settings import Settings

settings, moment, number, rounds = sys.argv[1:]
left = int(number)

def die(_session):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

app = create_app(Settings.model_validate(json.loads(settings)))
if moment:
    event.listen(db.session, moment, die)
for _ in range(int(rounds)):
    with app.app_context():
        work_on_runs()
    time.sleep(0.01)
"""


@contextmanager
def worker(
    app: Flask, moment: str = "", number: int = 0, rounds: int = 1000
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that works on runs; at that moment of its n-th transaction it kills itself."""
    settings = app.config["SETTINGS"].model_dump_json()
    command = [sys.executable, "-c", PROGRAM, settings, moment, str(number), str(rounds)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def once_each(cases: list[Applied], address: str) -> None:
    assert ends(address) == [("done", "")] * len(cases)
    assert run_at(address).state is RunState.FINISHED
    approved = Counter(e.subject_id for e in all_of(Event) if e.tag == "application:approved")
    assert approved == {applied.id: 1 for applied in cases}
    assert all(len(mails_of(applied, "application_approved")) == 1 for applied in cases)
    assert len(all_of(Membership)) == len(cases)
    assert check_log().faults == []


@pytest.mark.parametrize(("moment", "done"), [("before_commit", 2), ("after_commit", 3)])
def test_killed_in_the_middle_of_a_case_another_goes_on_where_it_was(
    app, kim, browser, moment, done
) -> None:
    cases = [case() for _ in range(5)]
    address = begun(browser, "approve", cases)
    with worker(app, moment, 3) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert [state for state, _ in ends(address)] == ["done"] * done + ["ready"] * (5 - done)
    statuses = [applied.row.status for applied in cases]
    assert statuses.count(ApplicationStatus.APPROVED) == done
    worked()
    once_each(cases, address)


def test_however_often_a_worker_is_killed_every_case_is_done_once(app, kim, browser) -> None:
    cases = [case() for _ in range(30)]
    address = begun(browser, "approve", cases)
    for goal in (3, 9, 15):
        with worker(app) as process:
            until = time.monotonic() + 60
            while [state for state, _ in ends(address)].count("done") < goal:
                assert time.monotonic() < until
                time.sleep(0.01)
            process.kill()
            assert process.wait() == -signal.SIGKILL
    worked()
    once_each(cases, address)


def test_several_workers_share_a_run_and_no_case_is_done_twice(app, kim, browser) -> None:
    cases = [case() for _ in range(40)]
    address = begun(browser, "approve", cases)
    with worker(app, rounds=100) as one, worker(app, rounds=100) as two:
        assert (one.wait(100), two.wait(100)) == (0, 0)
    worked()
    once_each(cases, address)


def test_a_stop_lets_the_case_at_hand_be_finished_and_no_other(app, kim, browser) -> None:
    cases = [case() for _ in range(40)]
    address = begun(browser, "approve", cases)
    with worker(app) as process:
        until = time.monotonic() + 60
        while "done" not in {state for state, _ in ends(address)}:
            assert time.monotonic() < until
        press(browser, address, "anhalten")
        at_once = [state for state, _ in ends(address)].count("done")
        time.sleep(1)
        process.kill()
        process.wait()
    stopped = ends(address)
    assert [state for state, _ in stopped].count("done") <= at_once + 1
    assert run_at(address).state is RunState.STOPPED
    approved = [applied.row.status for applied in cases].count(ApplicationStatus.APPROVED)
    assert approved == [state for state, _ in stopped].count("done")
    press(browser, address, "fortsetzen")
    worked()
    once_each(cases, address)


def test_twenty_clicks_on_start_begin_one_run(app, kim, browser, racers) -> None:
    cases = [case() for _ in range(3)]
    page = planned(browser, "approve", cases)
    move = Move(page, "/beginnen", cookie=session_cookie(app, kim.account_id))
    answers = racers.race(app, [move] * 20)
    assert {answer.status for answer in answers} == {303}
    assert [e.tag for e in all_of(Event) if e.subject_type == "bulk"] == ["bulk:started"]
    worked()
    once_each(cases, page)


def test_a_single_click_and_a_run_never_both_decide(app, kim, browser) -> None:
    """Decided by hand while workers run: the run skips it, or the hand is told."""
    cases = [case() for _ in range(20)]
    address = begun(browser, "approve", cases)
    hand = signed_in(app, staff(name="Toni Muster"))
    forms = [get(hand, case_url(c, verb="ablehnen")).form("/ablehnen") for c in cases[-5:]]
    with worker(app):
        answers = [post(hand, f.action, f.fields | {"reason": "other"}).status for f in forms]
        time.sleep(1)
    worked()
    for (state, _), applied, answer in zip(ends(address)[-5:], cases[-5:], answers, strict=True):
        by_hand = applied.row.status is ApplicationStatus.DECLINED
        assert (state, answer) == (("skipped", 303) if by_hand else ("done", 409))
        sent = mails_of(applied, "application_approved") + mails_of(applied, "application_declined")
        assert len(sent) == 1
    assert check_log().faults == []
