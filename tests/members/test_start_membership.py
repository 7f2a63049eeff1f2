"""A membership begins once per person and network, and the database itself sees to it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from memberships.accounts.models import Account
from memberships.accounts.services import verify_account
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM, Event
from memberships.events.queries import events_about
from memberships.members.errors import SeatTaken
from memberships.members.models import EndReason, Holder, Membership, Representative
from memberships.members.queries import (
    living_membership,
    names_of,
    represented_membership,
    seats_of,
)
from memberships.members.services import Contact, add_representative, start_membership
from memberships.networks.services import publish_definition
from memberships.organisations.models import Description, Organisation
from memberships.organisations.services import register_organisation
from tests.factories import INSTITUTION, confirmed, network
from tests.tables import all_of, nothing_stored, only

ANSWERS = {"organisation_kind": "foundation", "phone": "030 23125 000"}


def contact(email: str = "mara@example.org", organisation_name: str | None = None) -> Contact:
    return Contact(verify_account(email), "Mara", "Hofmann", organisation_name, ANSWERS)


def start(email: str = "mara@example.org", name: str | None = None, **changes: Any) -> Membership:
    return start_membership(
        contact(email, name),
        publish_definition(network()),
        **({"holder": Holder.PERSON, "by": SYSTEM, "rule": "anyone"} | changes),
    )


def talheim() -> Organisation:
    return register_organisation(Description("Bürgerstiftung Talheim", "buergerhaushalt"))


def start_talheim(email: str = "mara@example.org", **changes: Any) -> Membership:
    holder = {"holder": Holder.ORGANISATION, "organisation": talheim()}
    return start(email, "Bürgerstiftung Talheim", **(holder | changes))


def end(membership: Membership) -> None:
    db.session.execute(
        sa.update(Membership).values(ended_at=utcnow(), end_reason=EndReason.OWN_EXIT)
    )
    db.session.expire(membership)


def test_a_membership_begins_now_with_its_event(app: Flask) -> None:
    before = utcnow()
    with unit_of_work():
        start()
    membership = only(Membership)
    assert before <= membership.member_since <= utcnow()
    assert membership.ended_at is None
    (event,) = events_about(membership.id)
    assert (event.tag, event.actor_kind) == ("membership:started", "system")
    assert '"rule":"anyone"' in event.record


def test_an_address_has_one_living_membership_in_a_network(app: Flask) -> None:
    with unit_of_work():
        start()
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        start()


def test_who_left_can_come_back(app: Flask) -> None:
    with unit_of_work():
        end(start())
    with unit_of_work():
        start()
    with unit_of_work():
        account = verify_account("mara@example.org")
        living = living_membership(account, all_of_networks())
        assert living is not None
        assert living.ended_at is None
    assert len(all_of(Membership)) == 2


def all_of_networks() -> int:
    return publish_definition(network()).network_id


def test_an_ended_membership_is_not_living(app: Flask) -> None:
    with unit_of_work():
        end(start())
        account = verify_account("mara@example.org")
        assert living_membership(account, all_of_networks()) is None


def test_an_organisation_that_is_a_member_has_a_name(app: Flask) -> None:
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        start(holder=Holder.ORGANISATION)
    assert all_of(Event) == []


def test_one_address_is_one_account(app: Flask) -> None:
    with unit_of_work():
        first = verify_account("mara@example.org").id
    with unit_of_work():
        assert verify_account("mara@example.org").id == first
    assert only(Account).email == "mara@example.org"


def test_a_membership_has_its_own_copy_of_the_contact_data(app: Flask) -> None:
    """So that an application can be erased while the membership goes on."""
    applied = confirmed(INSTITUTION)
    membership, application = only(Membership), applied.row
    assert membership.organisation_name == application.organisation_name
    assert membership.answers == application.answers
    person = only(Representative)
    assert (person.first_name, person.last_name) == ("Mara", "Hofmann")


def test_an_organisation_is_represented_by_whoever_joins_for_it(app: Flask) -> None:
    with unit_of_work():
        start_talheim()
    membership, person = only(Membership), only(Representative)
    assert (membership.account_id, membership.first_name, membership.last_name) == (None,) * 3
    assert membership.answers == {"organisation_kind": "foundation"}
    assert person.answers == {"phone": "030 23125 000"}
    assert [event.tag for event in events_about(membership.id)] == [
        "membership:started",
        "membership:representative_added",
    ]
    assert names_of([membership]) == {membership.id: ["Mara Hofmann"]}


def test_a_second_person_is_added_and_makes_no_second_membership(app: Flask) -> None:
    with unit_of_work():
        membership = start_talheim()
        add_representative(membership, contact("ben@example.org"), by=SYSTEM)
    membership = only(Membership)
    for email in ("mara@example.org", "ben@example.org"):
        with unit_of_work():
            found = represented_membership(
                verify_account(email), membership.network_id, membership.organisation_id
            )
            assert found is not None
            assert found.id == membership.id


def test_nobody_represents_an_organisation_twice_at_a_time(app: Flask) -> None:
    with unit_of_work():
        start_talheim()
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        add_representative(only_membership(), contact(), by=SYSTEM)


def only_membership() -> Membership:
    return db.session.scalars(sa.select(Membership)).one()


def test_an_organisation_has_one_seat(app: Flask) -> None:
    with unit_of_work():
        start_talheim()
    with nothing_stored(), pytest.raises(SeatTaken), unit_of_work():
        start_talheim("ben@example.org")


def test_another_seat_needs_a_reason_and_keeps_it(app: Flask) -> None:
    with unit_of_work():
        start_talheim()
        start_talheim("ben@example.org", seat_reason="Zwei Dezernate mit eigenem Auftrag.")
    network_id = all_of_networks_in_use()
    with unit_of_work():
        seats = seats_of(talheim().id, network_id)
        assert [(seat.seat_number, seat.seat_reason) for seat in seats] == [
            (1, None),
            (2, "Zwei Dezernate mit eigenem Auftrag."),
        ]


def all_of_networks_in_use() -> int:
    return all_of(Membership)[0].network_id


def test_a_seat_that_was_given_up_is_free_again(app: Flask) -> None:
    with unit_of_work():
        end(start_talheim())
    with unit_of_work():
        start_talheim("ben@example.org")
    assert [m.seat_number for m in all_of(Membership)] == [1, 1]


@pytest.mark.parametrize(
    "values",
    [
        {"seat_number": None},
        {"organisation_id": None},
        {"seat_number": 2},
        {"first_name": "Mara"},
        {"holder": "person"},
    ],
)
def test_the_database_itself_refuses_a_seat_that_cannot_be(
    app: Flask, values: dict[str, object]
) -> None:
    with unit_of_work():
        start_talheim()
    with nothing_stored(), pytest.raises(IntegrityError), unit_of_work():
        db.session.execute(sa.update(Membership).values(**values))
