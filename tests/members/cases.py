"""Members of the shipped networks, and what they do. All people are invented."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from memberships.accounts.models import Account
from memberships.applications.services import approve_application
from memberships.database import db, unit_of_work
from memberships.events.models import Actor, ActorKind, Event
from memberships.mails.models import OutgoingMail
from memberships.members import services
from memberships.members.models import EndReason, Membership, Representative
from memberships.members.queries import Standing
from tests.accounts.cases import Browser, invited, role_row, signed_in
from tests.applications.joining import AVD, BW, joined
from tests.factories import Applied, confirmed, newest_mail
from tests.pages import Page, get, post
from tests.review.cases import locked
from tests.tables import all_of

_numbers = count(1)
MARA, BEN = "mara@example.org", "ben@example.org"


def a_member(email: str = MARA, *, newsletter: bool = False, **changes: Any) -> UUID:
    """A person in the network that admits at once; returns the membership's id."""
    return membership_of(confirmed(newsletter=newsletter, email=email, **changes))


def a_representative(
    email: str = MARA, *, newsletter: bool = False, slug: str = BW, **changes: Any
) -> UUID:
    """The first person of an organisation that is then a member; returns the membership's id."""
    return membership_of(joined(slug, newsletter=newsletter, email=email, **changes))


def joins_too(membership_id: UUID, email: str = BEN, **changes: Any) -> None:
    """One more person of the same organisation, approved by the office."""
    applied = joined(BW, email=email, **changes)
    approved(applied)
    assert membership_of(applied) == membership_id


def on_a_seat(email: str = MARA, **changes: Any) -> UUID:
    """A person who holds the seat of an organisation."""
    applied = joined(AVD, email=email, **changes)
    approved(applied)
    return membership_of(applied)


def approved(applied: Applied) -> None:
    by = lead(applied.row.network.slug)
    with unit_of_work():
        approve_application(locked(applied), by=by)


def lead(slug: str) -> Actor:
    """Somebody new in the team."""
    held = role_row(invited(f"lead{next(_numbers)}@example.org", slug=slug))
    assert held is not None
    return Actor(ActorKind.STAFF, held.account_id)


def membership_of(applied: Applied) -> UUID:
    id_ = applied.row.membership_id
    assert id_ is not None
    return id_


def membership(id_: UUID) -> Membership:
    db.session.rollback()
    return db.session.get_one(Membership, id_)


def account_of(email: str = MARA) -> Account:
    return db.session.scalars(sa.select(Account).where(Account.email == email)).one()


def standing(id_: UUID, email: str = MARA) -> Standing:
    """As it is, locked; inside a unit of work."""
    return services.own_membership_for_change(account_of(email).id, id_)


def leave(id_: UUID, email: str = MARA, *, ends_organisation: bool = False) -> None:
    with unit_of_work():
        account = account_of(email)
        services.leave_network(
            standing(id_, email),
            account=account,
            by=member(account),
            ends_organisation=ends_organisation,
        )


def come_back(id_: UUID, email: str = MARA) -> None:
    with unit_of_work():
        account = account_of(email)
        services.return_to_network(standing(id_, email), account=account, by=member(account))


def member(account: Account) -> Actor:
    return Actor(ActorKind.MEMBER, account.id)


def end(id_: UUID, reason: EndReason, by: Actor, **words: Any) -> None:
    with unit_of_work():
        services.end_membership(db.session.get_one(Membership, id_), reason, by=by, **words)


def representative(email: str) -> Representative:
    db.session.rollback()
    return db.session.scalars(
        sa.select(Representative).join(Account).where(Account.email == email)
    ).one()


def tags(id_: UUID) -> list[str]:
    """What the log says about it, in order, without the subject."""
    return [e.tag.partition(":")[2] for e in all_of(Event) if e.subject_id == id_]


def mails_about(id_: UUID) -> list[OutgoingMail]:
    return [mail for mail in all_of(OutgoingMail) if mail.subject_id == id_]


def newest(id_: UUID) -> OutgoingMail:
    return newest_mail(id_)


def profile(app: Flask, email: str = MARA) -> tuple[Browser, Page]:
    """The profile in a browser of this account."""
    browser = signed_in(app, email)
    return browser, get(browser, "/profil")


def press(browser: Browser, page: Page, ending: str, **typed: str) -> Page:
    """Send the form of that address as it stands."""
    form = page.form(ending)
    return post(browser, form.action, form.fields | typed)
