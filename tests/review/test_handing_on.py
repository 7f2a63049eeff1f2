"""A case is handed to a colleague by name, and freed when nobody works on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from memberships.accounts.models import StaffRole
from memberships.applications.services import claim_application, release_stale_claims
from memberships.database import db, unit_of_work, utcnow
from memberships.permissions import Role
from tests.factories import Applied
from tests.pages import get, post
from tests.review.cases import (
    CHECK,
    FORUM,
    Staff,
    approve,
    ask,
    case,
    case_url,
    locked,
    signed_in,
    staff,
    tags,
)
from tests.tables import nothing_stored

VERB = "uebergeben"


def claimed(applied: Applied, by: Staff) -> None:
    with unit_of_work():
        claim_application(locked(applied), by=by.actor)


def freed() -> int:
    with unit_of_work():
        return release_stale_claims()


def test_a_case_is_handed_on_by_name(app: Flask, kim: Staff) -> None:
    colleague = staff(name="Ada Amsel")
    staff(Role.READER, name="Rita Lesend")
    staff(Role.COORDINATOR, FORUM, name="Fritz Fremd")
    applied = case()
    claimed(applied, kim)
    browser, address = signed_in(app, kim), case_url(applied, verb=VERB)
    page = get(browser, address)
    assert "Ada Amsel" in page.words
    assert "Rita Lesend" not in page.words
    assert "Fritz Fremd" not in page.words
    typed = page.form(VERB).fields | {"colleague": str(colleague.account_id)}
    assert post(browser, address, typed).status == 303
    assert applied.row.claimed_by_id == colleague.account_id
    assert tags(applied)[-1] == "handed_on"
    with nothing_stored():
        assert post(browser, address, typed).status == 422


def test_nobody_chosen_is_told_beside_the_choice(app: Flask, kim: Staff) -> None:
    staff(name="Ada Amsel")
    browser, address = signed_in(app, kim), case_url(case(), verb=VERB)
    fields = get(browser, address).form(VERB).fields
    fields.pop("colleague", None)
    with nothing_stored():
        page = post(browser, address, fields)
    assert (page.status, page.errors["colleague"]) == (422, "Wählen Sie aus, wer den Fall bekommt.")


def test_who_may_not_work_on_cases_gets_none(app: Flask, kim: Staff) -> None:
    reader = staff(Role.READER)
    browser, address = signed_in(app, kim), case_url(case(), verb=VERB)
    staff(name="Ada Amsel")
    fields = get(browser, address).form(VERB).fields
    with nothing_stored():
        page = post(browser, address, fields | {"colleague": str(reader.account_id)})
    assert page.status == 422


def test_a_decided_case_is_not_handed_on(app: Flask, kim: Staff) -> None:
    colleague, applied = staff(), case()
    browser, address = signed_in(app, kim), case_url(applied, verb=VERB)
    typed = get(browser, address).form(VERB).fields | {"colleague": str(colleague.account_id)}
    approve(applied, kim)
    with nothing_stored():
        assert post(browser, address, typed).status == 409


def test_after_two_weeks_without_a_step_it_is_free(app, kim: Staff) -> None:
    applied = case()
    claimed(applied, kim)
    with nothing_stored():
        assert freed() == 0
    with time_machine.travel(utcnow() + timedelta(days=14, minutes=1)):
        assert freed() == 1
    assert applied.row.claimed_by_id is None
    assert tags(applied)[-1] == "released"


def test_while_an_answer_is_waited_for_it_stays(app, kim: Staff) -> None:
    applied = case()
    claimed(applied, kim)
    ask(applied, kim)
    with time_machine.travel(utcnow() + timedelta(days=15)), nothing_stored():
        assert freed() == 0


@pytest.mark.parametrize("ends", ["removed", "may only read"])
def test_who_leaves_the_office_keeps_no_case(app, kim: Staff, ends: str) -> None:
    applied = case()
    ask(applied, kim)
    claimed(applied, kim)
    with unit_of_work():
        held = db.session.query(StaffRole).filter_by(account_id=kim.account_id).one()
        if ends == "removed":
            db.session.delete(held)
        else:
            held.role = Role.READER
    assert freed() == 1
    assert applied.row.claimed_by_id is None


def test_a_decided_case_remembers_who_had_it(app, kim: Staff) -> None:
    applied = case()
    claimed(applied, kim)
    approve(applied, kim)
    with time_machine.travel(utcnow() + timedelta(days=30)), nothing_stored():
        assert freed() == 0


def test_the_network_stays_the_same(app: Flask) -> None:
    browser = signed_in(app, staff(Role.COORDINATOR, FORUM))
    assert get(browser, case_url(case(), CHECK, VERB)).status == 404
