"""From the case the office ends a membership, and says that it has looked at what changed."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.applications.models import Application
from memberships.database import db, unit_of_work
from memberships.events.models import Actor, ActorKind
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.members.models import EndReason
from memberships.members.services import change_answers
from memberships.permissions import Role
from tests.factories import Applied, confirmed
from tests.members import cases as members
from tests.members.cases import leave, mails_about, membership, membership_of
from tests.pages import get, post
from tests.review.cases import case_url, session_cookie, signed_in, staff
from tests.review.racing import Move, Racers, staff_move
from tests.tables import all_of, nothing_stored, only

BH = "buergerhaushalt"
MARA = "mara@example.org"


@pytest.fixture
def applied(app: Flask) -> Applied:
    return confirmed(email=MARA)


def url(applied: Applied, verb: str = "") -> str:
    return case_url(applied, BH, verb)


def test_the_office_sees_the_mail_before_it_ends_a_membership(app: Flask, applied) -> None:
    kim = staff(Role.COORDINATOR, BH)
    browser, id_ = signed_in(app, kim), membership_of(applied)
    assert "Mitgliedschaft beenden" in get(browser, url(applied)).words
    page = get(browser, url(applied, "beenden"))
    assert "Wählen Sie einen Grund" in page.words
    form = page.form("/beenden")
    typed = {"reason": "ended_by_network", "message": "Der Beirat hat so entschieden."}
    with nothing_stored():
        shown = post(browser, form.action, form.fields | typed | {"ansehen": "1"})
    assert shown.status == 200
    assert "Das hat das Netzwerk entschieden." in shown.words
    assert "Der Beirat hat so entschieden." in shown.words
    assert post(browser, form.action, form.fields | typed).status == 303
    ended = membership(id_)
    assert (ended.end_reason, ended.ended_by_id) == (EndReason.ENDED_BY_NETWORK, kim.account_id)
    (mail,) = mails_about(id_)
    assert " ".join((mail.body or "").split()) in shown.words
    after = get(browser, url(applied))
    assert "durch das Netzwerk beendet" in after.words
    assert "/beenden" not in after.html
    with nothing_stored():
        again = post(browser, form.action, form.fields | typed)
    assert (again.status, "Die Mitgliedschaft ist schon beendet" in again.words) == (409, True)
    assert get(browser, url(applied, "beenden")).status == 409


@pytest.mark.parametrize("reason", ["deceased", "organisation_dissolved"])
def test_nobody_is_written_to_for_these_reasons(app: Flask, applied, reason: str) -> None:
    browser = signed_in(app, staff(Role.LEAD, BH))
    form = get(browser, url(applied, "beenden")).form("/beenden")
    shown = post(browser, form.action, form.fields | {"reason": reason, "ansehen": "1"})
    assert "Bei diesem Grund geht keine E-Mail hinaus." in shown.words
    before = len(all_of(OutgoingMail))
    assert post(browser, form.action, form.fields | {"reason": reason}).status == 303
    assert len(all_of(OutgoingMail)) == before


@pytest.mark.parametrize(
    ("typed", "field"),
    [({}, "reason"), ({"reason": "tired"}, "reason"), ({"reason": "ended_by_network"}, "message")],
)
def test_an_end_needs_its_reason(app: Flask, applied, typed, field: str) -> None:
    browser = signed_in(app, staff(Role.LEAD, BH))
    form = get(browser, url(applied, "beenden")).form("/beenden")
    with nothing_stored():
        page = post(browser, form.action, form.fields | typed)
    assert page.status == 422
    assert set(page.errors) == {field}


def test_what_changed_meanwhile_is_not_ended_unseen(app: Flask, applied) -> None:
    browser, id_ = signed_in(app, staff(Role.LEAD, BH)), membership_of(applied)
    form = get(browser, url(applied, "beenden")).form("/beenden")
    _rename(id_)
    with nothing_stored():
        page = post(browser, form.action, form.fields | {"reason": "deceased"})
    assert (page.status, "Die Mitgliedschaft hat sich geändert" in page.words) == (409, True)


def _rename(id_) -> None:
    version = membership(id_).version
    with unit_of_work():
        found = members.standing(id_)
        answers = found.all_answers | {"last_name": "Neu"}
        by = Actor(ActorKind.MEMBER)
        assert change_answers(found, answers, seen_version=version, by=by)


def test_an_open_case_has_no_membership_to_end(app: Flask) -> None:
    waiting = members.joined(members.AVD, email=MARA)
    browser = signed_in(app, staff(Role.LEAD, "avd"))
    assert get(browser, case_url(waiting, "avd", "beenden")).status == 404
    assert "Mitgliedschaft beenden" not in get(browser, case_url(waiting, "avd")).words


@pytest.mark.parametrize("role", [Role.READER, Role.DECIDER])
def test_others_see_the_membership_and_no_way_to_end_it(app: Flask, applied, role) -> None:
    browser = signed_in(app, staff(role, BH))
    words = get(browser, url(applied)).words
    assert "Mitglied seit" in words
    assert "Mitgliedschaft beenden" not in words
    assert get(browser, url(applied, "beenden")).status == 403


def test_what_is_to_be_checked_is_shown_until_somebody_has(app: Flask) -> None:
    id_ = members.on_a_seat(MARA)
    application = only(Application)
    address = case_url(application.id, "avd")
    browser = signed_in(app, staff(Role.COORDINATOR, "avd"))
    assert "Zu prüfen :" not in get(browser, address).words
    version = membership(id_).version
    with unit_of_work():
        found = members.standing(id_)
        answers = found.all_answers | {"driver_statement": "Ganz neue Wege."}
        change_answers(found, answers, seen_version=version, by=Actor(ActorKind.MEMBER))
    page = get(browser, address)
    assert "auf denen die Aufnahme beruht" in page.words
    assert "Ganz neue Wege." in page.words
    form = page.form("/geprueft")
    assert post(browser, form.action, form.fields).status == 303
    assert "auf denen die Aufnahme beruht" not in get(browser, address).words
    assert membership(id_).to_check_since is None
    leave(id_)
    with nothing_stored():
        assert post(browser, form.action, form.fields).status == 409


def test_leaving_and_being_ended_at_once_is_one_end(app: Flask, racers: Racers) -> None:
    ends = [confirmed(email=f"member{n}@example.org") for n in range(4)]
    moves = []
    for n, applied in enumerate(ends):
        account = members.account_of(f"member{n}@example.org")
        cookie = session_cookie(app, account.id)
        page = f"/profil/{membership_of(applied)}/verlassen"
        moves += [
            Move(page, "/verlassen", {}, cookie),
            staff_move(app, staff(Role.LEAD, BH), url(applied, "beenden"), reason="own_exit"),
        ]
    answers = racers.race(app, moves)
    for n, applied in enumerate(ends):
        id_ = membership_of(applied)
        left, ended = answers[2 * n : 2 * n + 2]
        assert {left.status, ended.status} == {303, 409}
        assert members.tags(id_) == ["started", "left" if left.status == 303 else "ended"]
        assert len(mails_about(id_)) == 1
    db.session.rollback()
    assert check_log().faults == []
