"""The coordination recommends; the body decides."""

from __future__ import annotations

import pytest

from memberships.applications.errors import ApplicationNotDecidable
from memberships.applications.models import ApplicationStatus, Recommendation
from memberships.applications.services import recommend_decision
from memberships.database import unit_of_work
from memberships.mails.models import OutgoingMail
from memberships.permissions import Role
from tests.factories import Applied
from tests.review.cases import (
    BIPAR,
    NOT_DECIDABLE,
    Staff,
    case,
    case_in,
    locked,
    newest_event,
    staff,
    tags,
)
from tests.tables import all_of, nothing_stored


def recommend(applied: Applied, by: Staff, what: Recommendation, note: str = "") -> None:
    with unit_of_work():
        recommend_decision(locked(applied), what, by=by.actor, note=note)


def test_a_recommendation_is_stored_and_mails_nobody(app) -> None:
    coordinator = staff(Role.COORDINATOR, BIPAR)
    applied = case(BIPAR)
    mails, due = len(all_of(OutgoingMail)), applied.row.due_at
    recommend(applied, coordinator, Recommendation.APPROVE, "Große Erfahrung.")

    application = applied.row
    assert application.status is ApplicationStatus.IN_REVIEW
    assert application.recommendation is Recommendation.APPROVE
    assert application.recommendation_note == "Große Erfahrung."
    assert application.recommended_by_id == coordinator.account_id
    assert application.recommended_at is not None
    assert (len(all_of(OutgoingMail)), application.due_at) == (mails, due)
    assert tags(applied)[-1] == "recommended"
    assert '"recommendation":"approve"' in newest_event(applied).record
    assert "Erfahrung" not in newest_event(applied).record


def test_a_later_recommendation_takes_the_place_of_an_earlier_one(app) -> None:
    first, second = staff(Role.COORDINATOR, BIPAR), staff(Role.COORDINATOR, BIPAR)
    applied = case(BIPAR)
    recommend(applied, first, Recommendation.APPROVE, "Ja.")
    recommend(applied, second, Recommendation.DECLINE)
    application = applied.row
    assert application.recommendation is Recommendation.DECLINE
    assert (application.recommendation_note, application.recommended_by_id) == (
        None,
        second.account_id,
    )
    assert tags(applied)[-2:] == ["recommended", "recommended"]


@pytest.mark.parametrize("status", NOT_DECIDABLE)
def test_only_an_open_application_takes_a_recommendation(app, kim, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable):
        recommend(applied, kim, Recommendation.APPROVE)
