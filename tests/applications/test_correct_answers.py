"""Applicants correct their answers while the case is open; what was there before stays known."""

from __future__ import annotations

from typing import Any

import pytest

from memberships.applications.errors import ApplicationChanged, ApplicationNotDecidable
from memberships.applications.models import AnswerRevision, ApplicationStatus
from memberships.applications.queries import answer_revision, changes_since
from memberships.applications.services import (
    application_for_change,
    claim_application,
    correct_answers,
)
from memberships.database import unit_of_work
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from tests.factories import Applied
from tests.review.cases import (
    APPLICANT,
    NOT_DECIDABLE,
    case,
    case_in,
    locked,
    newest_event,
    tags,
)
from tests.tables import all_of, nothing_stored, only


def correct(applied: Applied, seen: int | None = None, **changes: Any) -> bool:
    seen = answer_revision(applied.row) if seen is None else seen
    answers = {key: value for key, value in (APPLICANT | changes).items() if value}
    with unit_of_work():
        return correct_answers(locked(applied), answers, seen_revision=seen)


def test_a_correction_changes_the_answers_and_keeps_the_ones_before(app) -> None:
    applied = case(email="joern@example.org")
    before, due = applied.row.all_answers, applied.row.due_at
    version, mails = applied.row.version, len(all_of(OutgoingMail))

    assert correct(applied, last_name="Neu", topics=["youth"], portfolio="Viel mehr.")

    application, revision = applied.row, only(AnswerRevision)
    assert (application.last_name, application.answers["topics"]) == ("Neu", ["youth"])
    assert application.answers["portfolio"] == "Viel mehr."
    assert (revision.answers, revision.until_version) == (before, version)
    assert application.version > version
    assert application.due_at == due
    assert len(all_of(OutgoingMail)) == mails
    assert changes_since(application, version) == [
        ("Nachname", "Müßig", "Neu"),
        ("Erfahrung und Kompetenzen", APPLICANT["portfolio"], "Viel mehr."),
        ("Themen", "Klima und Energie, Mobilität und Verkehr", "Kinder und Jugend"),
    ]
    assert (tags(applied)[-1], newest_event(applied).actor_kind) == (
        "answers_corrected",
        "applicant",
    )
    assert check_log().faults == []


def test_what_is_searched_follows_the_correction(app) -> None:
    applied = case()
    correct(applied, organisation_name="Ärzte für Öffentlichkeit")
    assert "aerzte fuer oeffentlichkeit" in applied.row.search_text
    assert "oederan" not in applied.row.search_text


def test_an_answer_can_be_taken_away(app) -> None:
    applied = case()
    correct(applied, organisation_name="", topics=[])
    application = applied.row
    assert application.organisation_name is None
    assert "topics" not in application.answers


def test_the_proven_address_stays(app) -> None:
    applied = case(email="joern@example.org")
    correct(applied, email="fremd@example.org", last_name="Neu")
    assert applied.row.email == "joern@example.org"


def test_the_same_answers_again_store_nothing(app) -> None:
    applied = case()
    with nothing_stored():
        assert not correct(applied)


@pytest.mark.parametrize("status", NOT_DECIDABLE)
def test_only_an_open_application_can_be_corrected(app, kim, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable):
        correct(applied, last_name="Neu")


def test_it_can_be_corrected_while_a_question_is_open(app, kim) -> None:
    applied = case_in(ApplicationStatus.INFORMATION_REQUESTED, kim)
    assert correct(applied, last_name="Neu")
    assert applied.row.status is ApplicationStatus.INFORMATION_REQUESTED
    assert applied.row.clock_stopped_at is not None


def test_a_correction_of_answers_that_changed_since_is_refused(app) -> None:
    applied = case()
    seen = answer_revision(applied.row)
    correct(applied, last_name="Erst")
    with nothing_stored(), pytest.raises(ApplicationChanged):
        correct(applied, seen, last_name="Zweit")


@pytest.mark.parametrize("seen", [-1, 1, 10**30])
def test_a_correction_of_answers_that_never_were_is_refused(app, seen) -> None:
    applied = case()
    with nothing_stored(), pytest.raises(ApplicationChanged):
        correct(applied, seen, last_name="Neu")


def test_work_of_the_office_does_not_stop_a_correction(app, kim) -> None:
    applied = case()
    seen = answer_revision(applied.row)
    with unit_of_work():
        claim_application(locked(applied), by=kim.actor)
    assert correct(applied, seen, last_name="Neu")


@pytest.mark.parametrize("seen", [-1, 10**30, -(10**30)])
def test_a_version_that_never_was_shows_no_difference(app, seen) -> None:
    applied = case()
    correct(applied, last_name="Neu")
    assert changes_since(applied.row, seen) == []


def test_several_corrections_show_the_difference_from_the_one_seen(app) -> None:
    applied = case()
    seen = [applied.row.version]
    for name in ("Eins", "Zwei", "Drei"):
        correct(applied, last_name=name)
        seen.append(applied.row.version)
    network_id = applied.row.network_id
    for version, name in zip(seen[:3], ("Müßig", "Eins", "Zwei"), strict=True):
        with pytest.raises(ApplicationChanged) as refused, unit_of_work():
            application_for_change(network_id, applied.id, seen_version=version)
        assert refused.value.changes == [("Nachname", name, "Drei")]
