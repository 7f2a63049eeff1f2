"""However many people of one organisation come at once: one living seat, and no error page."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask

from memberships.applications.models import Application, ApplicationStatus
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.members.models import Membership, Representative
from memberships.organisations.models import Organisation
from memberships.permissions import Role
from tests.applications.joining import AVD, BH, BW, joined, registered, sent
from tests.racing import race
from tests.review.cases import case_url, staff
from tests.review.racing import Racers, staff_move
from tests.tables import all_of, only

MANY, SOME = 40, 12


def kinds() -> Counter[str]:
    return Counter(mail.kind for mail in all_of(OutgoingMail) if mail.body)


@pytest.mark.parametrize(("slug", "many"), [(BW, MANY), (BH, SOME)])
def test_forty_of_an_organisation_that_nobody_knows_make_it_a_member_once(
    app: Flask, slug: str, many: int
) -> None:
    """Each from a process of its own, on a registry without that name."""
    all_sent = [sent(slug, email=f"person{n}@example.org") for n in range(many)]

    answers = race(app, [("click_confirm", applied.confirm_token) for applied in all_sent])

    assert answers == [303] * many
    organisation, membership = only(Organisation), only(Membership)
    assert membership.organisation_id == organisation.id
    assert {a.organisation_id for a in all_of(Application)} == {organisation.id}
    assert Counter((a.status, a.review_reason) for a in all_of(Application)) == {
        (ApplicationStatus.APPROVED, None): 1,
        (ApplicationStatus.IN_REVIEW, "second_person"): many - 1,
    }
    assert len(all_of(Representative)) == 1
    assert kinds() == {"application_approved": 1, "application_received": many - 1}
    assert check_log().faults == []


def test_forty_approvals_of_one_linked_organisation_take_one_seat(
    app: Flask, racers: Racers
) -> None:
    known = registered("Landeshauptstadt Beispielau", city="Stuttgart", federal_state="BW")
    cases = [joined(AVD, email=f"person{n}@example.org") for n in range(MANY)]
    assert {a.organisation_id for a in all_of(Application)} == {known}
    people = [staff_of_the_alliance(n) for n in range(MANY)]
    moves = [
        staff_move(app, person, case_url(applied, AVD, "aufnehmen"))
        for person, applied in zip(people, cases, strict=True)
    ]

    answers = racers.race(app, moves)

    assert Counter(answer.status for answer in answers) == {303: 1, 409: MANY - 1}
    assert all("Der Sitz ist besetzt" in a.words for a in answers if a.status == 409)
    assert (only(Membership).organisation_id, only(Membership).seat_number) == (known, 1)
    assert kinds()["application_approved"] == 1
    assert check_log().faults == []


def test_many_approvals_of_an_unknown_organisation_take_one_seat(
    app: Flask, racers: Racers
) -> None:
    cases = [joined(AVD, email=f"person{n}@example.org") for n in range(SOME)]
    assert all_of(Organisation) == []
    moves = [
        staff_move(app, staff_of_the_alliance(n), case_url(applied, AVD, "aufnehmen"))
        for n, applied in enumerate(cases)
    ]

    answers = racers.race(app, moves)

    assert Counter(answer.status for answer in answers) == {303: 1, 409: SOME - 1}
    assert only(Membership).organisation_id == only(Organisation).id
    assert kinds()["application_approved"] == 1
    assert check_log().faults == []


def test_many_approvals_of_second_persons_all_join_one_membership(
    app: Flask, racers: Racers
) -> None:
    joined(BW, email="first@example.org")
    cases = [joined(BW, email=f"person{n}@example.org") for n in range(SOME)]
    moves = [
        staff_move(app, staff_of_the_alliance(n), case_url(applied, BW, "aufnehmen"))
        for n, applied in enumerate(cases)
    ]

    answers = racers.race(app, moves)

    assert Counter(answer.status for answer in answers) == {303: SOME}
    assert {a.membership_id for a in all_of(Application)} == {only(Membership).id}
    assert len(all_of(Representative)) == SOME + 1
    assert check_log().faults == []


def staff_of_the_alliance(number: int):
    return staff(Role.COORDINATOR, AVD, BW, name=f"Toni Muster {number}")
