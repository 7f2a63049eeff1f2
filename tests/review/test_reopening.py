"""A lead looks at a declined case once more, with a reason; nobody else can."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.applications.models import ApplicationStatus, Note
from memberships.permissions import Role
from tests.pages import get, post
from tests.review.cases import (
    CHECK,
    Staff,
    approve,
    case,
    case_url,
    decline,
    mails_of,
    signed_in,
    staff,
    tags,
)
from tests.tables import nothing_stored, only

VERB = "wieder-aufnehmen"


@pytest.fixture
def lead(app: Flask) -> Staff:
    return staff(Role.LEAD, CHECK, name="Lea Leitner")


def test_a_declined_case_waits_again_and_can_be_approved(app: Flask, kim, lead) -> None:
    applied = case()
    decline(applied, kim)
    browser = signed_in(app, lead)
    assert "Noch einmal prüfen" in get(browser, case_url(applied)).words
    address = case_url(applied, verb=VERB)
    form = get(browser, address).form(VERB)
    typed = form.fields | {"reason": "Wir hatten den Nachweis übersehen."}
    assert post(browser, address, typed).status == 303
    row = applied.row
    assert (row.status, row.decline_reason, row.decided_at, row.settled_at) == (
        ApplicationStatus.IN_REVIEW,
        None,
        None,
        None,
    )
    assert only(Note).text == "Wir hatten den Nachweis übersehen."
    (mail,) = mails_of(applied, "application_reopened")
    assert "die Absage gilt nicht mehr" in str(mail.body)
    assert "Nachweis" not in str(mail.body)
    with nothing_stored():
        assert post(browser, address, typed).status == 409
    approve(applied, kim)
    assert tags(applied)[-3:] == ["declined", "reopened", "approved"]


def test_the_reason_is_needed(app: Flask, kim, lead) -> None:
    applied = case()
    decline(applied, kim)
    browser, address = signed_in(app, lead), case_url(applied, verb=VERB)
    fields = get(browser, address).form(VERB).fields
    with nothing_stored():
        page = post(browser, address, fields)
    assert page.status == 422
    assert page.errors["reason"] == "Schreiben Sie, warum der Fall noch einmal geprüft wird."


@pytest.mark.parametrize("end", [approve, lambda _applied, _by: None])
def test_only_what_was_declined_is_reopened(app: Flask, kim, lead, end) -> None:
    applied = case()
    end(applied, kim)
    browser = signed_in(app, lead)
    with nothing_stored():
        page = get(browser, case_url(applied, verb=VERB))
    assert (page.status, page.notice) == (409, "Hier ist nichts abgelehnt")


def test_only_a_lead_reopens(app: Flask, kim) -> None:
    applied = case()
    decline(applied, kim)
    browser = signed_in(app, kim)
    assert "Noch einmal prüfen" not in get(browser, case_url(applied)).words
    with nothing_stored():
        assert get(browser, case_url(applied, verb=VERB)).status == 403
