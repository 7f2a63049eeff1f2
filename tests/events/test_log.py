"""The log: a chain per subject that the database guards, and whose every change is found."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
import time_machine
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from memberships.applications.cli import erase_expired
from memberships.applications.models import Application
from memberships.cli import cli
from memberships.database import db, unit_of_work, utcnow
from memberships.events.chain import record_hash
from memberships.events.models import SYSTEM, Anchor, Event, EventTag, Tombstone
from memberships.events.queries import check_log, events_about
from memberships.events.services import erase_events, record_event, write_anchor
from tests.factories import INSTITUTION, Applied, confirmed, submitted
from tests.tables import all_of, nothing_stored, only, tamper


@pytest.fixture
def applied(app: Flask) -> Applied:
    """A chain of three events about the application, one of one about the membership."""
    return confirmed()


def anchored(days: int = 0) -> Anchor | None:
    with unit_of_work():
        return write_anchor((utcnow() + timedelta(days=days)).date())


def expired() -> Applied:
    applied = submitted()
    with time_machine.travel(applied.row.expires_at):
        erase_expired()
    return applied


def faults() -> list[str]:
    return check_log().faults


def test_a_chain_counts_from_one_and_links_each_event_to_the_one_before(applied: Applied) -> None:
    chain = events_about(applied.id)
    assert [event.seq for event in chain] == [1, 2, 3]
    assert [event.tag for event in chain] == [
        "application:submitted",
        "application:confirmed",
        "application:approved",
    ]
    assert f'"previous":"{"0" * 64}"' in chain[0].record
    for before, after in pairwise(chain):
        assert f'"previous":"{before.hash}"' in after.record
    found = check_log()
    assert (found.events, found.chains, found.faults) == (4, 2, [])


def test_events_hold_no_name_address_or_text(app: Flask) -> None:
    confirmed(INSTITUTION, newsletter=True)
    records = " ".join(event.record for event in all_of(Event))
    for word in ("Mara", "Hofmann", "Talheim", "@", "example", "Rundbrief"):
        assert word not in records


# The database guards it


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET tag = 'application:declined'",
        "UPDATE events SET hash = hash",
        "DELETE FROM events",
        "DELETE FROM events WHERE seq = 3",
    ],
)
def test_the_database_refuses_to_change_or_delete_events(applied: Applied, statement: str) -> None:
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(sa.text(statement))


@pytest.mark.parametrize("table", ["event_tombstones", "event_anchors"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET signature = 'x'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete_tombstones_and_anchors(
    applied: Applied, table: str, verb: str
) -> None:
    anchored()
    expired()
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(sa.text(verb.format(table)))


@pytest.mark.parametrize("table", ["events", "event_tombstones", "event_anchors"])
def test_no_table_of_the_log_can_be_emptied(applied: Applied, table: str) -> None:
    # SQLite knows no TRUNCATE at all.
    refusal = IntegrityError if db.engine.dialect.name == "postgresql" else OperationalError
    with nothing_stored(), pytest.raises(refusal), unit_of_work():
        db.session.execute(sa.text(f"TRUNCATE {table} CASCADE"))


def test_an_erased_chain_cannot_grow_again(app: Flask) -> None:
    applied = submitted()
    with unit_of_work():
        application = db.session.get_one(Application, applied.id)
        erase_events(application, rule="test")
        record_event(EventTag.APPLICATION_CONFIRMED, application, by=SYSTEM)
        with pytest.raises(DatabaseError):
            db.session.flush()
        db.session.rollback()
    assert len(events_about(applied.id)) == 1


def test_two_events_cannot_take_one_place(applied: Applied) -> None:
    first = events_about(applied.id)[0]
    columns = [c.name for c in Event.__table__.columns if c.name != "id"]
    copy = {name: getattr(first, name) for name in columns}
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(sa.insert(Event).values(**copy))


# Whoever gets past the guards is found


@pytest.mark.parametrize(
    "change",
    [
        "tag = 'application:declined'",
        "actor_kind = 'applicant'",
        "actor_id = '0190a1b2c3d47000800000000000abcd'",
        "seq = 7",
        "subject_type = 'membership'",
        "at = '2020-02-02 02:02:02.000000'",
        "hash = 'aaaa'",
        "record = replace(record, 'anyone', 'nobody')",
    ],
)
def test_a_changed_event_is_found(applied: Applied, change: str) -> None:
    assert faults() == []
    tamper(f"UPDATE events SET {change} WHERE tag = 'application:approved'")  # noqa: S608 - ours
    assert len(faults()) == 1


def test_a_changed_detail_is_found_even_with_a_fresh_hash(applied: Applied) -> None:
    event = events_about(applied.id)[0]
    forged = event.record.replace("online", "letter")
    assert forged != event.record
    tamper(
        "UPDATE events SET record = :record, hash = :hash WHERE seq = 1 AND tag = :tag",
        record=forged,
        hash=record_hash(forged),
        tag=event.tag,
    )
    assert faults() == [f"chain {applied.id}: event 2 was changed or does not follow"]


@pytest.mark.parametrize("seq", [1, 2])
def test_a_removed_event_is_found(applied: Applied, seq: int) -> None:
    tamper("DELETE FROM events WHERE seq = :seq AND subject_type = 'application'", seq=seq)
    assert faults() == [f"chain {applied.id}: event {seq} is missing"]


def test_reordered_events_are_found(applied: Applied) -> None:
    tamper("UPDATE events SET seq = 12 - seq WHERE seq IN (2, 3)")
    tamper("UPDATE events SET seq = seq - 7 WHERE seq > 3")
    assert [event.seq for event in events_about(applied.id)] == [1, 2, 3]
    assert len(faults()) == 1


def test_an_event_of_another_chain_is_found(applied: Applied) -> None:
    other = confirmed()
    tamper("DELETE FROM events WHERE seq = 3 AND tag = 'application:approved'")
    stolen = events_about(other.id)[1]
    with unit_of_work():
        columns = [c.name for c in Event.__table__.columns if c.name != "id"]
        copy = {name: getattr(stolen, name) for name in columns}
        db.session.execute(sa.insert(Event).values(copy | {"subject_id": applied.id, "seq": 3}))
    assert [fault for fault in faults() if str(applied.id) in fault]


# Anchors


def test_an_anchor_holds_the_head_of_every_chain_that_grew(applied: Applied) -> None:
    anchored()
    anchor = only(Anchor)
    assert anchor.up_to_event == max(event.id for event in all_of(Event))
    for event in (events_about(applied.id)[-1], events_about(applied.row.membership_id)[-1]):  # type: ignore[arg-type]
        assert event.hash in anchor.heads
    assert faults() == []


def test_a_second_anchor_of_a_day_changes_nothing(applied: Applied) -> None:
    assert anchored() is not None
    confirmed()
    with nothing_stored():
        assert anchored() is None
        assert anchored(days=-1) is None


def test_a_day_without_events_has_no_anchor(applied: Applied) -> None:
    anchored()
    with nothing_stored():
        assert anchored(days=1) is None


def test_each_anchor_signs_the_one_before(applied: Applied) -> None:
    anchored()
    confirmed()
    anchored(days=1)
    first, second = all_of(Anchor)
    assert second.previous == first.signature
    assert faults() == []
    # An id is given before its commit: the day of the last anchor is looked at once more.
    assert str(applied.id) in second.heads


def test_a_chain_that_lost_its_tail_is_found_after_an_anchor(applied: Applied) -> None:
    tamper("DELETE FROM events WHERE tag = 'application:approved'")
    assert faults() == []  # no chain shows its own missing end
    other = confirmed()
    anchored()
    tamper("DELETE FROM events WHERE tag = 'application:approved'")
    assert len(faults()) == 1
    assert f"chain {other.id} no longer has its event 3" in faults()[0]


def test_a_chain_that_is_gone_without_a_tombstone_is_found(applied: Applied) -> None:
    anchored()
    tamper("DELETE FROM events WHERE subject_type = 'membership'")
    assert len(faults()) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event_anchors SET heads = '[]'",
        "UPDATE event_anchors SET up_to_event = 1",
        "UPDATE event_anchors SET signature = 'aaaa'",
        "UPDATE event_anchors SET previous = 'aaaa'",
        "UPDATE event_anchors SET day = '2020-02-02'",
    ],
)
def test_a_forged_anchor_is_found(applied: Applied, change: str) -> None:
    anchored()
    tamper(change)
    assert "changed, or the one before is missing" in "".join(faults())


def test_a_removed_anchor_is_found(applied: Applied) -> None:
    anchored()
    confirmed()
    anchored(days=1)
    tamper("DELETE FROM event_anchors WHERE previous = :genesis", genesis="0" * 64)
    assert len(faults()) == 1


# Tombstones


def test_erasing_after_an_anchor_leaves_a_log_that_is_whole(applied: Applied) -> None:
    waiting = submitted()
    anchored()
    with time_machine.travel(waiting.row.expires_at):
        erase_expired()
        assert only(Tombstone).subject_id == waiting.id
        assert faults() == []
        anchored()
        assert faults() == []


@pytest.mark.parametrize(
    "change",
    [
        "rule = 'declined'",
        "events = 9",
        "last_hash = 'aaaa'",
        "erased_on = '2020-02-02'",
        "signature = 'aaaa'",
    ],
)
def test_a_forged_tombstone_is_found(app: Flask, change: str) -> None:
    stone = expired()
    assert faults() == []
    tamper(f"UPDATE event_tombstones SET {change}")  # noqa: S608 - ours
    assert faults() == [f"tombstone {stone.id}: the signature does not fit"]


def test_a_removed_tombstone_is_found_after_an_anchor(app: Flask) -> None:
    applied = submitted()
    anchored()
    with time_machine.travel(applied.row.expires_at):
        erase_expired()
    tamper("DELETE FROM event_tombstones")
    assert len(faults()) == 1


def test_a_made_up_tombstone_hides_no_chain(applied: Applied) -> None:
    """Somebody without the installation's secret cannot sign one."""
    network_id = applied.row.network_id
    with unit_of_work():
        db.session.add(
            Tombstone(
                subject_id=applied.id,
                subject_type="application",
                network_id=network_id,
                events=3,
                last_hash="a" * 64,
                rule="unconfirmed_expired",
                erased_on=utcnow().date(),
                signature="a" * 64,
            )
        )
    with unit_of_work():
        db.session.execute(sa.delete(Event).where(Event.subject_id == applied.id))
    assert faults() == [f"tombstone {applied.id}: the signature does not fit"]


def test_a_tombstone_beside_living_events_is_found(applied: Applied) -> None:
    with unit_of_work():
        application = db.session.get_one(Application, applied.id)
        erase_events(application, rule="test")
    tamper(
        "UPDATE events SET subject_id = :gone WHERE subject_type = 'membership'",
        gone=applied.id if db.engine.dialect.name == "postgresql" else applied.id.hex,
    )
    assert f"chain {applied.id}: erased, but still has events" in faults()


# The command


def verify(app: Flask) -> tuple[int, str]:
    info = ScriptInfo(create_app=lambda: app)
    result = CliRunner().invoke(cli, ["audit", "verify"], obj=info)
    return result.exit_code, result.output


def test_the_command_says_what_it_looked_at(app: Flask, applied: Applied) -> None:
    anchored()
    status, said = verify(app)
    assert status == 0
    assert said.splitlines() == [
        "4 events in 2 chains, 0 erased chains, 1 anchors",
        "the log is whole",
    ]


def test_the_command_fails_and_names_the_fault(app: Flask, applied: Applied) -> None:
    tamper("UPDATE events SET tag = 'x' WHERE seq = 2")
    status, said = verify(app)
    assert status == 1
    assert f"FAULT chain {applied.id}: event 2 was changed" in said
    assert "the log is whole" not in said
