"""Whatever many people do to one case at the same moment, exactly one of them has done it."""

from __future__ import annotations

from collections import Counter

import pytest

from memberships.applications.models import AnswerRevision, ApplicationStatus
from memberships.applications.queries import questions_of
from memberships.database import db
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.members.models import Holder, Membership
from tests.factories import Applied
from tests.pages import get, post
from tests.review.cases import (
    ask,
    case,
    case_token,
    case_url,
    mails_of,
    signed_in,
    staff,
    tags,
)
from tests.review.racing import Answer, Move, staff_move
from tests.tables import all_of, only

DECISION_MAILS = {"application_approved", "application_declined", "application_repeated"}


def decision_mails(applied: Applied) -> list[OutgoingMail]:
    return [mail for mail in mails_of(applied) if mail.kind in DECISION_MAILS]


def winners(answers: list[Answer]) -> list[int]:
    """Who was sent on to the next case; everybody else was refused."""
    assert Counter(a.status for a in answers) == {303: 1, 409: len(answers) - 1}
    return [n for n, answer in enumerate(answers) if answer.status == 303]


def test_forty_coordinators_decide_one_case_in_opposite_ways(app, racers) -> None:
    applied = case()
    people = [staff(name=f"Toni Muster {n}") for n in range(40)]
    moves = [
        staff_move(app, person, case_url(applied, verb="aufnehmen"), message="Willkommen.")
        if n % 2
        else staff_move(
            app, person, case_url(applied, verb="ablehnen"), reason="not_eligible", message="Nein."
        )
        for n, person in enumerate(people)
    ]

    answers = racers.race(app, moves)

    (winner,) = winners(answers)
    application = applied.row
    approved = bool(winner % 2)
    assert application.status is (
        ApplicationStatus.APPROVED if approved else ApplicationStatus.DECLINED
    )
    assert application.decided_by_id == people[winner].account_id
    assert len(all_of(Membership)) == int(approved)
    (mail,) = decision_mails(applied)
    assert mail.kind == ("application_approved" if approved else "application_declined")
    assert [tag in {"approved", "declined"} for tag in tags(applied)].count(True) == 1
    assert check_log().faults == []
    done = "aufgenommen" if approved else "abgelehnt"
    for n, answer in enumerate(answers):
        if n != winner:
            assert "Jemand war schneller" in answer.words
            assert f"{done}, von {people[winner].name}." in answer.words
            assert "Von Ihnen wurde nichts gespeichert" in answer.words
            assert ("Willkommen." if n % 2 else "Nein.") in answer.words


def test_two_applications_of_one_person_approved_at_once_make_one_member(app, racers) -> None:
    cases = [case(email="joern@example.org") for _ in range(6)]
    moves = [staff_move(app, staff(), case_url(c, verb="aufnehmen")) for c in cases]
    answers = racers.race(app, moves)
    # The others were shown a new membership, which it would not be any more.
    winners(answers)
    assert only(Membership).holder is Holder.PERSON
    kinds = Counter(mail.kind for c in cases for mail in decision_mails(c))
    assert kinds == {"application_approved": 1}
    assert check_log().faults == []


def correction(applied: Applied, **typed: str) -> Move:
    return Move(f"/vorgang/{case_token(applied)}/angaben", "/angaben", typed)


def test_a_decision_and_a_correction_never_both_win(app, racers) -> None:
    """Decided on the old answers and corrected after that, or corrected and not decided."""
    cases = [case() for _ in range(6)]
    moves = []
    for applied in cases:
        moves += [
            staff_move(app, staff(), case_url(applied, verb="aufnehmen")),
            correction(applied, last_name="Neumann"),
        ]
    answers = racers.race(app, moves)
    for n, applied in enumerate(cases):
        decided, corrected = answers[2 * n : 2 * n + 2]
        assert {decided.status, corrected.status} == {303, 409}
        application = applied.row
        if decided.status == 303:
            assert application.status is ApplicationStatus.APPROVED
            assert application.last_name == "Müßig"
        else:
            assert application.status is ApplicationStatus.IN_REVIEW
            assert application.last_name == "Neumann"
            assert "Neumann" in decided.words
            assert "Müßig" in decided.words
            assert decision_mails(applied) == []
    assert check_log().faults == []


def test_a_decision_and_a_withdrawal_never_both_win(app, racers) -> None:
    cases = [case() for _ in range(6)]
    moves = []
    for applied in cases:
        own = f"/vorgang/{case_token(applied)}/zurueckziehen"
        moves += [
            staff_move(app, staff(), case_url(applied, verb="ablehnen"), reason="other"),
            Move(own, "/zurueckziehen"),
        ]
    answers = racers.race(app, moves)
    for n, applied in enumerate(cases):
        decided, withdrawn = answers[2 * n : 2 * n + 2]
        assert {decided.status, withdrawn.status} == {303, 409}
        kinds = {mail.kind for mail in mails_of(applied)} - {"confirm_application"}
        if decided.status == 303:
            assert applied.row.status is ApplicationStatus.DECLINED
            assert kinds == {"application_received", "application_declined"}
        else:
            assert applied.row.status is ApplicationStatus.WITHDRAWN
            assert kinds == {"application_received", "application_withdrawn"}
            assert "zurückgezogen" in decided.words
    assert check_log().faults == []


def test_of_many_answers_at_once_one_is_stored(app, kim, racers) -> None:
    applied = case()
    token = ask(applied, kim)
    moves = [Move(f"/vorgang/{token}", "/antwort", {"answer": f"Antwort {n}."}) for n in range(7)]
    url = case_url(applied)
    moves.append(
        Move(url, "/antwort", {"answer": "Antwort 7.", "channel": "phone"},
             staff_move(app, staff(), url).cookie)
    )  # fmt: skip
    answers = racers.race(app, moves)
    (winner,) = winners(answers)
    (question,) = questions_of(applied.row)
    assert question.answer == f"Antwort {winner}."
    assert applied.row.status is ApplicationStatus.IN_REVIEW
    assert tags(applied).count("information_received") == 1
    assert check_log().faults == []


def test_of_many_questions_at_once_one_is_asked(app, racers) -> None:
    applied = case()
    moves = [
        staff_move(app, staff(), case_url(applied, verb="rueckfrage"), question=f"Frage {n}?")
        for n in range(8)
    ]
    answers = racers.race(app, moves)
    (winner,) = winners(answers)
    (question,) = questions_of(applied.row)
    assert question.question == f"Frage {winner}?"
    assert len(mails_of(applied, "information_requested")) == 1
    for n, answer in enumerate(answers):
        if n != winner:
            assert f"Frage {n}?" in answer.words
    assert check_log().faults == []


def test_of_many_corrections_at_once_one_is_kept(app, racers) -> None:
    applied = case()
    moves = [correction(applied, last_name=f"Name{n}") for n in range(6)]
    answers = racers.race(app, moves)
    (winner,) = winners(answers)
    assert applied.row.last_name == f"Name{winner}"
    assert len(all_of(AnswerRevision)) == 1
    db.session.rollback()
    assert check_log().faults == []


@pytest.mark.parametrize("verb", ["aufnehmen", "ablehnen"])
def test_a_decision_on_answers_that_changed_shows_the_difference(app, kim, client, verb) -> None:
    applied = case()
    browser = signed_in(app, kim)
    form = get(browser, case_url(applied, verb=verb)).form(verb)
    own = f"/vorgang/{case_token(applied)}/angaben"
    corrected = get(client, own).form("/angaben")
    assert post(client, own, corrected.fields | {"organisation_name": "Dorfkreis"}).status == 303

    typed = {"reason": "other", "message": "Ein persönlicher Satz."}
    page = post(browser, form.action, form.fields | typed)

    assert page.status == 409
    notice = next(e for e in page.root if e.get("aria-labelledby") == "hinweis").words
    assert "Bürgerwerkstatt Öderan" in notice
    assert "Dorfkreis" in notice
    assert "Ein persönlicher Satz." in page.words
    assert applied.row.status is ApplicationStatus.IN_REVIEW
    assert decision_mails(applied) == []
    again = get(browser, case_url(applied, verb=verb)).form(verb)
    assert post(browser, again.action, again.fields | typed).status == 303


@pytest.mark.parametrize("verb", ["uebernehmen", "rueckfrage", "aufnehmen", "ablehnen", "antwort"])
def test_a_stale_window_never_overwrites(app, kim, verb) -> None:
    applied = case()
    if verb == "antwort":
        ask(applied, kim)
    mine, theirs = signed_in(app, kim), signed_in(app, staff(name="Robin Schnell"))
    address = case_url(applied, verb="" if verb in {"uebernehmen", "antwort"} else verb)
    form = get(mine, address).form(verb)
    claim = get(theirs, case_url(applied)).form("/uebernehmen")
    assert post(theirs, claim.action, claim.fields).status == 303
    before, log = applied.row.version, tags(applied)

    typed = {"question": "Wo?", "reason": "other", "answer": "Dort.", "channel": "phone"}
    page = post(mine, form.action, form.fields | typed)

    assert page.status == 409
    assert "Robin Schnell" in page.words
    assert (applied.row.version, tags(applied)) == (before, log)
