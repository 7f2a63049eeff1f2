"""Notes have an author and stay in rows of their own, never in the log."""

from __future__ import annotations

import pytest

from memberships.applications.models import ApplicationStatus, Note
from memberships.applications.services import write_note
from memberships.database import unit_of_work
from memberships.events.models import SYSTEM
from tests.review.cases import case, case_in, locked, newest_event
from tests.tables import nothing_stored, only


@pytest.mark.parametrize(
    "status", [s for s in ApplicationStatus if s is not ApplicationStatus.UNCONFIRMED]
)
def test_a_note_can_be_written_in_every_status(app, kim, status) -> None:
    applied = case_in(status, kim)
    with unit_of_work():
        write_note(locked(applied), "Bitte noch anrufen.", by=kim.actor)
    note = only(Note)
    assert (note.application_id, note.author_id) == (applied.id, kim.account_id)
    assert note.text == "Bitte noch anrufen."
    assert newest_event(applied).tag == "application:note_written"
    assert "anrufen" not in newest_event(applied).record


def test_nobody_writes_a_note_without_a_name(app) -> None:
    applied = case()
    with nothing_stored(), pytest.raises(ValueError, match="author"), unit_of_work():
        write_note(locked(applied), "Text", by=SYSTEM)
