"""The daily run: what it announces, what stops it, and what is never erased."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from memberships.accounts.models import Account
from memberships.applications.models import Application, ApplicationStatus
from memberships.calendar import end_of_day
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import Actor, ActorKind, Event, Tombstone
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.members.models import (
    EndReason,
    ExportContent,
    ExportFormat,
    Membership,
    Representative,
)
from memberships.members.services import record_export
from memberships.networks.models import Network
from memberships.organisations.models import Merge, Move, Organisation
from memberships.permissions import Role
from memberships.retention import queries, services
from memberships.retention.cli import run_retention
from memberships.retention.errors import ArchiveNotOffered, NotErasable
from memberships.retention.models import Cause, ErasedFigure, ErasureBatch, ErasureItem, Kind
from memberships.retention.services import planning
from tests.accounts.cases import invited, role_row
from tests.accounts.test_change_address import asked, changed, token
from tests.applications.joining import AVD, BH, BW, FV
from tests.applications.test_erase_expired_applications import run
from tests.members.cases import (
    BEN,
    MARA,
    a_representative,
    account_of,
    come_back,
    end,
    joins_too,
    leave,
    on_a_seat,
)
from tests.members.showing import publishes, withdraws
from tests.organisations.registry import merged
from tests.retention.cases import (
    applies,
    batches,
    declined,
    erase_at,
    items,
    joins,
    person,
    places_of,
    restrict,
    run_on,
)
from tests.review.cases import Staff, case_in, decline, staff, withdraw
from tests.tables import all_of, broken_at, dump, nothing_stored, only

DAY = timedelta(days=1)


class Failed(Exception):
    pass


@pytest.fixture
def kim(app: Flask) -> Staff:
    return staff(Role.LEAD, AVD, BW, FV, BH)


def row(id_: UUID, model: type[Application | Membership] = Application) -> object:
    db.session.rollback()
    return db.session.get(model, id_)


def last_minute(days: int = 30) -> object:
    return end_of_day(utcnow() + days * DAY)


def test_what_falls_due_is_announced_before_its_day(app: Flask) -> None:
    applied = applies(AVD, person())
    withdraw(applied)
    due = end_of_day(utcnow() + 30 * DAY)

    run_on(due - 5 * DAY)
    assert items() == []

    run_on(due - 3 * DAY - timedelta(hours=1))
    (item,) = items()
    assert (item.subject_id, item.due_at, item.erase_after) == (applied.id, due, due)
    (batch,) = batches()
    assert (batch.kind, batch.planned, batch.erased) == (Kind.WITHDRAWN, 1, 0)
    assert not batch.is_stopped
    assert row(applied.id) is not None

    run_on(due - timedelta(seconds=1))
    assert row(applied.id) is not None
    run_on(due)
    assert row(applied.id) is None
    (batch,) = batches()
    assert (batch.planned, batch.erased, batch.finished_at) == (1, 1, due)
    stone = only(Tombstone)
    assert (stone.subject_id, stone.rule) == (applied.id, "withdrawn_expired")
    assert check_log().faults == []


def test_what_is_found_late_is_announced_for_three_days_all_the_same(app: Flask) -> None:
    applied = applies(AVD, person())
    withdraw(applied)
    late = utcnow() + 90 * DAY

    run_on(late)
    run_on(late + 3 * DAY - timedelta(seconds=1))
    assert row(applied.id) is not None
    run_on(late + 3 * DAY)
    assert row(applied.id) is None


def test_a_second_run_changes_nothing(app: Flask) -> None:
    withdraw(applies(AVD, person()))
    due = end_of_day(utcnow() + 30 * DAY)
    run_on(due - 3 * DAY)
    with nothing_stored():
        run_on(due - 3 * DAY)
    run_on(due)
    with nothing_stored():
        run_on(due)


@pytest.mark.parametrize("status", list(ApplicationStatus))
def test_only_what_is_settled_without_admission_is_erased(
    app: Flask, kim: Staff, status: ApplicationStatus
) -> None:
    if status is ApplicationStatus.UNCONFIRMED:
        return  # has a job of its own
    id_ = case_in(status, kim, AVD, organisation_kind="company", postal_code="70173").id \
        if status is not ApplicationStatus.APPROVED else applies(FV, person()).id  # fmt: skip
    erase_at(end_of_day(utcnow() + 93 * DAY))
    is_gone = row(id_) is None
    assert is_gone is (status.value in set(Kind))


def test_who_comes_back_in_time_is_kept(app: Flask) -> None:
    who = person()
    id_ = joins(who)
    leave(id_, who.email)
    due = end_of_day(utcnow() + 30 * DAY)
    run_on(due - 3 * DAY)
    assert len(items()) == 1
    with time_machine.travel(due - timedelta(hours=1)):
        come_back(id_, who.email)
    run_on(due + timedelta(hours=1))
    assert row(id_, Membership) is not None
    assert items() == []
    (batch,) = batches()
    assert (batch.planned, batch.erased) == (1, 0)
    assert batch.finished_at is not None
    assert all_of(ErasedFigure) == []


def test_who_comes_back_at_the_last_moment_is_kept_though_the_run_has_begun(app: Flask) -> None:
    who = person()
    id_ = joins(who)
    leave(id_, who.email)
    due = end_of_day(utcnow() + 30 * DAY)
    run_on(due - 3 * DAY)
    with time_machine.travel(due - timedelta(hours=1)):
        come_back(id_, who.email)
    (item,) = items()
    with time_machine.travel(due + timedelta(hours=1)), unit_of_work():
        assert not services.erase_item(item.id)
    assert row(id_, Membership) is not None


def test_what_is_restricted_is_never_erased(app: Flask, kim: Staff) -> None:
    who = person()
    applied = declined(by=kim)
    member, by_case = joins(who), person()
    case = joins(by_case)
    for id_, one in ((member, who), (case, by_case)):
        leave(id_, one.email)
    restrict(applied.id)
    restrict(member, Membership)
    of_case = next(a for a in all_of(Application) if a.membership_id == case)
    restrict(of_case.id)
    before = len(all_of(Application))
    run_on(utcnow() + 400 * DAY)
    run_on(utcnow() + 410 * DAY)
    assert items() == batches() == []
    assert len(all_of(Application)) == before
    assert len(all_of(Membership)) == 2


def test_a_restriction_after_the_announcement_takes_it_off(app: Flask, kim: Staff) -> None:
    applied = declined(by=kim)
    due = end_of_day(utcnow() + 93 * DAY)
    run_on(due - 3 * DAY)
    (item,) = items()
    restrict(applied.id)
    with time_machine.travel(due + DAY), unit_of_work():
        assert not services.erase_item(item.id)
    assert row(applied.id) is not None
    assert items() == []


def test_a_public_body_keeps_everything_until_an_archive_was_offered_it(
    app: Flask, kim: Staff
) -> None:
    who = person()
    id_ = joins(who, BH, applicant_kind="person")
    leave(id_, who.email)
    late = utcnow() + 400 * DAY
    run_on(late)
    run_on(late + 30 * DAY)
    assert row(id_, Membership) is not None
    (batch,) = batches()
    assert batch.awaits_archive
    with time_machine.travel(late + 31 * DAY, tick=False):
        with unit_of_work():
            assert services.offer_to_archive(services.batch_for_change(batch.id), by=kim.actor)
        with unit_of_work():
            assert not services.offer_to_archive(services.batch_for_change(batch.id), by=kim.actor)
    run_on(late + 33 * DAY)
    assert row(id_, Membership) is not None
    run_on(late + 34 * DAY)
    assert row(id_, Membership) is None
    assert places_of(who.mark) == {who.mark: set()}


def twenty_one_leave() -> list[UUID]:
    people = [person() for _ in range(21)]
    ids = [joins(who) for who in people]
    for id_, who in zip(ids, people, strict=True):
        leave(id_, who.email)
    return ids


def test_unusually_many_are_stopped_with_one_mail(
    app: Flask, kim: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    ids = twenty_one_leave()
    due = end_of_day(utcnow() + 30 * DAY)
    for day in (due - 3 * DAY, due - 2 * DAY, due, due + 30 * DAY):
        run_on(day)
    assert all(row(id_, Membership) for id_ in ids)
    (batch,) = batches()
    assert batch.is_stopped
    (mail,) = [m for m in all_of(OutgoingMail) if m.kind == "erasure_stopped"]
    assert mail.to_address == "fachverband@example.org"
    assert "auf einmal 21 Einträge" in (mail.body or "")
    assert f"/koordination/fachverband/loeschung/{batch.id}" in (mail.body or "")
    assert "zqx" not in (mail.body or "")
    assert [r.levelname for r in caplog.records if "unusually many" in r.message] == ["ERROR"]

    with time_machine.travel(due + 31 * DAY), unit_of_work():
        assert services.release_batch(services.batch_for_change(batch.id), by=kim.actor)
    run_on(due + 31 * DAY)
    assert all(row(id_, Membership) is None for id_ in ids)
    (batch,) = batches()
    assert (batch.planned, batch.erased) == (21, 21)
    assert [e.tag for e in all_of(Event) if e.subject_id == batch.id] == [
        "retention:stopped", "retention:released",
    ]  # fmt: skip
    assert check_log().faults == []


@pytest.mark.parametrize(
    ("count", "planned_before", "living", "is_unusual"),
    [
        (20, 0, 20, False),  # as many as any day may bring
        (21, 0, 200, True),
        (21, 0, 210, False),  # a tenth of all is no alarm
        (21, 90 * 7, 21, False),  # three times what is usual
        (22, 90 * 7, 21, True),
    ],
)
def test_what_is_unusual(
    app: Flask, kim: Staff, monkeypatch: pytest.MonkeyPatch,
    count: int, planned_before: int, living: int, is_unusual: bool,
) -> None:  # fmt: skip
    now = utcnow()
    network = db.session.scalars(sa.select(Network)).first()
    assert network is not None
    network_id = network.id
    with unit_of_work():
        db.session.add(
            ErasureBatch(
                network_id=network_id, kind=Kind.ENDED, cause=Cause.PERIOD,
                planned_at=now - 30 * DAY, planned=planned_before, needs_archive=False,
                export_ids=[], finished_at=now,
            )
        )  # fmt: skip
    monkeypatch.setattr(planning, "living_count", lambda *_: living)
    assert planning._is_unusual(network_id, Kind.ENDED, count, now) is is_unusual


def test_many_small_runs_of_one_day_are_stopped_as_one_large_one(app: Flask, kim: Staff) -> None:
    people = [person() for _ in range(21)]
    ids = [joins(who) for who in people]
    now = utcnow() + 40 * DAY
    for id_, who in list(zip(ids, people, strict=True))[:20]:
        leave(id_, who.email)
    run_on(now)
    leave(ids[20], people[20].email)
    run_on(now + timedelta(hours=1))
    first, second = batches()
    assert (first.planned, first.is_stopped) == (20, False)
    assert (second.planned, second.is_stopped) == (1, True)


def test_what_was_taken_out_is_kept_and_announced_anew(app: Flask, kim: Staff) -> None:
    kept, gone = declined(by=kim), declined(by=kim)
    due = end_of_day(utcnow() + 93 * DAY)
    run_on(due - 3 * DAY)
    (batch,) = batches()
    item = next(i for i in items() if i.subject_id == kept.id)
    until = (due + 20 * DAY).date()
    with unit_of_work():
        services.hold_item(
            services.batch_for_change(batch.id), item.id, "Es läuft eine Klage.", until,
            by=kim.actor,
        )  # fmt: skip
    run_on(due + DAY)
    assert row(gone.id) is None
    assert row(kept.id) is not None
    (item,) = items()
    assert (item.held_reason, item.batch_id) == ("Es läuft eine Klage.", batch.id)

    again = due + 21 * DAY
    run_on(again)
    (item,) = items()
    assert (item.held_until, item.held_reason) == (None, None)
    assert item.erase_after == again + 3 * DAY
    assert [b.erased for b in batches()] == [1, 0]
    assert batches()[0].finished_at == again
    run_on(again + 3 * DAY)
    assert row(kept.id) is None
    assert "Klage" not in str(dump())


def test_a_whole_batch_can_be_taken_out(app: Flask, kim: Staff) -> None:
    ids = [declined(by=kim).id for _ in range(3)]
    due = end_of_day(utcnow() + 93 * DAY)
    run_on(due - 3 * DAY)
    (batch,) = batches()
    with unit_of_work():
        found = services.batch_for_change(batch.id)
        assert services.hold_batch(found, "Prüfung", (due + 9 * DAY).date(), by=kim.actor) == 3
    run_on(due + DAY)
    assert all(row(id_) for id_ in ids)


def test_killed_at_any_statement_it_goes_on_where_it_was(app: Flask, kim: Staff) -> None:
    who = person()
    id_ = joins(who, BW, organisation_name=f"Runde {who.mark}",
                organisation_kind="informal_initiative", newsletter=True)  # fmt: skip
    leave(id_, who.email, ends_organisation=True)
    due = end_of_day(utcnow() + 30 * DAY)
    run_on(due - 3 * DAY)
    (item,) = items()
    failures = 0
    with time_machine.travel(due, tick=False):
        while True:
            before = dump()
            try:
                with broken_at(failures + 1, Failed()), unit_of_work():
                    assert services.erase_item(item.id)
                break
            except Failed:
                failures += 4  # one of four will do: every table is among them
                assert dump() == before
    assert failures > 20
    assert places_of(who.mark) == {who.mark: {"consent_events"}}
    assert only(ErasureBatch).erased == 1
    assert check_log().faults == []


def test_one_that_cannot_be_erased_does_not_keep_the_others(
    app: Flask, kim: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, gone = declined(by=kim), declined(by=kim)
    due = end_of_day(utcnow() + 93 * DAY)
    run_on(due - 3 * DAY)
    network_id = stuck.row.network_id
    with unit_of_work():  # a chain that is marked as erased already
        stone = Tombstone(
            subject_id=stuck.id, subject_type="application", network_id=network_id, events=1,
            last_hash="", rule="x", erased_on=utcnow().date(), signature="",
        )  # fmt: skip
        db.session.add(stone)
    run_on(due)
    assert row(gone.id) is None
    assert row(stuck.id) is not None
    assert "zqx" not in caplog.text
    assert any("retention: item" in r.message for r in caplog.records)


def test_a_representative_goes_and_the_organisation_stays(app: Flask) -> None:
    first, second = person(), person()
    id_ = joins(first, BW)
    names = {key: second.answers[key] for key in ("first_name", "last_name")}
    joins_too(id_, second.email, **names)
    leave(id_, second.email)
    erase_at(end_of_day(utcnow() + 30 * DAY))
    found = places_of(first.mark, second.mark)
    assert found[second.mark] == set()
    assert {"memberships", "representatives", "applications", "accounts"} <= found[first.mark]
    assert check_log().faults == []


def test_a_representative_who_acts_again_is_kept(app: Flask) -> None:
    first, second = person(), person()
    id_ = joins(first, BW)
    names = {key: second.answers[key] for key in ("first_name", "last_name")}
    joins_too(id_, second.email, **names)
    leave(id_, second.email)
    with time_machine.travel(utcnow() + DAY):
        joins_too(id_, second.email, **names)  # anew, not by coming back
    erase_at(end_of_day(utcnow() + 30 * DAY))
    run_on(utcnow() + 40 * DAY)
    found = places_of(second.mark)[second.mark]
    assert {"representatives", "applications", "accounts"} <= found


def test_an_account_is_kept_while_anything_needs_it(app: Flask, kim: Staff) -> None:
    who = person()
    left, stays = joins(who), joins(who, BW)
    leave(left, who.email)
    erase_at(end_of_day(utcnow() + 30 * DAY))
    assert row(left, Membership) is None
    assert row(stays, Membership) is not None
    assert {"accounts", "representatives"} <= places_of(who.mark)[who.mark]


def test_the_account_of_somebody_who_left_the_team_goes(app: Flask, kim: Staff) -> None:
    from memberships.accounts.services import remove_staff

    held = role_row(invited("zqxstaff@example.org", Role.READER, AVD))
    assert held is not None
    with unit_of_work():
        remove_staff(db.session.merge(held), by=kim.actor)
    run_on(utcnow() + DAY)
    assert places_of("zqxstaff") == {"zqxstaff": set()}
    assert check_log().faults == []


def test_shared_organisations_stay_and_private_ones_go(app: Flask) -> None:
    shared, private = person(), person()
    ids = [joins(shared, BW, organisation_name="Bürgerwerk Öderan"),
           joins(private, BW, organisation_name=f"Runde {private.mark}",
                 organisation_kind="informal_initiative")]  # fmt: skip
    assert len(all_of(Organisation)) == 2
    for id_, who in zip(ids, (shared, private), strict=True):
        leave(id_, who.email, ends_organisation=True)
    erase_at(end_of_day(utcnow() + 30 * DAY))
    assert [o.name for o in all_of(Organisation)] == ["Bürgerwerk Öderan"]
    assert all_of(Membership) == []


def test_what_one_network_knew_goes_although_it_was_merged_into_what_all_know(app: Flask) -> None:
    shared, private = person(), person()
    ids = [joins(shared, BW, organisation_name="Bürgerwerk Öderan"),
           joins(private, BW, organisation_name=f"Runde {private.mark}",
                 organisation_kind="informal_initiative")]  # fmt: skip
    known = {one.scope: one.id for one in all_of(Organisation)}
    merged(known[""], known[BW], BW)
    for id_, who in zip(ids, (shared, private), strict=True):
        leave(id_, who.email, ends_organisation=True)
    erase_at(end_of_day(utcnow() + 30 * DAY))
    assert [o.name for o in all_of(Organisation)] == ["Bürgerwerk Öderan"]
    assert all_of(Merge) == all_of(Move) == []
    assert check_log().faults == []


def test_the_seat_of_an_erased_member_can_be_taken(app: Flask, kim: Staff) -> None:
    id_ = on_a_seat()
    end(id_, EndReason.SEAT_VACANT, kim.actor)
    erase_at(end_of_day(utcnow() + 30 * DAY))
    assert row(id_, Membership) is None
    with time_machine.travel(utcnow() + 40 * DAY):
        assert on_a_seat("ben@example.org")


def test_the_log_names_the_exports_that_may_hold_them(app: Flask, kim: Staff) -> None:
    who = person()
    _export(kim, "zu früh")
    with time_machine.travel(utcnow() + DAY):
        id_ = joins(who)
    with time_machine.travel(utcnow() + 2 * DAY):
        _export(kim, "mittendrin")
        leave(id_, who.email)
    with time_machine.travel(utcnow() + 3 * DAY):
        _export(kim, "zu spät")
        _export(kim, "Liste der Beendeten", ended=True)
    due = end_of_day(utcnow() + 32 * DAY)
    run_on(due - 3 * DAY)
    run_on(due)
    (batch,) = batches()
    assert batch.finished_at is not None
    named = queries.exports_of_batches([batch])
    assert [export.purpose for export in named.values()] == ["mittendrin", "Liste der Beendeten"]


def _export(by: Staff, purpose: str, **wanted: bool) -> None:
    network_id = db.session.scalars(sa.select(Network.id).where(Network.slug == FV)).one()
    with unit_of_work():
        record_export(
            network_id, content=ExportContent.MEMBERS, format=ExportFormat.CSV, purpose=purpose,
            wanted=wanted, columns=["Name"], row_count=1, by=by.actor,
        )  # fmt: skip


def test_old_records_of_mails_exports_and_roles_go(app: Flask, kim: Staff) -> None:
    joins(person())
    _export(kim, "alt")
    with unit_of_work():
        db.session.execute(
            sa.update(OutgoingMail).values(state="sent", body=None, finished_at=utcnow())
        )
    run_on(utcnow() + 89 * DAY)
    assert all_of(OutgoingMail) != []
    run_on(utcnow() + 91 * DAY)
    assert all_of(OutgoingMail) == []
    run_on(utcnow() + 729 * DAY)
    assert [e.tag for e in all_of(Event) if e.subject_type == "export"] == ["members:exported"]
    run_on(utcnow() + 733 * DAY)
    assert [e for e in all_of(Event) if e.subject_type == "export"] == []
    assert check_log().faults == []


# On request


def test_erasing_on_request_is_done_at_once(app: Flask, kim: Staff) -> None:
    who = person()
    id_ = joins(who)
    leave(id_, who.email)
    with unit_of_work():
        batch = services.erase_on_request(db.session.get_one(Membership, id_), by=kim.actor)
        assert (batch.kind, batch.cause) == (Kind.ENDED, Cause.REQUEST)
    assert places_of(who.mark) == {who.mark: set()}
    assert {stone.rule for stone in all_of(Tombstone)} == {"on_request"}
    assert only(ErasureBatch).erased == 1
    assert len(all_of(ErasedFigure)) == 2
    assert check_log().faults == []


def test_what_was_announced_and_is_erased_on_request_is_no_longer_announced(
    app: Flask, kim: Staff
) -> None:
    applied = declined(by=kim)
    due = end_of_day(utcnow() + 93 * DAY)
    run_on(due - 3 * DAY)
    with unit_of_work():
        services.erase_on_request(db.session.get_one(Application, applied.id), by=kim.actor)
    assert items() == []
    run_on(due)
    assert sorted((b.cause, b.erased, b.finished_at is not None) for b in batches()) == [
        (Cause.PERIOD, 0, True), (Cause.REQUEST, 1, True),
    ]  # fmt: skip


def test_what_lives_or_is_restricted_is_not_erased_on_request(app: Flask, kim: Staff) -> None:
    who = person()
    living = joins(who)
    waits = applies(AVD, person())
    held = declined(by=kim)
    restrict(held.id)
    approved = next(a.id for a in all_of(Application) if a.membership_id == living)
    for model, id_ in (
        (Membership, living),
        (Application, approved),
        (Application, waits.id),
        (Application, held.id),
    ):
        with nothing_stored(), pytest.raises(NotErasable), unit_of_work():
            services.erase_on_request(db.session.get_one(model, id_), by=kim.actor)


def test_a_public_body_offers_it_to_an_archive_first(app: Flask, kim: Staff) -> None:
    who = person()
    id_ = joins(who, BH, applicant_kind="person")
    leave(id_, who.email)
    with nothing_stored(), pytest.raises(ArchiveNotOffered), unit_of_work():
        services.erase_on_request(db.session.get_one(Membership, id_), by=kim.actor)
    with unit_of_work():
        services.erase_on_request(
            db.session.get_one(Membership, id_), by=kim.actor, archive_offered=True
        )
    assert places_of(who.mark) == {who.mark: set()}


def test_nobody_but_a_person_erases_on_request(app: Flask, kim: Staff) -> None:
    applied = declined(by=kim)
    with nothing_stored(), pytest.raises(ValueError, match="a person decides"), unit_of_work():
        services.erase_on_request(
            db.session.get_one(Application, applied.id), by=Actor(ActorKind.SYSTEM)
        )


# The commands


def test_the_command_shows_asks_and_then_does(app: Flask, kim: Staff) -> None:
    applied = declined(by=kim)
    due = end_of_day(utcnow() + 93 * DAY)
    with time_machine.travel(due - 3 * DAY, tick=False):
        with nothing_stored():
            status, said = run(app, "retention", "run", "--dry-run")
            assert status == 0
            assert "to be announced: 1" in said
            assert "avd" in said
            assert "declined" in said
            status, said = run(app, "retention", "run")
            assert status == 1
            assert "Go on?" in said
        status, said = run(app, "retention", "run", "--yes")
        assert (status, len(items())) == (0, 1)
    with time_machine.travel(due, tick=False):
        status, said = run(app, "retention", "run", "--yes")
        assert "announced: 1" in said
        assert said.endswith("1 erased\n")
    assert row(applied.id) is None
    status, said = run(app, "retention", "log")
    assert "1 erased of 1, period" in said
    assert "zqx" not in said


def test_the_command_releases_what_was_stopped(app: Flask, kim: Staff) -> None:
    ids = twenty_one_leave()
    due = end_of_day(utcnow() + 30 * DAY)
    run_on(due - 3 * DAY)
    (batch,) = batches()
    status, said = run(app, "retention", "log")
    assert "21 wait, 0 taken out  STOPPED" in said
    assert run(app, "retention", "release", str(batch.id)) == (0, "released\n")
    assert run(app, "retention", "release", str(batch.id)) == (0, "it is not stopped\n")
    status, said = run(app, "retention", "release", str(ids[0]))
    assert status == 1
    assert "no open batch" in said
    run_on(due)
    assert all_of(Membership) == []


def test_of_an_erased_account_no_link_is_mailed(app: Flask) -> None:
    from memberships.accounts.cli import answer_sign_in_requests
    from tests.accounts.cases import ask, browser, sign_in_mails

    who = person()
    id_ = joins(who)
    leave(id_, who.email)
    erase_at(end_of_day(utcnow() + 30 * DAY))
    ask(browser(app), who.email)
    answer_sign_in_requests()
    assert sign_in_mails() == []
    assert all_of(Account) == []


def test_the_run_finds_nothing_in_an_empty_installation(app: Flask) -> None:
    with nothing_stored():
        assert run_retention() == 0
    assert all_of(ErasureItem) == []


def test_a_decline_is_kept_three_calendar_months(app: Flask, kim: Staff) -> None:
    from datetime import UTC, datetime

    with time_machine.travel(datetime(2028, 11, 30, 12, tzinfo=UTC)):
        applied = applies(AVD, person())
        decline(applied, kim)
    run_on(datetime(2029, 2, 25, 12, tzinfo=UTC))
    assert only(ErasureItem).due_at == datetime(2029, 2, 28, 22, 59, tzinfo=UTC)


def test_a_restricted_representative_outlasts_the_membership(app: Flask, kim: Staff) -> None:
    id_ = a_representative()
    joins_too(id_)
    with unit_of_work():
        is_ben = Representative.account_id == account_of(BEN).id
        db.session.execute(sa.update(Representative).where(is_ben).values(restricted_at=utcnow()))
    end(id_, EndReason.ENDED_BY_NETWORK, kim.actor)
    with nothing_stored(), pytest.raises(NotErasable), unit_of_work():
        services.erase_on_request(db.session.get_one(Membership, id_), by=kim.actor)
    erase_at(end_of_day(utcnow() + 30 * DAY))
    assert row(id_, Membership) is not None


def test_a_restricted_case_outlasts_its_representative(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    leave(id_, BEN)
    restrict(next(case.id for case in all_of(Application) if case.email == BEN))
    erase_at(end_of_day(utcnow() + 30 * DAY))
    assert {case.email for case in all_of(Application)} == {MARA, BEN}
    assert len(all_of(Representative)) == 2


def test_who_was_approved_at_the_same_moment_keeps_the_case(app: Flask) -> None:
    cleo = "cleo@example.org"
    id_ = a_representative()
    joins_too(id_)
    joins_too(id_, cleo, first_name="Cleo", last_name="Chor")
    asked("cleo.neu@example.org", cleo)
    changed(token())
    leave(id_, BEN)
    erase_at(end_of_day(utcnow() + 30 * DAY))
    assert {case.email for case in all_of(Application)} == {MARA, cleo}


def test_mails_to_an_address_with_an_umlaut_go_with_its_owner(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_, "ben@bürger.example")
    leave(id_, "ben@bürger.example")
    assert "@xn--brger-kva.example" in str(dump()["outgoing_mails"])
    erase_at(end_of_day(utcnow() + 30 * DAY))
    assert "@xn--brger-kva.example" not in str(dump())


def test_what_was_stopped_makes_the_next_flood_no_more_usual(app: Flask) -> None:
    network_id = joins_network(BH)
    with unit_of_work():
        now = utcnow()
        for stopped_at, planned in ((now, 9000), (None, 90)):
            db.session.add(
                ErasureBatch(
                    network_id=network_id,
                    kind=Kind.ENDED,
                    cause=Cause.PERIOD,
                    planned_at=now - 2 * DAY,
                    planned=planned,
                    stopped_at=stopped_at,
                    needs_archive=False,
                    export_ids=[],
                    finished_at=now,
                )
            )
    assert queries.planned_since(network_id, Kind.ENDED, now - 3 * DAY, now) == 9090
    assert planning._is_unusual(network_id, Kind.ENDED, 21, now)


def joins_network(slug: str) -> int:
    found = db.session.get(Membership, joins(person(), slug))
    assert found is not None
    return found.network_id


def test_the_proof_of_somebody_restricted_is_kept(app: Flask) -> None:
    id_ = on_a_seat()
    publishes(id_, "name")
    withdraws(id_)
    restrict(id_, Membership)
    network_id = all_of(Membership)[0].network_id
    network, later = db.session.get_one(Network, network_id), utcnow() + 5 * 366 * DAY
    assert queries.due_until(network, later)[Kind.CONSENT_PROOF] == []
    with unit_of_work():
        db.session.execute(sa.update(Membership).values(restricted_at=None))
    network = db.session.get_one(Network, network_id)
    (due,) = queries.due_until(network, later)[Kind.CONSENT_PROOF]
    assert due.subject_id == id_
