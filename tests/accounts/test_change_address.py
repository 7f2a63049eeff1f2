"""Another address: proven by a mail to the new one, announced to the old one, never guessed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from memberships.accounts.cli import answer_address_changes, erase_old_requests
from memberships.accounts.errors import AddressLinkUnknown, AddressTaken, TooManyAddressChanges
from memberships.accounts.models import Account, AddressChange
from memberships.accounts.services import addresses
from memberships.applications.models import Application
from memberships.database import db, unit_of_work, utcnow
from memberships.events.queries import check_log
from memberships.mails.models import MailState, OutgoingMail
from memberships.members.listing import recipients
from memberships.privacy.models import ConsentEvent, ConsentStep
from memberships.tokens import token_hash
from tests.accounts.cases import browser, invited, signed_in
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    account_of,
    leave,
    membership,
    press,
    profile,
    tags,
)
from tests.pages import get, post
from tests.tables import all_of, dump, nothing_stored, only

NEW = "mara.neu@example.org"


def asked(new: str = NEW, email: str = MARA) -> None:
    with unit_of_work():
        addresses.request_address_change(account_of(email).id, new)
    answer_address_changes()


def mail(kind: str) -> OutgoingMail:
    return [m for m in all_of(OutgoingMail) if m.kind == kind][-1]


def token(kind: str = "address_change_asked") -> str:
    found = re.search(r"/adresse/([\w-]+)/", mail(kind).body or "")
    assert found
    return found[1]


def changed(secret: str) -> None:
    with unit_of_work():
        addresses.change_address(secret)


def stopped(secret: str) -> None:
    with unit_of_work():
        addresses.stop_address_change(secret)


def emails() -> list[str]:
    return sorted(account.email for account in all_of(Account))


def test_both_addresses_are_mailed_and_nothing_changes_yet(app: Flask) -> None:
    a_member()
    asked()
    new, old = mail("address_change_asked"), mail("address_change_announced")
    assert (new.to_address, old.to_address) == (NEW, MARA)
    assert new.subject == "Bitte bestätigen: Ihre neue E-Mail-Adresse"
    assert old.subject == "Ihre E-Mail-Adresse soll geändert werden"
    for text in ("Mara", MARA):
        assert text not in (new.body or "")
    assert NEW not in (old.body or "")
    assert emails() == [MARA]
    stored = dump()["address_changes"][0]
    assert token_hash(token()) in stored
    assert token() not in stored


def test_the_link_changes_the_address_and_ends_the_sessions(app: Flask) -> None:
    id_ = a_member(newsletter=True)
    invited(MARA)
    epoch = account_of().session_epoch
    asked()
    changed(token())
    assert MARA not in emails()
    account = account_of(NEW)
    assert account.session_epoch == epoch + 1
    assert account.verified_at is not None
    assert tags(id_)[-1] == "address_changed"
    assert only(Application).email == MARA
    moved = all_of(ConsentEvent)[-1]
    assert (moved.email, moved.step, moved.channel) == (
        NEW,
        ConsentStep.CONFIRMED,
        "address_change",
    )
    assert moved.proof == token_hash(token())
    with nothing_stored():
        changed(token())
    leave(id_, NEW)
    assert all_of(ConsentEvent)[-1].step is ConsentStep.WITHDRAWN
    db.session.rollback()
    assert check_log().faults == []


def test_a_consent_that_is_withdrawn_stays_so(app: Flask) -> None:
    a_member(newsletter=True)
    client, page = profile(app)
    press(client, page, "/widerrufen")
    asked()
    before = len(all_of(ConsentEvent))
    changed(token())
    assert len(all_of(ConsentEvent)) == before


def test_what_was_withdrawn_stays_so_under_the_address_of_before(app: Flask) -> None:
    network_id = membership(a_member(newsletter=True)).network_id
    asked()
    changed(token())
    assert [one.email for one in recipients(network_id, news=True)] == [NEW]
    press(*profile(app, NEW), "/widerrufen")
    asked(MARA, NEW)
    changed(token())
    assert [one.email for one in recipients(network_id, news=False)] == [MARA]
    assert list(recipients(network_id, news=True)) == []


def test_an_address_with_an_account_is_told_and_nothing_changes(app: Flask) -> None:
    a_member()
    a_member(BEN)
    asked(BEN)
    kinds = [m.kind for m in all_of(OutgoingMail) if m.kind.startswith("address_change")]
    assert sorted(kinds) == ["address_change_announced", "address_change_taken"]
    assert "es ist nichts geändert worden" in (mail("address_change_taken").body or "")
    assert only(AddressChange).token_hash is None
    assert emails() == [BEN, MARA]


def test_an_address_that_gets_an_account_meanwhile_is_not_taken_from_it(app: Flask) -> None:
    a_member()
    asked()
    secret = token()
    a_member(NEW)
    with nothing_stored(), pytest.raises(AddressTaken):
        changed(secret)
    assert post(browser(app), f"/adresse/{secret}/bestaetigen").status == 409


def test_the_answer_is_the_same_for_known_and_unknown_addresses(app: Flask) -> None:
    a_member()
    a_member(BEN)
    client, _ = profile(app)
    pages = []
    for new in (NEW, BEN):
        form = get(client, "/profil/adresse")
        answer = press(client, form, "/adresse", email=new)
        location = answer.headers["Location"]
        pages.append((answer.status, location, get(client, location).words))
    assert pages[0] == pages[1]
    assert "An die neue Adresse ist eine E-Mail unterwegs." in pages[0][2]


@pytest.mark.parametrize("typed", ["", "keine", MARA, f" {MARA.upper()} "])
def test_what_is_no_other_address_is_refused(app: Flask, typed: str) -> None:
    a_member()
    client, _ = profile(app)
    page = get(client, "/profil/adresse")
    with nothing_stored():
        wrong = press(client, page, "/adresse", email=typed)
    assert (wrong.status, set(wrong.errors)) == (422, {"email"})


def test_the_old_address_can_stop_it(app: Flask) -> None:
    a_member()
    epoch = account_of().session_epoch
    asked()
    secret, stop = token(), token("address_change_announced")
    stopped(stop)
    assert account_of().session_epoch == epoch + 1
    with nothing_stored():
        stopped(stop)
    with nothing_stored(), pytest.raises(AddressLinkUnknown):
        changed(secret)
    assert all_of(OutgoingMail)[-1].state is MailState.CANCELLED


def test_what_is_changed_cannot_be_stopped(app: Flask) -> None:
    a_member()
    asked()
    stop = token("address_change_announced")
    changed(token())
    with nothing_stored(), pytest.raises(AddressLinkUnknown):
        stopped(stop)


@pytest.mark.parametrize("act", [changed, stopped])
def test_links_end_after_seven_days(app: Flask, act) -> None:
    a_member()
    asked()
    secret = token("address_change_asked" if act is changed else "address_change_announced")
    late = time_machine.travel(utcnow() + timedelta(days=7))
    with late, nothing_stored(), pytest.raises(AddressLinkUnknown):
        act(secret)
    with nothing_stored(), pytest.raises(AddressLinkUnknown):
        act("unknown")


def test_a_newer_wish_ends_the_one_before(app: Flask) -> None:
    a_member()
    asked()
    first = token()
    asked("mara.neuer@example.org")
    with nothing_stored(), pytest.raises(AddressLinkUnknown):
        changed(first)
    changed(token())
    assert emails() == ["mara.neuer@example.org"]


def test_five_wishes_a_day_are_enough(app: Flask) -> None:
    a_member()
    for n in range(5):
        asked(f"neu{n}@example.org")
    with nothing_stored(), pytest.raises(TooManyAddressChanges):
        asked()
    client, _ = profile(app)
    page = press(client, get(client, "/profil/adresse"), "/adresse", email=NEW)
    assert "heute schon mehrmals" in page.errors["email"]


def test_each_wish_is_answered_once(app: Flask) -> None:
    a_member()
    asked()
    with nothing_stored():
        assert not answer_address_changes()


def test_old_wishes_are_erased_with_their_mails(app: Flask) -> None:
    a_member()
    asked()
    with time_machine.travel(utcnow() + timedelta(days=7)):
        erase_old_requests()
        assert all_of(AddressChange) != []
    with time_machine.travel(utcnow() + timedelta(days=8, minutes=1)):
        erase_old_requests()
    assert all_of(AddressChange) == []
    kinds = {m.kind for m in all_of(OutgoingMail)}
    assert not {kind for kind in kinds if kind.startswith("address_change")}


def test_the_browser_that_confirms_stays_signed_in_and_others_do_not(app: Flask) -> None:
    a_member()
    here, there = signed_in(app, MARA), signed_in(app, MARA)
    asked()
    secret = token()
    with nothing_stored():
        page = get(here, f"/adresse/{secret}/bestaetigen")
    assert NEW in page.words
    form = page.form("/bestaetigen")
    assert post(here, form.action).headers["Location"] == "/profil?stand=adresse"
    assert NEW in get(here, "/profil").words
    assert get(there, "/profil").status == 303
    again = get(browser(app), f"/adresse/{secret}/bestaetigen")
    assert again.heading == "Ihre E-Mail-Adresse ist geändert"


def test_a_stranger_confirms_without_being_signed_in(app: Flask) -> None:
    a_member()
    asked()
    client = browser(app)
    page = post(client, f"/adresse/{token()}/bestaetigen")
    assert page.heading == "Ihre E-Mail-Adresse ist geändert"
    assert get(client, "/profil").status == 303


def test_stopping_by_its_page(app: Flask) -> None:
    a_member()
    asked()
    secret, stop = token(), token("address_change_announced")
    with nothing_stored():
        page = get(browser(app), f"/adresse/{stop}/stoppen")
    done = post(browser(app), page.form("/stoppen").action)
    assert done.heading == "Die Änderung ist gestoppt"
    assert get(browser(app), f"/adresse/{stop}/stoppen").heading == "Die Änderung ist gestoppt"
    assert get(browser(app), f"/adresse/{secret}/bestaetigen").status == 404
    for address in ("/adresse/x/stoppen", "/adresse/x/bestaetigen"):
        assert get(browser(app), address).status == 404
        assert post(browser(app), address).status == 404


def test_the_database_itself_refuses_both_ends(app: Flask) -> None:
    a_member()
    asked()
    with nothing_stored(), pytest.raises(sa.exc.IntegrityError), unit_of_work():
        db.session.execute(
            sa.update(AddressChange).values(changed_at=utcnow(), stopped_at=utcnow())
        )
