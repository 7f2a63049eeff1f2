"""The directory for members: announced with objection, or only with consent; never a stranger's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from memberships.accounts.services import verify_account
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM
from memberships.events.queries import check_log
from memberships.members import services
from memberships.members.directory import ANNOUNCED_FOR, directory_page
from memberships.members.errors import MembershipEnded, MembershipRestricted
from memberships.members.models import (
    EndReason,
    Holder,
    Membership,
    Objection,
    ObjectionTo,
    Representative,
)
from memberships.members.services import Contact, start_membership
from memberships.networks.queries import current_definitions
from memberships.networks.services import publish_definition
from memberships.privacy.models import ConsentEvent, ConsentStep
from tests.accounts.cases import csrf, signed_in
from tests.accounts.test_change_address import asked, changed, token
from tests.applications.joining import AVD, BH, BW, FV, SN, joined
from tests.factories import network
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    account_of,
    approved,
    come_back,
    end,
    joins_too,
    lead,
    leave,
    member,
    membership,
    membership_of,
    on_a_seat,
    press,
    profile,
    representative,
    standing,
    tags,
)
from tests.members.showing import answers, joins_directory, listed, objects, public_list, titles
from tests.pages import get, post
from tests.review.cases import BIPAR
from tests.tables import all_of, nothing_stored, statements

# A day more than the announcement lasts.
LATER = ANNOUNCED_FOR + timedelta(days=1)
WERKSTATT = "Bürgerwerkstatt Öderan"


def seen_in(slug: str, **asked: str) -> list[str]:
    """Whom members of the network see now."""
    net = network(slug)
    with unit_of_work():
        network_id = publish_definition(net).network_id
        return [row.title for row in directory_page(network_id, net, **asked).rows]


def a_member_of(slug: str, email: str = MARA) -> UUID:
    """Somebody new, as the network's form and office take them in."""
    if slug == BIPAR:
        with unit_of_work():
            account = verify_account(email)
            return start_membership(
                Contact(account, "Jörn", "Müßig"),
                publish_definition(network(slug)),
                holder=Holder.PERSON,
                by=SYSTEM,
                rule="body_decides",
            ).id
    applied = joined(slug, email=email)
    if applied.row.membership_id is None:
        approved(applied)
    return membership_of(applied)


@pytest.mark.parametrize("slug", [AVD, BH, BIPAR, BW, FV, SN])
def test_a_new_member_is_visible_to_coordinators_only(app: Flask, slug: str) -> None:
    assert len(current_definitions()) == 6
    id_ = a_member_of(slug)
    assert seen_in(slug) == []
    assert titles(public_list(app, slug)) == []
    client = signed_in(app, MARA)
    assert listed(client, id_) == []
    is_announced = network(slug).visibility.internal == "announced"
    with time_machine.travel(utcnow() + LATER):
        assert bool(seen_in(slug)) is is_announced
        assert titles(public_list(app, slug)) == []


def test_it_shows_no_address_and_no_number(app: Flask) -> None:
    id_ = on_a_seat(phone="0711 555 01 00")
    answers(id_, topics=["climate"])
    with time_machine.travel(utcnow() + LATER):
        page = get(signed_in(app, MARA), f"/profil/{id_}/verzeichnis")
    article = next(e for e in page.root if e.tag == "article").words
    assert article == (
        "Jörn Müßig Organisation Landeshauptstadt Beispielau Funktion Stabsstelle Bürgerbeteiligung"
        " Ort Stuttgart Themen Klima und Energie"
    )


def test_nothing_that_is_not_shown_can_be_searched(app: Flask) -> None:
    id_ = on_a_seat(phone="0711 555 01 00")
    with time_machine.travel(utcnow() + LATER):
        for found in ("muessig", "Müßig stuttgart", "Landeshauptstadt"):
            assert seen_in(AVD, text=found) == ["Jörn Müßig"], found
        for hidden in ("mara@example.org", "example", "70173", "0711", "Leitlinien", "%"):
            assert seen_in(AVD, text=hidden) == [], hidden
        with unit_of_work():
            db.session.execute(sa.update(Membership).values(directory_text=None))
        assert seen_in(AVD, text="müßig") == ["Jörn Müßig"]
        assert seen_in(AVD, text="mara") == []
    assert membership(id_).directory_text is None


# Where it is announced


def test_an_objector_is_hidden_and_can_come_back(app: Flask) -> None:
    id_ = on_a_seat()
    with time_machine.travel(utcnow() + LATER):
        assert seen_in(AVD) == ["Jörn Müßig"]
        client, page = profile(app)
        assert "Sie stehen darin, seit dem" in page.words
        done = press(client, page, "/verzeichnis/widersprechen")
        assert done.headers["Location"] == "/profil?stand=widersprochen"
        assert seen_in(AVD) == []
        (objection,) = all_of(Objection)
        assert (objection.membership_id, objection.against) == (id_, ObjectionTo.DIRECTORY)
        assert tags(id_)[-1] == "objected"
        with nothing_stored():
            press(client, page, "/verzeichnis/widersprechen")
        page = get(client, "/profil")
        assert "Sie haben am" in page.words
        press(client, page, "/verzeichnis/zeigen")
        assert seen_in(AVD) == ["Jörn Müßig"]
        assert tags(id_)[-1] == "objection_taken_back"
        with nothing_stored():
            press(client, page, "/verzeichnis/zeigen")
    assert check_log().faults == []


def test_who_objects_in_the_first_days_is_never_shown(app: Flask) -> None:
    id_ = on_a_seat()
    _, page = profile(app)
    assert "darin, wenn Sie nicht widersprechen" in page.words
    assert objects(id_)
    with time_machine.travel(utcnow() + LATER):
        assert seen_in(AVD) == []


def test_an_objection_outlives_leaving_and_coming_back(app: Flask) -> None:
    id_ = on_a_seat()
    objects(id_)
    leave(id_)
    come_back(id_)
    with time_machine.travel(utcnow() + LATER):
        assert seen_in(AVD) == []


def test_objecting_to_mailings_hides_nobody(app: Flask) -> None:
    id_ = on_a_seat()
    with unit_of_work():
        db.session.add(
            Objection(
                membership_id=id_,
                account_id=account_of().id,
                against=ObjectionTo.MAILING,
                at=utcnow(),
            )
        )
    with time_machine.travel(utcnow() + LATER):
        assert seen_in(AVD) == ["Jörn Müßig"]


# Opt-in


def test_only_who_agreed_is_listed_and_withdrawn_is_gone_at_once(app: Flask) -> None:
    id_ = a_representative()
    client, page = profile(app)
    assert "Im Verzeichnis stehen" in page.words
    page = get(client, f"/profil/{id_}/verzeichnis/zustimmen")
    assert "Ich willige ein, dass Allianz für Beteiligung" in page.words
    done = press(client, page, "/verzeichnis/zustimmen")
    assert done.headers["Location"] == "/profil?stand=verzeichnis"
    assert listed(client, id_) == [WERKSTATT]
    given, held = all_of(ConsentEvent)
    assert (given.step, held.step) == (ConsentStep.GIVEN, ConsentStep.CONFIRMED)
    assert held.purpose == "member_directory_consent"
    assert " ".join(held.text.split()) in page.words
    assert tags(id_)[-1] == "directory_joined"
    with nothing_stored():
        press(client, page, "/verzeichnis/zustimmen")
    profile_page = get(client, "/profil")
    assert "Verzeichnis für Mitglieder bestätigt am" in profile_page.words
    press(client, profile_page, "/widerrufen")
    assert listed(client, id_) == []
    assert joins_directory(id_)
    assert listed(client, id_) == [WERKSTATT]


def test_of_several_representatives_only_who_agreed_is_named(app: Flask) -> None:
    id_ = a_representative(role_in_organisation="Vorstand")
    joins_too(id_, first_name="Ben", last_name="Adler")
    joins_directory(id_)
    client = signed_in(app, BEN)
    words = get(client, f"/profil/{id_}/verzeichnis").words
    assert "Jörn Müßig, Vorstand" in words
    assert "Adler" not in words
    joins_directory(id_, BEN)
    assert "Ben Adler" in get(client, f"/profil/{id_}/verzeichnis").words
    leave(id_)
    assert "Müßig" not in get(client, f"/profil/{id_}/verzeichnis").words


def test_an_objection_counts_more_than_an_agreement(app: Flask) -> None:
    id_ = a_representative()
    joins_directory(id_)
    objects(id_)
    assert seen_in(BW) == []


def test_coming_back_does_not_list_by_itself(app: Flask) -> None:
    id_ = a_representative()
    joins_directory(id_)
    leave(id_, ends_organisation=True)
    come_back(id_)
    assert seen_in(BW) == []


def test_where_it_is_announced_nobody_is_asked_to_agree(app: Flask) -> None:
    id_ = on_a_seat()
    client = signed_in(app, MARA)
    assert get(client, f"/profil/{id_}/verzeichnis/zustimmen").status == 404
    with nothing_stored():
        assert not joins_directory(id_)


# Refusals


def test_the_ended_and_the_restricted_are_nowhere_and_see_nothing(app: Flask) -> None:
    id_, other = on_a_seat(), on_a_seat(BEN, organisation_name="Stadt Musterau", first_name="Ben")
    with time_machine.travel(utcnow() + LATER):
        assert len(seen_in(AVD)) == 2
        with unit_of_work():
            db.session.get_one(Membership, id_).restricted_at = utcnow()
        assert seen_in(AVD) == ["Ben Müßig"]
        client = signed_in(app, MARA)
        for page in ("verzeichnis", "verzeichnis/zustimmen", "eintrag"):
            assert get(client, f"/profil/{id_}/{page}").status == 409
        end(other, EndReason.ENDED_BY_NETWORK, lead(AVD))
        assert seen_in(AVD) == []
        assert get(signed_in(app, BEN), f"/profil/{other}/verzeichnis").status == 404


def test_nobody_of_another_network_sees_it(app: Flask) -> None:
    id_ = on_a_seat()
    a_member(BEN)
    client = signed_in(app, BEN)
    assert get(client, f"/profil/{id_}/verzeichnis").status == 404
    with nothing_stored():
        for verb in ("widersprechen", "zeigen", "zustimmen"):
            page = post(client, f"/profil/{id_}/verzeichnis/{verb}", csrf(app))
            assert page.status == 404, verb
    assert get(app.test_client(), f"/profil/{id_}/verzeichnis").status == 303


def test_nothing_is_changed_of_what_has_ended(app: Flask) -> None:
    id_, seat = a_representative(), on_a_seat()
    leave(id_, ends_organisation=True)
    leave(seat)
    with nothing_stored():
        with pytest.raises(MembershipEnded):
            joins_directory(id_)
        with pytest.raises(MembershipEnded):
            objects(seat)
        with pytest.raises(MembershipEnded):
            shown_again(seat)
        with pytest.raises(MembershipEnded), unit_of_work():
            services.decline_questions(standing(seat), by=member(account_of()))


def test_nobody_joins_the_directory_while_restricted(app: Flask) -> None:
    id_ = a_representative()
    with unit_of_work():
        db.session.get_one(Representative, representative(MARA).id).restricted_at = utcnow()
    with nothing_stored(), pytest.raises(MembershipRestricted):
        joins_directory(id_)


def test_a_new_address_keeps_the_place(app: Flask) -> None:
    id_ = a_representative()
    joins_directory(id_)
    asked("neu@example.org")
    changed(token())
    assert all_of(ConsentEvent)[-1].email == "neu@example.org"
    assert seen_in(BW) == [WERKSTATT]
    _, page = profile(app, "neu@example.org")
    assert "Verzeichnis für Mitglieder bestätigt am" in page.words
    assert membership(id_).is_living


def test_pages_by_key_and_a_constant_number_of_statements(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr("memberships.members.paging.PAGE_SIZE", 2)
    for n in range(5):
        a_member(f"p{n}@example.org", last_name=f"Name{n}")
        joins_directory_of(f"p{n}@example.org")
    with unit_of_work():
        network_id = publish_definition(network(BH)).network_id
    first = directory_page(network_id, network(BH))
    second = directory_page(network_id, network(BH), after=first.after)
    third = directory_page(network_id, network(BH), after=second.after)
    names = [row.title for page in (first, second, third) for row in page.rows]
    assert names == [f"Mara Name{n}" for n in range(5)]
    assert (first.before, third.after) == ("", "")
    back = directory_page(network_id, network(BH), before=third.before)
    assert [row.title for row in back.rows] == names[2:4]
    with statements() as sent:
        directory_page(network_id, network(BH), after="nonsense", text="name")
    assert len([s for s in sent if s.startswith("SELECT")]) <= 3


def shown_again(id_: UUID) -> None:
    with unit_of_work():
        account = account_of()
        services.take_back_objection(
            standing(id_), ObjectionTo.DIRECTORY, account=account, by=member(account)
        )


def joins_directory_of(email: str) -> None:
    from memberships.members.queries import standings_of

    (own,) = standings_of(account_of(email).id)
    joins_directory(own.membership.id, email)
