from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from memberships.accounts.models import StaffRole
from memberships.applications.forms import ApplicationForm
from memberships.applications.models import Application, ApplicationStatus
from memberships.database import db, utcnow
from memberships.demo import demo
from memberships.networks.queries import current_definitions
from memberships.settings import Environment


def _run(app):
    return app.test_cli_runner().invoke(demo)


def test_the_demonstration_shows_every_state_but_closed(app):
    result = _run(app)

    assert result.exit_code == 0, result.output
    assert "26 applications to bipar" in result.output
    statuses = Counter(db.session.scalars(sa.select(Application.status)))
    assert set(statuses) == set(ApplicationStatus) - {ApplicationStatus.CLOSED}
    assert len(db.session.scalars(sa.select(StaffRole)).all()) == 5


def test_something_is_overdue_and_nothing_lies_in_the_future(app):
    _run(app)
    cases = db.session.scalars(sa.select(Application)).all()

    overdue = [
        case
        for case in cases
        if case.status is ApplicationStatus.IN_REVIEW and case.due_at and case.due_at < utcnow()
    ]
    assert len(overdue) == 2
    assert all(case.submitted_at <= utcnow() for case in cases)


def test_every_demonstration_answer_passes_its_form(app):
    _run(app)
    for case in db.session.scalars(sa.select(Application)):
        net = current_definitions()[case.network.slug]
        typed = {key: value for key, value in case.all_answers.items() if value}
        form = ApplicationForm(net, MultiDict(typed))

        assert form.validate(), form.errors
        assert form.answers == typed


def test_a_second_run_changes_nothing(app):
    _run(app)
    before = db.session.scalar(sa.select(sa.func.count(Application.id)))
    db.session.rollback()

    result = _run(app)

    assert result.output == "Demonstration data: already there\n"
    assert db.session.scalar(sa.select(sa.func.count(Application.id))) == before


def test_a_production_installation_gets_none(app, monkeypatch):
    settings = app.config["SETTINGS"].model_copy(update={"env": Environment.PRODUCTION})
    monkeypatch.setitem(app.config, "SETTINGS", settings)

    result = _run(app)

    assert result.exit_code == 1
    assert "production" in result.output
    assert db.session.scalar(sa.select(Application.id).limit(1)) is None
