"""Who has a case in hand."""

from __future__ import annotations

import pytest

from memberships.applications.errors import ApplicationNotDecidable
from memberships.applications.services import claim_application, release_application
from memberships.database import unit_of_work
from tests.review.cases import NOT_DECIDABLE, case, case_in, locked, newest_event, staff, tags
from tests.tables import nothing_stored


def test_a_claim_passes_from_hand_to_hand_and_can_be_given_back(app, kim) -> None:
    applied, other = case(), staff()
    for person in (kim, other):
        with unit_of_work():
            claim_application(locked(applied), by=person.actor)
        assert applied.row.claimed_by_id == person.account_id
        assert newest_event(applied).actor_id == person.account_id
    assert applied.row.claimed_at is not None
    with unit_of_work():
        release_application(locked(applied), by=other.actor)
    assert (applied.row.claimed_by_id, applied.row.claimed_at) == (None, None)
    assert tags(applied)[-3:] == ["claimed", "claimed", "released"]


@pytest.mark.parametrize("verb", [claim_application, release_application])
@pytest.mark.parametrize("status", NOT_DECIDABLE)
def test_only_an_open_application_is_claimed_or_given_back(app, kim, status, verb) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable), unit_of_work():
        verb(locked(applied), by=kim.actor)
