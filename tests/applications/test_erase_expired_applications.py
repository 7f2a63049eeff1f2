"""Who does not confirm within seven days is forgotten; a number without a name stays."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.cli import erase_expired
from memberships.applications.models import Application
from memberships.applications.services import erase_expired_applications
from memberships.calendar import end_of_day
from memberships.cli import cli
from memberships.database import unit_of_work, utcnow
from memberships.events.models import Tombstone
from memberships.events.queries import check_log
from memberships.events.services import write_anchor
from memberships.mails.delivery import deliver_due_mails
from memberships.mails.models import DevInboxMail
from tests.factories import INSTITUTION, confirmed, submitted
from tests.pages import get, post
from tests.tables import all_of, dump, nothing_stored, only

WEEK = timedelta(days=7)
# What is left of a person after erasure: which form, how many events, when.
NAMELESS = {"networks", "definition_versions", "event_tombstones", "event_anchors"}


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    from flask.cli import ScriptInfo

    result = CliRunner().invoke(cli, arguments, obj=ScriptInfo(create_app=lambda: app))
    return result.exit_code, result.output


def test_after_seven_days_nothing_but_a_tombstone_is_left(client: FlaskClient) -> None:
    applied = submitted(INSTITUTION, email="mara@example.org", newsletter=True)
    deliver_due_mails()
    with time_machine.travel(utcnow() + timedelta(minutes=6)):
        post(client, applied.at_page("erneut"))
    assert len(all_of(DevInboxMail)) == 1
    with unit_of_work():
        write_anchor(utcnow().date())

    with time_machine.travel(applied.row.expires_at):
        assert erase_expired() == 1

    left = {name for name, rows in dump().items() if rows}
    assert left == NAMELESS
    text = str(dump())
    for word in ("Mara", "Hofmann", "mara@", "Talheim", "foundation"):
        assert word not in text.replace(str(dump()["definition_versions"]), "")
    stone = only(Tombstone)
    assert (stone.subject_id, stone.events, stone.rule) == (applied.id, 2, "unconfirmed_expired")
    assert check_log().faults == []


def test_until_the_last_second_nothing_is_erased(client: FlaskClient) -> None:
    applied = submitted()
    before = applied.row.expires_at - timedelta(seconds=1)
    with time_machine.travel(before, tick=False), nothing_stored():
        assert erase_expired() == 0


def test_a_confirmed_application_is_not_erased(client: FlaskClient) -> None:
    confirmed()
    with time_machine.travel(utcnow() + 60 * WEEK), nothing_stored():
        assert erase_expired() == 0


def test_one_erasure_takes_only_what_expired(client: FlaskClient) -> None:
    gone = submitted()
    with time_machine.travel(utcnow() + timedelta(days=1)):
        kept, member = submitted(), confirmed()
    with time_machine.travel(gone.row.expires_at, tick=False):
        assert erase_expired() == 1
    assert {a.id for a in all_of(Application)} == {kept.id, member.id}
    assert get(client, kept.waiting).status == 200


def test_a_batch_is_limited_and_all_batches_erase_all(client: FlaskClient) -> None:
    for _ in range(5):
        submitted()
    with time_machine.travel(end_of_day(utcnow() + WEEK)):
        with unit_of_work():
            assert erase_expired_applications(limit=2) == 2
        assert len(all_of(Application)) == 3
        assert erase_expired() == 3


def test_links_to_erased_data_answer_like_unknown_ones(client: FlaskClient) -> None:
    applied = submitted()
    with time_machine.travel(applied.row.expires_at):
        before = [get(client, a).html for a in (applied.waiting, applied.confirm)]
        erase_expired()
        after = [get(client, a).html for a in (applied.waiting, applied.confirm)]
    assert before == after
    assert get(client, applied.waiting).status == 404


def test_the_address_can_apply_again_after_its_erasure(client: FlaskClient) -> None:
    applied = submitted(email="mara@example.org")
    with time_machine.travel(applied.row.expires_at):
        erase_expired()
        again = confirmed(email="mara@example.org")
        assert again.row.confirmed_at is not None


def test_the_commands_erase_and_then_find_the_log_whole(app: Flask, client: FlaskClient) -> None:
    expired = submitted()
    confirmed()
    with time_machine.travel(expired.row.expires_at):
        for erased in (1, 0):
            status, said = run(app, "retention", "run", "--yes")
            assert status == 0
            assert f"{erased} unconfirmed applications erased\n" in said
        status, said = run(app, "audit", "verify")
    assert status == 0
    assert "1 erased chains" in said
    assert "1 erased by rule unconfirmed_expired" in said
    assert said.endswith("the log is whole\n")
