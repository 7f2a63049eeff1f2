"""Whatever fails, and whenever: everything of a change is stored, or nothing."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.models import Application
from memberships.applications.services import erase_expired_applications
from memberships.database import DatabaseBusy, db, unit_of_work, utcnow
from memberships.events.models import Tombstone
from memberships.mails.delivery import deliver_due_mails
from memberships.mails.models import DevInboxMail
from memberships.members.models import Membership
from memberships.networks.models import Network
from memberships.settings import ROOT
from tests.factories import Applied, submitted
from tests.pages import FORM, PERSON, Page, new_stamp, post
from tests.tables import all_of, broken_at, broken_commit, dump, is_empty, nothing_stored, only

Step = Callable[[FlaskClient, Applied], Page]


def send_form(client: FlaskClient, _: Applied) -> Page:
    return post(client, FORM, PERSON | {"newsletter_consent": "y", "stamp": new_stamp(client)})


def confirm(client: FlaskClient, applied: Applied) -> Page:
    return post(client, applied.confirm)


def enter_code(client: FlaskClient, applied: Applied) -> Page:
    return post(client, applied.at_page("code"), {"code": applied.code})


def resend(client: FlaskClient, applied: Applied) -> Page:
    with time_machine.travel(utcnow() + timedelta(minutes=6)):
        return post(client, applied.at_page("erneut"))


def correct_address(client: FlaskClient, applied: Applied) -> Page:
    return post(client, applied.at_page("adresse"), {"email": "right@example.org"})


class Failed(Exception):
    pass


@pytest.mark.parametrize("step", [send_form, confirm, enter_code, resend, correct_address])
def test_a_failure_at_any_statement_leaves_nothing_stored(client: FlaskClient, step: Step) -> None:
    applied = submitted(newsletter=True)
    failures = 0
    while True:
        before = dump()
        with broken_at(failures + 1, Failed()) as sent:
            page = step(client, applied)
        if sent[0] <= failures:
            break
        failures += 1
        assert page.status in {500, 503}
        assert dump() == before
    assert failures >= 6
    assert page.status == 303
    assert dump() != before


@pytest.mark.parametrize("step", [send_form, confirm, enter_code, resend, correct_address])
def test_a_failure_at_the_commit_leaves_nothing_stored_and_trying_again_works(
    client: FlaskClient, step: Step
) -> None:
    applied = submitted(newsletter=True)
    with nothing_stored(), broken_commit(Failed()):
        assert step(client, applied).status == 500
    assert step(client, applied).status == 303


def test_a_failure_within_the_erasure_leaves_everything(client: FlaskClient) -> None:
    applied = submitted(newsletter=True)
    deliver_due_mails()
    failures = 0
    with time_machine.travel(applied.row.expires_at):
        while True:
            before = dump()
            with broken_at(failures + 1, Failed()), suppress(Failed):
                with unit_of_work():
                    erase_expired_applications()
                break
            failures += 1
            assert dump() == before
    assert failures >= 8
    assert only(Tombstone).subject_id == applied.id
    assert all_of(Application) == []


@pytest.mark.parametrize("error", [sa.exc.OperationalError("", {}, Exception()), Failed()])
def test_a_form_that_could_not_be_stored_keeps_what_was_typed(
    client: FlaskClient, error: Exception
) -> None:
    stamp = new_stamp(client)
    with broken_commit(error):
        page = post(client, FORM, PERSON | {"stamp": stamp})
    assert is_empty()
    if page.status == 500:
        assert page.heading == "Das hat nicht geklappt"
        assert "Ihre Eingaben sind noch da" in page.words
        return
    assert page.status == 503
    assert "Ihre Eingaben sind noch da" in page.notice
    fields = page.form("/antrag").fields
    assert {key: fields[key] for key in PERSON} == PERSON
    assert post(client, FORM, fields).status == 303
    assert len(all_of(Application)) == 1


# The house rule: only a unit of work writes


def test_a_flush_outside_a_unit_of_work_is_refused(app: Flask) -> None:
    db.session.add(Network(slug="a-network"))
    with pytest.raises(RuntimeError, match="only a unit of work may write"):
        db.session.flush()
    db.session.rollback()
    assert is_empty()


def test_a_commit_outside_a_unit_of_work_is_refused(app: Flask) -> None:
    db.session.execute(sa.insert(Network).values(slug="a-network"))
    with pytest.raises(RuntimeError, match="only a unit of work may write"):
        db.session.commit()
    db.session.rollback()
    assert is_empty()


def test_units_of_work_are_not_nested(app: Flask) -> None:
    with unit_of_work():
        db.session.add(Network(slug="a-network"))
        with pytest.raises(RuntimeError, match="already open"):
            unit_of_work().__enter__()
    assert only(Network).slug == "a-network"


def test_after_a_failed_unit_of_work_the_next_one_works(app: Flask) -> None:
    with suppress(Failed), unit_of_work():
        db.session.add(Network(slug="a-network"))
        db.session.flush()
        raise Failed
    assert is_empty()
    with unit_of_work():
        db.session.add(Network(slug="a-network"))
    assert only(Network).slug == "a-network"


# A process that is killed

KILLED = """
import json, os, signal, sys
from sqlalchemy import event
from memberships import create_app
from memberships.applications.queries import application_by_confirm_token
from memberships.applications.services import confirm_application
from memberships.database import db, unit_of_work
from memberships.settings import Settings

settings, token, moment = sys.argv[1:]
app = create_app(Settings.model_validate(json.loads(settings)))
with app.app_context(), unit_of_work():
    event.listen(db.session, moment, lambda _: os.kill(os.getpid(), signal.SIGKILL))
    application = application_by_confirm_token(token, for_change=True)
    confirm_application(application, proof="proof", channel="link", newsletter=False)
"""


def confirm_and_be_killed(app: Flask, moment: str) -> Applied:
    applied = submitted()
    settings = app.config["SETTINGS"].model_dump_json()
    command = [sys.executable, "-c", KILLED, settings, applied.confirm_token, moment]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    return applied


def test_a_process_killed_between_commit_and_sending_loses_nothing(app: Flask) -> None:
    applied = confirm_and_be_killed(app, "after_commit")

    assert applied.row.membership_id == only(Membership).id
    deliver_due_mails()
    (mail,) = all_of(DevInboxMail)
    assert mail.to_address == applied.row.email
    assert mail.subject == "Willkommen im Netzwerk Bürgerhaushalt"


def test_a_process_killed_before_its_commit_has_changed_nothing(
    app: Flask, client: FlaskClient
) -> None:
    applied = confirm_and_be_killed(app, "before_commit")

    assert applied.row.confirmed_at is None
    assert all_of(Membership) == []
    deliver_due_mails()
    assert only(DevInboxMail).subject.startswith("Bitte bestätigen")
    assert post(client, applied.confirm).status == 303


def test_who_waits_too_long_for_the_write_lock_is_told_once_and_goes_on(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        return
    patience = 0.3
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
    other = sqlite3.connect(str(db.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with pytest.raises(DatabaseBusy), unit_of_work():
        db.session.add(Network(slug="besetzt"))
    assert patience <= time.monotonic() - begun < 2 * patience
    other.close()
    with unit_of_work():
        db.session.add(Network(slug="frei"))
    assert [network.slug for network in all_of(Network)] == ["frei"]
