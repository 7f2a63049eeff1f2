"""Two hundred people at once on the same few organisations: one living seat each, nothing lost."""

from __future__ import annotations

from collections import Counter

from flask import Flask

from memberships.applications.models import Application, ApplicationStatus
from memberships.events.queries import check_log
from memberships.mails.models import OutgoingMail
from memberships.members.models import Membership
from memberships.organisations.models import Organisation
from memberships.permissions import Role
from memberships.seats.models import Handover, Stage
from memberships.seats.services import Invited
from tests.applications.joining import AVD, joined, registered
from tests.members.cases import BEN, MARA, account_of, lead, on_a_seat
from tests.review.cases import case_url, session_cookie, staff
from tests.review.racing import Move, Racers, staff_move
from tests.seats.cases import ADA, accept, hands_over, office_proposes, seat, token
from tests.tables import all_of

OTTO = "otto@example.org"
# What anybody may see: done, too late, refused, gone.
ANSWERS = {200, 303, 404, 409}


def holder(app: Flask, page: str, ending: str, email: str) -> Move:
    return Move(page, ending, {}, session_cookie(app, account_of(email).id))


def approvals(app: Flask, name: str, postal_code: str, many: int) -> list[Move]:
    """As many strangers of one organisation that has no member, each on a page of their own."""
    moves = []
    for n in range(many):
        applied = joined(
            AVD, email=f"p{n}.{postal_code}@example.org", organisation_name=name,
            postal_code=postal_code,
        )  # fmt: skip
        moves.append(
            staff_move(app, staff(Role.COORDINATOR, AVD), case_url(applied, AVD, "aufnehmen"))
        )
    return moves


def living() -> list[Membership]:
    return [m for m in all_of(Membership) if m.ended_at is None]


def test_two_hundred_at_once(app: Flask, racers: Racers) -> None:
    first = on_a_seat()
    hands_over(first)
    own = f"/uebergabe/{token('handover_invited')}"
    second = on_a_seat(BEN, organisation_name="Landkreis Anderswo", postal_code="01067")
    office_proposes(seat(second), lead(AVD), invited=Invited("Otto", "Anders", OTTO))
    accept(token("handover_invited"))
    announced = f"/sitz/{token('handover_announced')}"
    mill = registered("Stadtwerke Beispielau eG", city="Stuttgart", federal_state="BW")
    bridge = registered("Verein Brückenbau e. V.", city="Hamburg", federal_state="HH")
    leader = staff(Role.LEAD, AVD)
    merging = [
        staff_move(app, leader, f"/koordination/{AVD}/organisationen/{one}/zusammenfuehren/{other}",
                   reason="Dieselbe.")
        for one, other in ((mill, bridge), (bridge, mill))
        for _ in range(10)
    ]  # fmt: skip
    cases = [
        *approvals(app, "Stadtwerke Beispielau eG", "70173", 45),
        *approvals(app, "Verein Brückenbau e. V.", "20095", 20),
    ]
    office = staff(Role.COORDINATOR, AVD)
    decide = f"/koordination/{AVD}/sitze/{seat(second).id}"
    moves = [
        *(Move(own, own) for _ in range(30)),
        *(Move(own, "/ablehnen") for _ in range(15)),
        *(holder(app, f"/profil/{first}/uebergeben", "/zuruecknehmen", MARA) for _ in range(10)),
        *(holder(app, f"/profil/{first}/verlassen", "/verlassen", MARA) for _ in range(10)),
        *(Move(announced, "/zustimmen") for _ in range(20)),
        *(Move(announced, "/widersprechen") for _ in range(20)),
        *(
            Move(decide, "/entscheiden", {"reason": "So.", "durchfuehren": "1"},
                 session_cookie(app, office.account_id))
            for _ in range(10)
        ),
        *cases,
        *merging,
    ]  # fmt: skip
    # Neighbours run in different processes: so every process has some of each.
    order = sorted(range(len(moves)), key=lambda n: (n * 7919) % len(moves))
    assert len(moves) == 200

    answers = racers.race(app, [moves[n] for n in order])

    assert set(Counter(a.status for a in answers)) <= ANSWERS, Counter(
        (a.status, a.words[:80]) for a in answers if a.status not in ANSWERS
    )
    seats = [(m.organisation_id, m.seat_number) for m in living()]
    assert len(seats) == len(set(seats))
    roots = {o.id for o in all_of(Organisation) if o.merged_into_id is None}
    assert {organisation for organisation, _ in seats} <= roots
    by_stage = Counter(h.stage for h in all_of(Handover))
    assert sum(by_stage.values()) == 2
    done = by_stage[Stage.DONE]
    kinds = Counter(m.kind for m in all_of(OutgoingMail))
    assert kinds["handover_taken"] == done
    strangers = [a for a in all_of(Application) if a.email.startswith("p")]
    approved = [a for a in strangers if a.status is ApplicationStatus.APPROVED]
    assert 1 <= len(approved) <= 2
    assert kinds["application_approved"] == len(approved)
    twice = Counter((m.kind, m.to_address, m.subject_id) for m in all_of(OutgoingMail))
    assert max(twice.values()) == 1
    for person in (ADA, OTTO):
        assert len([m for m in living() if m.account and m.account.email == person]) <= 1
    assert check_log().faults == []
