"""Who has a case is told in time, then who stands in, then the lead; each once, as they chose."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from memberships.accounts.models import Account, StaffRole
from memberships.applications.models import Application
from memberships.applications.services import (
    claim_application,
    hand_application_to,
    receive_information,
)
from memberships.database import db, unit_of_work
from memberships.mails.models import OutgoingMail
from memberships.notices.errors import DeputyUnknown
from memberships.notices.models import NoticeSetting, Reminder, Rhythm
from memberships.notices.services import choose_notices, send_due_notices
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
    locked,
    signed_in,
    staff,
)
from tests.tables import all_of, nothing_stored

# Seven o'clock in Berlin on a Monday in winter; a week without holidays.
MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
TUESDAY, WEDNESDAY, THURSDAY = MONDAY + DAY, MONDAY + 2 * DAY, MONDAY + 3 * DAY
PAGE = "/koordination/benachrichtigungen"
SAVE = f"/koordination/{CHECK}/benachrichtigungen"


class KilledError(Exception):
    """The worker's end in the middle of its work."""


def case_due(at: datetime, owner: Staff | None, slug: str = CHECK) -> Applied:
    """A case that is due then, in the hands of that person for weeks."""
    with time_machine.travel(MONDAY - 20 * DAY, tick=False):
        applied = case(slug)
        with unit_of_work():
            if owner:
                claim_application(locked(applied), by=owner.actor)
            locked(applied).due_at = at
    return applied


def send_at(when: datetime, slug: str = CHECK) -> int:
    with time_machine.travel(when, tick=False), unit_of_work():
        return send_due_notices(slug)


def notices_to(person: Staff) -> list[OutgoingMail]:
    address = db.session.get_one(Account, person.account_id).email
    found = [m for m in all_of(OutgoingMail) if (m.kind, m.to_address) == ("staff_notice", address)]
    return sorted(found, key=lambda mail: mail.created_at)


def role_of(person: Staff) -> StaffRole:
    return db.session.scalars(
        sa.select(StaffRole).where(StaffRole.account_id == person.account_id)
    ).one()


def chooses(person: Staff, rhythm: Rhythm, deputy: Staff | None = None) -> None:
    with unit_of_work():
        choose_notices(role_of(person), rhythm, role_of(deputy).id if deputy else None)


def test_the_owner_is_told_the_day_before_and_when_it_is_late_each_once(app, kim: Staff) -> None:
    applied = case_due(WEDNESDAY, kim)
    with nothing_stored():
        assert send_at(MONDAY) == 0
    assert send_at(TUESDAY) == 1
    with nothing_stored():
        assert send_at(TUESDAY + timedelta(hours=3)) == 0
    assert send_at(THURSDAY) == 1
    soon, late = notices_to(kim)
    assert "bald fällig" in str(soon.body)
    assert soon.subject == "Stadtrunde: ein Fall wartet auf Sie"
    assert "überfällig" in str(late.body)
    assert late.subject == "Stadtrunde: ein Fall wartet auf Sie, 1 überfällig"
    assert f"/koordination/{CHECK}/antraege/{applied.id}" in str(late.body)
    assert PAGE in str(late.body)


def test_one_mail_tells_all_of_one_network_and_names_nobody(app, kim: Staff) -> None:
    for days in range(25):
        case_due(MONDAY - (days + 1) * timedelta(hours=1), kim)
    assert send_at(MONDAY) == 1
    (mail,) = notices_to(kim)
    assert str(mail.body).count(f"/koordination/{CHECK}/antraege/") == 20
    assert "Und 5 weitere:" in str(mail.body)
    assert "25 überfällig" in mail.subject
    for word in ("Jörn", "Müßig", "Öderan"):
        assert word not in f"{mail.subject} {mail.body}"
    assert len(all_of(Reminder)) == 25


def test_then_the_others_then_the_lead(app, kim: Staff) -> None:
    ada, lead = staff(name="Ada Amsel"), staff(Role.LEAD)
    case_due(MONDAY - timedelta(hours=12), kim)
    assert send_at(MONDAY) == 1
    assert send_at(TUESDAY) == 0
    assert send_at(WEDNESDAY) == 1
    assert "in Vertretung" in str(notices_to(ada)[0].body)
    assert not notices_to(lead)
    assert send_at(THURSDAY + DAY) == 0
    assert send_at(MONDAY + 7 * DAY) == 1
    assert "als Leitung" in str(notices_to(lead)[0].body)
    with nothing_stored():
        assert send_at(MONDAY + 8 * DAY) == 0


def test_the_deputy_that_somebody_named_is_told_in_place_of_all_others(app, kim: Staff) -> None:
    ada, ben = staff(), staff()
    chooses(kim, Rhythm.NONE, ada)
    case_due(MONDAY - timedelta(hours=12), kim)
    assert send_at(WEDNESDAY) == 1
    assert [len(notices_to(one)) for one in (kim, ada, ben)] == [0, 1, 0]


@pytest.mark.parametrize("why", ["reader", "auditor", "left", "never signed in"])
def test_who_cannot_decide_is_told_nothing(app, kim: Staff, why: str) -> None:
    ada = staff()
    chooses(kim, Rhythm.DAILY, ada)
    case_due(MONDAY - timedelta(hours=12), kim)
    case_due(MONDAY - timedelta(hours=12), ada)
    with unit_of_work():
        held = role_of(ada)
        if why == "left":
            db.session.delete(held)
        elif why == "never signed in":
            db.session.get_one(Account, ada.account_id).verified_at = None
        else:
            held.role = Role(why)
    for day in range(14):
        send_at(MONDAY + day * DAY)
    assert not notices_to(ada)
    assert len(notices_to(kim)) == 1


def test_nobody_is_told_of_another_networks_cases(app, kim: Staff) -> None:
    case_due(MONDAY - timedelta(hours=12), staff(Role.COORDINATOR, FORUM), FORUM)
    with nothing_stored():
        assert send_at(WEDNESDAY) == 0


def test_without_owner_answered_or_decided_nobody_is_told(app, kim: Staff) -> None:
    case_due(MONDAY - DAY, None)
    ask(case_due(MONDAY - DAY, kim), kim)
    approve(case_due(MONDAY - DAY, kim), kim)
    with nothing_stored():
        assert send_at(MONDAY) == 0


def test_daily_means_working_days_from_seven(app, kim: Staff) -> None:
    case_due(MONDAY - 5 * DAY, kim)
    with nothing_stored():
        assert send_at(MONDAY - 2 * DAY) == 0  # a Saturday
        assert send_at(MONDAY - timedelta(seconds=1)) == 0
        # New Year is a holiday everywhere.
        assert send_at(datetime(2027, 1, 1, 8, tzinfo=UTC)) == 0
    assert send_at(MONDAY) == 1


def test_weekly_means_the_first_working_day_of_the_week(app, kim: Staff) -> None:
    chooses(kim, Rhythm.WEEKLY)
    case_due(MONDAY - 5 * DAY, kim)
    with nothing_stored():
        assert send_at(TUESDAY) == 0
    assert send_at(MONDAY + 7 * DAY) == 1
    case_due(datetime(2027, 3, 20, tzinfo=UTC), kim)
    easter_monday = datetime(2027, 3, 29, 8, tzinfo=UTC)
    assert easter_monday.date() == date(2027, 3, 29)
    with nothing_stored():
        assert send_at(easter_monday) == 0
    assert send_at(easter_monday + DAY) == 1


def test_at_once_tells_of_a_case_handed_over_and_of_an_answer(app, kim: Staff) -> None:
    ada = staff()
    chooses(ada, Rhythm.AT_ONCE)
    night = MONDAY + timedelta(hours=16)
    with time_machine.travel(night, tick=False):
        applied = case()
        with unit_of_work():
            hand_application_to(locked(applied), ada.account_id, by=kim.actor)
    assert send_at(night + timedelta(minutes=1)) == 1
    assert "Ihnen übergeben" in str(notices_to(ada)[0].body)
    with nothing_stored():
        assert send_at(night + timedelta(minutes=2)) == 0
    with time_machine.travel(night + timedelta(minutes=3), tick=False):
        ask(applied, ada)
        with unit_of_work():
            receive_information(locked(applied), "Dort.")
    assert send_at(night + timedelta(minutes=4)) == 1
    assert "eine Antwort ist eingegangen" in str(notices_to(ada)[-1].body)


def test_what_somebody_takes_themselves_is_no_news(app, kim: Staff) -> None:
    chooses(kim, Rhythm.AT_ONCE)
    with time_machine.travel(MONDAY, tick=False):
        applied = case()
        with unit_of_work():
            hand_application_to(locked(applied), kim.account_id, by=kim.actor)
    with nothing_stored():
        assert send_at(MONDAY + timedelta(minutes=1)) == 0


def test_a_new_day_promised_is_reminded_of_anew(app, kim: Staff) -> None:
    applied = case_due(MONDAY - DAY, kim)
    assert send_at(MONDAY) == 1
    with unit_of_work():
        db.session.execute(
            sa.update(Application)
            .where(Application.id == applied.id)
            .values(due_at=WEDNESDAY - timedelta(hours=10))
        )
    assert send_at(WEDNESDAY) == 1


def test_of_two_workers_one_mails(app: Flask, kim: Staff) -> None:
    case_due(MONDAY - DAY, kim)
    ready = Barrier(2)

    def work(_: int) -> int:
        with app.app_context():
            ready.wait(10)
            with unit_of_work():
                return send_due_notices(CHECK)

    with time_machine.travel(MONDAY, tick=False), ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, range(2))) == [0, 1]
    assert len(notices_to(kim)) == 1


def test_a_worker_killed_before_the_end_has_told_nobody(app, kim: Staff) -> None:
    case_due(MONDAY - DAY, kim)

    def is_killed() -> None:
        with time_machine.travel(MONDAY, tick=False), unit_of_work():
            send_due_notices(CHECK)
            raise KilledError

    with nothing_stored(), pytest.raises(KilledError):
        is_killed()
    assert send_at(MONDAY) == 1


def test_the_page_keeps_what_somebody_chooses(app: Flask, kim: Staff) -> None:
    ada = staff(name="Ada Amsel")
    browser = signed_in(app, kim)
    page = get(browser, PAGE)
    form = page.form("benachrichtigungen")
    assert form.fields[f"{CHECK}-rhythm"] == "daily"
    typed = form.fields | {
        f"{CHECK}-rhythm": "weekly",
        f"{CHECK}-deputy": str(role_of(ada).id),
    }
    for _ in range(2):
        assert post(browser, SAVE, typed).status == 303
    (chosen,) = all_of(NoticeSetting)
    assert (chosen.rhythm, chosen.deputy_role_id) == (Rhythm.WEEKLY, role_of(ada).id)
    page = get(browser, f"{PAGE}?gespeichert={CHECK}")
    assert "Gespeichert für: Stadtrunde" in page.words
    kept = page.form("benachrichtigungen").fields
    assert kept | {"csrf_token": ""} == typed | {"csrf_token": ""}


@pytest.mark.parametrize("typed", [{"rhythm": "hourly"}, {"rhythm": ""}, {"deputy": "x"}])
def test_what_is_not_offered_is_refused(app: Flask, kim: Staff, typed: dict[str, str]) -> None:
    browser = signed_in(app, kim)
    fields = get(browser, PAGE).form("benachrichtigungen").fields
    typed = {f"{CHECK}-{key}": value for key, value in typed.items()}
    with nothing_stored():
        page = post(browser, SAVE, fields | typed)
    assert page.status == 422
    assert page.summary


@pytest.mark.parametrize("who", ["oneself", "reader", "stranger"])
def test_only_a_colleague_who_decides_stands_in(app, kim: Staff, who: str) -> None:
    deputy = {
        "oneself": lambda: kim,
        "reader": lambda: staff(Role.READER),
        "stranger": lambda: staff(Role.COORDINATOR, FORUM),
    }[who]()
    with nothing_stored(), pytest.raises(DeputyUnknown):
        chooses(kim, Rhythm.DAILY, deputy)


def test_who_reads_only_has_nothing_to_choose(app: Flask, kim: Staff) -> None:
    form = get(signed_in(app, kim), PAGE).form("benachrichtigungen")
    browser = signed_in(app, staff(Role.READER))
    assert "Deshalb erinnern wir Sie an keinen" in get(browser, PAGE).words
    with nothing_stored():
        assert post(browser, SAVE, form.fields).status in {400, 403}


def test_who_leaves_the_office_leaves_no_settings(app, kim: Staff) -> None:
    ada = staff()
    chooses(kim, Rhythm.WEEKLY, ada)
    chooses(ada, Rhythm.WEEKLY)
    with unit_of_work():
        db.session.delete(role_of(ada))
    (left,) = all_of(NoticeSetting)
    assert (left.role_id, left.deputy_role_id) == (role_of(kim).id, None)
