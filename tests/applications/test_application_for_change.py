"""A case is changed as the person saw it, locked, and only in its own network."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from uuid import UUID

import pytest

from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    ApplicationUnknown,
)
from memberships.applications.models import ApplicationStatus
from memberships.applications.services import application_for_change, claim_application
from memberships.database import db, unit_of_work
from tests.review.cases import ALL_STATUSES, FORUM, case, case_in, locked
from tests.tables import nothing_stored, statements


@pytest.mark.parametrize("status", ALL_STATUSES)
def test_a_stale_version_is_refused_with_the_reason(app, kim, status) -> None:
    applied = case_in(status, kim)
    network_id, version = applied.row.network_id, applied.row.version
    expected: type[Exception] = ApplicationNotDecidable
    if status is ApplicationStatus.UNCONFIRMED:
        expected = ApplicationUnknown
    elif status.is_decidable:
        expected = ApplicationChanged
    with nothing_stored():
        for seen in (version - 1, version + 1, 0, 10**30):
            with pytest.raises(expected), unit_of_work():
                application_for_change(network_id, applied.id, seen_version=seen)
        if status is not ApplicationStatus.UNCONFIRMED:
            with unit_of_work():
                found = application_for_change(network_id, applied.id, seen_version=version)
                assert found.id == applied.id


def test_a_case_of_another_network_is_unknown(app) -> None:
    own, foreign = case(), case(FORUM)
    network_id = own.row.network_id
    for id_ in (foreign.id, UUID(int=1)):
        with pytest.raises(ApplicationUnknown), unit_of_work():
            application_for_change(network_id, id_)


def test_work_on_the_case_counts_as_a_change_without_a_difference(app, kim) -> None:
    applied = case()
    network_id, seen = applied.row.network_id, applied.row.version
    with unit_of_work():
        claim_application(locked(applied), by=kim.actor)
    with pytest.raises(ApplicationChanged) as refused, unit_of_work():
        application_for_change(network_id, applied.id, seen_version=seen)
    assert refused.value.changes == []


def test_the_row_is_locked(app) -> None:
    applied = case()
    network_id = applied.row.network_id
    with statements() as sent, unit_of_work():
        application_for_change(network_id, applied.id)
        if db.engine.dialect.name == "sqlite":
            other = sqlite3.connect(str(db.engine.url.database), timeout=0)
            with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        else:
            assert any("FOR UPDATE" in statement for statement in sent)
