"""What cases are found by: parts of names, whole words of answers; filters and their pages."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.models import (
    ApplicantKind,
    Application,
    ApplicationSearch,
    ApplicationStatus,
)
from memberships.applications.queries import has_unindexed
from memberships.applications.services import correct_answers, index_applications
from memberships.database import db, in_the_past, unit_of_work, utcnow
from memberships.events.models import APPLICANT as THEMSELVES
from memberships.review import queries
from memberships.review.queries import QueueFilter, Tab, matching_ids, queue_page
from memberships.review.wording import arguments_of, filter_of
from memberships.rights import services as rights
from memberships.search import mark_keys
from memberships.serve import upgrade
from tests.factories import Applied, submitted
from tests.pages import get
from tests.review.cases import (
    APPLICANT,
    CHECK,
    FORUM,
    Staff,
    approve,
    ask,
    case,
    decline,
    entered,
    locked,
    signed_in,
    staff,
)
from tests.tables import all_of


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def network_of(applied: Applied) -> int:
    return applied.row.network_id


def pages(network_id: int, wanted: QueueFilter) -> list[UUID]:
    """The cases of all pages, in order."""
    found: list[UUID] = []
    after = ""
    while True:
        arguments = arguments_of(wanted) | {"ab": after}
        page = queue_page([network_id], filter_of(arguments, wanted.owner or UUID(int=0)))
        found += [application.id for application in page.applications]
        after = page.next_after
        if not after:
            return found


def found(network_id: int, text: str, tab: Tab = Tab.ALL) -> list[UUID]:
    return pages(network_id, QueueFilter(tab=tab, text=text))


@pytest.fixture(params=["among the first", "looked up"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to find: among the first of the list, and by what is stored for finding."""
    if request.param == "looked up":
        monkeypatch.setattr(queries, "LOOKED_AT", 1)


@pytest.mark.usefixtures("way")
def test_umlauts_parts_and_several_words_in_any_order_are_found(app) -> None:
    applied = case(last_name="Müller", organisation_name="Bürgerwerkstatt Öderan")
    plain = case(last_name="Mueller", first_name="Ada", organisation_name="Runder Tisch")
    network_id = network_of(applied)
    for typed in ("Mueller", "MÜLLER", "müll", "uelle"):
        assert set(found(network_id, typed)) == {applied.id, plain.id}, typed
    for typed in ("öderan müller", "werkst jörn", "mue wer", "oed"):
        assert found(network_id, typed) == [applied.id], typed
    for typed in ("müller xyzzy", "llermü", "erwerks tisch"):
        assert found(network_id, typed) == [], typed


@pytest.mark.usefixtures("way")
def test_a_short_word_is_a_beginning(app) -> None:
    applied = case(last_name="Ö", first_name="Uta", organisation_name="Amt Zell")
    case(last_name="Berg", first_name="Ada", organisation_name="Runder Tisch")
    assert found(network_of(applied), "ut") == [applied.id]
    assert found(network_of(applied), "z u") == [applied.id]
    assert found(network_of(applied), "ta") == []


@pytest.mark.usefixtures("way")
def test_answers_are_found_by_whole_words_and_by_the_labels_of_options(app) -> None:
    applied = case()
    other = case(portfolio="Nichts.", topics=["mobility"])
    network_id = network_of(applied)
    assert found(network_id, "Leitlinien") == [applied.id]
    assert found(network_id, "leitlinien, bürgerräte") == [applied.id]
    assert found(network_id, "leitlini") == []
    assert found(network_id, "climate") == []
    assert set(found(network_id, "Mobilität")) == {applied.id, other.id}


@pytest.mark.usefixtures("way")
def test_nothing_of_another_network_is_found(app) -> None:
    own, foreign = case(), case(FORUM, last_name="Fremdling", portfolio="Fremdwort")
    for typed in ("Fremdling", "Fremdwort"):
        assert found(network_of(own), typed) == []
        assert found(network_of(foreign), typed) == [foreign.id]


ODD = ["%", "_", "\\", "'", '"', "''; --", "a%b", "{1}", "\u0131\u0307", "𝔘", "ß", "…"]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("typed", ODD)
def test_odd_characters_are_only_characters(app, typed: str) -> None:
    case()
    odd = case(organisation_name=f"Verein {typed} Dorf")
    assert found(network_of(odd), f"{typed} dorf") == [odd.id]


@pytest.mark.usefixtures("way")
def test_what_nobody_has_is_no_error(app) -> None:
    applied = case()
    for typed in ("\0xyzzy", "x" * 5000, "xyz " * 60, "\ud7ff\uffff xyz"):
        assert found(network_of(applied), typed) == []


@pytest.mark.usefixtures("way")
def test_a_restricted_case_is_found_only_among_the_restricted(app) -> None:
    applied = case()
    network_id = network_of(applied)
    with unit_of_work():
        rights.restrict(rights.party_of_case(locked(applied)), by=THEMSELVES)
    for tab in set(Tab) - {Tab.RESTRICTED}:
        assert found(network_id, "müßig", tab) == []
    assert found(network_id, "müßig", Tab.RESTRICTED) == [applied.id]


@pytest.mark.usefixtures("way")
def test_after_a_correction_the_old_name_and_the_old_words_are_not_found(app) -> None:
    applied = case()
    with unit_of_work():
        correct_answers(
            locked(applied),
            APPLICANT | {"last_name": "Neumann", "portfolio": "Losverfahren erprobt."},
            seen_revision=0,
        )
    network_id = network_of(applied)
    for typed in ("Neumann", "Losverfahren"):
        assert found(network_id, typed) == [applied.id]
    for typed in ("Müßig", "Leitlinien"):
        assert found(network_id, typed) == []


def test_what_the_office_enters_is_found(app, kim) -> None:
    id_ = entered(kim, last_name="Zettelmann")
    network_id = db.session.get_one(Application, id_).network_id
    assert found(network_id, "zettel") == [id_]


def test_nothing_is_left_of_an_erased_case(app) -> None:
    applied = submitted(APPLICANT, slug=CHECK)
    assert [row.application_id for row in all_of(ApplicationSearch)] == [applied.id]
    with unit_of_work():
        db.session.execute(sa.text("DELETE FROM confirmations"))
        db.session.execute(sa.delete(Application).where(Application.id == applied.id))
    assert all_of(ApplicationSearch) == []


def test_the_command_makes_the_same_rows_anew(app) -> None:
    for n in range(3):
        case(last_name=f"Berg {n}")
    before = [(r.application_id, r.text, r.words, r.keys) for r in all_of(ApplicationSearch)]
    with unit_of_work():
        db.session.execute(sa.delete(ApplicationSearch))
    after = None
    while True:
        with unit_of_work():
            after = index_applications(after, 2)
        if after is None:
            break
    rows = [(r.application_id, r.text, r.words, r.keys) for r in all_of(ApplicationSearch)]
    assert rows == before


def test_an_update_indexes_what_was_stored_before_there_was_an_index(app: Flask) -> None:
    case()
    assert not has_unindexed()
    with unit_of_work():
        db.session.execute(sa.delete(ApplicationSearch))
    assert has_unindexed()

    done = app.test_cli_runner().invoke(upgrade)

    assert done.exit_code == 0, done.output
    assert not has_unindexed()
    assert len(all_of(ApplicationSearch)) == 1


@pytest.fixture
def many(app: Flask, kim: Staff) -> list[Applied]:
    """Cases of all kinds; some older, one of them entered late; some asked, decided, claimed."""
    cases = []
    for n in range(12):
        with in_the_past(timedelta(days=40) if n in {5, 6} else timedelta()):
            cases.append(case(last_name=f"Berg {n}", organisation_name=f"Verein {n}"))
    for applied in cases[:2]:
        ask(applied, kim)
    for applied in cases[2:4]:
        approve(applied, kim)
    decline(cases[4], kim)
    with unit_of_work():
        old = utcnow() - timedelta(days=40)
        ids = [applied.id for applied in cases[5:8]]
        db.session.execute(
            sa.update(Application)
            .where(Application.id.in_(ids))
            .values(due_at=old, claimed_by_id=kim.account_id)
        )
        db.session.execute(
            sa.update(Application)
            .where(Application.id == cases[7].id)
            .values(received_on=old.date())
        )
        db.session.execute(
            sa.update(ApplicationSearch)
            .where(ApplicationSearch.application_id.in_(ids))
            .values(received_on=old.date(), federal_state="SN")
        )
    if db.engine.dialect.name == "postgresql":
        with unit_of_work():
            db.session.execute(
                sa.text(
                    "UPDATE application_search SET keys = keys || CAST(:key AS bigint) "
                    "WHERE federal_state = 'SN'"
                ),
                {"key": mark_keys(state="SN")[0]},
            )
    return cases


def numbers(cases: list[Applied], ids: list[UUID]) -> list[int]:
    order = [applied.id for applied in cases]
    return [order.index(id_) for id_ in ids]


DAY = timedelta(days=1)


@pytest.mark.usefixtures("way")
def test_each_filter_shows_its_cases_once_on_all_pages_in_order(many, kim, monkeypatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    network_id, today = network_of(many[0]), utcnow().date()
    all_ = QueueFilter(tab=Tab.ALL)
    newest = [11, 10, 9, 8, 7, 4, 3, 2, 1, 0, 6, 5]
    expected: list[tuple[QueueFilter, list[int]]] = [
        (all_, newest),
        (QueueFilter(), list(range(5, 12))),
        (QueueFilter(text="verein"), list(range(5, 12))),
        (QueueFilter(overdue=True), [5, 6, 7]),
        (QueueFilter(owner=kim.account_id, text="berg"), [5, 6, 7]),
        (QueueFilter(unclaimed=True, text="berg"), [8, 9, 10, 11]),
        (QueueFilter(tab=Tab.ASKED, text="berg"), [0, 1]),
        (QueueFilter(tab=Tab.ALL, status=ApplicationStatus.APPROVED), [3, 2]),
        (QueueFilter(tab=Tab.ALL, status=ApplicationStatus.DECLINED, text="verein 4"), [4]),
        (QueueFilter(tab=Tab.ALL, state="SN"), [7, 6, 5]),
        (QueueFilter(tab=Tab.ALL, state="SN", text="berg"), [7, 6, 5]),
        (QueueFilter(state="HB"), []),
        (QueueFilter(tab=Tab.ALL, until=today - 30 * DAY), [7, 6, 5]),
        (QueueFilter(since=today - 5 * DAY), [8, 9, 10, 11]),
        (QueueFilter(tab=Tab.ALL, since=today - 50 * DAY, until=today - 30 * DAY), [7, 6, 5]),
        (QueueFilter(tab=Tab.ALL, kind=many[0].row.applicant_kind), newest),
        (
            QueueFilter(tab=Tab.ALL, since=today - 5 * DAY),
            [n for n in newest if n not in {5, 6, 7}],
        ),
    ]
    for wanted, ids in expected:
        shown = numbers(many, pages(network_id, wanted))
        assert shown == ids, wanted
        every = list(db.session.scalars(matching_ids(network_id, wanted)))
        assert sorted(numbers(many, every)) == sorted(ids), wanted
        if wanted.is_any:
            page = queue_page([network_id], wanted)
            assert page.count is not None
            assert page.count == len(ids) if page.has_counted_all else page.count <= len(ids)


def test_a_filter_is_the_same_after_a_way_through_the_address() -> None:
    own = UUID(int=7)
    today = utcnow().date()
    for wanted in (
        QueueFilter(),
        QueueFilter(tab=Tab.ALL, text="Öderan & Co", owner=own),
        QueueFilter(unclaimed=True, kind=ApplicantKind.PERSON, state="SN", overdue=True),
        QueueFilter(tab=Tab.ALL, status=ApplicationStatus.CLOSED, since=today, until=today),
    ):
        assert filter_of(arguments_of(wanted), own) == wanted


NONE = {"ansicht": "x", "stand": "unconfirmed", "art": "x", "land": "XX", "von": "2026-02-30",
        "bis": "\0", "frist": "x", "wer": "x"}  # fmt: skip


def test_arguments_that_are_none_are_left_out(browser) -> None:
    assert filter_of(NONE, UUID(int=7)) == QueueFilter()
    for day in ("9999-12-31", "0001-01-01"):
        address = f"/koordination/{CHECK}/antraege"
        typed = NONE | {"von": day, "bis": day}
        assert get(browser, address, query_string=typed).status == 200


def test_what_is_filtered_is_shown_and_removable(app, browser) -> None:
    case()
    case(last_name="Berg", first_name="Ada", email="ada@example.org")
    address = f"/koordination/{CHECK}/antraege?ansicht=alle&suche=berg&frist=vorbei"
    page = get(browser, address)
    removing = [e for e in page.root if e.words.endswith("entfernen")]
    links = [e.get("href") for e in removing if e.tag == "a"]
    assert len(links) == 2
    assert "suche" not in links[0]
    assert "frist" in links[0]
    assert "suche=berg" in links[1]
    assert "1 Antrag" in get(browser, links[1]).words


def test_a_count_stops(app, kim, monkeypatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    monkeypatch.setattr(queries, "COUNTED", 3)
    for _ in range(5):
        case()
    page = get(signed_in(app, kim), f"/koordination/{CHECK}/antraege?suche=oederan")
    assert "über 3 Anträge" in page.words


def test_a_search_asks_few_statements_whatever_the_number_of_networks(app) -> None:
    both = staff("coordinator", CHECK, FORUM)
    case()
    case(FORUM)
    page = get(signed_in(app, both), "/koordination/?suche=oederan")
    assert "2 Anträge" in page.words
