"""Ready-made applications and memberships, made by the real services. All people are invented."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from uuid import UUID

import sqlalchemy as sa

from memberships.applications import services
from memberships.applications.models import Application
from memberships.applications.queries import application_by_confirm_token
from memberships.database import db, unit_of_work
from memberships.mails.models import OutgoingMail
from memberships.networks.definition import Definition
from memberships.networks.queries import current_definitions
from memberships.tokens import new_token, token_hash
from tests.pages import INSTITUTION, PERSON, SLUG

__all__ = ["INSTITUTION", "PERSON", "Applied", "confirmed", "network", "newest_mail", "submitted"]
_numbers = count(1)


@dataclass(frozen=True)
class Applied:
    """A stored application with the secrets that exist in clear nowhere else."""

    id: UUID
    page_token: str
    confirm_token: str
    code: str

    @property
    def row(self) -> Application:
        db.session.rollback()
        return db.session.get_one(Application, self.id)

    @property
    def waiting(self) -> str:
        return f"/antrag/{self.page_token}/warten"

    @property
    def confirm(self) -> str:
        return f"/antrag/{self.confirm_token}/bestaetigen"

    def at_page(self, verb: str) -> str:
        return f"/antrag/{self.page_token}/{verb}"


def network(slug: str = SLUG) -> Definition:
    return current_definitions()[slug]


def submitted(
    answers: dict[str, str] = PERSON, *, newsletter: bool = False, slug: str = SLUG, **changes: str
) -> Applied:
    """An application as the form stores it; each with an address of its own unless one is given."""
    own = {} if "email" in changes else {"email": f"person{next(_numbers)}@example.org"}
    answers = answers | own | changes
    consents = {"newsletter_consent"} if newsletter else set()
    key = services.submission_key(new_token(), answers, consents)
    with unit_of_work():
        application = services.submit_application(network(slug), answers, consents, key=key)
        application_id = application.id
    mail = newest_mail(application_id)
    return Applied(application_id, services.page_token_of(key), token_in(mail), code_in(mail))


def confirmed(
    answers: dict[str, str] = PERSON, *, newsletter: bool = False, slug: str = SLUG, **changes: str
) -> Applied:
    """An application whose address is proven by the link, and which the rules have decided."""
    applied = submitted(answers, newsletter=newsletter, slug=slug, **changes)
    with unit_of_work():
        application = application_by_confirm_token(applied.confirm_token, for_change=True)
        assert application is not None
        services.confirm_application(
            application,
            proof=token_hash(applied.confirm_token),
            channel="link",
            newsletter=newsletter,
        )
    return applied


def newest_mail(subject_id: UUID) -> OutgoingMail:
    db.session.rollback()
    return db.session.scalars(
        sa.select(OutgoingMail)
        .where(OutgoingMail.subject_id == subject_id)
        .order_by(OutgoingMail.id.desc())
        .limit(1)
    ).one()


def token_in(mail: OutgoingMail) -> str:
    """The secret of the link in a mail that waits to be sent."""
    found = re.search(r"/(?:antrag|vorgang)/([\w-]+)", mail.body or "")
    assert found, mail.body
    return found[1]


def code_in(mail: OutgoingMail) -> str:
    found = re.search(r": (\d{3}) (\d{3})$", mail.body or "", re.MULTILINE)
    assert found, mail.body
    return found[1] + found[2]
