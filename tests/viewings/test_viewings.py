"""Who of the staff looked at personal data is recorded, for the auditor, for ninety days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.accounts.models import Account, StaffRole
from memberships.database import db, unit_of_work, utcnow
from memberships.permissions import NETWORK_ROLES, Role
from memberships.retention.services import erase_unneeded_account
from memberships.rights.queries import own_data, person_data
from memberships.rights.services import erase_party
from memberships.serve import erase_viewings
from memberships.viewings.models import Viewing
from tests.pages import Page, get, post
from tests.review.cases import (
    CHECK,
    FORUM,
    Staff,
    case,
    case_url,
    decline,
    locked,
    send,
    signed_in,
    staff,
    token_on,
)
from tests.tables import all_of, only

LIST = f"/koordination/{CHECK}/einsichten"
QUEUE = f"/koordination/{CHECK}/antraege"


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.AUDITOR, name="Pia Prüfer"))


@contextmanager
def broken_table() -> Iterator[None]:
    """The table is not where it should be."""
    db.session.rollback()
    for away, back in (("viewings", "viewings_away"), ("viewings_away", "viewings")):
        with db.engine.begin() as connection:
            connection.execute(sa.text(f"ALTER TABLE {away} RENAME TO {back}"))
        if away == "viewings":
            try:
                yield
            except BaseException:
                with db.engine.begin() as connection:
                    connection.execute(sa.text(f"ALTER TABLE {back} RENAME TO {away}"))
                raise


def shown(page: Page) -> list[str]:
    """What the list of viewings says, line by line."""
    return [row for row in page.html.split('<tr role="row">')[2:] if "data-label" in row]


def test_a_page_of_a_case_is_recorded_with_who_and_when(browser: FlaskClient, kim: Staff) -> None:
    applied = case()
    before = utcnow()

    assert get(browser, case_url(applied)).status == 200

    row = only(Viewing)
    assert (row.account_id, row.page, row.application_id) == (kim.account_id, "case", applied.id)
    assert (row.membership_id, row.other_id) == (None, None)
    assert before <= row.at <= utcnow()


def test_the_same_is_recorded_once_in_ten_minutes(browser: FlaskClient) -> None:
    first, second = case(), case(email="zwei@example.org")
    with time_machine.travel(utcnow(), tick=False) as clock:
        for _ in range(3):
            get(browser, case_url(first))
        assert len(all_of(Viewing)) == 1

        get(browser, case_url(second))
        get(browser, case_url(first, verb="aufnehmen"))
        get(browser, QUEUE)
        assert len(all_of(Viewing)) == 4

        clock.shift(timedelta(minutes=9, seconds=59))
        get(browser, case_url(first))
        assert len(all_of(Viewing)) == 4
        clock.shift(timedelta(seconds=2))
        get(browser, case_url(first))
        assert len(all_of(Viewing)) == 5


def test_another_person_is_recorded_beside(app: Flask, browser: FlaskClient) -> None:
    applied, other = case(), staff(Role.READER)
    for one in (browser, signed_in(app, other)):
        get(one, case_url(applied))

    assert len({row.account_id for row in all_of(Viewing)}) == 2


def test_nothing_is_recorded_of_what_was_refused_or_not_found(
    app: Flask, browser: FlaskClient, auditor: FlaskClient
) -> None:
    applied, foreign = case(), case(FORUM, email="fern@example.org")
    stranger = signed_in(app, staff(Role.LEAD, FORUM))

    assert get(auditor, case_url(applied)).status == 403
    assert get(stranger, case_url(applied)).status == 404
    assert get(browser, case_url(foreign)).status == 404
    assert get(browser, case_url(foreign, FORUM)).status == 404
    assert get(app.test_client(), case_url(applied)).status == 303
    assert all_of(Viewing) == []


def test_neither_a_form_nor_a_look_at_the_head_is_recorded(browser: FlaskClient) -> None:
    applied = case()
    token = token_on(get(browser, case_url(applied)))
    with unit_of_work():
        db.session.execute(sa.delete(Viewing))

    browser.head(case_url(applied))
    assert post(browser, case_url(applied, verb="notiz"), {"csrf_token": token}).status != 403
    assert post(browser, case_url(applied, verb="ablehnen"), {"csrf_token": token}).status != 403
    assert all_of(Viewing) == []


def test_looking_up_consents_by_an_address_is_recorded_though_it_is_a_form(app: Flask) -> None:
    case()
    browser, address = signed_in(app, staff(Role.LEAD)), f"/koordination/{CHECK}/einwilligungen"

    get(browser, address)
    assert all_of(Viewing) == []
    page = send(browser, address, {"email": "joern.muessig@example.org"})

    assert page.status == 200
    assert only(Viewing).page == "consents"


def test_the_list_over_all_networks_counts_for_each_that_it_shows(app: Flask) -> None:
    browser = signed_in(app, staff(Role.READER, CHECK, FORUM))
    get(browser, f"/koordination/?netzwerk={FORUM}")
    assert only(Viewing).page == "today"
    get(browser, "/koordination/")

    assert len({row.network_id for row in all_of(Viewing)}) == len(all_of(Viewing)) == 2


def test_whoever_may_see_no_case_is_not_recorded_for_a_list_of_none(auditor: FlaskClient) -> None:
    assert get(auditor, "/koordination/").status == 200
    assert all_of(Viewing) == []


def test_a_page_is_shown_when_it_cannot_be_recorded(
    browser: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    applied = case()
    with broken_table():
        page = get(browser, case_url(applied))

    assert page.status == 200
    assert "Müßig" in page.words
    assert [r.levelname for r in caplog.records] == ["ERROR"]
    assert "viewing of case not recorded" in caplog.text
    assert str(applied.id) not in caplog.text
    get(browser, case_url(applied))
    assert len(all_of(Viewing)) == 1


@pytest.mark.parametrize("role", NETWORK_ROLES)
def test_only_an_auditor_sees_who_looked(app: Flask, role: Role) -> None:
    browser = signed_in(app, staff(role))

    assert get(browser, LIST).status == (200 if role is Role.AUDITOR else 403)
    has_link = LIST in get(browser, f"/koordination/{CHECK}/uebersicht").html
    assert has_link is (role is Role.AUDITOR)


def test_the_auditor_reads_who_saw_what(
    browser: FlaskClient, auditor: FlaskClient, kim: Staff
) -> None:
    applied = case()
    get(browser, QUEUE)
    get(browser, case_url(applied))

    newest, oldest = shown(get(auditor, LIST))
    assert kim.name in newest
    assert str(applied.id) in newest
    assert "Liste der Anträge" in oldest
    assert "Müßig" not in get(auditor, LIST).html


def test_an_auditor_of_another_network_sees_nothing_of_it(app: Flask, browser: FlaskClient) -> None:
    applied = case()
    get(browser, case_url(applied))
    other = signed_in(app, staff(Role.AUDITOR, FORUM))

    assert get(other, LIST).status == 404
    page = get(other, f"/koordination/{FORUM}/einsichten?fall={applied.id}")
    assert page.status == 200
    assert shown(page) == []


def test_the_list_is_narrowed_by_person_and_by_case(
    app: Flask, browser: FlaskClient, auditor: FlaskClient, kim: Staff
) -> None:
    ben = staff(Role.READER, name="Ben Leser")
    first, second = case(), case(email="zwei@example.org")
    for one in (browser, signed_in(app, ben)):
        for applied in (first, second):
            get(one, case_url(applied))

    assert len(shown(get(auditor, LIST))) == 4
    assert len(shown(get(auditor, f"{LIST}?person={kim.account_id}"))) == 2
    assert len(shown(get(auditor, f"{LIST}?fall={first.id}"))) == 2
    assert len(shown(get(auditor, f"{LIST}?person={ben.account_id}&fall={first.id}"))) == 1
    for unknown in ("Müßig", "0190a1b2-c3d4-7000-8000-00000000abcd", "%00"):
        page = get(auditor, f"{LIST}?fall={unknown}")
        assert page.status == 200
        assert "Dazu gibt es keinen Eintrag" in page.words
    for odd in ("person=%00", "ab=x", "ab=-1", "ab=99999999999999999999"):
        assert get(auditor, f"{LIST}?{odd}").status == 200


def test_the_list_is_paged_by_key(auditor: FlaskClient, kim: Staff) -> None:
    applied = case()
    with unit_of_work():
        network_id = locked(applied).network_id
        for n in range(60):
            db.session.add(
                Viewing(
                    account_id=kim.account_id, network_id=network_id, page="case", at=utcnow(),
                    application_id=applied.id if n else None,
                )
            )  # fmt: skip
    first = get(auditor, f"{LIST}?person={kim.account_id}")
    assert len(shown(first)) == 50
    more = first.html.split('app-pagination"><a href="')[1].split('"')[0].replace("&amp;", "&")

    assert f"person={kim.account_id}" in more
    rest = get(auditor, more)
    assert len(shown(rest)) == 10
    assert "Weitere anzeigen" not in rest.words


def test_ninety_days_later_it_is_erased(browser: FlaskClient) -> None:
    applied = case()
    with time_machine.travel(utcnow(), tick=False) as clock:
        get(browser, case_url(applied))
        clock.shift(timedelta(days=90))
        erase_viewings()
        assert len(all_of(Viewing)) == 1
        clock.shift(timedelta(seconds=1))
        erase_viewings()
        assert all_of(Viewing) == []


def test_it_goes_with_the_case(browser: FlaskClient, kim: Staff) -> None:
    applied = case()
    get(browser, case_url(applied))
    decline(applied, kim)
    with unit_of_work():
        erase_party(locked(applied), by=kim.actor, archive_offered=False)

    assert all_of(Viewing) == []


def test_it_goes_with_the_account_and_does_not_keep_it(browser: FlaskClient, kim: Staff) -> None:
    get(browser, QUEUE)
    with unit_of_work():
        db.session.execute(sa.delete(StaffRole).where(StaffRole.account_id == kim.account_id))
    with unit_of_work():
        assert erase_unneeded_account(kim.account_id)

    assert all_of(Viewing) == []


def test_the_own_data_of_staff_count_their_viewings_a_day(app: Flask, kim: Staff) -> None:
    first, second = case(), case(email="zwei@example.org")
    with time_machine.travel(utcnow().replace(hour=9), tick=False) as clock:
        browser = signed_in(app, kim)
        for applied in (first, second):
            get(browser, case_url(applied))
        day = utcnow().date().isoformat()
        clock.shift(timedelta(minutes=11))
        get(browser, case_url(first))

        db.session.rollback()
        account = db.session.get_one(Account, kim.account_id)
        seen = person_data(account)["account"]["pages_with_personal_data_seen"]
    assert seen == {CHECK: {day: 3}}


def test_the_own_data_of_an_applicant_name_nobody_who_looked(
    browser: FlaskClient, kim: Staff
) -> None:
    applied = case()
    get(browser, case_url(applied))

    stored = str(own_data(applied.row))
    assert kim.name not in stored
    assert str(kim.account_id) not in stored
