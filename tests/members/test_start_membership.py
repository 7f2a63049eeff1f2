"""A membership begins once per person and network, and the database itself sees to it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from memberships.accounts.models import Account
from memberships.accounts.services import verify_account
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM, Event
from memberships.events.queries import events_about
from memberships.members.models import Holder, Membership
from memberships.members.queries import living_membership
from memberships.members.services import start_membership
from memberships.networks.services import publish_definition
from tests.factories import INSTITUTION, confirmed, network
from tests.tables import all_of, nothing_stored, only

CONTACT = {"first_name": "Mara", "last_name": "Hofmann", "organisation_name": None, "answers": {}}


def start(email: str = "mara@example.org", **changes: object) -> Membership:
    return start_membership(
        verify_account(email),
        publish_definition(network()),
        **({"holder": Holder.PERSON, "by": SYSTEM, "rule": "anyone"} | CONTACT | changes),  # type: ignore[arg-type]
    )


def end(membership: Membership) -> None:
    db.session.execute(sa.update(Membership).values(ended_at=utcnow()))
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
    for column in ("first_name", "last_name", "organisation_name", "answers"):
        assert getattr(membership, column) == getattr(application, column)
