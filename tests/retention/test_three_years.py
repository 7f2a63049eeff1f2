"""Three years pass: everybody is there on the last promised day, and nowhere after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import time_machine
from flask import Flask

from memberships.accounts.models import Account
from memberships.applications.models import Application, ApplicationStatus
from memberships.applications.services import receive_information, withdraw_application
from memberships.database import db, unit_of_work, utcnow
from memberships.events.queries import check_log
from memberships.events.services import write_anchor
from memberships.mails.delivery import deliver_due_mails
from memberships.members.models import Membership
from memberships.networks.models import Network
from memberships.permissions import Role
from memberships.retention.models import ErasedFigure, What
from memberships.rights.queries import proof_of_consents
from tests.accounts.cases import asked_and_answered, browser
from tests.applications.joining import ANSWERS, AVD, BH, BW, FV
from tests.factories import submitted
from tests.members.cases import come_back, joins_too, leave
from tests.retention.cases import START, Person, applies, joins, person, places_of, restrict, run_on
from tests.review.cases import Staff, decline, staff, withdraw
from tests.review.cases import _close as close
from tests.tables import all_of

NEVER = datetime(2100, 1, 1, tzinfo=UTC)
PROOF = {"consent_events"}
CLUB = "informal_initiative"


def berlin(year: int, month: int, day: int) -> datetime:
    """The last minute of a winter day."""
    return datetime(year, month, day, 22, 59, tzinfo=UTC)


@dataclass
class Promise:
    """Whose details are kept until then, and whether the proof of a consent stays longer."""

    who: Person
    until: datetime
    has_proof: bool = False
    is_a_club: bool = False


DAY = timedelta(days=1)
ENDS = [
    berlin(2027, 12, 27), berlin(2028, 1, 11), berlin(2028, 1, 19), berlin(2028, 2, 9),
    berlin(2028, 2, 19), berlin(2028, 3, 20), berlin(2030, 12, 31),
]  # fmt: skip


def days() -> list[datetime]:
    """Each midnight around a promised day, each third week in between."""
    first = datetime(2027, 12, 21, tzinfo=UTC)
    calm = {first + week * 7 * DAY for week in range(0, 160, 3)}
    midnights = {end.replace(hour=0, minute=0) for end in ENDS}
    near = {midnight + n * DAY for midnight in midnights for n in range(-4, 4)}
    return sorted(calm | near)


def test_three_years_pass(app: Flask, tmp_path: Path) -> None:
    with time_machine.travel(START):
        kim = staff(Role.LEAD, AVD, BW)
        promises = _what_happens_first(kim)
        deliver_due_mails()
        with unit_of_work():
            write_anchor(utcnow().date())
        asked_and_answered(browser(app), promises["left"].who.email)
        deliver_due_mails()
    for now in days():
        _what_happens_then(promises, now, kim)
        run_on(now)
        found = places_of(*(promise.who.mark for promise in promises.values()))
        for name, promise in promises.items():
            places = found[promise.who.mark]
            if now <= promise.until:
                assert places - PROOF, f"{name} was erased too early: {now}"
            elif promise.has_proof and now <= berlin(2030, 12, 31):
                assert places == PROOF, f"{name}: {now}: {places}"
                _is_restricted_to_proof(promise.who)
            else:
                assert places == set(), f"{name} is still there: {now}: {places}"
    _nothing_is_left_anywhere(promises, tmp_path)
    assert check_log().faults == []
    _figures_still_count()


def _what_happens_first(kim: Staff) -> dict[str, Promise]:
    found = {
        "unconfirmed": Promise(person(), berlin(2027, 12, 27)),
        "withdrawn": Promise(person(), berlin(2028, 1, 19)),
        "declined": Promise(person(), berlin(2028, 3, 20)),
        "closed": Promise(person(), berlin(2028, 1, 19)),
        "taken up again": Promise(person(), berlin(2028, 2, 9)),
        "restricted": Promise(person(), NEVER),
        "left": Promise(person(), berlin(2028, 1, 19), has_proof=True),
        "returned": Promise(person(), berlin(2028, 2, 19)),
        "stays": Promise(person(), NEVER),
        "first representative": Promise(person(), NEVER),
        "second representative": Promise(person(), berlin(2028, 1, 19), has_proof=True),
        "club": Promise(person(), berlin(2028, 1, 19), is_a_club=True),
        "waits for an archive": Promise(person(), NEVER),
    }
    who = {name: promise.who for name, promise in found.items()}
    unconfirmed = who["unconfirmed"]
    submitted(ANSWERS[FV] | unconfirmed.answers, slug=FV, email=unconfirmed.email)
    withdraw(applies(AVD, who["withdrawn"]))
    decline(applies(AVD, who["declined"]), kim)
    for name in ("closed", "taken up again"):
        close(applies(AVD, who[name]), kim)
    restricted = applies(AVD, who["restricted"])
    decline(restricted, kim)
    restrict(restricted.id)
    for name in ("left", "returned"):
        id_ = joins(who[name], newsletter=name == "left")
        leave(id_, who[name].email)
    joins(who["stays"], newsletter=True)
    first, second = who["first representative"], who["second representative"]
    id_ = joins(first, BW, organisation_name="Bürgerwerkstatt Öderan")
    joins_too(
        id_, second.email, newsletter=True,
        first_name=second.answers["first_name"], last_name=second.answers["last_name"],
    )  # fmt: skip
    leave(id_, second.email)
    club = who["club"]
    id_ = joins(club, BW, organisation_name=f"Runde {club.mark}", organisation_kind=CLUB)
    leave(id_, club.email, ends_organisation=True)
    archive = joins(who["waits for an archive"], BH, applicant_kind="person")
    leave(archive, who["waits for an archive"].email)
    return found


def _what_happens_then(promises: dict[str, Promise], now: datetime, kim: Staff) -> None:
    def case_of(name: str) -> Application:
        email = promises[name].who.email
        return db.session.scalars(sa.select(Application).where(Application.email == email)).one()

    def membership_of(name: str) -> Membership:
        found = case_of(name).membership
        assert found is not None
        return found

    with time_machine.travel(now - timedelta(hours=12)):
        match (now.date().month, now.date().day, now.year):
            case (1, 10, 2028):
                with unit_of_work():
                    receive_information(case_of("taken up again"), "Hier.")
            case (1, 11, 2028):
                with unit_of_work():
                    withdraw_application(case_of("taken up again"))
            case (1, 19, 2028):
                come_back(membership_of("returned").id, promises["returned"].who.email)
            case (1, 21, 2028):
                leave(membership_of("returned").id, promises["returned"].who.email)


def _is_restricted_to_proof(who: Person) -> None:
    proofs = [p for net in all_of(Network) for p in proof_of_consents(net.id, who.email)]
    assert {step.email for proof in proofs for step in proof.steps} == {who.email}


def _nothing_is_left_anywhere(promises: dict[str, Promise], folder: Path) -> None:
    gone = [p.who.mark.encode() for p in promises.values() if p.until < berlin(2031, 1, 1)]
    assert len(gone) == 9
    kept = [p.who.mark.encode() for p in promises.values() if p.until is NEVER]
    files = {path: path.read_bytes().lower() for path in folder.rglob("*") if path.is_file()}
    for path, content in files.items():
        for mark in gone:
            assert mark not in content, f"{mark!r} in {path.name} at {content.find(mark)}"
    if any(path.suffix == ".sqlite3" for path in files):
        assert all(any(mark in content for content in files.values()) for mark in kept)


def _figures_still_count() -> None:
    figures = all_of(ErasedFigure)
    outcomes = sorted(f.outcome for f in figures if f.what is What.APPLICATION)
    assert outcomes == [
        *["approved"] * 4, "closed", "declined", "withdrawn", "withdrawn",
    ]  # fmt: skip
    ends = [
        (f.outcome, f.holder, f.organisation_kind) for f in figures if f.what is What.MEMBERSHIP
    ]
    assert sorted(ends) == [
        ("own_exit", "organisation", CLUB),
        ("own_exit", "person", ""),
        ("own_exit", "person", ""),
    ]
    assert {f.began_in.isoformat() for f in figures} == {"2027-12-01"}
    assert len(all_of(Application)) == 4
    assert {a.status for a in all_of(Application)} == {
        ApplicationStatus.APPROVED, ApplicationStatus.DECLINED,
    }  # fmt: skip
    # Of those who stay, and of the team.
    assert len(all_of(Account)) == 3 + 2
