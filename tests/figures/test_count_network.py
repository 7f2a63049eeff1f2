from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from memberships.applications.services import erase_expired_applications
from memberships.database import db, unit_of_work, utcnow
from memberships.figures import queries, services
from memberships.figures.errors import NotCounted
from memberships.figures.models import FigureMonth, FigureStand
from memberships.figures.numbers import Figures, figures_at
from memberships.members.models import EndReason, Membership
from memberships.networks.models import Network
from memberships.permissions import Role
from memberships.retention.models import ErasedFigure, What
from tests.applications.joining import AVD, BW, joined, sent
from tests.factories import network
from tests.members.cases import a_representative, end, lead
from tests.review.cases import ask, decline, staff, withdraw
from tests.tables import all_of


@contextmanager
def at(*moment: int) -> Iterator[None]:
    """That time in UTC; the clock stands."""
    with time_machine.travel(datetime(*moment, tzinfo=UTC), tick=False):  # type: ignore[arg-type]
        yield


def id_of(slug: str) -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(Network.id).where(Network.slug == slug)).one()


def figures(slug: str, day: date, source: str = "now") -> Figures:
    network_id = id_of(slug)
    if source == "now":
        return figures_at(queries.count_network(network_id, network(slug)), day)
    return figures_at(queries.stored_tally(network_id, day), day)


@pytest.fixture
def kim(app: Flask) -> Any:
    return staff(Role.COORDINATOR, AVD, BW, name="Kim Adler")


def test_what_was_sent_at_midnight_counts_on_its_day_in_berlin(app: Flask, kim: Any) -> None:
    with at(2026, 7, 5, 21, 59):  # Sunday, 23:59 in Berlin
        joined(AVD, email="a@example.org", organisation_name="Stadt A")
    with at(2026, 7, 5, 22, 0):  # Monday
        joined(AVD, email="b@example.org", organisation_name="Stadt B")
    assert figures(AVD, date(2026, 7, 5)).confirmed == 1
    found = figures(AVD, date(2026, 7, 6))
    assert found.confirmed == 2
    assert found.by_week.cells["2026-06-29"] == 1
    assert found.by_week.cells["2026-07-06"] == 1


def test_the_night_when_the_clocks_go_back(app: Flask, kim: Any) -> None:
    with at(2026, 10, 25, 22, 30):  # Sunday, 23:30 in Berlin; it would be Monday in summer time
        joined(AVD, email="a@example.org", organisation_name="Stadt A")
    with at(2026, 10, 25, 23, 0):
        joined(AVD, email="b@example.org", organisation_name="Stadt B")
    found = figures(AVD, date(2026, 10, 26))
    assert found.by_week.cells["2026-10-19"] == 1
    assert found.by_week.cells["2026-10-26"] == 1


def test_answers_against_the_promise(app: Flask, kim: Any) -> None:
    """Asked after 5 hours and declined after 20 days; declined after 2 days; not answered."""
    with at(2026, 9, 1, 8):
        first = joined(AVD, email="a@example.org", organisation_name="Stadt A")
        second = joined(AVD, email="b@example.org", organisation_name="Stadt B")
        third = joined(AVD, email="c@example.org", organisation_name="Stadt C")
        fourth = joined(AVD, email="d@example.org", organisation_name="Stadt D")
        sent(AVD, email="e@example.org")
    with at(2026, 9, 1, 13):
        ask(first, kim)
    with at(2026, 9, 3, 8):
        decline(second, kim)
        withdraw(third)
    with at(2026, 9, 21, 8):
        decline(first, kim)
        decline(fourth, kim, reason="duplicate")
    found = figures(AVD, date(2026, 9, 21))
    assert found.outcomes.cells == {
        "approved": 0, "declined": 3, "withdrawn": 1, "closed": 0, "open": 0
    }  # fmt: skip
    assert (found.sent, found.confirmed, found.decided) == (5, 4, 3)
    assert (found.first.median, found.first.ninetieth) == (48, 480)
    assert (found.decision.median, found.decision.ninetieth) == (480, 480)
    assert found.kept.cells == {"kept": 2, "late": 1}
    assert found.asked.cells == {"asked": 1, "not_asked": 3}
    assert found.reasons.cells == {"not_eligible": 2, "duplicate": 1}
    before = figures(AVD, date(2026, 9, 2))
    assert before.outcomes.cells["open"] == 4
    assert before.kept.cells == {"kept": 1, "late": 0}
    assert before.reasons.cells == {}


def test_members_come_and_go(app: Flask) -> None:
    with at(2026, 3, 28, 22, 59):  # 23:59 on the day before summer time
        first = a_representative(email="a@example.org")
    with at(2026, 3, 28, 23, 0):
        a_representative(email="b@example.org", organisation_name="Verein B")
    assert figures(BW, date(2026, 3, 28)).member_count == 1
    with at(2026, 6, 30, 22, 0):  # 1 July in Berlin
        end(first, EndReason.ENDED_BY_NETWORK, lead(BW))
    june, july = figures(BW, date(2026, 6, 30)), figures(BW, date(2026, 7, 1))
    assert (june.member_count, july.member_count) == (2, 1)
    assert july.members["kind"].cells == {"association": 1}
    assert july.members["land"].cells == {"BW": 1}
    assert july.ended.cells["2026-07-01"] == 1
    assert july.joined.cells["2026-03-01"] == 2


def test_whoever_is_restricted_is_not_counted(app: Flask) -> None:
    member = a_representative()
    with unit_of_work():
        row = db.session.get_one(Membership, member)
        row.restricted_at = utcnow()
    today = utcnow().date()
    assert figures(BW, today + timedelta(days=1)).member_count == 0


def test_what_nobody_confirmed_counts_as_sent_after_its_erasure(app: Flask, kim: Any) -> None:
    with at(2026, 9, 1, 8):
        sent(AVD, email="a@example.org")
    assert figures(AVD, date(2026, 9, 20)).sent == 1
    with at(2026, 9, 9, 0, 30), unit_of_work():
        assert erase_expired_applications() == 1
    found = figures(AVD, date(2026, 9, 20))
    assert (found.sent, found.confirmed) == (1, 0)
    assert figures(AVD, date(2026, 8, 31)).sent == 0


def test_erased_ones_count_at_the_end_of_their_month(app: Flask, kim: Any) -> None:
    with unit_of_work():
        for what, outcome in ((What.MEMBERSHIP, "own_exit"), (What.APPLICATION, "withdrawn")):
            db.session.add(
                ErasedFigure(
                    network_id=id_of_in_work(AVD), what=what, outcome=outcome, holder="person",
                    organisation_kind="", federal_state="", began_in=date(2026, 8, 1),
                    settled_in=date(2026, 9, 1),
                )
            )  # fmt: skip
    found = figures(AVD, date(2026, 9, 30))
    assert (found.joined.cells["2026-08-01"], found.ended.cells["2026-09-01"]) == (1, 1)
    assert (found.erased, found.member_count, found.confirmed) == (1, 0, 0)
    assert figures(AVD, date(2026, 9, 29)).ended.total == 0


def id_of_in_work(slug: str) -> int:
    return db.session.scalars(sa.select(Network.id).where(Network.slug == slug)).one()


def test_nothing_of_another_network_is_counted(app: Flask, kim: Any) -> None:
    joined(AVD)
    assert figures(BW, utcnow().date() + timedelta(days=1)).sent == 0


def test_a_large_network_is_read_from_what_the_job_counted(
    app: Flask, kim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "COUNTED_AT_ONCE", 1)
    with at(2025, 1, 7, 8):
        a_representative(email="a@example.org")
    with at(2026, 9, 1, 8):
        a_representative(email="b@example.org", organisation_name="Verein B")
    with at(2026, 9, 3, 8):
        assert services.refresh_figures() == 1
        day = date(2026, 9, 3)
        assert figures(BW, day, "stored") == figures(BW, day)
        assert figures(BW, date(2026, 9, 1), "stored") == figures(BW, date(2026, 9, 1))
        assert figures(BW, date(2024, 9, 1), "stored").member_count == 0
    with at(2026, 9, 3, 8, 59):
        joined(BW, email="c@example.org", organisation_name="Verein C")
        tally, counted_at = tally_of(BW, day)
        assert figures_at(tally, day).member_count == 2
        assert counted_at == datetime(2026, 9, 3, 8, tzinfo=UTC)
    with at(2026, 9, 3, 9, 1):
        services.refresh_figures()
        tally, counted_at = tally_of(BW, day)
        assert figures_at(tally, day).member_count == 3
        assert counted_at == datetime(2026, 9, 3, 9, 1, tzinfo=UTC)


def test_a_large_network_that_no_job_has_counted_yet(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_representative(email="a@example.org")
    monkeypatch.setattr(queries, "COUNTED_AT_ONCE", 0)
    with pytest.raises(NotCounted):
        tally_of(BW, utcnow().date())


def tally_of(slug: str, day: date) -> Any:
    db.session.rollback()
    return queries.tally_for(id_of(slug), network(slug), day)


def test_a_network_that_is_small_again_keeps_no_counts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_representative(email="a@example.org")
    a_representative(email="b@example.org", organisation_name="Verein B")
    with monkeypatch.context() as patched:
        patched.setattr(queries, "COUNTED_AT_ONCE", 1)
        services.refresh_figures()
    assert len(all_of(FigureStand)) == 1
    assert all_of(FigureMonth)
    assert services.refresh_figures() == 0
    assert all_of(FigureStand) == all_of(FigureMonth) == []
