"""Two organisations become one, and are taken apart again without a loss."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memberships.applications.models import Application
from memberships.database import db, unit_of_work
from memberships.events.models import Event, EventTag
from memberships.events.queries import check_log
from memberships.members.models import Membership
from memberships.organisations.errors import (
    MergeBuried,
    MergeUndone,
    NoOwnInterest,
    NotMergeable,
    OrganisationsAreOne,
    SeatsCollideElsewhere,
)
from memberships.organisations.merges import plan_merge
from memberships.organisations.models import Description, Merge, Move, Organisation
from memberships.organisations.queries import candidates, only_match, organisation_for
from memberships.organisations.services import register_organisation
from tests.applications.joining import AVD, BW
from tests.members.cases import on_a_seat
from tests.organisations.registry import (
    BRIDGE,
    FOREST,
    MILL,
    merged,
    network_of,
    registered,
    row,
    told_apart,
    undone,
)
from tests.tables import all_of, dump, nothing_stored, only

# What is history, or counts changes, is not as it was before.
HISTORY = {"events", "organisation_merges"}


def as_stored() -> dict[str, list[str]]:
    tables = {name: rows for name, rows in dump().items() if name not in HISTORY}
    tables["organisations"] = sorted(
        str((o.id, o.scope, o.name, o.name_key, o.place_key, o.kind, o.merged_into_id))
        for o in all_of(Organisation)
    )
    return tables


def seated(email: str, described: Description) -> UUID:
    """A person on the organisation's seat, whose case was of it; returns the membership's id."""
    return on_a_seat(
        email,
        organisation_name=described.name,
        organisation_kind=described.kind,
        postal_code=described.postal_code,
    )


def organisation_of(membership_id: UUID) -> UUID:
    id_ = db.session.get_one(Membership, membership_id).organisation_id
    assert id_ is not None
    return id_


def test_the_merged_one_is_found_by_its_name_and_is_the_other(app: Flask) -> None:
    keep, drop = registered(MILL), registered(BRIDGE)
    merged(keep, drop)
    assert {o.id: o.merged_into_id for o in all_of(Organisation)} == {keep: None, drop: keep}
    match = only_match(candidates(BRIDGE))
    assert match is not None
    assert match.id == keep
    with unit_of_work():
        found = organisation_for("avd", drop)
        assert found is not None
        assert found.id == register_organisation(BRIDGE).id == keep


def test_members_and_cases_move_and_come_back(app: Flask) -> None:
    first, second = (
        seated("mara@muehlental.example", MILL),
        seated("ben@brueckenschlag.example", BRIDGE),
    )
    keep, drop = organisation_of(first), organisation_of(second)
    before = as_stored()

    merge = merged(keep, drop, is_operator=False)

    assert {(m.organisation_id, m.seat_number, m.seat_reason) for m in all_of(Membership)} == {
        (keep, 1, None),
        (keep, 2, "Umbenannt."),
    }
    assert {a.organisation_id for a in all_of(Application)} == {keep}
    assert only(Merge).undone_at is None
    undone(merge, is_operator=False)
    assert as_stored() == before
    assert only(Merge).undone_at is not None
    assert all_of(Move) == []
    tags = [e.tag for e in all_of(Event) if e.subject_type == "organisation"]
    assert tags == [EventTag.ORGANISATIONS_MERGED] * 2 + [EventTag.ORGANISATIONS_MERGE_UNDONE] * 2
    assert check_log().faults == []


def test_what_moved_on_meanwhile_stays_where_it_is(app: Flask) -> None:
    keep = organisation_of(seated("mara@muehlental.example", MILL))
    moved = seated("ben@brueckenschlag.example", BRIDGE)
    drop, elsewhere = organisation_of(moved), registered(FOREST)
    merge = merged(keep, drop)
    with unit_of_work():
        case = next(a for a in db.session.query(Application) if a.membership_id == moved)
        case.organisation_id = elsewhere
    undone(merge)
    assert organisation_of(moved) == drop
    assert {a.organisation_id for a in all_of(Application)} == {keep, elsewhere}


def test_the_plan_says_what_moves_and_what_collides(app: Flask) -> None:
    first, second = (
        seated("mara@muehlental.example", MILL),
        seated("ben@brueckenschlag.example", BRIDGE),
    )
    keep, drop = organisation_of(first), organisation_of(second)
    told_apart(keep, drop)
    plan = plan_merge(row(keep), row(drop), network_of(AVD))
    assert plan.moves.names == [BRIDGE.name]
    assert [m.id for m in plan.memberships] == [m.id for m in plan.collisions] == [second]
    assert len(plan.cases) == 1
    assert plan.are_apart
    assert plan.is_of_interest
    assert not plan.is_known_elsewhere
    elsewhere = plan_merge(row(keep), row(drop), network_of(BW))
    assert (elsewhere.memberships, elsewhere.cases, elsewhere.collisions) == ([], [], [])
    assert elsewhere.is_known_elsewhere
    assert elsewhere.collides_elsewhere
    assert not elsewhere.is_of_interest


def test_a_network_without_member_or_case_cannot_merge(app: Flask) -> None:
    keep, drop = registered(MILL), registered(BRIDGE)
    network_of(AVD)
    with nothing_stored(), pytest.raises(NoOwnInterest):
        merged(keep, drop, is_operator=False)


def test_seats_of_another_network_stand_in_the_way_of_an_office(app: Flask) -> None:
    first, second = (
        seated("mara@muehlental.example", MILL),
        seated("ben@brueckenschlag.example", BRIDGE),
    )
    keep, drop = organisation_of(first), organisation_of(second)
    bw = network_of(BW)
    with unit_of_work():
        case = db.session.query(Application).first()
        assert case is not None
        case.network_id = bw.id
    with nothing_stored(), pytest.raises(SeatsCollideElsewhere):
        merged(keep, drop, BW, is_operator=False)
    merged(keep, drop, BW, is_operator=True)


def test_nothing_is_merged_with_itself_or_twice(app: Flask) -> None:
    keep, drop, third = registered(MILL), registered(BRIDGE), registered(FOREST)
    merged(keep, drop)
    for one, other in ((keep, keep), (keep, drop), (drop, third), (third, drop)):
        with nothing_stored(), pytest.raises(OrganisationsAreOne):
            merged(one, other)


def test_what_all_know_does_not_become_what_one_network_knows(app: Flask) -> None:
    private = registered(Description("Runde am Fluss", "avd", "informal_initiative"))
    shared = registered(MILL)
    network_of(AVD)
    with nothing_stored(), pytest.raises(NotMergeable):
        merged(private, shared)


def test_the_name_of_an_initiative_stays_unknown_to_others(app: Flask) -> None:
    private = registered(Description("Runde am Fluss", "avd", "informal_initiative"))
    shared = registered(MILL)
    merged(shared, private)
    found = candidates(Description("Runde am Fluss", "avd"))
    assert [(one.organisation.id, one.via_name) for one in found] == [(shared, "Runde am Fluss")]
    assert candidates(Description("Runde am Fluss", "bipar")) == []
    assert [one.via_name for one in candidates(MILL)] == [""]


def test_a_later_merge_is_undone_first(app: Flask) -> None:
    first, second, third = registered(MILL), registered(BRIDGE), registered(FOREST)
    inner = merged(second, third)
    outer = merged(first, second)
    assert row(third).merged_into_id == first
    with nothing_stored(), pytest.raises(MergeBuried):
        undone(inner)
    undone(outer)
    assert row(third).merged_into_id == second
    undone(inner)
    with nothing_stored(), pytest.raises(MergeUndone):
        undone(inner)
    assert {o.merged_into_id for o in all_of(Organisation)} == {None}


def test_another_network_does_not_undo_what_an_office_has_merged(app: Flask) -> None:
    keep = organisation_of(seated("mara@muehlental.example", MILL))
    merge = merged(keep, registered(BRIDGE), is_operator=False)
    network_of(BW)
    with nothing_stored(), pytest.raises(NoOwnInterest):
        undone(merge, BW, is_operator=False)


_STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_STEPS)
def test_any_merges_undone_leave_everything_as_it_was(
    app: Flask, steps: list[tuple[bool, int, int]]
) -> None:
    ids = _four()
    before = as_stored()
    done: list[UUID] = []
    for is_merge, one, other in steps:
        try:
            if is_merge:
                done.append(merged(ids[one], ids[other]))
            elif done:
                undone(done[one % len(done)])
                done.pop(one % len(done))
        except (OrganisationsAreOne, MergeBuried):
            pass
        living = {o.id for o in all_of(Organisation) if o.merged_into_id is None}
        assert {o.merged_into_id for o in all_of(Organisation)} - {None} <= living
        assert {m.organisation_id for m in all_of(Membership)} <= living
    for merge in reversed(done):
        undone(merge)
    assert as_stored() == before
    assert check_log().faults == []


def _four() -> list[UUID]:
    """Four organisations, three with somebody on their seat; made once for all examples."""
    known = [o.id for o in all_of(Organisation)]
    if known:
        return known
    for n, described in enumerate((MILL, BRIDGE, FOREST)):
        seated(f"person@place{n}.example", described)
    registered(Description("Stadt Beispielau", "avd", "municipality"))
    network_of(AVD)
    return [o.id for o in all_of(Organisation)]
