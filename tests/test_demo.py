from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

import memberships.demo
from memberships import create_app
from memberships.accounts.models import Account, StaffRole
from memberships.applications.forms import ApplicationForm
from memberships.applications.models import (
    Application,
    ApplicationStatus,
    Channel,
    InformationRequest,
)
from memberships.applications.services import submit_application
from memberships.calendar import BERLIN
from memberships.database import db, unit_of_work, utcnow
from memberships.demo import demo
from memberships.demo.days import Diary
from memberships.demo.inventing import Inventor
from memberships.demo.plan import Plan, PlanInvalid, load_plan
from memberships.events.models import Event
from memberships.events.queries import check_log
from memberships.feedback.models import FeedbackCase
from memberships.mails.models import AttemptOutcome, MailState, OutgoingMail
from memberships.members.models import (
    EntryStatus,
    Membership,
    Objection,
    ObjectionTo,
    PublicEntry,
    Representative,
)
from memberships.networks.models import Network, NetworkEdit
from memberships.networks.queries import current_definitions
from memberships.permissions import Role
from memberships.retention.models import ErasureBatch
from memberships.schema import upgrade_schema
from memberships.settings import ROOT, Environment
from memberships.territory.queries import places_of
from tests.conftest import settings_for
from tests.postgres import VARIABLE, database

FOLDER = ROOT / "config" / "demo"
# These were on the page that was sent, answered or not.
FOLLOW_UP = {"city": "", "active_in": "", "district": ""}
OPEN = (ApplicationStatus.IN_REVIEW, ApplicationStatus.INFORMATION_REQUESTED)

CASE = '[[applications]]\nnetwork = "avd"\nago = 1\nanswers = {}\n'


def _run(app: Flask):
    return app.test_cli_runner().invoke(demo)


@contextmanager
def _installation(folder: Path, url: str = "") -> Iterator[Flask]:
    """An installation with the demonstration in it."""
    app = create_app(settings_for(folder, database_url=url))
    with app.app_context():
        upgrade_schema()
        result = _run(app)
        assert result.exit_code == 0, result.output
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Made once; the tests only read."""
    with _installation(tmp_path_factory.mktemp("demonstration")) as app:
        yield app


def test_on_postgresql_the_same_year_is_told(tmp_path: Path) -> None:
    with database(os.environ[VARIABLE]) as url, _installation(tmp_path, url):
        found = _counts()
        assert sum(found.values()) >= 300
        assert {status for _, status in found} == set(ApplicationStatus)
        assert check_log().faults == []


def _counts() -> Counter[tuple[str, ApplicationStatus]]:
    rows = db.session.execute(sa.select(Network.slug, Application.status).join(Application))
    return Counter((slug, status) for slug, status in rows)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(FOLDER)


def _cases(*conditions: sa.ColumnElement[bool]) -> list[Application]:
    return list(db.session.scalars(sa.select(Application).where(*conditions)))


@pytest.mark.usefixtures("filled")
def test_a_few_hundred_cases_are_in_every_state():
    statuses = Counter(db.session.scalars(sa.select(Application.status)))

    assert set(statuses) == set(ApplicationStatus)
    assert 300 <= statuses.total() <= 400
    assert min(statuses.values()) >= 3
    assert {case.channel for case in _cases()} >= {Channel.LETTER, Channel.PHONE, Channel.MEETING}


@pytest.mark.usefixtures("filled")
def test_every_network_has_cases_to_work_on():
    rows = db.session.execute(
        sa.select(Network.slug, Application.status, sa.func.count())
        .join(Application)
        .group_by(Network.slug, Application.status)
    ).all()
    in_all, is_open = Counter(), Counter()
    for slug, status, number in rows:
        in_all[slug] += number
        is_open[slug] += number if status in OPEN else 0

    assert set(in_all) == set(current_definitions())
    assert min(in_all.values()) >= 40
    assert all(4 <= is_open[slug] <= 25 for slug in in_all), is_open


@pytest.mark.usefixtures("filled")
def test_some_are_overdue_some_due_today_and_nothing_lies_in_the_future():
    waiting = _cases(Application.status == ApplicationStatus.IN_REVIEW)
    today = utcnow().astimezone(BERLIN).date()
    due = Counter((case.due_at.astimezone(BERLIN).date() - today).days for case in waiting)

    assert 4 <= sum(number for days, number in due.items() if days < 0) <= 10
    assert 4 <= due[0] <= 12
    latest = db.session.scalar(sa.select(sa.func.max(Event.at)))
    assert latest <= utcnow()
    first = min(case.submitted_at for case in _cases())
    assert timedelta(days=300) < utcnow() - first < timedelta(days=370)


@pytest.mark.usefixtures("filled")
def test_cases_and_events_stand_in_the_order_of_time():
    cases = db.session.scalars(sa.select(Application).order_by(Application.id)).all()
    begun = [case.submitted_at for case in cases]
    logged = db.session.scalars(sa.select(Event.at).order_by(Event.id)).all()

    assert begun == sorted(begun)
    assert logged == sorted(logged)


@pytest.mark.usefixtures("filled")
def test_what_an_office_meets_is_there():
    assert db.session.scalars(sa.select(Membership).where(Membership.seat_number == 2)).one()
    reasons = {case.review_reason for case in _cases(Application.status.in_(OPEN))}
    assert reasons >= {"second_person", "organisation_unclear", "kind_to_check", "not_shown_inside"}
    declined = {case.decline_reason for case in _cases(Application.decline_reason.is_not(None))}
    assert declined >= {"seat_taken", "outside_territory", "not_eligible"}
    rules = Counter(db.session.scalars(sa.select(Application.decided_by_rule)))
    assert rules["already_member"] >= 3
    assert rules["works_inside"] >= 1
    reminded = InformationRequest.reminded_at.is_not(None)
    asked = sa.select(Application).join(InformationRequest).where(reminded)
    states = {case.status for case in db.session.scalars(asked)}
    assert {ApplicationStatus.INFORMATION_REQUESTED, ApplicationStatus.CLOSED} <= states
    members = sa.select(sa.func.count(Representative.id)).group_by(Representative.membership_id)
    assert 2 in db.session.scalars(members).all()
    assert _cases(Application.body_decided_on.is_not(None))


@pytest.mark.usefixtures("filled")
def test_what_members_do_in_their_profile_is_there():
    entries = Counter(db.session.scalars(sa.select(PublicEntry.status)))
    living = sa.select(Membership).where(Membership.ended_at.is_(None))

    assert entries[EntryStatus.RELEASED] >= 3
    assert entries[EntryStatus.WAITING] >= 1
    assert db.session.scalars(sa.select(Objection.against)).all() == [ObjectionTo.DIRECTORY]
    assert db.session.scalars(living.where(Membership.to_check_since.is_not(None))).all()
    assert _cases(Application.restricted_at.is_not(None), Application.status.in_(OPEN))
    left = db.session.scalars(sa.select(Membership).where(Membership.ended_at.is_not(None))).all()
    assert {utcnow() < gone.may_return_until - timedelta(days=10) for gone in left} == {True, False}


@pytest.mark.usefixtures("filled")
def test_what_offices_do_besides_is_there():
    reports = db.session.scalars(sa.select(FeedbackCase.closed_at)).all()
    batches = db.session.scalars(sa.select(ErasureBatch)).all()

    assert len(reports) == 2
    assert reports.count(None) == 1
    assert db.session.scalars(sa.select(NetworkEdit)).one()
    assert len(batches) >= 5
    assert any(batch.needs_archive for batch in batches)
    assert not any(batch.is_stopped for batch in batches)


@pytest.mark.usefixtures("filled")
def test_several_people_of_the_team_have_claimed_cases():
    held = Counter(db.session.scalars(sa.select(StaffRole.role)))
    claims = {case.claimed_by_id for case in _cases(Application.status.in_(OPEN))} - {None}
    everywhere = (
        sa.select(StaffRole).join(Account).where(Account.email == "coordinator@example.org")
    )

    assert set(held) == set(Role) - {Role.OPERATOR}
    assert len(claims) >= 4
    assert len(db.session.scalars(everywhere).all()) == 6


@pytest.mark.usefixtures("filled")
def test_every_address_leads_nowhere():
    addresses = db.session.scalars(
        sa.union_all(
            sa.select(Application.email),
            sa.select(Account.email),
            sa.select(OutgoingMail.to_address),
        )
    ).all()
    others = [a for a in addresses if not a.rpartition("@")[2].endswith("example.org")]
    answers = [case.all_answers for case in _cases()]

    assert others == []
    sites = [a["website"] for a in answers if a.get("website")]
    assert sites
    assert all(site.endswith(".example.org") for site in sites)
    numbers = [a["phone"] for a in answers if a.get("phone")]
    assert all(n.removeprefix("+49 ").removeprefix("0").startswith("30 23125 ") for n in numbers)


@pytest.mark.usefixtures("filled")
def test_every_answer_passes_its_form():
    for case in _cases():
        net = current_definitions()[case.network.slug]
        asked = [field.key for field in net.fields]
        typed = {key: value for key, value in case.all_answers.items() if value and key in asked}
        # Follow-up questions were on the page, answered or not.
        form = ApplicationForm(
            net, MultiDict({**dict.fromkeys(("city", "active_in", "district"), ""), **typed})
        )

        assert form.validate(), (case.network.slug, case.last_name, form.errors, form.new_questions)
        assert form.answers == typed


@pytest.mark.usefixtures("filled")
def test_only_the_mails_of_the_last_day_wait():
    waiting = OutgoingMail.state == MailState.QUEUED
    oldest = db.session.scalar(sa.select(sa.func.min(OutgoingMail.created_at)).where(waiting))
    number = db.session.scalar(sa.select(sa.func.count(OutgoingMail.id)).where(waiting))

    assert oldest > utcnow() - timedelta(days=1, minutes=5)
    assert 1 <= number <= 50


@pytest.mark.usefixtures("filled")
def test_older_mails_were_sent_when_they_were_made():
    sent = db.session.scalars(
        sa.select(OutgoingMail).where(OutgoingMail.state == MailState.SENT).limit(50)
    ).all()

    assert len(sent) == 50
    for mail in sent:
        assert mail.body is None
        assert [attempt.outcome for attempt in mail.log] == [AttemptOutcome.SENT]
        assert abs(mail.log[0].at - mail.created_at) < timedelta(seconds=30)


@pytest.mark.usefixtures("filled")
def test_weekends_are_quieter():
    days = Counter(case.submitted_at.astimezone(BERLIN).weekday() for case in _cases())

    assert (days[5] + days[6]) / 2 < sum(days[day] for day in range(5)) / 5 * 0.7


@pytest.mark.usefixtures("filled")
def test_the_log_is_whole():
    check = check_log()

    assert check.faults == []
    assert check.events > 1000
    assert check.tombstones >= 5


def test_a_second_run_changes_nothing(filled):
    events = sa.select(sa.func.count(Event.id))
    waiting = sa.select(sa.func.count(OutgoingMail.id)).where(
        OutgoingMail.state == MailState.QUEUED
    )
    before = [db.session.scalar(query) for query in (events, waiting)]
    db.session.rollback()

    assert _run(filled).output == "Demonstration data: already there\n"
    assert [db.session.scalar(query) for query in (events, waiting)] == before
    assert before[1] > 0


def test_networks_with_cases_are_left_alone_with_their_mails(app, monkeypatch, plan):
    _put(monkeypatch, plan.model_copy(update={"years": [], "cases": plan.cases[:1]}))
    assert _run(app).output == "Demonstration data: 1 applications to buergerhaushalt\n"
    with unit_of_work():
        waiting = submit_application(
            current_definitions()["buergerhaushalt"],
            {"applicant_kind": "person", "first_name": "Jo", "last_name": "Ott", "email": "a@b.de"},
            set(),
            key="k",
        ).id
    _put(monkeypatch, plan.model_copy(update={"years": [], "cases": plan.cases}))

    result = _run(app)

    assert "buergerhaushalt" not in result.output
    assert "applications to avd" in result.output
    mail = db.session.scalars(sa.select(OutgoingMail).where(OutgoingMail.subject_id == waiting))
    assert mail.one().state is MailState.QUEUED


def test_a_production_installation_gets_none(app, monkeypatch):
    settings = app.config["SETTINGS"].model_copy(update={"env": Environment.PRODUCTION})
    monkeypatch.setitem(app.config, "SETTINGS", settings)

    result = _run(app)

    assert result.exit_code == 1
    assert "production" in result.output
    assert db.session.scalar(sa.select(Application.id).limit(1)) is None


def _put(monkeypatch, plan: Plan) -> None:
    monkeypatch.setattr(memberships.demo, "load_plan", lambda _: plan)


def test_a_step_that_fails_leaves_nothing_and_is_named(app, monkeypatch, plan):
    case = next(case for case in plan.cases if case.steps and case.network == "avd")
    twice = case.model_copy(update={"steps": [*case.steps, *case.steps]})
    _put(monkeypatch, plan.model_copy(update={"cases": [twice], "years": []}))

    result = _run(app)

    assert result.exit_code == 1
    assert f"avd, {case.answers['last_name']}: claim" in result.output
    assert db.session.scalar(sa.select(Account.id).limit(1)) is None
    assert db.session.scalar(sa.select(Event.id).limit(1)) is None


def test_an_answer_that_nobody_asked_for_is_named(app, monkeypatch, plan):
    case = plan.cases[0].model_copy(
        update={"answers": {**plan.cases[0].answers, "shoe_size": "41"}}
    )
    _put(monkeypatch, plan.model_copy(update={"cases": [case]}))

    result = _run(app)

    assert result.exit_code == 1
    assert "'shoe_size' is not asked" in result.output


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f'{CASE}mood = "good"', "applications.0.mood"),
        (f'{CASE}steps = [{{ ago = 1, do = "sing" }}]', "applications.0.steps.0.do"),
        ("[[applications]", "cases.toml"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_place(tmp_path, content, told):
    for file in FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "cases.toml").write_text(content)

    with pytest.raises(PlanInvalid, match=told):
        load_plan(tmp_path)


def test_every_case_and_colleague_is_of_a_shipped_network(app, plan):
    slugs = set(current_definitions())

    assert {case.network for case in plan.cases} == slugs
    assert {year.slug for year in plan.years} == slugs
    assert {one.network for one in [*plan.edits, *plan.reports]} <= slugs
    assert {slug for person in plan.staff for slug in person.networks} == slugs


def test_real_bodies_are_few_complete_and_where_they_say(plan, app):
    kinds = {
        option.key
        for field in current_definitions()["avd"].fields
        if field.key == "organisation_kind"
        for option in field.options
    }
    assert 100 <= len(plan.bodies) <= 150
    assert len({body.name for body in plan.bodies}) == len(plan.bodies)
    assert (FOLDER / "public_bodies.csv").read_text("utf-8").startswith("# Real public bodies")
    for body in [*plan.bodies, *plan.associations]:
        places = {(place.land, place.name) for place in places_of(body.postal_code)}
        assert (body.land, body.place) in places, body
        assert body.kind in kinds, body


def test_real_bodies_are_never_declined_and_never_leave(plan, app):
    cases = Inventor(plan, current_definitions()).cases()
    real = {body.name for body in plan.bodies}
    bad = {"decline", "withdraw"}
    done = {
        step.do
        for case in [*cases, *plan.cases]
        if case.answers.get("organisation_name") in real
        for step in case.steps
    }
    assert "approve" in done
    assert not done & bad


def test_the_same_cases_are_invented_each_time(plan, app):
    first, second = (Inventor(plan, current_definitions()).cases() for _ in range(2))

    assert first == second


@pytest.mark.parametrize("weekday", range(7))
def test_every_moment_comes_after_the_one_before_on_every_weekday(plan, weekday):
    now = utcnow() - timedelta(days=weekday, hours=Random(weekday).randint(0, 23))  # noqa: S311
    diary = Diary(now)
    for case in plan.cases:
        submitted = diary.submitted(case)
        moments = [submitted, diary.confirmed(case, submitted)]
        moments += [moment for moment, _ in diary.steps(case, moments[-1])]

        assert moments == sorted(moments)
        assert moments[-1] < now
