"""The queue: tabs, filters in the address, search as people type it, pages by key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.models import ApplicationStatus
from memberships.applications.services import claim_application
from memberships.database import unit_of_work
from memberships.permissions import Role
from memberships.review import queries
from memberships.review.queries import QueueFilter, Tab, queue_page
from tests.factories import Applied, confirmed, submitted
from tests.pages import Page, get
from tests.review.cases import (
    APPLICANT,
    CHECK,
    FORUM,
    Staff,
    approve,
    ask,
    case,
    case_in,
    locked,
    signed_in,
    staff,
)
from tests.tables import nothing_stored, statements

QUEUE = f"/koordination/{CHECK}/antraege"
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def listed(page: Page) -> list[UUID]:
    """The cases of the list, in its order."""
    assert page.status == 200, page.words
    links = [e.get("href") for e in page.root if e.has_class("app-rowtitle")]
    return [UUID(link.rsplit("/", 1)[1]) for link in links]


def names(page: Page) -> list[str]:
    return [e.words for e in page.root if e.has_class("app-rowtitle")]


def found(browser: FlaskClient, text: str, tab: str = "offen") -> list[UUID]:
    return listed(get(browser, QUEUE, query_string={"suche": text, "ansicht": tab}))


def test_every_tab_lists_its_cases_and_no_others(app, kim, browser) -> None:
    cases = {status: case_in(status, kim) for status in ApplicationStatus}
    by_tab = {tab: set(listed(get(browser, QUEUE, query_string={"ansicht": tab}))) for tab in Tab}
    assert by_tab[Tab.OPEN] == {cases[ApplicationStatus.IN_REVIEW].id}
    assert by_tab[Tab.ASKED] == {cases[ApplicationStatus.INFORMATION_REQUESTED].id}
    assert by_tab[Tab.AUTOMATIC] == set()
    assert by_tab[Tab.ALL] == {c.id for c in cases.values()} - {
        cases[ApplicationStatus.UNCONFIRMED].id
    }
    assert set(listed(get(browser, f"{QUEUE}?ansicht=quatsch"))) == by_tab[Tab.OPEN]


def test_admitted_by_a_rule_stays_listed_for_thirty_days(app) -> None:
    browser_of = staff(Role.COORDINATOR, "buergerhaushalt")
    with time_machine.travel(MONDAY, tick=False):
        applied = confirmed()
    address = "/koordination/buergerhaushalt/antraege?ansicht=automatisch"
    for age, expected in ((timedelta(days=30) - timedelta(seconds=1), 1), (timedelta(days=30), 0)):
        with time_machine.travel(MONDAY + age, tick=False):
            page = get(signed_in(app, browser_of), address)
            assert len(listed(page)) == expected
    assert applied.row.decided_by_id is None


def test_what_is_due_first_stands_first_and_late_is_marked(app, kim) -> None:
    for day, name in ((3, "Dritte"), (1, "Erste"), (2, "Zweite")):
        with time_machine.travel(MONDAY + timedelta(days=day), tick=False):
            case(organisation_name=name)
    with time_machine.travel(MONDAY + timedelta(days=30), tick=False):
        page = get(signed_in(app, kim), QUEUE)
    assert names(page) == ["Erste", "Zweite", "Dritte"]
    due = [e.words for e in page.root if e.get("data-label") == "Fällig"]
    assert "Überfällig" in due[0]
    assert "Heute fällig" in due[1]
    assert "22. Dezember" not in due[2]
    assert "24. Dezember 2026" in due[2]


def test_owner_status_and_mail_are_columns_of_their_own(app, kim, browser) -> None:
    applied = case()
    with unit_of_work():
        claim_application(locked(applied), by=kim.actor)
    page = get(browser, QUEUE)
    columns = {
        e.get("data-label"): e.words for e in page.root if e.tag == "td" and e.get("data-label")
    }
    assert columns["Zuständig"] == "Kim Adler"
    assert columns["Stand"] == "Zu prüfen"
    assert columns["E-Mail"]


def test_filters_by_owner_stand_in_the_address(app, kim, browser) -> None:
    mine, others, nobodys = case(), case(), case()
    for applied, owner in ((mine, kim), (others, staff())):
        with unit_of_work():
            claim_application(locked(applied), by=owner.actor)
    for who, expected in (
        ("ich", {mine.id}),
        ("niemand", {nobodys.id}),
        ("", {mine.id, others.id, nobodys.id}),
        ("x", {mine.id, others.id, nobodys.id}),
    ):
        assert set(listed(get(browser, f"{QUEUE}?wer={who}"))) == expected


TYPED = ["Bürgerwerk", "BUERGERWERKSTATT", "öderan", "oederan", "Müßig", "MUESSIG", "müssi",
         "jo\u0308rn", "  Jörn   Müßig  ", "werkstatt", "joern.m@exam"]  # fmt: skip


def test_the_search_folds_umlauts_and_finds_parts(app, browser) -> None:
    applied = case(email="joern.m@example.org")
    case(first_name="Ada", last_name="Berg", organisation_name="Runder Tisch")
    assert {typed: found(browser, typed) for typed in TYPED} == {t: [applied.id] for t in TYPED}


def test_wildcards_are_letters_like_others(app, browser) -> None:
    case()
    for n, typed in enumerate(["%", "_", "100%", "a_b", "\\", "\\%", "M%g", "J_rn"]):
        with_them = case(organisation_name=f"Verein {n} {typed} Dorf")
        assert found(browser, f"{n} {typed}") == [with_them.id]
        assert found(browser, f"{typed} d") == [with_them.id]


@pytest.mark.parametrize("typed", ["\0", "a\0b\ud7ff'; DROP TABLE x; --", "x" * 5000])
def test_whatever_is_typed_is_only_searched_for(app, browser, typed) -> None:
    case()
    with nothing_stored():
        assert found(browser, typed) in ([], found(browser, ""))


KEYS = ["x", "~", f"2026-01-01~{UUID(int=1)}", f"0001-01-01T00:00:00+14:00~{UUID(int=1)}",
        f"9999-12-31T23:59:59-14:00~{UUID(int=1)}", "2026-01-01T00:00:00+00:00~", "\0"]  # fmt: skip


def test_a_key_that_is_none_is_no_error(app, browser) -> None:
    case()
    for key in KEYS:
        for tab in ("offen", "alle"):
            page = get(browser, QUEUE, query_string={"ab": key, "ansicht": tab})
            assert (key, page.status) == (key, 200)


def test_the_search_is_kept_when_the_tab_changes(app, browser) -> None:
    page = get(browser, QUEUE, query_string={"suche": "Öderan & Co", "wer": "ich"})
    tabs = [e.get("href") for e in page.root if e.tag == "a" and "ansicht=" in e.get("href")]
    assert len(tabs) >= 4
    for link in tabs[:4]:
        assert "suche=%C3%96deran+%26+Co" in link
        assert "wer=ich" in link


def test_nothing_of_another_network_is_listed_or_found(app, browser) -> None:
    own, foreign = case(), case(FORUM, last_name="Fremdling")
    assert listed(get(browser, QUEUE)) == [own.id]
    for tab in Tab:
        assert found(browser, "Fremdling", tab) == []
    assert get(browser, f"/koordination/{FORUM}/antraege").status == 404
    assert get(browser, f"/koordination/{FORUM}/antraege/{foreign.id}").status == 404
    assert get(browser, f"{QUEUE}/{foreign.id}").status == 404


def test_the_banner_shows_no_case_of_another_network_and_none_unproven(app, kim, browser) -> None:
    done, foreign = case(last_name="Erledigt"), case(FORUM, last_name="Fremdling")
    unproven = submitted(APPLICANT, slug=CHECK, last_name="Unbewiesen")
    approve(done, kim)
    assert "Erledigt" in get(browser, f"{QUEUE}?erledigt={done.id}").words
    for id_ in (foreign.id, unproven.id, UUID(int=5), "x"):
        page = get(browser, f"{QUEUE}?erledigt={id_}")
        assert page.status == 200
        assert "Fremdling" not in page.words
        assert "Unbewiesen" not in page.words


def many(count: int, kim: Staff) -> list[Applied]:
    cases = []
    for n in range(count):
        # Three at a time are due at the same moment: the id decides.
        with time_machine.travel(MONDAY + timedelta(days=n // 3), tick=False):
            cases.append(case(organisation_name=f"Verein {n}"))
    return cases


@pytest.mark.parametrize(("tab", "count", "size"), [("offen", 120, 50), ("alle", 24, 7)])
def test_paging_visits_each_case_once_while_some_are_decided(
    app, kim, monkeypatch, tab, count, size
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", size)
    cases = many(count, kim)
    browser, seen = signed_in(app, kim), []
    address = f"{QUEUE}?ansicht={tab}"
    while address:
        page = get(browser, address)
        seen += listed(page)
        # Somebody else decides what was on this page, and the first of the rest.
        for applied in cases[len(seen) - 10 : len(seen) - 5] if len(seen) < count else []:
            if applied.row.status is ApplicationStatus.IN_REVIEW:
                approve(applied, kim)
        more = [e.get("href") for e in page.root if e.words.startswith("Weitere anzeigen")]
        address = next((link for link in more if link), "")
    assert len(seen) == len(set(seen)) == count
    assert set(seen) == {applied.id for applied in cases}


def test_the_last_page_leads_nowhere(app, kim, monkeypatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 3)
    many(3, kim)
    network_ids = [case().row.network_id]
    first = queue_page(network_ids, QueueFilter())
    second = queue_page(network_ids, QueueFilter(after=first.next_after))
    assert (len(first.applications), len(second.applications)) == (3, 1)
    assert second.next_after == ""


def queries_sent(browser: FlaskClient, address: str) -> list[str]:
    with statements() as sent:
        assert get(browser, address).status == 200
    return [s for s in sent if not s.startswith(("BEGIN", "PRAGMA"))]


def test_a_list_of_thirty_takes_as_many_statements_as_a_list_of_one(app, kim) -> None:
    browser, second = signed_in(app, kim), staff()
    addresses = [QUEUE, f"{QUEUE}?ansicht=alle&suche=muessig", "/koordination/"]
    case()
    few = [len(queries_sent(browser, address)) for address in addresses]
    for n, applied in enumerate(many(29, kim)):
        with unit_of_work():
            claim_application(locked(applied), by=(second if n % 2 else kim).actor)
    browser = signed_in(app, kim)
    many_ = [queries_sent(browser, address) for address in addresses]
    assert [len(sent) for sent in many_] == few
    assert max(few) <= 8, many_


def test_the_tabs_count_what_waits(app, kim, browser) -> None:
    case()
    case()
    ask(case(), kim)
    case(FORUM)
    page = get(browser, QUEUE)
    counts = [e.words for e in page.root if e.has_class("app-count")]
    assert counts[-2:] == ["2", "1"]
