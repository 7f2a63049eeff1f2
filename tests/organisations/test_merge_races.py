"""Merges crosswise, undoing and joining at one moment: nothing is lost, one seat each."""

from __future__ import annotations

from collections import Counter

from flask import Flask

from memberships.applications.models import Application, ApplicationStatus
from memberships.events.queries import check_log
from memberships.members.models import Membership
from memberships.organisations.models import Merge, Organisation
from tests.applications.joining import BH, BW, registered, sent
from tests.organisations.registry import BRIDGE, MILL, network_of
from tests.organisations.registry import registered as registered_as
from tests.racing import race
from tests.tables import all_of

MANY = 6


def test_merges_crosswise_end_with_one_that_lives(app: Flask) -> None:
    one, other = registered_as(MILL), registered_as(BRIDGE)
    network_of(BW)
    moves = [
        move
        for _ in range(MANY)
        for move in (
            ("merge_two", BW, str(one), str(other)),
            ("merge_two", BW, str(other), str(one)),
        )
    ]
    answers = Counter(race(app, moves))
    assert answers == {"merged": 1, "OrganisationsAreOne": 2 * MANY - 1}
    assert len([o for o in all_of(Organisation) if o.merged_into_id is None]) == 1
    assert len(all_of(Merge)) == 1
    assert check_log().faults == []


def test_who_joins_while_it_is_merged_is_of_one_that_lives(app: Flask) -> None:
    known = [registered(name, BH) for name in ("Gemeinde Beispielau", "Bürgerforum Talwiese")]
    cases = [
        sent(BH, email=f"person{n}@example.org", organisation_name=name)
        for n, name in enumerate(["Gemeinde Beispielau", "Bürgerforum Talwiese"] * MANY)
    ]
    moves = [("click_confirm", applied.confirm_token) for applied in cases]
    merges = [("merge_two", BH, str(known[0]), str(known[1])), ("undo_newest_merge",)] * 3

    answers = race(app, [*moves, *merges])

    assert set(answers[: len(moves)]) <= {303, 409}, answers
    assert set(answers[len(moves) :]) <= {
        *("merged", "undone", "nothing", "ChangedMeanwhile", "MergeUndone", "OrganisationsAreOne")
    }, answers
    living = {o.id for o in all_of(Organisation) if o.merged_into_id is None}
    seats = [(m.organisation_id, m.seat_number) for m in all_of(Membership) if m.ended_at is None]
    assert len(seats) == len(set(seats)) >= 1
    assert {id_ for id_, _ in seats} <= living
    approved = [a for a in all_of(Application) if a.status is ApplicationStatus.APPROVED]
    assert len(approved) == len(seats)
    assert check_log().faults == []
