"""Whatever happens to one membership at the same moment, it happens once."""

from __future__ import annotations

import re
from collections import Counter
from uuid import UUID

from flask import Flask

from memberships.accounts.cli import answer_address_changes
from memberships.accounts.models import Account
from memberships.accounts.services import addresses
from memberships.database import db, unit_of_work
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.members.models import EndReason, PublicEntry
from tests.applications.joining import AVD
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    account_of,
    joins_too,
    lead,
    leave,
    mails_about,
    membership,
    on_a_seat,
    tags,
)
from tests.members.showing import public_list, publishes
from tests.review.cases import session_cookie
from tests.review.racing import Move, Racers
from tests.tables import all_of


def button(app: Flask, page: str, ending: str, email: str = MARA) -> Move:
    account: Account = account_of(email)
    return Move(page, ending, {}, session_cookie(app, account.id))


def test_of_many_clicks_on_leaving_one_counts(app: Flask, racers: Racers) -> None:
    id_ = a_member()
    moves = [button(app, f"/profil/{id_}/verlassen", "/verlassen") for _ in range(6)]
    answers = racers.race(app, moves)
    assert Counter(a.status for a in answers) == {303: 1, 409: 5}
    assert tags(id_) == ["started", "left"]
    assert len(mails_about(id_)) == 1
    db.session.rollback()
    assert check_log().faults == []


def test_the_last_two_representatives_never_both_leave_unknowing(
    app: Flask, racers: Racers
) -> None:
    id_ = a_representative()
    joins_too(id_)
    moves = [button(app, f"/profil/{id_}/verlassen", "/verlassen", email) for email in (MARA, BEN)]
    answers = racers.race(app, moves)
    assert Counter(a.status for a in answers) == {303: 1, 409: 1}
    assert membership(id_).is_living
    assert tags(id_).count("representative_left") == 1
    db.session.rollback()
    assert check_log().faults == []


def test_of_two_who_return_to_one_seat_one_gets_it(app: Flask, racers: Racers) -> None:
    first = on_a_seat()
    leave(first)
    second = on_a_seat(BEN)
    leave(second, BEN)
    moves = [
        button(app, "/profil", f"{first}/zurueckkommen"),
        button(app, "/profil", f"{second}/zurueckkommen", BEN),
    ]
    answers = racers.race(app, moves)
    assert Counter(a.status for a in answers) == {303: 1, 409: 1}
    living = [id_ for id_ in (first, second) if membership(id_).is_living]
    assert len(living) == 1
    assert {membership(id_).end_reason for id_ in (first, second)} == {None, EndReason.OWN_EXIT}
    db.session.rollback()
    assert check_log().faults == []


def test_of_two_accounts_that_want_one_address_one_gets_it(app: Flask, racers: Racers) -> None:
    new = "gemeinsam@example.org"
    for email in (MARA, BEN):
        a_member(email)
        with unit_of_work():
            addresses.request_address_change(account_of(email).id, new)
    answer_address_changes()
    found = [re.search(r"/adresse/[\w-]+/bestaetigen", m.body or "") for m in all_of(OutgoingMail)]
    links = [link[0] for link in found if link]
    assert len(links) == 2
    answers = racers.race(app, [Move(link, "/bestaetigen") for link in links])
    assert Counter(a.status for a in answers) == {200: 1, 409: 1}
    assert [account.email for account in all_of(Account)].count(new) == 1
    db.session.rollback()
    assert check_log().faults == []


def test_of_two_who_release_one_entry_one_does(app: Flask, racers: Racers) -> None:
    id_ = on_a_seat()
    publishes(id_, "name")
    moves = [_releases(app, id_) for _ in range(2)]
    answers = racers.race(app, moves)
    assert Counter(a.status for a in answers) == {303: 1, 409: 1}
    assert tags(id_)[-1] == "entry_released"
    assert tags(id_).count("entry_released") == 1
    assert [mail.kind for mail in mails_about(id_)].count("entry_released") == 1
    db.session.rollback()
    assert check_log().faults == []


def test_an_entry_that_is_withdrawn_while_it_is_released_is_gone(
    app: Flask, racers: Racers
) -> None:
    id_ = on_a_seat()
    publishes(id_, "name")
    moves = [_releases(app, id_), button(app, f"/profil/{id_}/eintrag", "/entfernen")]
    released, withdrawn = racers.race(app, moves)
    assert withdrawn.status == 303
    assert released.status in {303, 409}
    assert all_of(PublicEntry) == []
    assert "Jörn Müßig" not in public_list(app, AVD).words
    db.session.rollback()
    assert check_log().faults == []


def _releases(app: Flask, id_: UUID) -> Move:
    by = lead(AVD).id
    assert by is not None
    page = f"/koordination/{AVD}/mitglieder/eintraege"
    return Move(page, f"{id_}/freigeben", {}, session_cookie(app, by))
