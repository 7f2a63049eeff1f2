"""Admitting by hand: status, membership, log and mail are one change, or none of them is."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError

from memberships.accounts.models import Account
from memberships.applications.errors import ApplicationNotDecidable, BodyDecides
from memberships.applications.models import ApplicationStatus
from memberships.applications.queries import questions_of
from memberships.applications.services import approve_application
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import Event
from memberships.events.queries import check_log
from memberships.mails.models import MailState
from memberships.members.models import Holder, Membership
from memberships.permissions import Role
from tests.factories import Applied, token_in
from tests.pages import get
from tests.review.cases import (
    BIPAR,
    FORUM,
    NOT_DECIDABLE,
    approve,
    ask,
    case,
    case_in,
    entered,
    locked,
    mails_of,
    newest_event,
    staff,
    tags,
)
from tests.tables import all_of, broken_at, broken_commit, nothing_stored, only, statements


def test_an_approval_makes_a_member_and_mails_the_welcome_once(app, kim) -> None:
    applied = case(email="joern@example.org")
    with time_machine.travel(utcnow() + timedelta(days=2), tick=False):
        approve(applied, kim, message="Wir freuen uns auf Sie.")
        now = utcnow()

    application, membership = applied.row, only(Membership)
    assert application.status is ApplicationStatus.APPROVED
    assert application.decided_at == application.takes_effect_at == application.settled_at == now
    assert (application.decided_by_id, application.decided_by_rule) == (kim.account_id, "by_hand")
    assert application.membership_id == membership.id
    assert (membership.holder, membership.member_since) == (Holder.PERSON, now)
    assert (membership.first_name, membership.last_name) == ("Jörn", "Müßig")
    assert membership.answers == application.answers
    assert membership.ended_at is None
    (mail,) = mails_of(applied, "application_approved")
    assert (mail.to_address, mail.state) == ("joern@example.org", MailState.QUEUED)
    assert "Wir freuen uns auf Sie." in str(mail.body)
    assert "geprüft und angenommen" in str(mail.body)
    assert tags(applied) == ["submitted", "confirmed", "approved"]
    assert newest_event(applied).actor_id == kim.account_id
    assert check_log().faults == []


def test_the_link_in_the_welcome_opens_the_applicants_page(app, kim, client) -> None:
    applied = case()
    approve(applied, kim)
    (mail,) = mails_of(applied, "application_approved")
    page = get(client, f"/vorgang/{token_in(mail)}")
    assert (page.status, page.heading) == (
        200,
        "Sie sind assoziiertes Mitglied beim Berlin Institut für Partizipation",
    )


@pytest.mark.parametrize("status", NOT_DECIDABLE)
def test_only_an_open_application_can_be_approved(app, kim, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(ApplicationNotDecidable):
        approve(applied, kim)


def test_an_application_can_be_approved_while_a_question_is_open(app, kim) -> None:
    applied = case_in(ApplicationStatus.INFORMATION_REQUESTED, kim)
    due = applied.row.due_at
    approve(applied, kim)
    application = applied.row
    assert application.status is ApplicationStatus.APPROVED
    assert (application.clock_stopped_at, application.due_at) == (None, due)
    (question,) = questions_of(application)
    assert question.ended_at is not None
    assert question.answer is None


def test_a_question_that_needs_no_answer_any_more_is_not_mailed(app, kim) -> None:
    applied = case()
    ask(applied, kim)
    approve(applied, kim)
    (mail,) = mails_of(applied, "information_requested")
    assert (mail.state, mail.body) == (MailState.CANCELLED, None)


def test_nobody_approves_alone_where_a_body_decides(app) -> None:
    coordinator = staff(Role.LEAD, BIPAR)
    applied = case(BIPAR)
    with nothing_stored(), pytest.raises(BodyDecides):
        approve(applied, coordinator)


def test_whoever_is_a_member_already_gets_no_second_membership(app, kim) -> None:
    first, second = case(email="joern@example.org"), case(email="joern@example.org")
    approve(first, kim)
    approve(second, kim, message="Schön, dass Sie dabei sind.")

    membership = only(Membership)
    assert second.row.membership_id == membership.id
    assert second.row.is_repeated
    (mail,) = mails_of(second, "application_repeated")
    assert mails_of(second, "application_approved") == []
    assert "Schön, dass Sie dabei sind." in str(mail.body)
    assert [e.tag for e in all_of(Event)].count("membership:started") == 1


def test_a_member_of_one_network_is_a_new_member_of_another(app) -> None:
    both = staff(Role.COORDINATOR, "stadtrunde", FORUM)
    first = case(email="joern@example.org")
    second = case(FORUM, email="joern@example.org")
    approve(first, both)
    approve(second, both)
    assert len({m.network_id for m in all_of(Membership)}) == 2
    assert not second.row.is_repeated
    assert len([a for a in all_of(Account) if a.email == "joern@example.org"]) == 1


def test_an_application_entered_by_the_office_can_be_approved(app, kim) -> None:
    applied = Applied(entered(kim, email="papier@example.org"), "", "", "")
    approve(applied, kim)
    assert applied.row.status is ApplicationStatus.APPROVED
    assert only(Membership).last_name == "Müßig"


def test_whatever_fails_on_the_way_leaves_no_half_approval(app, kim) -> None:
    applied = case()
    with suppress(ZeroDivisionError), statements() as sent, unit_of_work():
        approve_application(locked(applied), by=kim.actor)
        db.session.flush()
        raise ZeroDivisionError
    number = len(sent)
    assert number > 5
    with nothing_stored():
        for at in range(1, number + 1):
            with broken_at(at, ZeroDivisionError()), pytest.raises(ZeroDivisionError):
                approve(applied, kim)
        with broken_commit(ZeroDivisionError()), pytest.raises(ZeroDivisionError):
            approve(applied, kim)
    approve(applied, kim)
    assert applied.row.status is ApplicationStatus.APPROVED


@pytest.mark.parametrize(
    "change",
    [
        {"status": "approved"},
        {"status": "approved", "decided_at": sa.func.now()},
        {"decided_at": sa.func.now()},
        {"clock_stopped_at": sa.func.now()},
        {"status": "information_requested"},
        {"status": "unconfirmed"},
        {"status": "accepted"},
        {"email": "Gross@example.org"},
    ],
)
def test_the_database_itself_refuses_what_no_service_would_store(app, change) -> None:
    case()
    refused = sa.update(sa.table("applications", *map(sa.column, change))).values(change)
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(refused)
