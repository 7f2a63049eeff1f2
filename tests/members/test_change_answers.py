"""Members change their own details; what counted for the admission is looked at again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from memberships.database import unit_of_work
from memberships.events.queries import check_log, events_about
from memberships.members import services
from memberships.members.errors import MembershipChanged, MembershipEnded, MembershipUnknown
from tests.applications.joining import ANSWERS, AVD, BW
from tests.factories import network
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    account_of,
    joins_too,
    lead,
    leave,
    member,
    membership,
    on_a_seat,
    press,
    profile,
    representative,
    standing,
    tags,
)
from tests.pages import get
from tests.tables import nothing_stored


def change(id_: UUID, email: str = MARA, seen: int | None = None, **answers: Any) -> bool:
    seen = membership(id_).version if seen is None else seen
    with unit_of_work():
        found = standing(id_, email)
        return services.change_answers(
            found, found.all_answers | answers, seen_version=seen, by=member(account_of(email))
        )


def test_new_answers_take_the_place_of_the_old_ones(app: Flask) -> None:
    id_ = on_a_seat(phone="030 23125 000")
    assert change(id_, last_name="Neu", phone="", role_in_organisation="Leitung")
    row = membership(id_)
    assert (row.first_name, row.last_name) == ("Jörn", "Neu")
    assert row.answers["role_in_organisation"] == "Leitung"
    assert "phone" not in row.answers
    assert row.answers["federal_state"] == "BW"
    assert row.to_check_since is None
    event = events_about(id_)[-1]
    assert (event.tag, event.actor_kind) == ("membership:changed", "member")
    assert '"keys":"last_name,phone,role_in_organisation"' in event.record
    assert "Neu" not in event.record
    assert check_log().faults == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("organisation_name", "Anderer Verein"),
        ("organisation_kind", "company"),
        ("postal_code", "01067"),
        ("existing_member", "unknown"),
        ("applicant_kind", "organisation"),
    ],
)
def test_what_the_office_changes_stays(app: Flask, key: str, value: str) -> None:
    id_ = on_a_seat()
    with nothing_stored():
        assert not change(id_, **{key: value})


def test_an_answer_that_the_decision_was_made_on_is_looked_at_again(app: Flask) -> None:
    id_ = on_a_seat()
    assert change(id_, driver_statement="Etwas ganz anderes.")
    first = membership(id_).to_check_since
    assert first is not None
    assert change(id_, driver_statement="Noch etwas anderes.")
    assert membership(id_).to_check_since == first
    by = lead(AVD)
    with unit_of_work():
        assert services.check_membership(standing(id_).membership, by=by)
    assert membership(id_).to_check_since is None
    assert tags(id_)[-1] == "checked"
    with unit_of_work():
        assert not services.check_membership(standing(id_).membership, by=by)
    leave(id_)
    with nothing_stored(), pytest.raises(MembershipEnded), unit_of_work():
        services.check_membership(standing(id_).membership, by=by)


def test_the_keys_that_count_are_those_of_the_rules_and_what_people_read(app: Flask) -> None:
    assert services.decisive_keys(network(BW)) == {
        "portfolio", "driver_statement", "organisation_kind", "postal_area", "active_in"
    }  # fmt: skip
    assert services.decisive_keys(network(AVD)) == {"portfolio", "driver_statement"}


def test_a_representative_changes_the_own_part_and_the_shared_one(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    before = membership(id_).version
    assert change(id_, last_name="Neu", role_in_organisation="Vorstand")
    assert representative(MARA).answers == {"role_in_organisation": "Vorstand"}
    assert (representative(MARA).last_name, representative(BEN).last_name) == ("Neu", "Müßig")
    assert membership(id_).version > before
    assert change(id_, website="https://www.example.org")
    row = membership(id_)
    assert row.answers["website"] == "https://www.example.org"
    assert "role_in_organisation" not in row.answers


def test_the_same_answers_again_store_nothing(app: Flask) -> None:
    id_ = a_representative()
    with nothing_stored():
        assert not change(id_)


def test_answers_that_changed_since_are_not_overwritten(app: Flask) -> None:
    id_ = a_member()
    seen = membership(id_).version
    change(id_, last_name="Erst")
    with nothing_stored(), pytest.raises(MembershipChanged):
        change(id_, seen=seen, last_name="Zweit")


def test_who_left_changes_nothing_more(app: Flask) -> None:
    id_ = a_member()
    leave(id_)
    with nothing_stored(), pytest.raises(MembershipEnded):
        change(id_, last_name="Neu")


def test_nobody_changes_the_answers_of_another_account(app: Flask) -> None:
    id_ = a_member()
    a_member(BEN)
    with nothing_stored(), pytest.raises(MembershipUnknown):
        change(id_, BEN, last_name="Neu")


@pytest.mark.parametrize("starts", [a_member, a_representative, on_a_seat])
def test_the_form_saves_what_was_typed_and_shows_the_rest(app: Flask, starts) -> None:
    id_ = starts()
    client, _ = profile(app)
    page = get(client, f"/profil/{id_}/angaben")
    assert page.status == 200
    form = page.form("/angaben")
    assert not {"organisation_name", "postal_code", "email", "newsletter_consent"} & set(
        form.fields
    )
    done = press(client, page, "/angaben", last_name="Ändermann")
    assert done.headers["Location"] == "/profil?stand=gespeichert"
    page_after = get(client, "/profil?stand=gespeichert")
    assert page_after.notice == "Ihre Angaben sind gespeichert."
    assert "Ändermann" in page_after.words


def test_the_form_names_whom_to_ask_for_the_rest(app: Flask) -> None:
    id_ = on_a_seat()
    client, _ = profile(app)
    words = get(client, f"/profil/{id_}/angaben").words
    assert "Ändern wir auf Anfrage" in words
    assert ANSWERS[AVD]["organisation_name"] in words
    assert "Schreiben Sie dazu an allianz@example.org" in words


def test_the_form_tells_mistakes_and_keeps_what_was_typed(app: Flask) -> None:
    id_ = on_a_seat()
    client, _ = profile(app)
    page = get(client, f"/profil/{id_}/angaben")
    with nothing_stored():
        wrong = press(client, page, "/angaben", last_name="", phone="abc")
    assert wrong.status == 422
    assert set(wrong.errors) == {"last_name", "phone"}
    assert wrong.form("/angaben").fields["phone"] == "abc"


def test_the_form_of_a_second_window_is_not_lost(app: Flask) -> None:
    id_ = a_member()
    client, _ = profile(app)
    page = get(client, f"/profil/{id_}/angaben")
    press(client, page, "/angaben", last_name="Erst")
    with nothing_stored():
        stale = press(client, page, "/angaben", last_name="Zweit")
    assert stale.status == 409
    assert "Ihre Eingaben sind noch da." in stale.notice
    assert stale.form("/angaben").fields["last_name"] == "Zweit"
    assert press(client, stale, "/angaben").status == 303
    assert membership(id_).last_name == "Zweit"
