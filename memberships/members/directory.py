"""The directory that members of a network see of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from memberships.applications.queries import answer_in_words
from memberships.database import db, utcnow
from memberships.members.models import (
    Holder,
    Membership,
    Objection,
    ObjectionTo,
    Representative,
)
from memberships.members.paging import KeyPage, key_page
from memberships.members.queries import Standing
from memberships.networks.definition import Definition
from memberships.privacy.queries import confirmed_since, consent_holds
from memberships.search import contains_pattern

DIRECTORY_CONSENT = "member_directory_consent"
DIRECTORY_TEXT_VERSION = "2026-11"
# A new member has been told of the directory, and has this time to object before being in it.
ANNOUNCED_FOR = timedelta(days=14)
_MOST_WORDS = 8


def directory_text(net: Definition) -> str:
    """What whoever wants to be in the directory agrees to, word for word."""
    return (
        f"Ich willige ein, dass {net.controller.name} den anderen Mitgliedern ({net.name}) im "
        "Verzeichnis für Mitglieder meinen Namen, Organisation, Funktion, Ort und Themen zeigt. "
        "E-Mail-Adresse und Telefon gehören nicht dazu. Ich kann meine Einwilligung jederzeit in "
        "meinem Profil widerrufen; dann bin ich dort sofort nicht mehr zu sehen."
    )


@dataclass(frozen=True)
class DirectoryPlace:
    """Whether somebody is in the directory: since or from when, or since when they object."""

    is_listed: bool
    since: datetime | None = None
    listed_from: datetime | None = None
    objected_at: datetime | None = None


def directory_place(standing: Standing, account_id: UUID, net: Definition) -> DirectoryPlace:
    """How one person stands in the directory of the network as it is today."""
    objected_at = db.session.scalar(
        sa.select(Objection.at).where(
            Objection.membership_id == standing.membership.id,
            Objection.account_id == account_id,
            Objection.against == ObjectionTo.DIRECTORY,
        )
    )
    is_possible = standing.is_living and standing.restricted_at is None
    if objected_at is not None or not is_possible:
        return DirectoryPlace(is_listed=False, objected_at=objected_at)
    if net.visibility.internal == "announced":
        begins = standing.since + ANNOUNCED_FOR
        return DirectoryPlace(is_listed=begins <= utcnow(), since=begins, listed_from=begins)
    since = confirmed_since(standing.person.id, DIRECTORY_CONSENT)
    return DirectoryPlace(is_listed=since is not None, since=since)


def _is_shown(net: Definition, person: Any, membership_id: Any, since: Any) -> Any:
    """Whether a row of a person, or of a representative, is in the directory."""
    objected = sa.exists().where(
        Objection.membership_id == membership_id,
        Objection.account_id == person.account_id,
        Objection.against == ObjectionTo.DIRECTORY,
    )
    if net.visibility.internal == "announced":
        return sa.and_(~objected, since <= utcnow() - ANNOUNCED_FOR)
    if net.visibility.internal == "opt_in":
        return sa.and_(~objected, consent_holds(person.id, DIRECTORY_CONSENT))
    return sa.false()


def _shown_representatives(net: Definition) -> list[sa.ColumnElement[bool]]:
    return [
        Representative.ended_at.is_(None),
        Representative.restricted_at.is_(None),
        _is_shown(net, Representative, Representative.membership_id, Representative.since),
    ]


def _listed(network_id: int, net: Definition) -> sa.Select[Membership]:
    """An organisation is in it as soon as one of those who represent it is."""
    person = _is_shown(net, Membership, Membership.id, Membership.member_since)
    represented = sa.exists().where(
        Representative.membership_id == Membership.id, *_shown_representatives(net)
    )
    return sa.select(Membership).where(
        Membership.network_id == network_id,
        Membership.ended_at.is_(None),
        Membership.restricted_at.is_(None),
        sa.or_(
            sa.and_(Membership.holder == Holder.PERSON, person),
            sa.and_(Membership.holder == Holder.ORGANISATION, represented),
        ),
    )


@dataclass(frozen=True)
class ListedMember:
    """A member as the others see it."""

    title: str
    people: list[str]
    rows: list[tuple[str, str]]


def directory_page(
    network_id: int, net: Definition, *, text: str = "", after: str = "", before: str = ""
) -> KeyPage:
    """A page of the directory by name, of `ListedMember`, in three statements at most."""
    query = _listed(network_id, net)
    searched = sa.func.coalesce(Membership.directory_text, Membership.sort_name)
    for word in text.split()[:_MOST_WORDS]:
        query = query.where(searched.like(contains_pattern(word), escape="\\"))
    page = key_page(query, Membership, after=after, before=before)
    people = _people(net, page.rows)
    rows = [_as_listed(row, people.get(row.id, []), net) for row in page.rows]
    return KeyPage(rows, page.before, page.after)


def _people(net: Definition, rows: Sequence[Membership]) -> dict[UUID, list[Representative]]:
    found = db.session.scalars(
        sa.select(Representative)
        .where(
            Representative.membership_id.in_([row.id for row in rows]),
            *_shown_representatives(net),
        )
        .order_by(Representative.since, Representative.id)
    )
    people: dict[UUID, list[Representative]] = {}
    for person in found:
        people.setdefault(person.membership_id, []).append(person)
    return people


def _as_listed(
    membership: Membership, people: Sequence[Representative], net: Definition
) -> ListedMember:
    answers = membership.answers
    rows = []
    if membership.holder is Holder.PERSON:
        rows = [
            ("Organisation", membership.organisation_name or ""),
            ("Funktion", str(answers.get("role_in_organisation") or "")),
        ]
    rows.append(("Ort", str(answers.get("place") or answers.get("work_place") or "")))
    rows += [
        (field.label, answer_in_words(field, answers[field.key]))
        for field in (*net.fields, *net.profile_fields)
        if field.key == "topics" and answers.get(field.key)
    ]
    return ListedMember(
        title=membership.title,
        people=[_with_role(person) for person in people],
        rows=[(label, words) for label, words in rows if words],
    )


def _with_role(person: Representative) -> str:
    role = person.answers.get("role_in_organisation")
    return f"{person.full_name}, {role}" if role else person.full_name
