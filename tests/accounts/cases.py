"""Accounts, roles, browsers and sign-in mails for the tests. All people are invented."""

from __future__ import annotations

import re
from contextvars import Context
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from memberships.accounts import services
from memberships.accounts.cli import answer_sign_in_requests
from memberships.accounts.models import Account, SignInRequest, StaffRole
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM
from memberships.mails.models import OutgoingMail
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.networks.services import publish_definition
from memberships.permissions import Role
from tests.tables import all_of

SLUG = "buergerhaushalt"
LEAD = "lead@example.org"
CSRF = "a-token-of-this-session"


class Browser(FlaskClient):
    """Keeps cookies; each request has a context and a database session of its own."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.rollback()
        return Context().run(super().open, *args, **kwargs)


def browser(app: Flask) -> Browser:
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


def invited(email: str = LEAD, role: Role = Role.LEAD, slug: str = SLUG, name: str = "") -> UUID:
    """Give an address a role by the real service, its mail sent; returns the role's id."""
    with unit_of_work():
        held = services.invite_staff(
            email, name=name, role=role, network=_network(role, slug), by=SYSTEM
        )
        role_id = held.id
        db.session.execute(sa.delete(OutgoingMail))
    return role_id


def _network(role: Role, slug: str) -> Network | None:
    networks = {s: publish_definition(d).network for s, d in current_definitions().items()}
    return None if role is Role.OPERATOR else networks[slug]


def role_row(role_id: UUID) -> StaffRole | None:
    db.session.rollback()
    return db.session.get(StaffRole, role_id)


def account(email: str = LEAD) -> Account:
    db.session.rollback()
    return db.session.scalars(sa.select(Account).where(Account.email == email)).one()


def signed_in(app: Flask, email: str = LEAD) -> Browser:
    """A browser with a session of that account, as the sign-in makes it."""
    client = browser(app)
    now = int(utcnow().timestamp())
    with client.session_transaction() as session:
        session["_user_id"] = account(email).get_id()
        session["began"] = session["seen"] = session["second"] = now
        session["csrf_token"] = CSRF
    return client


def csrf(app: Flask) -> dict[str, str]:
    """The field that a form of such a browser carries."""
    signer = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token")
    return {"csrf_token": signer.dumps(CSRF)}


def ask(client: FlaskClient, email: str = LEAD, **fields: str) -> str:
    """Ask for a link as a browser does; returns the address of the page that waits."""
    response = client.post("/zugang", data={"email": email, **fields})
    assert response.status_code == 303
    return str(response.headers["Location"])


def sign_in_mails() -> list[OutgoingMail]:
    return [mail for mail in all_of(OutgoingMail) if mail.kind == "sign_in"]


def link_and_code() -> tuple[str, str]:
    """What the newest sign-in mail holds."""
    body = sign_in_mails()[-1].body or ""
    link = re.search(r"(/zugang/[\w-]+)", body)
    code = re.search(r"(\d{3}) (\d{3})", body)
    assert link
    assert code
    return link[1], code[1] + code[2]


def asked_and_answered(
    client: FlaskClient, email: str = LEAD, **fields: str
) -> tuple[str, str, str]:
    """The waiting page, the link and the code of an answered request."""
    page = ask(client, email, **fields)
    answer_sign_in_requests()
    return page, *link_and_code()


def age_requests(**values: Any) -> None:
    with unit_of_work():
        db.session.execute(sa.update(SignInRequest).values(**values))


def cookies(response: TestResponse) -> list[str]:
    return response.headers.getlist("Set-Cookie")


def is_in(client: FlaskClient) -> bool:
    """Whether a guarded page opens, or sends to the sign-in page."""
    response = client.get(f"/koordination/{SLUG}/team")
    assert response.status_code in {200, 303}
    to_second_factor = response.headers.get("Location", "").startswith("/zugang/zweiter-faktor")
    return response.status_code == 200 or to_second_factor
