"""Networks, staff and cases for the tests of reviewing. All people are invented."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from memberships.accounts.models import Account, StaffRole
from memberships.applications import services
from memberships.applications.models import (
    Application,
    ApplicationStatus,
    Channel,
    InformationRequest,
)
from memberships.database import db, unit_of_work, utcnow, uuid7
from memberships.events.models import Actor, ActorKind, Event
from memberships.mails.models import OutgoingMail
from memberships.networks.services import publish_definition
from memberships.permissions import Role
from memberships.settings import ROOT, Settings
from memberships.tokens import new_token
from tests.factories import Applied, confirmed, network, submitted, token_in
from tests.pages import Page, PageForm, get, post
from tests.tables import all_of

BIPAR, CHECK, FORUM = "bipar", "stadtrunde", "landforum"
ALL_STATUSES = list(ApplicationStatus)
NOT_DECIDABLE = [status for status in ApplicationStatus if not status.is_decidable]

APPLICANT = {
    "first_name": "Jörn",
    "last_name": "Müßig",
    "email": "joern.muessig@example.org",
    "organisation_name": "Bürgerwerkstatt Öderan",
    "activity_context": "voluntary",
    "cooperation_mode": "project",
    "portfolio": "Bürgerräte begleitet, zwei Leitlinien verfasst.",
    "topics": ["climate", "mobility"],
}
_numbers = count(1)


def with_check_networks(settings: Settings, folder: Path) -> Settings:
    """The shipped networks and two more, in which the coordination decides."""
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    bipar = (config / "networks" / "bipar.toml").read_text("utf-8")
    for slug, name in ((CHECK, "Stadtrunde"), (FORUM, "Landforum")):
        text = bipar.replace('slug = "bipar"', f'slug = "{slug}"')
        text = text.replace('name = "Berlin Institut für Partizipation"', f'name = "{name}"', 1)
        text = text.replace('short_name = "bipar"', f'short_name = "{name}"')
        text = text.replace('policy = "body_decision"', 'policy = "coordinator_check"')
        text = text.replace('email = "bipar@example.org"', f'email = "{slug}@example.org"')
        text = re.sub(r'(?m)^(body|key = "body_decides").*\n', _without_body, text)
        (config / "networks" / f"{slug}.toml").write_text(text, "utf-8")
    return settings.model_copy(update={"networks_dir": config / "networks"})


def _without_body(found: re.Match[str]) -> str:
    return 'key = "office_decides"\n' if found[1].startswith("key") else ""


@dataclass(frozen=True)
class Staff:
    """Somebody with a role, and what the services and the log call them."""

    account_id: UUID
    name: str

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.STAFF, self.account_id)


def staff(role: Role = Role.COORDINATOR, *slugs: str, name: str = "") -> Staff:
    """Somebody who has that role in those networks; in the one with a coordinator if none."""
    number = next(_numbers)
    name = name or f"Kim Beispiel {number}"
    with unit_of_work():
        account = Account(
            id=uuid7(), email=f"kim{number}@example.org", name=name, verified_at=utcnow()
        )
        db.session.add(account)
        db.session.flush()
        for slug in slugs or (CHECK,):
            network_id = publish_definition(network(slug)).network_id
            db.session.add(
                StaffRole(account_id=account.id, network_id=network_id, role=role, since=utcnow())
            )
        account_id = account.id
    return Staff(account_id, name)


class _SignedIn(FlaskClient):
    """A browser of somebody signed in; each request has a context and a session of its own."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.rollback()
        return Context().run(super().open, *args, **kwargs)


def signed_in(app: Flask, person: Staff) -> FlaskClient:
    """A browser in which this person has just signed in."""
    app.test_client_class = _SignedIn
    browser = app.test_client()
    browser.set_cookie(app.config["SESSION_COOKIE_NAME"], session_cookie(app, person.account_id))
    return browser


def session_cookie(app: Flask, account_id: UUID) -> str:
    """What the browser would hold after the link from the mail."""
    account = db.session.get_one(Account, account_id)
    now = int(utcnow().timestamp())
    values = {
        "_user_id": account.get_id(),
        "_fresh": True,
        "began": now,
        "seen": now,
        "second": now,
    }
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    db.session.rollback()
    return str(signer.dumps(values))


def case(slug: str = CHECK, **changes: Any) -> Applied:
    """An application with a proven address, waiting for a decision."""
    return confirmed(APPLICANT, slug=slug, **changes)


def case_in(status: ApplicationStatus, by: Staff, slug: str = CHECK, **changes: Any) -> Applied:
    """An application that came to that status by the real services."""
    if status is ApplicationStatus.UNCONFIRMED:
        return submitted(APPLICANT, slug=slug, **changes)
    applied = case(slug, **changes)
    _LEAD_TO[status](applied, by)
    return applied


def ask(applied: Applied, by: Staff, question: str = "Wo sind Sie tätig?") -> str:
    """Ask back; returns the token of the mailed link."""
    with unit_of_work():
        services.request_information(locked(applied), question, by=by.actor)
    return token_in(next(m for m in mails_of(applied, "information_requested") if m.body))


def approve(applied: Applied, by: Staff, **words: str) -> None:
    with unit_of_work():
        services.approve_application(locked(applied), by=by.actor, **words)


def decline(applied: Applied, by: Staff, reason: str = "not_eligible", **words: str) -> None:
    with unit_of_work():
        services.decline_application(locked(applied), by=by.actor, reason=reason, **words)


def withdraw(applied: Applied) -> None:
    with unit_of_work():
        services.withdraw_application(locked(applied))


def _close(applied: Applied, by: Staff) -> None:
    ask(applied, by)
    with unit_of_work():
        db.session.execute(
            sa.update(InformationRequest)
            .where(InformationRequest.application_id == applied.id)
            .values(close_at=utcnow())
        )
        services.close_unanswered()


_LEAD_TO = {
    ApplicationStatus.IN_REVIEW: lambda _applied, _by: None,
    ApplicationStatus.INFORMATION_REQUESTED: ask,
    ApplicationStatus.APPROVED: approve,
    ApplicationStatus.DECLINED: decline,
    ApplicationStatus.WITHDRAWN: lambda applied, _by: withdraw(applied),
    ApplicationStatus.CLOSED: _close,
}


def entered(by: Staff, slug: str = CHECK, *, key: str = "", **changes: Any) -> UUID:
    """An application that the office has entered for somebody."""
    with unit_of_work():
        application = services.enter_application(
            network(slug),
            APPLICANT | changes,
            key=key or new_token(),
            channel=Channel.PHONE,
            received_on=date(2026, 11, 20),
            by=by.actor,
        )
        return application.id


def locked(applied: Applied) -> Application:
    """The application for change, whatever was seen; inside a unit of work."""
    return db.session.get_one(Application, applied.id, with_for_update=True)


def case_token(applied: Applied) -> str:
    """The link from the mail that said that the application has arrived."""
    mails = [m for m in all_of(OutgoingMail) if m.subject_id == applied.id and m.body]
    return token_in(next(m for m in reversed(mails) if "/vorgang/" in str(m.body)))


def tags(applied: Applied) -> list[str]:
    """What the log says about it, in order, without the subject."""
    return [e.tag.partition(":")[2] for e in all_of(Event) if e.subject_id == applied.id]


def newest_event(applied: Applied) -> Event:
    return [e for e in all_of(Event) if e.subject_id == applied.id][-1]


def mails_of(applied: Applied, kind: str = "") -> list[OutgoingMail]:
    """Its mails in the order of making, of one kind or all."""
    mails = sorted(all_of(OutgoingMail), key=lambda mail: mail.created_at)
    return [m for m in mails if m.subject_id == applied.id and kind in {"", m.kind}]


def case_url(applied: Applied | UUID, slug: str = CHECK, verb: str = "") -> str:
    id_ = applied if isinstance(applied, UUID) else applied.id
    return f"/koordination/{slug}/antraege/{id_}" + (f"/{verb}" if verb else "")


def token_on(page: Page) -> str:
    """The CSRF token of the page's first form that has one."""
    return next(f.fields["csrf_token"] for f in page.forms if "csrf_token" in f.fields)


def form_of(browser: FlaskClient, address: str, ending: str) -> PageForm:
    page = get(browser, address)
    assert page.status == 200, page.words
    return page.form(ending)


def send(browser: FlaskClient, address: str, typed: Mapping[str, str], *, ending: str = "") -> Page:
    """Open the page, fill in its form, press its (deciding) button."""
    form = form_of(browser, address, ending or address.rsplit("/", 1)[1])
    return post(browser, form.action, form.fields | dict(typed))
