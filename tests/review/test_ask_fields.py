"""Asking back on single fields, on the pages of the office and of the applicant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from memberships.applications.models import ApplicationStatus, InformationRequest
from memberships.applications.queries import questions_of
from memberships.applications.services import correct_answers
from memberships.database import unit_of_work, utcnow
from memberships.events.queries import check_log
from tests.factories import Applied, token_in
from tests.pages import Page, get, post
from tests.review.cases import (
    APPLICANT,
    ask,
    case,
    case_token,
    case_url,
    decline,
    locked,
    mails_of,
    send,
    signed_in,
    tags,
)
from tests.review.racing import Move, staff_move
from tests.tables import nothing_stored, only

CODE = "Wo sitzt die Werkstatt?"


@pytest.fixture
def browser(app, kim) -> FlaskClient:
    return signed_in(app, kim)


def ask_for(browser: FlaskClient, applied: Applied, question: str = "", **fields: str) -> str:
    """Ask through the page; returns the address of the page that the mail opens."""
    typed = {"question": question}
    for key, words in fields.items():
        typed |= {f"feld_{key}": "y", f"frage_{key}": words}
    assert send(browser, case_url(applied, verb="rueckfrage"), typed).status == 303
    mail = [m for m in mails_of(applied, "information_requested") if m.body][-1]
    return f"/vorgang/{token_in(mail)}/rueckfrage"


def answer(client: FlaskClient, address: str, typed: Mapping[str, str]) -> Page:
    form = get(client, address).form("/rueckfrage")
    return post(client, form.action, form.fields | dict(typed))


def shown(page: Page) -> list[str]:
    return [e.get("value") for e in page.root if e.get("name") == "_shown"]


def test_the_office_picks_fields_beside_their_answers(app, kim, browser) -> None:
    applied = case()
    page = get(browser, case_url(applied))
    links = [e.get("href") for e in page.root if e.tag == "a" and "?feld=" in e.get("href")]
    assert f"{case_url(applied, verb='rueckfrage')}?feld=portfolio#frage_portfolio" in links
    assert not [link for link in links if "email" in link]
    page = get(browser, links[0])
    assert [e.get("name") for e in page.root if "checked" in e.attributes] == ["feld_first_name"]
    assert page.element("feld_postal_code")
    assert page.element("frage_postal_code")
    assert page.element("feld_email") is None
    assert page.element("feld_newsletter_consent") is None
    assert "Keine Angabe" in page.words


@pytest.mark.parametrize("feld", ["email", "unknown", "newsletter_consent", "%00"])
def test_a_link_with_a_field_that_is_not_asked_opens_the_page_without_it(
    app, browser, feld
) -> None:
    page = get(browser, f"{case_url(case(), verb='rueckfrage')}?feld={feld}")
    assert page.status == 200
    assert not [e for e in page.root if "checked" in e.attributes]


def test_the_preview_shows_each_field_with_its_question(app, browser) -> None:
    applied = case()
    url = case_url(applied, verb="rueckfrage")
    typed = {"feld_postal_code": "y", "frage_postal_code": CODE, "ansehen": "", "question": ""}
    with nothing_stored(but="drafts"):
        page = send(browser, url, typed)
    mail = next(e for e in page.root if e.has_class("app-mail"))
    assert page.status == 200
    assert f"Zu Ihrer Angabe „Postleitzahl der Organisation“:\n{CODE}" in mail.text


def test_something_has_to_be_asked(app, browser) -> None:
    applied = case()
    url = case_url(applied, verb="rueckfrage")
    with nothing_stored(but="drafts"):
        nothing = send(browser, url, {"question": "", "frage_phone": "Nicht angekreuzt"})
        empty = send(browser, url, {"question": "Wer?", "feld_phone": "y", "frage_phone": ""})
        long = send(browser, url, {"question": "", "feld_phone": "y", "frage_phone": "x" * 4001})
    assert nothing.status == empty.status == long.status == 422
    assert nothing.summary[0][1].startswith("Schreiben Sie, was Sie wissen möchten")
    assert "Telefon" in empty.summary[0][1]
    assert "zu lang" in long.summary[0][1]


def test_the_link_opens_just_those_fields_filled_in(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, postal_code=CODE, portfolio="Seit wann?")
    page = get(client, own)
    assert page.status == 200
    assert "Set-Cookie" not in page.headers
    assert shown(page) == ["postal_code", "portfolio"]
    assert APPLICANT["portfolio"] in page.words
    assert CODE in page.words
    assert page.element("feld-last_name") is None
    assert get(client, own.removesuffix("/rueckfrage")).words.count(CODE) == 1


def test_a_mistake_keeps_what_was_typed_and_the_answer_is_shown_as_old_and_new(
    app, browser, client
) -> None:
    applied = case()
    own = ask_for(browser, applied, "Seit wann?", postal_code=CODE, portfolio="Was noch?")
    typed = {"postal_code": "123", "portfolio": "Drei Leitlinien.", "_answer": ""}
    with nothing_stored():
        wrong = answer(client, own, typed)
    assert wrong.status == 422
    assert [target for target, _ in wrong.summary] == ["#feld-postal_code", "#answer"]
    assert "Drei Leitlinien." in wrong.html
    done = answer(client, own, typed | {"postal_code": "01067", "_answer": "Seit 2019."})
    assert (done.status, done.headers["Location"]) == (303, own.removesuffix("/rueckfrage"))

    page = get(browser, case_url(applied))
    assert "Antwort eingegangen" in page.words
    for words in (CODE, "01067", "Drei Leitlinien.", APPLICANT["portfolio"], "Seit 2019."):
        assert words in page.words
    assert applied.row.answers["place"] == "Dresden"


def test_a_field_that_was_not_asked_for_stays_as_it_is(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, postal_code=CODE)
    forged = {
        "postal_code": "01067", "last_name": "Gefälscht", "email": "x@example.org",
        "newsletter_consent": "y", "_shown": "last_name", "organisation_name": "Andere",
    }  # fmt: skip
    before = applied.row.all_answers
    assert answer(client, own, forged).status == 303
    after = applied.row.all_answers
    changed = {key for key in after if after[key] != before.get(key)}
    assert changed <= {"postal_code", "postal_area", "federal_state", "place", "district"}
    assert applied.row.email == before["email"]


def test_what_an_answer_asks_for_besides_is_opened_once_and_not_as_a_mistake(
    app, browser, client
) -> None:
    applied = case(cooperation_mode="supporting", portfolio="")
    own = ask_for(browser, applied, cooperation_mode="Wie genau?")
    with nothing_stored():
        page = answer(client, own, {"cooperation_mode": "project"})
    assert page.status == 422
    assert "Noch eine Frage" in page.words
    assert page.element("feld-portfolio-error") is None
    assert shown(page) == ["cooperation_mode", "portfolio"]
    form = page.form("/rueckfrage")
    fields = form.fields | {"cooperation_mode": "project"}
    more = {"_shown": ["cooperation_mode", "portfolio"]}
    with nothing_stored():
        missing = post(client, form.action, fields | more | {"portfolio": ""})
    assert [target for target, _ in missing.summary] == ["#feld-portfolio"]
    assert post(client, form.action, fields | more | {"portfolio": "Zwei."}).status == 303
    assert applied.row.answers["portfolio"] == "Zwei."
    assert "folgt aus einer anderen Änderung" in get(browser, case_url(applied)).words


def test_what_an_answer_makes_meaningless_is_left_out(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, cooperation_mode="Wie?", portfolio="Was?")
    typed = {"cooperation_mode": "supporting", "portfolio": "Viel."}
    assert answer(client, own, typed).status == 303
    assert "portfolio" not in applied.row.answers
    assert "Keine Angabe mehr" in get(browser, case_url(applied)).words


def test_another_country_opens_the_postal_code_that_does_not_fit_it(app, browser, client) -> None:
    applied = case(country="AT", postal_code="5310")
    own = ask_for(browser, applied, country="Welches Land?")
    page = answer(client, own, {"country": "DE"})
    assert (page.status, shown(page)) == (422, ["country", "postal_code"])


def test_nothing_has_to_be_changed(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, topics="Stimmt das?", phone="Telefon?")
    form = get(client, own).form("/rueckfrage")
    typed = form.fields | {"topics": ["climate", "mobility"], "_shown": ["phone", "topics"]}
    assert post(client, own, typed).status == 303
    assert get(browser, case_url(applied)).words.count("Stimmt so, unverändert") == 2
    assert applied.row.answers["topics"] == ["climate", "mobility"]


def test_all_boxes_can_be_unticked(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, topics="Stimmt das?")
    form = get(client, own).form("/rueckfrage")
    fields = {key: value for key, value in form.fields.items() if key != "topics"}
    assert post(client, own, fields).status == 303
    assert "topics" not in applied.row.answers


def test_a_draft_is_kept_and_shown_again(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, "Seit wann?", postal_code=CODE)
    typed = {"postal_code": "123", "_answer": "Noch nicht", "zwischenspeichern": ""}
    kept = answer(client, own, typed)
    assert (kept.status, kept.headers["Location"]) == (303, own)
    page = get(client, own)
    assert "Abgesendet ist noch nichts" in page.words
    form = page.form("/rueckfrage")
    assert (form.fields["postal_code"], form.fields["_answer"]) == ("123", "Noch nicht")
    assert page.summary == []
    assert "Noch nicht" not in get(browser, case_url(applied)).words
    assert applied.row.status is ApplicationStatus.INFORMATION_REQUESTED
    with nothing_stored():
        assert answer(client, own, typed | {"_answer": "a\x00b"}).status == 422


def test_the_same_twice_is_a_double_click_and_something_else_is_refused(
    app, browser, client
) -> None:
    applied = case()
    own = ask_for(browser, applied, postal_code=CODE)
    form = get(client, own).form("/rueckfrage")
    typed = form.fields | {"postal_code": "01067"}
    assert post(client, own, typed).status == 303
    with nothing_stored():
        assert post(client, own, typed).status == 303
        other = post(client, own, typed | {"postal_code": "04109"})
    assert other.status == 409
    assert "04109" in other.words
    assert tags(applied).count("information_received") == 1
    again = get(client, own)
    assert (again.status, again.headers["Location"]) == (303, own.removesuffix("/rueckfrage"))


def test_an_answer_to_the_first_round_is_not_taken_for_the_second(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, postal_code=CODE)
    first = get(client, own).form("/rueckfrage").fields | {"postal_code": "01067"}
    assert post(client, own, first).status == 303
    ask_for(browser, applied, postal_code="Sicher?")
    with nothing_stored():
        assert post(client, own, first | {"postal_code": "04109"}).status == 409
    assert [q.answered_at is None for q in questions_of(applied.row)] == [False, True]
    page = get(browser, case_url(applied))
    assert "Sicher?" in page.words
    assert "1. Rückfrage" in page.words


def test_the_link_of_another_case_opens_its_own_question_only(app, kim, browser, client) -> None:
    one, other = case(), case(email="andere@example.org")
    own = ask_for(browser, one, postal_code=CODE)
    ask_for(browser, other, postal_code=CODE)
    form = get(client, own).form("/rueckfrage")
    foreign = f"/vorgang/{case_token(other)}/rueckfrage"
    with nothing_stored():
        assert post(client, foreign, form.fields | {"postal_code": "01067"}).status == 409
        assert post(client, "/vorgang/unknown/rueckfrage", form.fields).status == 404
        assert get(client, "/vorgang/unknown/rueckfrage").status == 404


def test_whoever_answers_after_a_decision_keeps_the_text(app, kim, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, portfolio="Was noch?")
    form = get(client, own).form("/rueckfrage")
    decline(applied, kim)
    with nothing_stored():
        page = post(client, own, form.fields | {"portfolio": "Noch viel mehr."})
    assert page.status == 409
    assert "Noch viel mehr." in page.words


def test_a_restricted_case_rests(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, portfolio="Was noch?")
    form = get(client, own).form("/rueckfrage")
    with unit_of_work():
        locked(applied).restricted_at = utcnow()
    with nothing_stored():
        assert get(client, own).status == 409
        assert post(client, own, form.fields).status == 409


def test_answers_corrected_in_another_tab_are_not_overwritten(app, browser, client) -> None:
    applied = case()
    own = ask_for(browser, applied, postal_code=CODE)
    form = get(client, own).form("/rueckfrage")
    with unit_of_work():
        correct_answers(locked(applied), APPLICANT | {"last_name": "Neu"}, seen_revision=0)
    with nothing_stored():
        page = post(client, own, form.fields | {"postal_code": "01067"})
    assert page.status == 409
    again = page.form("/rueckfrage").fields
    assert again["postal_code"] == "01067"
    assert post(client, own, again).status == 303
    assert applied.row.last_name == "Neu"


def test_a_general_question_alone_is_answered_as_before(app, kim, client) -> None:
    own = f"/vorgang/{ask(case(), kim)}"
    assert get(client, f"{own}/rueckfrage").status == 303
    assert get(client, own).form("/antwort")
    with nothing_stored():
        assert post(client, f"{own}/rueckfrage", {"_answer": "x"}).status == 409


def test_an_answer_and_a_decision_at_once_end_in_one_story(
    app, kim, browser, client, racers
) -> None:
    applied = case()
    own = ask_for(browser, applied, postal_code=CODE)
    moves = [
        Move(own, "/rueckfrage", {"postal_code": "01067"}),
        staff_move(app, kim, case_url(applied, verb="ablehnen"), reason="not_eligible", message=""),
    ]
    answered, decided = racers.race(app, moves)
    application, question = applied.row, only(InformationRequest)
    assert {answered.status, decided.status} == {303, 409}
    if answered.status == 303:
        assert application.status is ApplicationStatus.IN_REVIEW
        assert application.answers["postal_code"] == "01067"
    else:
        assert application.status is ApplicationStatus.DECLINED
        assert (question.answered_at, "postal_code" in application.answers) == (None, False)
    assert check_log().faults == []


def test_of_many_answers_at_once_one_is_stored(app, browser, client, racers) -> None:
    applied = case()
    own = ask_for(browser, applied, postal_code=CODE)
    codes = ["01067", "04109", "80331", "70173", "10115"]
    moves = [Move(own, "/rueckfrage", {"postal_code": code}) for code in codes]
    answers = racers.race(app, moves)
    assert sorted(a.status for a in answers) == [303, 409, 409, 409, 409]
    winner = next(n for n, a in enumerate(answers) if a.status == 303)
    assert applied.row.answers["postal_code"] == codes[winner]
    assert only(InformationRequest).fields[0]["after"] == codes[winner]
    assert tags(applied).count("information_received") == 1
    assert check_log().faults == []
