"""Applicants take their application back: links end, consents end, a receipt is mailed."""

from __future__ import annotations

import pytest

from memberships.applications.errors import NotWithdrawable
from memberships.applications.models import ApplicationStatus, CaseToken
from memberships.applications.queries import questions_of
from memberships.events.queries import check_log
from memberships.privacy.queries import confirmed_since
from tests.pages import get, post
from tests.review.cases import (
    ALL_STATUSES,
    CHECK,
    ask,
    case,
    case_in,
    case_token,
    mails_of,
    newest_event,
    tags,
    withdraw,
)
from tests.tables import all_of, nothing_stored

WITHDRAWABLE = [s for s in ALL_STATUSES if s.may_be_withdrawn]


@pytest.mark.parametrize("status", WITHDRAWABLE)
def test_a_withdrawal_ends_everything_and_mails_a_receipt(app, kim, client, status) -> None:
    applied = case_in(status, kim, newsletter=True)
    own = f"/vorgang/{case_token(applied)}"
    assert get(client, own).status == 200

    withdraw(applied)

    application = applied.row
    assert application.status is ApplicationStatus.WITHDRAWN
    assert application.settled_at is not None
    assert (application.clock_stopped_at, application.decided_at) == (None, None)
    assert all(q.ended_at for q in questions_of(application))
    assert all_of(CaseToken) == []
    assert get(client, own).status == 404
    assert confirmed_since(applied.id, "newsletter_consent") is None
    (mail,) = mails_of(applied, "application_withdrawn")
    assert "/vorgang/" not in str(mail.body)
    assert (tags(applied)[-1], newest_event(applied).actor_kind) == ("withdrawn", "applicant")
    assert check_log().faults == []


@pytest.mark.parametrize("status", [s for s in ALL_STATUSES if s not in WITHDRAWABLE])
def test_what_is_decided_or_gone_cannot_be_withdrawn(app, kim, status) -> None:
    applied = case_in(status, kim)
    with nothing_stored(), pytest.raises(NotWithdrawable):
        withdraw(applied)


def test_opening_the_page_withdraws_nothing_and_the_button_does(app, client) -> None:
    applied = case()
    own = f"/vorgang/{case_token(applied)}/zurueckziehen"
    with nothing_stored():
        page = get(client, own)
    assert page.status == 200
    form = page.form("/zurueckziehen")
    answer = post(client, form.action, form.fields)
    assert answer.headers["Location"] == f"/netzwerke/{CHECK}/zurueckgezogen"
    assert get(client, answer.headers["Location"]).status == 200
    assert applied.row.status is ApplicationStatus.WITHDRAWN
    with nothing_stored():
        assert post(client, own).status == 404


def test_the_other_cases_of_the_same_person_stay(app, kim) -> None:
    gone, stays = case(email="joern@example.org"), case(email="joern@example.org")
    ask(stays, kim)
    withdraw(gone)
    assert stays.row.status is ApplicationStatus.INFORMATION_REQUESTED
    assert len(all_of(CaseToken)) == 2
