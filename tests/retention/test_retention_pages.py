"""The lead sees what is going to be erased, takes things out, and releases what was stopped."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.calendar import BERLIN, end_of_day
from memberships.database import unit_of_work, utcnow
from memberships.members.models import Membership
from memberships.permissions import Role
from memberships.retention import queries, services
from memberships.retention.models import ErasureBatch
from tests.applications.joining import AVD, BH, FV
from tests.members.cases import leave
from tests.pages import Page, get, post
from tests.retention.cases import batches, declined, items, joins, person, run_on
from tests.retention.test_run_retention import row, twenty_one_leave
from tests.review.cases import Staff, signed_in, staff
from tests.tables import all_of, nothing_stored, statements

DAY = timedelta(days=1)
PAGE = f"/koordination/{AVD}/loeschung"


@pytest.fixture
def kim(app: Flask) -> Staff:
    return staff(Role.LEAD, AVD, FV, BH, name="Kim Adler")


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def planned(kim: Staff, count: int = 2) -> tuple[ErasureBatch, datetime]:
    """Declined cases that are announced; the day on which they go."""
    for _ in range(count):
        declined(by=kim)
    due = end_of_day(utcnow() + 93 * DAY)
    run_on(due - 3 * DAY)
    return batches()[-1], due


def hold(browser: FlaskClient, page: Page, ending: str, **typed: str) -> Page:
    form = page.form(ending)
    return post(browser, form.action, form.fields | typed)


def tomorrow() -> str:
    return (utcnow().astimezone(BERLIN) + 2 * DAY).date().isoformat()


def test_an_empty_page_says_so(browser: FlaskClient) -> None:
    page = get(browser, PAGE)
    assert page.status == 200
    assert "Zurzeit ist nichts vorgemerkt" in page.words


def test_what_is_announced_stands_there_with_its_day(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    batch, due = planned(kim)
    page = get(browser, PAGE)
    assert "Abgelehnte Anträge" in page.words
    assert f"{due.astimezone(BERLIN).year}" in page.words
    page = get(browser, f"{PAGE}/{batch.id}")
    assert page.heading == "Abgelehnte Anträge"
    assert page.words.count("Vzqx") == page.words.count("Nzqx") // 1 > 0
    assert f"/koordination/{AVD}/antraege/{items()[0].subject_id}" in page.html


def test_one_is_taken_out_with_a_reason(app: Flask, kim: Staff, browser: FlaskClient) -> None:
    batch, due = planned(kim)
    kept, gone = items()
    with time_machine.travel(due - 2 * DAY):
        later = signed_in(app, kim)
        page = get(later, f"{PAGE}/{batch.id}")
        until = (due + 5 * DAY).date().isoformat()
        answer = hold(later, page, f"{kept.id}/herausnehmen", reason="Klage", until=until)
        assert answer.status == 303
        page = get(later, answer.headers["Location"])
        assert "Herausgenommen. Am genannten Tag" in page.words
        assert "Klage" in page.words
    run_on(due)
    assert [item.id for item in items()] == [kept.id]
    assert gone.id


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"reason": "", "until": "x"}, "Schreiben Sie, warum"),
        ({"reason": "Klage", "until": ""}, "Geben Sie den Tag ein"),
        ({"reason": "Klage", "until": "2020-01-01"}, "ab morgen"),
        ({"reason": "Klage", "until": "2999-01-01"}, "spätestens in einem Jahr"),
        ({"reason": "x" * 501, "until": ""}, "Der Text ist zu lang"),
    ],
)
def test_a_mistake_keeps_what_was_typed(
    kim: Staff, browser: FlaskClient, typed: dict[str, str], message: str
) -> None:
    batch, _ = planned(kim)
    page = get(browser, f"{PAGE}/{batch.id}")
    with nothing_stored():
        for ending in (f"{batch.id}/herausnehmen", f"{items()[0].id}/herausnehmen"):
            answer = hold(browser, page, ending, **typed)
            assert answer.status == 422
            assert message in answer.words
            assert typed["reason"] in answer.html


def test_a_stale_page_is_told_so_and_keeps_what_was_typed(kim: Staff, browser: FlaskClient) -> None:
    batch, _ = planned(kim)
    page = get(browser, f"{PAGE}/{batch.id}")
    first, second = items()
    typed = {"reason": "Klage", "until": tomorrow()}
    assert hold(browser, page, f"{first.id}/herausnehmen", **typed).status == 303
    with nothing_stored():
        answer = hold(browser, page, f"{second.id}/herausnehmen", **typed | {"reason": "Streit"})
        assert answer.status == 409
        assert "Inzwischen hat jemand anderes" in answer.words
        assert "Streit" in answer.html
        form = page.form("/herausnehmen")
        unversioned = {key: value for key, value in form.fields.items() if key != "version"}
        assert post(browser, form.action, unversioned | typed).status in {409, 422}


def test_the_whole_batch_is_taken_out(kim: Staff, browser: FlaskClient) -> None:
    batch, _ = planned(kim)
    page = get(browser, f"{PAGE}/{batch.id}")
    answer = hold(browser, page, f"{batch.id}/herausnehmen", reason="Klage", until=tomorrow())
    assert answer.status == 303
    assert all(item.held_until for item in items())
    assert "2 herausgenommen" in get(browser, PAGE).words


def test_what_is_gone_meanwhile_cannot_be_taken_out(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    batch, due = planned(kim)
    page = get(browser, f"{PAGE}/{batch.id}")
    first = items()[0]
    with time_machine.travel(due + DAY), unit_of_work():
        assert services.erase_item(first.id)
    with nothing_stored():
        answer = hold(browser, page, f"{first.id}/herausnehmen", reason="Klage", until=tomorrow())
    assert answer.status == 409
    assert "inzwischen gelöscht" in answer.words


def test_a_stopped_batch_is_released_once(app: Flask, kim: Staff, browser: FlaskClient) -> None:
    twenty_one_leave()
    due = end_of_day(utcnow() + 30 * DAY)
    run_on(due - 3 * DAY)
    (batch,) = batches()
    here = f"/koordination/{FV}/loeschung"
    assert "Angehalten: ungewöhnlich viele" in get(browser, here).words
    page = get(browser, f"{here}/{batch.id}")
    form = page.form("/freigeben")
    answer = post(browser, form.action, form.fields)
    assert answer.status == 303
    assert "Freigegeben." in get(browser, answer.headers["Location"]).words
    with nothing_stored():
        assert post(browser, form.action, form.fields).status == 409
    run_on(due)
    assert all_of(Membership) == []
    page = get(browser, here)
    assert "Löschprotokoll ohne Namen" in page.words
    assert "zqx" not in page.html.lower()
    assert get(browser, f"{here}/{batch.id}").status == 404


def test_the_archive_is_offered_it_on_the_page(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    who = person()
    id_ = joins(who, BH, applicant_kind="person")
    leave(id_, who.email)
    run_on(utcnow() + 40 * DAY)
    (batch,) = batches()
    here = f"/koordination/{BH}/loeschung/{batch.id}"
    form = get(browser, here).form("/archiv")
    with time_machine.travel(utcnow() + 41 * DAY):
        later = signed_in(app, kim)
        answer = post(later, form.action, get(later, here).form("/archiv").fields)
    assert answer.status == 303
    assert not batches()[0].awaits_archive
    run_on(utcnow() + 43 * DAY)
    assert row(id_, Membership) is not None
    run_on(utcnow() + 45 * DAY)
    assert row(id_, Membership) is None


def test_a_batch_of_another_network_does_not_exist(kim: Staff, browser: FlaskClient) -> None:
    batch, _ = planned(kim)
    other = f"/koordination/{FV}/loeschung/{batch.id}"
    assert get(browser, other).status == 404
    form = get(browser, f"{PAGE}/{batch.id}").form("/herausnehmen")
    typed = form.fields | {"reason": "Klage", "until": tomorrow()}
    with nothing_stored():
        for verb in ("herausnehmen", f"{items()[0].id}/herausnehmen", "freigeben", "archiv"):
            assert post(browser, f"{other}/{verb}", typed).status == 404


def test_pages_ask_the_same_however_much_there_is(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    batch, due = planned(kim, 1)
    counts = []
    for more in (0, 12):
        for _ in range(more):
            declined(by=kim)
        run_on(due - 2 * DAY)
        counts.append([_asked(browser, PAGE), _asked(browser, f"{PAGE}/{batches()[-1].id}")])
    assert counts[0] == counts[1]
    assert batch.id


def _asked(browser: FlaskClient, address: str) -> int:
    with statements() as seen:
        assert get(browser, address).status == 200
    return len(seen)


def test_lists_are_paged_by_key(kim: Staff, browser: FlaskClient) -> None:
    batch, _ = planned(kim, 3)
    first = queries.items_of(batch.id)
    assert [i.id for i in queries.items_of(batch.id, str(first[0].id))] == [i.id for i in first[1:]]
    assert len(queries.items_of(batch.id, "unsinn")) == 3
