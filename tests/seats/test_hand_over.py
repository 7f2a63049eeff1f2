"""A seat changes hands: who is asked, who can object, and what is left of whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from memberships.database import db, unit_of_work, utcnow
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.members.errors import MembershipRestricted
from memberships.members.models import EndReason, Membership, Representative, Seat
from memberships.organisations.models import Organisation
from memberships.seats import services
from memberships.seats.errors import (
    HandoverOpen,
    HandoverUnknown,
    InvitedHoldsIt,
    SeatHeld,
    SeatUnknown,
)
from memberships.seats.models import Handover, Stage
from memberships.seats.queries import open_handovers, vacant_seats
from memberships.seats.services import Invited
from tests.applications.joining import AVD, BW
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    account_of,
    end,
    joins_too,
    lead,
    leave,
    member,
    membership,
    on_a_seat,
    tags,
)
from tests.retention.cases import erase_at, places_of
from tests.seats.cases import (
    ADA,
    accept,
    after,
    carry_out,
    confirm,
    handover,
    hands_over,
    kinds,
    objects,
    office_proposes,
    refuse,
    seat,
    seat_tags,
    token,
)
from tests.tables import all_of, nothing_stored, only


def living() -> list[Membership]:
    return [m for m in all_of(Membership) if m.ended_at is None]


# By whoever holds the seat.


def test_until_the_answer_nothing_changes(app) -> None:
    first = on_a_seat()
    hands_over(first)
    assert membership(first).is_living
    assert kinds() == ["handover_invited"]
    mail = next(m for m in all_of(OutgoingMail) if m.kind == "handover_invited")
    assert mail.to_address == ADA
    assert "Mara" not in (mail.subject or "")
    assert "Ohne Ihre Zusage löschen wir die Angaben." in (mail.body or "")
    assert "/datenschutz" in (mail.body or "")


def test_with_the_answer_the_seat_changes_hands(app) -> None:
    first = on_a_seat(newsletter=True)
    name = membership(first).organisation_name
    hands_over(first)
    accept()
    (second,) = living()
    assert (second.first_name, second.account.email) == ("Ada", ADA)
    assert (second.organisation_id, second.seat_number) == (membership(first).organisation_id, 1)
    assert second.organisation_name == name
    assert second.answers["organisation_kind"] == "independent_city"
    assert "driver_statement" not in second.answers
    assert second.to_check_since is not None
    assert membership(first).end_reason is EndReason.OWN_EXIT
    assert kinds() == ["handover_invited", "handover_left", "handover_taken"]
    assert tags(first)[-1] == "handed_over"
    assert seat_tags(seat(second.id).id) == [
        "handover_proposed",
        "handover_accepted",
        "handed_over",
    ]
    assert seat(second.id).holders == 2
    assert check_log().faults == []


def test_the_invited_name_stays_nowhere_but_with_the_member(app) -> None:
    hands_over(on_a_seat())
    accept()
    done = handover()
    assert (done.stage, done.first_name, done.last_name, done.email) == (
        Stage.DONE, None, None, None,
    )  # fmt: skip


def test_of_an_organisation_one_person_follows_another(app) -> None:
    first = a_representative()
    hands_over(first)
    accept()
    assert membership(first).is_living
    people = {p.account.email: p.ended_at is None for p in all_of(Representative)}
    assert people == {MARA: False, ADA: True}
    assert seat(first).holders == 2
    assert kinds()[-2:] == ["handover_left", "handover_taken"]


def test_of_several_only_the_one_who_hands_over_goes(app) -> None:
    first = a_representative()
    joins_too(first)
    hands_over(first, BEN)
    accept()
    people = {p.account.email: p.ended_at is None for p in all_of(Representative)}
    assert people == {MARA: True, BEN: False, ADA: True}


def test_to_somebody_who_represents_it_already_is_only_an_exit(app) -> None:
    first = a_representative()
    joins_too(first)
    hands_over(first, MARA, Invited("Ben", "Da", BEN))
    accept()
    people = {p.account.email: p.ended_at is None for p in all_of(Representative)}
    assert people == {MARA: False, BEN: True}


def test_whoever_declines_is_forgotten_at_once(app) -> None:
    first = on_a_seat()
    hands_over(first)
    with unit_of_work():
        services.decline_handover(token("handover_invited"))
    assert membership(first).is_living
    assert handover().email is None
    assert not [m for m in all_of(OutgoingMail) if m.to_address == ADA]
    assert kinds() == ["handover_failed"]
    hands_over(first)


def test_an_invitation_ends_after_thirty_days(app) -> None:
    first = on_a_seat()
    hands_over(first)
    secret = token("handover_invited")
    with after(29):
        assert handover().stage is Stage.OPEN
    with after(31):
        assert (handover().stage, handover().email) == (Stage.EXPIRED, None)
        with nothing_stored(), pytest.raises(HandoverUnknown):
            accept(secret)
    assert membership(first).is_living
    assert kinds() == ["handover_failed"]


def test_what_is_withdrawn_cannot_be_accepted(app) -> None:
    first = on_a_seat()
    hands_over(first)
    secret = token("handover_invited")
    with unit_of_work():
        found = db.session.get_one(Handover, handover().id)
        services.withdraw_handover(found, by=member(account_of()))
    with nothing_stored(), pytest.raises(HandoverUnknown):
        accept(secret)
    assert handover().stage is Stage.WITHDRAWN
    assert kinds() == []


def test_a_seat_is_handed_over_once_at_a_time(app) -> None:
    first = on_a_seat()
    hands_over(first)
    with nothing_stored(), pytest.raises(HandoverOpen):
        hands_over(first, MARA, Invited("Otto", "Anders", "otto@example.org"))


def test_nobody_hands_over_to_themselves(app) -> None:
    first = on_a_seat()
    with nothing_stored(), pytest.raises(InvitedHoldsIt):
        hands_over(first, MARA, Invited("Mara", "Selbst", MARA))


def test_who_has_no_seat_has_none_to_hand_over(app) -> None:
    first = a_member()
    with nothing_stored(), pytest.raises(SeatUnknown):
        hands_over(first)


def test_who_left_meanwhile_leaves_a_seat_that_can_be_taken(app) -> None:
    first = on_a_seat()
    hands_over(first)
    leave(first)
    assert seat(first).vacant_since is not None
    accept()
    (second,) = living()
    assert (second.account.email, second.seat_number) == (ADA, 1)
    assert seat(first).vacant_since is None


def test_whoever_is_a_member_already_waits_for_the_office(app) -> None:
    first = on_a_seat()
    other = on_a_seat(ADA, organisation_name="Landkreis Anderswo", postal_code="01067")
    hands_over(first)
    accept()
    assert handover().stage is Stage.CONTESTED
    assert {m.id for m in living()} == {first, other}
    leave(other, ADA)
    carry_out(lead(AVD))
    assert membership(first).ended_at is not None
    assert handover().stage is Stage.DONE


def test_what_is_only_kept_is_not_handed_over(app) -> None:
    first = on_a_seat()
    hands_over(first)
    with unit_of_work():
        db.session.get_one(Membership, first).restricted_at = utcnow()
    with nothing_stored(), pytest.raises(MembershipRestricted):
        accept()


# By the office.


def test_whoever_holds_the_seat_is_told_and_can_agree(app) -> None:
    first = on_a_seat()
    office_proposes(seat(first), lead(AVD))
    assert kinds() == ["handover_announced", "handover_invited"]
    mail = next(m for m in all_of(OutgoingMail) if m.kind == "handover_announced")
    assert mail.to_address == MARA
    assert "Ada Neu soll für" in (mail.body or "")
    accept()
    assert membership(first).is_living
    confirm()
    assert [m.account.email for m in living()] == [ADA]
    assert only(Handover).stage is Stage.DONE


def test_without_an_objection_it_happens_after_fourteen_days(app) -> None:
    first = on_a_seat()
    office_proposes(seat(first), lead(AVD))
    accept()
    with after(13):
        assert membership(first).is_living
    with after(15):
        assert [m.account.email for m in living()] == [ADA]
        assert "handover_unopposed" in seat_tags(seat(first).id)
        with nothing_stored():
            services.advance_handovers()


def test_after_fourteen_days_nobody_objects_any_more(app) -> None:
    first = on_a_seat()
    office_proposes(seat(first), lead(AVD))
    with after(15), nothing_stored(), pytest.raises(HandoverUnknown):
        objects()


def test_an_objection_waits_for_the_office(app) -> None:
    first, by = on_a_seat(), lead(AVD)
    office_proposes(seat(first), by)
    objects()
    accept()
    with after(20):
        assert (handover().stage, handover().objection) == (Stage.CONTESTED, "Ich bin noch da.")
    assert membership(first).is_living
    refuse(by)
    assert handover().stage is Stage.REFUSED
    assert kinds()[-1] == "handover_stopped"
    assert membership(first).is_living


def test_the_office_decides_against_an_objection(app) -> None:
    first, by = on_a_seat(), lead(AVD)
    office_proposes(seat(first), by)
    accept()
    objects()
    carry_out(by)
    assert [m.account.email for m in living()] == [ADA]
    assert membership(first).end_reason is EndReason.ENDED_BY_NETWORK


def test_who_has_left_is_not_waited_for(app) -> None:
    first = on_a_seat()
    office_proposes(seat(first), lead(AVD), reason="Nicht mehr zu erreichen.")
    assert kinds() == ["handover_invited"]
    accept()
    assert [m.account.email for m in living()] == [ADA]


def test_of_an_organisation_the_office_replaces_one_person(app) -> None:
    first = a_representative()
    office_proposes(seat(first), lead(BW), reason="Ausgeschieden.")
    accept()
    people = {p.account.email: p.ended_at is None for p in all_of(Representative)}
    assert people == {MARA: False, ADA: True}


# Vacant seats.


def test_whoever_leaves_leaves_a_vacant_seat(app) -> None:
    first = on_a_seat()
    network_id = membership(first).network_id
    assert vacant_seats(network_id) == []
    leave(first)
    (vacant,) = vacant_seats(network_id)
    assert (vacant.seat.holders, vacant.organisation.name) == (1, "Landeshauptstadt Beispielau")
    on_a_seat(BEN)
    assert vacant_seats(network_id) == []
    assert seat(first).holders == 2


@pytest.mark.parametrize(
    ("reason", "is_vacant"),
    [
        (EndReason.OWN_EXIT, True),
        (EndReason.ENDED_BY_NETWORK, True),
        (EndReason.DECEASED, True),
        (EndReason.SEAT_VACANT, False),
        (EndReason.ORGANISATION_DISSOLVED, False),
        (EndReason.MERGED_DUPLICATE, False),
    ],
)
def test_what_the_office_ends_leaves_a_seat_or_closes_it(app, reason, is_vacant) -> None:
    first = on_a_seat()
    end(first, reason, lead(AVD))
    assert bool(seat(first).vacant_since) is is_vacant


def test_the_office_fills_a_vacant_seat(app) -> None:
    first = on_a_seat()
    leave(first)
    office_proposes(seat(first), lead(AVD))
    assert kinds() == ["handover_invited"]
    accept()
    (second,) = living()
    assert (second.account.email, second.seat_number) == (ADA, 1)
    assert second.organisation_name == "Landeshauptstadt Beispielau"
    assert seat(first).vacant_since is None


def test_an_organisation_without_anybody_is_joined_again(app) -> None:
    first = a_representative()
    leave(first, ends_organisation=True)
    office_proposes(seat(first), lead(BW))
    accept()
    (second,) = living()
    assert second.organisation_name == "Bürgerwerkstatt Öderan"
    assert [p.account.email for p in all_of(Representative) if p.membership_id == second.id] == [
        ADA
    ]


def test_the_office_closes_what_nobody_holds(app) -> None:
    first, by = on_a_seat(), lead(AVD)
    with nothing_stored(), pytest.raises(SeatHeld), unit_of_work():
        services.close_seat(db.session.get_one(Seat, seat(first).id), by=by)
    leave(first)
    with unit_of_work():
        services.close_seat(db.session.get_one(Seat, seat(first).id), by=by)
    assert vacant_seats(membership(first).network_id) == []
    assert seat_tags(seat(first).id) == ["closed"]


def test_a_seat_of_a_merged_organisation_is_the_other_ones(app) -> None:
    first = on_a_seat()
    leave(first)
    on_a_seat(BEN, organisation_name="Landkreis Anderswo", postal_code="01067")
    kept = next(o.id for o in all_of(Organisation) if o.name == "Landkreis Anderswo")
    with unit_of_work():
        dropped = db.session.get_one(Organisation, seat(first).organisation_id)
        dropped.merged_into_id = kept
    (vacant,) = vacant_seats(membership(first).network_id)
    assert vacant.organisation.id == kept


def test_what_ended_is_forgotten_and_the_number_stays(app) -> None:
    first = on_a_seat()
    hands_over(first)
    accept()
    with time_machine.travel(utcnow() + timedelta(days=91)), unit_of_work():
        assert services.erase_old_handovers() == 1
    assert all_of(Handover) == []
    assert not [m for m in all_of(OutgoingMail) if m.kind.startswith("handover")]
    assert seat(first).holders == 2


def test_open_ones_are_listed_contested_first(app) -> None:
    first, by = on_a_seat(), lead(AVD)
    other = on_a_seat(BEN, organisation_name="Landkreis Anderswo", postal_code="01067")
    hands_over(other, BEN, Invited("Otto", "Anders", "otto@example.org"))
    office_proposes(seat(first), by)
    objects()
    listed = open_handovers(membership(first).network_id)
    assert [h.stage for h in listed] == [Stage.CONTESTED, Stage.OPEN]


def test_with_whoever_held_the_seat_the_hand_over_is_erased(app) -> None:
    person_left = on_a_seat()
    hands_over(person_left)
    accept()
    erase_at(utcnow() + timedelta(days=32))
    assert all_of(Handover) == []
    assert places_of(MARA) == {MARA: set()}
    assert only(Seat).holders == 2


def test_with_one_of_several_the_hand_over_is_erased(app) -> None:
    first = a_representative()
    hands_over(first)
    accept()
    erase_at(utcnow() + timedelta(days=32))
    assert all_of(Handover) == []
    assert places_of(MARA) == {MARA: set()}
    assert membership(first).is_living
