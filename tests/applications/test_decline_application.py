"""Declining needs a person and a reason (Art. 22 GDPR)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from memberships.applications.errors import (
    ApplicationNotDecidable,
    BodyDecides,
    ReasonUnknown,
)
from memberships.applications.models import Application, ApplicationStatus
from memberships.applications.services import decline_application
from memberships.database import db, unit_of_work
from memberships.events.models import APPLICANT, SYSTEM
from memberships.events.queries import check_log
from memberships.members.models import Membership
from memberships.permissions import Role
from tests.factories import token_in
from tests.pages import get
from tests.review.cases import (
    BIPAR,
    NOT_DECIDABLE,
    case,
    case_in,
    decline,
    locked,
    mails_of,
    newest_event,
    staff,
    tags,
)
from tests.tables import all_of, nothing_stored


def test_a_decline_keeps_its_reason_and_its_person_and_mails_once(app, kim, client) -> None:
    applied = case()
    decline(applied, kim, "not_enough_information", message="Melden Sie sich gern wieder.")

    application = applied.row
    assert application.status is ApplicationStatus.DECLINED
    assert application.decline_reason == "not_enough_information"
    assert application.decided_by_id == kim.account_id
    assert application.decided_at == application.takes_effect_at == application.settled_at
    assert (application.membership_id, application.decided_by_rule) == (None, None)
    assert all_of(Membership) == []
    (mail,) = mails_of(applied, "application_declined")
    body = str(mail.body)
    assert "konnten wir die Voraussetzung nicht prüfen" in body
    assert "Melden Sie sich gern wieder." in body
    assert "Sie können auch jederzeit einen neuen Antrag stellen." in body
    assert "not_enough_information" not in body
    assert tags(applied) == ["submitted", "confirmed", "declined"]
    event = newest_event(applied)
    assert (event.actor_kind, event.actor_id) == ("staff", kim.account_id)
    assert '"reason":"not_enough_information"' in event.record
    assert "Melden" not in event.record
    assert check_log().faults == []


def test_a_reason_without_a_sentence_adds_none_to_the_mail(app, kim) -> None:
    applied = case()
    decline(applied, kim, "other")
    (mail,) = mails_of(applied, "application_declined")
    assert "Anderer Grund" not in str(mail.body)
    assert "None" not in str(mail.body)


@pytest.mark.parametrize("status", NOT_DECIDABLE)
def test_only_an_open_application_can_be_declined(app, kim, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable):
        decline(applied, kim)


def test_declining_while_a_question_is_open_ends_the_question(app, kim) -> None:
    applied = case_in(ApplicationStatus.INFORMATION_REQUESTED, kim)
    decline(applied, kim)
    assert applied.row.status is ApplicationStatus.DECLINED
    assert applied.row.clock_stopped_at is None


@pytest.mark.parametrize("reason", ["", "NOT_ELIGIBLE", "made_up", "not_eligible "])
def test_a_reason_that_the_network_does_not_know_is_refused(app, kim, reason) -> None:
    applied = case()
    with nothing_stored(), pytest.raises(ReasonUnknown):
        decline(applied, kim, reason)


@pytest.mark.parametrize("actor", [SYSTEM, APPLICANT])
def test_no_machine_declines(app, kim, actor) -> None:
    applied = case()
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        decline_application(locked(applied), by=actor, reason="other")


def test_nobody_declines_alone_where_a_body_decides(app) -> None:
    applied, lead = case(BIPAR), staff(Role.LEAD, BIPAR)
    with nothing_stored(), pytest.raises(BodyDecides):
        decline(applied, lead)


@pytest.mark.parametrize("lost", ["decline_reason", "decided_by_id"])
def test_the_database_refuses_a_decline_without_a_reason_or_a_person(app, kim, lost) -> None:
    decline(case(), kim)
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(sa.update(Application).values({lost: None}))


def test_whoever_was_declined_can_still_open_the_own_page(app, kim, client) -> None:
    applied = case()
    decline(applied, kim)
    (mail,) = mails_of(applied, "application_declined")
    assert mail.body is not None
    (received,) = mails_of(applied, "application_received")
    assert get(client, f"/vorgang/{token_in(received)}").status == 200
