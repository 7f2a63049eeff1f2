"""What a body decided is entered with its name and the day; it is the decision."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from memberships.applications.errors import ApplicationNotDecidable, ReasonUnknown
from memberships.applications.models import ApplicationStatus
from memberships.applications.services import BodyDecision, Outcome, record_body_decision
from memberships.database import unit_of_work
from memberships.events.models import SYSTEM, Actor
from memberships.events.queries import check_log
from memberships.members.models import Membership
from memberships.permissions import Role
from tests.factories import Applied
from tests.review.cases import (
    BIPAR,
    NOT_DECIDABLE,
    Staff,
    case,
    case_in,
    locked,
    mails_of,
    newest_event,
    staff,
)
from tests.tables import all_of, nothing_stored, only

DAY = date(2026, 11, 20)
YES = BodyDecision("Direktorium", DAY, Outcome.APPROVE)
NO = BodyDecision("Direktorium", DAY, Outcome.DECLINE, "not_eligible")


@pytest.fixture
def lead(app) -> Staff:
    return staff(Role.LEAD, BIPAR, name="Lou Berger")


def record(applied: Applied, decision: BodyDecision, by: Actor) -> None:
    with unit_of_work():
        record_body_decision(locked(applied), decision, by=by)


def test_an_approval_by_the_body_is_stored_with_its_name_and_day(lead) -> None:
    applied = case(BIPAR)
    record(applied, YES, lead.actor)
    application = applied.row
    assert application.status is ApplicationStatus.APPROVED
    assert (application.decided_by_body, application.body_decided_on) == ("Direktorium", DAY)
    assert application.decided_by_id == lead.account_id
    assert application.membership_id == only(Membership).id
    assert len(mails_of(applied, "application_approved")) == 1
    assert '"body":true' in newest_event(applied).record
    assert "Direktorium" not in newest_event(applied).record
    assert check_log().faults == []


def test_a_decline_by_the_body_has_a_reason_and_a_person_who_entered_it(lead) -> None:
    applied = case(BIPAR)
    record(applied, NO, lead.actor)
    application = applied.row
    assert application.status is ApplicationStatus.DECLINED
    assert (application.decided_by_body, application.body_decided_on) == ("Direktorium", DAY)
    assert (application.decline_reason, application.decided_by_id) == (
        "not_eligible",
        lead.account_id,
    )
    assert all_of(Membership) == []
    assert len(mails_of(applied, "application_declined")) == 1


@pytest.mark.parametrize("reason", ["", "made_up"])
def test_the_body_declines_for_a_reason_of_the_network_only(lead, reason) -> None:
    applied = case(BIPAR)
    decision = BodyDecision("Direktorium", DAY, Outcome.DECLINE, reason)
    with nothing_stored(), pytest.raises(ReasonUnknown):
        record(applied, decision, lead.actor)


def test_no_machine_enters_a_decline_of_the_body(lead) -> None:
    applied = case(BIPAR)
    with nothing_stored(), pytest.raises(IntegrityError):
        record(applied, NO, SYSTEM)


@pytest.mark.parametrize("decision", [YES, NO])
@pytest.mark.parametrize("status", NOT_DECIDABLE)
def test_the_body_decides_open_applications_only(app, kim, status, decision) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable):
        record(applied, decision, kim.actor)
