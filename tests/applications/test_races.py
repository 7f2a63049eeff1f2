"""The same thing at the same moment, by several real processes on a real database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.accounts.models import Account
from memberships.accounts.services import verify_account
from memberships.applications.models import Application, ApplicationStatus, Confirmation
from memberships.database import unit_of_work
from memberships.events.models import Event, Tombstone
from memberships.events.queries import check_log
from memberships.mails.models import MailState, OutgoingMail
from memberships.members.models import Membership
from memberships.networks.models import DefinitionVersion
from tests.factories import submitted
from tests.pages import PERSON, get, new_stamp
from tests.racing import race
from tests.tables import all_of, only

MANY = 20


def queued(kind: str) -> list[OutgoingMail]:
    return [m for m in all_of(OutgoingMail) if (m.kind, m.state) == (kind, MailState.QUEUED)]


def tags() -> list[str]:
    return sorted(event.tag for event in all_of(Event))


def test_many_clicks_on_one_form_make_one_application(app: Flask, client: FlaskClient) -> None:
    """On an empty database, so that they also publish the network's definition at once."""
    answers = race(app, [("send_form", new_stamp(client), PERSON)] * MANY)

    assert [answer[0] for answer in answers] == [303] * MANY
    (page,) = {answer[1] for answer in answers}
    assert get(client, page).status == 200
    assert only(Application).email == PERSON["email"]
    assert len(queued("confirm_application")) == len(all_of(Confirmation)) == 1
    assert tags() == ["application:submitted"]
    assert only(DefinitionVersion).version == 1


def test_many_different_forms_at_once_are_all_stored(app: Flask, client: FlaskClient) -> None:
    racers: list[Any] = [
        ("send_form", new_stamp(client), PERSON | {"email": f"person{n}@example.org"})
        for n in range(MANY)
    ]
    answers = race(app, racers)

    assert [answer[0] for answer in answers] == [303] * MANY
    assert len({answer[1] for answer in answers}) == MANY
    assert len(all_of(Application)) == MANY
    assert only(DefinitionVersion).version == 1


def test_many_clicks_on_one_link_make_one_membership_and_one_mail(app: Flask) -> None:
    applied = submitted()
    answers = race(app, [("click_confirm", applied.confirm_token)] * MANY)

    assert answers == [303] * MANY
    assert applied.row.membership_id == only(Membership).id
    assert len(queued("application_approved")) == 1
    assert queued("application_repeated") == []
    assert tags() == [
        "application:approved",
        "application:confirmed",
        "application:submitted",
        "membership:started",
    ]
    assert check_log().faults == []


def test_link_and_code_at_once_make_one_membership(app: Flask) -> None:
    applied = submitted()
    link = ("click_confirm", applied.confirm_token)
    code = ("type_code", applied.page_token, applied.code)

    assert race(app, [link, code] * 5) == [303] * 10

    assert len(all_of(Membership)) == len(queued("application_approved")) == 1
    assert len([tag for tag in tags() if tag == "application:confirmed"]) == 1


@pytest.mark.parametrize("has_account", [False, True])
def test_many_applications_of_one_address_end_in_one_living_membership(
    app: Flask, has_account: bool
) -> None:
    """Making the account lets them pass one by one; where it stands already, its lock must."""
    if has_account:
        with unit_of_work():
            verify_account("mara@example.org")
    all_applied = [submitted(email="mara@example.org") for _ in range(MANY)]
    answers = race(app, [("click_confirm", applied.confirm_token) for applied in all_applied])

    assert answers == [303] * MANY
    membership = only(Membership)
    assert {a.membership_id for a in all_of(Application)} == {membership.id}
    assert {a.status for a in all_of(Application)} == {ApplicationStatus.APPROVED}
    assert len(all_of(Account)) == 1
    assert len(queued("application_approved")) == 1
    assert len(queued("application_repeated")) == MANY - 1
    assert check_log().faults == []


def test_confirming_and_erasing_at_once_ends_in_one_of_both(app: Flask) -> None:
    all_applied = [submitted() for _ in range(8)]
    first, last = all_applied[0].row.expires_at, all_applied[-1].row.expires_at
    before = (first - timedelta(seconds=5)).isoformat()
    after = (last + timedelta(seconds=1)).isoformat()
    clicks = [("click_confirm", applied.confirm_token, before) for applied in all_applied]

    answers = race(app, [*clicks, *[("erase", after)] * 4])

    assert set(answers[:8]) <= {303, 404}
    members = answers[:8].count(303)
    assert sum(answers[8:]) == 8 - members
    assert len(all_of(Application)) == len(all_of(Membership)) == members
    assert len(all_of(Tombstone)) == 8 - members
    assert check_log().faults == []


def test_many_guesses_at_once_get_five_tries_together(app: Flask) -> None:
    applied = submitted()
    wrong = f"{(int(applied.code) + 1) % 1_000_000:06}"
    answers = race(app, [("type_code", applied.page_token, wrong)] * MANY)

    assert answers == [422] * MANY
    assert only(Confirmation).tries_left == 0


def test_many_wishes_for_another_mail_send_one(app: Flask) -> None:
    applied = submitted()
    answers = race(app, [("click_resend", applied.page_token)] * 10)

    assert answers == [303] * 10
    assert len(queued("confirm_application")) == 2
    assert applied.row.confirmation_mails == 2


def test_many_corrections_at_once_count_as_one(app: Flask) -> None:
    applied = submitted()
    addresses = [f"right{n}@example.org" for n in range(10)]
    answers = race(app, [("correct_address", applied.page_token, a) for a in addresses])

    assert sorted(answers) == [303] + [422] * 9
    (mail,) = queued("confirm_application")
    assert mail.to_address == applied.row.email == addresses[answers.index(303)]


def test_confirming_and_correcting_at_once_never_proves_the_wrong_address(app: Flask) -> None:
    all_applied = [submitted(email=f"wrong{n}@example.org") for n in range(6)]
    racers = [
        racer
        for applied in all_applied
        for racer in (
            ("click_confirm", applied.confirm_token),
            ("correct_address", applied.page_token, "right@example.org"),
        )
    ]
    answers = race(app, racers)

    for applied, confirmed, corrected in zip(all_applied, answers[::2], answers[1::2], strict=True):
        assert (confirmed, corrected) in {(303, 404), (404, 303)}
        is_proven = applied.row.confirmed_at is not None
        assert is_proven == (confirmed == 303) == applied.row.email.startswith("wrong")
