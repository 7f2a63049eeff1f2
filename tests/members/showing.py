"""Members who show themselves: public entries and places in the directory. All are invented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from memberships.database import db, unit_of_work
from memberships.events.models import Actor
from memberships.members import services
from memberships.members.mails import network_of
from memberships.members.models import Membership, ObjectionTo, PublicEntry
from memberships.networks.services import publish_definition
from tests.members.cases import MARA, account_of, lead, member, membership, standing
from tests.pages import Page, get
from tests.tables import all_of


def publishes(
    id_: UUID, *keys: str, email: str = MARA, seen: int | None = None, **changes: Any
) -> bool:
    """The member agrees to an entry that shows these parts."""
    if changes:
        answers(id_, email, **changes)
    seen = membership(id_).version if seen is None else seen
    with unit_of_work():
        account, found = account_of(email), standing(id_, email)
        net = network_of(found.membership)
        return services.publish_entry(
            found,
            keys,
            publish_definition(net),
            net,
            account=account,
            seen_version=seen,
            form_url="/profil",
            by=member(account),
        )


def answers(id_: UUID, email: str = MARA, **changes: Any) -> bool:
    seen = membership(id_).version
    with unit_of_work():
        found = standing(id_, email)
        return services.change_answers(
            found, found.all_answers | changes, seen_version=seen, by=member(account_of(email))
        )


def released(id_: UUID, *keys: str, by: Actor | None = None, **more: Any) -> UUID:
    """An entry that everybody may see; returns the membership's id."""
    assert publishes(id_, *keys, **more)
    release(id_, by or lead(slug_of(id_)))
    return id_


def release(id_: UUID, by: Actor) -> None:
    with unit_of_work():
        services.release_entry(for_office(id_), by=by)


def for_office(id_: UUID) -> Membership:
    """Locked, as it is now; inside a unit of work."""
    found = db.session.get_one(Membership, id_)
    return services.membership_for_change(found.network_id, id_, seen_version=found.version)


def withdraws(id_: UUID, email: str = MARA) -> bool:
    with unit_of_work():
        return services.withdraw_entry(standing(id_, email), by=member(account_of(email)))


def joins_directory(id_: UUID, email: str = MARA) -> bool:
    with unit_of_work():
        account, found = account_of(email), standing(id_, email)
        net = network_of(found.membership)
        return services.join_directory(
            found,
            publish_definition(net),
            net,
            account=account,
            form_url="/profil",
            by=member(account),
        )


def objects(id_: UUID, email: str = MARA) -> bool:
    with unit_of_work():
        account = account_of(email)
        return services.object_to(
            standing(id_, email), ObjectionTo.DIRECTORY, account=account, by=member(account)
        )


def slug_of(id_: UUID) -> str:
    return membership(id_).definition.network.slug


def entry_of(id_: UUID) -> PublicEntry:
    return next(entry for entry in all_of(PublicEntry) if entry.membership_id == id_)


def public_list(app: Flask, slug: str, **asked: str) -> Page:
    """As somebody sees it who is not signed in."""
    return get(app.test_client(), f"/netzwerke/{slug}/mitglieder", query_string=asked)


def titles(page: Page) -> list[str]:
    """The members on a list, in its order."""
    assert page.status == 200, page.words
    return [e.words for e in page.root if e.tag == "h2" and e.has_class("app-h3")]


def listed(client: FlaskClient, id_: UUID, **asked: str) -> Sequence[str]:
    """Whom the member of that membership sees in the directory."""
    return titles(get(client, f"/profil/{id_}/verzeichnis", query_string=asked))
