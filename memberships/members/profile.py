"""What the profile shows: one card for each membership, and who stands behind the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.applications.models import Application
from memberships.applications.queries import answers_in_words
from memberships.database import db
from memberships.members.consents import consents_of_standing
from memberships.members.directory import DirectoryPlace, directory_place
from memberships.members.mails import network_of
from memberships.members.models import ObjectionTo, PublicEntry
from memberships.members.queries import (
    Standing,
    asked_of,
    entry_of,
    living_representatives,
    objections_of,
)
from memberships.members.questions import questions_to_ask
from memberships.members.services import ON_REQUEST
from memberships.networks.definition import AnyField, Definition
from memberships.networks.queries import definition_of
from memberships.privacy.models import ConsentStep


@dataclass(frozen=True)
class ShownConsent:
    """One purpose, and since when it is agreed to or withdrawn."""

    purpose: str
    title: str
    text: str
    holds: bool
    at: datetime


@dataclass(frozen=True)
class Card:
    """One membership on the profile. `net` is the network as it is today."""

    standing: Standing
    net: Definition
    answers: list[tuple[str, str]]
    consents: list[ShownConsent]
    objections: frozenset[ObjectionTo]
    place: DirectoryPlace
    entry: PublicEntry | None
    questions: list[AnyField]

    @property
    def organisation(self) -> str:
        """Whom the person represents, or whose seat they hold; empty for the person alone."""
        membership = self.standing.membership
        is_meant = self.standing.representative or membership.seat_number
        return (membership.organisation_name or "") if is_meant else ""


# What only an application is asked.
_ABOUT_APPLYING = ("applicant_kind", "existing_member")


def card_of(standing: Standing, account: Account) -> Card:
    """One membership as its card shows it."""
    net = network_of(standing.membership)
    answers = {**standing.all_answers, "email": account.email, **dict.fromkeys(_ABOUT_APPLYING)}
    return Card(
        standing,
        net,
        answers_in_words(answers, asked_of(standing.membership)),
        _consents(standing, account, net),
        objections_of(standing.membership.id, account.id),
        place=directory_place(standing, account.id, net),
        entry=entry_of(standing.membership.id),
        questions=questions_to_ask(standing),
    )


def answers_on_request(standing: Standing) -> list[tuple[str, str]]:
    """Question and answer in words of what the office changes."""
    shown = set(ON_REQUEST).difference(_ABOUT_APPLYING)
    stored = {key: standing.all_answers.get(key) for key in shown}
    found_out = {key: standing.all_answers.get(key) for key in ("place", "federal_state")}
    return answers_in_words({**stored, **found_out}, definition_of(standing.membership.definition))


def _consents(standing: Standing, account: Account, net: Definition) -> list[ShownConsent]:
    titles = {f"{purpose.key}_consent": purpose.title for purpose in net.purposes}
    shown: dict[str, ShownConsent] = {}
    for consent in consents_of_standing(standing, account.email):
        holds = consent.step is ConsentStep.CONFIRMED
        # Of several for one purpose, the one that holds counts.
        if consent.purpose not in shown or holds or not shown[consent.purpose].holds:
            title = titles.get(consent.purpose, "Einwilligung")
            shown[consent.purpose] = ShownConsent(
                consent.purpose, title, consent.text, holds, consent.at
            )
    return list(shown.values())


def names_behind(account: Account, standings: Sequence[Standing]) -> list[str]:
    """The different names under which the account's memberships and their applications run."""
    names = [standing.full_name for standing in standings if standing.is_living]
    applied = db.session.execute(
        sa.select(Application.first_name, Application.last_name)
        .where(
            Application.membership_id.in_([standing.membership.id for standing in standings]),
            Application.email == account.email,
        )
        .order_by(Application.id)
    )
    names += [f"{first} {last}" for first, last in applied]
    return list({name.casefold(): name for name in reversed(names)}.values())[::-1]


def is_last_representative(standing: Standing) -> bool:
    """Whether nobody else acts for the organisation, so that leaving ends its membership."""
    return (
        standing.representative is not None
        and len(living_representatives(standing.membership.id)) == 1
    )
