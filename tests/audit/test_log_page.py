"""A network's log can be read, narrowed and followed to the case; no other network's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.audit.queries import PAGE_SIZE
from memberships.audit.wording import GROUP_WORDS, WORDS, Group, group_of, tags_of
from memberships.calendar import BERLIN
from memberships.database import db, utcnow
from memberships.events.models import Event, EventTag, Tombstone
from memberships.permissions import Permission, Role, may
from tests.pages import get
from tests.review.cases import (
    CHECK,
    FORUM,
    Staff,
    approve,
    case,
    case_url,
    signed_in,
    staff,
    withdraw,
)
from tests.tables import all_of, nothing_stored

LOG = f"/koordination/{CHECK}/protokoll"


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.AUDITOR, CHECK, name="Aud Itor"))


def rows(browser: FlaskClient, query: str = "") -> list[str]:
    page = get(browser, f"{LOG}{query}")
    assert page.status == 200, page.words
    return [e.words for e in page.root if e.tag == "tr" and e.get("role") == "row"][1:]


def test_every_event_has_words_and_a_group() -> None:
    assert set(WORDS) == set(EventTag)
    assert not [words for words in WORDS.values() if ":" in words or "_" in words]
    assert {group_of(tag) for tag in EventTag} == set(Group) == set(GROUP_WORDS)
    assert sorted(tag for group in Group for tag in tags_of(group)) == sorted(EventTag)


def test_it_tells_what_when_and_who_newest_first(auditor: FlaskClient, kim: Staff) -> None:
    applied = case()
    approve(applied, kim)

    seen = rows(auditor)

    assert any("Antrag angenommen" in row and kim.name in row for row in seen)
    assert any("Formular abgesendet" in row and "antragstellende Person" in row for row in seen)
    assert "Formular abgesendet" in seen[-1]


def test_whoever_may_see_cases_is_led_to_the_case(app: Flask, kim: Staff) -> None:
    applied = case()
    lead = signed_in(app, staff(Role.LEAD, CHECK))
    auditor = signed_in(app, staff(Role.AUDITOR, CHECK))

    shown = get(lead, LOG).html

    assert f'href="{case_url(applied)}"' in shown
    sees_cases = may(Role.AUDITOR, Permission.VIEW_APPLICATIONS)
    assert (f'href="{case_url(applied)}"' in get(auditor, LOG).html) is sees_cases


def test_another_network_is_not_in_it(app: Flask, auditor: FlaskClient) -> None:
    foreign = case(FORUM)

    assert rows(auditor) == []
    assert rows(auditor, f"?fall={foreign.id}") == []
    with nothing_stored():
        assert auditor.get(f"/koordination/{FORUM}/protokoll").status_code == 404


@pytest.mark.parametrize("role", Role)
def test_only_who_may_see_the_log_sees_it(app: Flask, role: Role) -> None:
    if role is Role.OPERATOR:
        return
    browser = signed_in(app, staff(role, CHECK))

    assert browser.get(LOG).status_code == (200 if may(role, Permission.VIEW_LOG) else 403)


def test_it_is_narrowed_by_kind_person_and_case(auditor: FlaskClient, kim: Staff) -> None:
    one, two = case(), case(email="ada@example.org")
    approve(one, kim)
    withdraw(two)

    members = rows(auditor, "?was=mitgliedschaften")
    mine = rows(auditor, f"?wer={kim.account_id}")
    about = rows(auditor, f"?fall=https://example.org{case_url(two)}/")

    assert len(members) == 1
    assert "Mitgliedschaft begonnen" in members[0]
    assert mine
    assert all(kim.name in row for row in mine)
    assert len(about) == len([e for e in all_of(Event) if e.subject_id == two.id])
    assert "Antrag zurückgezogen" in about[0]


def test_it_is_narrowed_by_days_in_berlin(auditor: FlaskClient) -> None:
    with time_machine.travel(utcnow() - timedelta(days=3)):
        case()
        then = utcnow().astimezone(BERLIN).date()
    case(email="ada@example.org")

    old = rows(auditor, f"?von={then}&bis={then}")
    new = rows(auditor, f"?von={then + timedelta(days=1)}")

    assert len(old) == len(new) == len(rows(auditor)) / 2


def test_each_event_is_on_one_page(auditor: FlaskClient) -> None:
    for n in range(PAGE_SIZE):
        case(email=f"p{n}@example.org")
    expected, seen, query = len(all_of(Event)), 0, ""
    while True:
        page = get(auditor, f"{LOG}{query}")
        seen += len([e for e in page.root if e.tag == "tr"]) - 1
        more = [e.get("href") for e in page.root if "ab=" in e.get("href")]
        if not more:
            break
        query = "?" + more[0].partition("?")[2]

    assert seen == expected > PAGE_SIZE


def test_what_was_erased_is_told_as_what_it_is(auditor: FlaskClient) -> None:
    applied = case()
    gone = applied.row
    stone = Tombstone(
        subject_id=gone.id, subject_type="application", network_id=gone.network_id, events=3,
        last_hash="0" * 64, rule="expired", erased_on=utcnow().date(), signature="0" * 64,
    )  # fmt: skip
    db.session.rollback()
    with db.engine.begin() as connection:
        values = {c.name: getattr(stone, c.name) for c in Tombstone.__table__.columns}
        connection.execute(sa.insert(Tombstone).values(**values))

    page = get(auditor, f"{LOG}?fall={applied.id}")

    assert "Gelöscht am" in page.words
    assert "3 Einträge gehörten dazu" in page.words


@pytest.mark.parametrize(
    "query", ["?was=x", "?wer=x", "?fall=%00", "?von=0001-01-01", "?bis=9999-12-31", "?ab=x"]
)
def test_nonsense_breaks_nothing(auditor: FlaskClient, query: str) -> None:
    case()
    assert get(auditor, f"{LOG}{query}").status == 200
