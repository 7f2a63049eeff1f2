"""What an address has agreed to in a network: opened by the link in a mail, proven on paper."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.applications.models import Application, ApplicationStatus
from memberships.database import db
from memberships.mails.models import OutgoingMail
from memberships.members.models import Membership, Representative
from memberships.networks.models import DefinitionVersion
from memberships.privacy.models import ConsentEvent, ConsentStep
from memberships.tokens import consent_token, subject_of_consent_token


@dataclass(frozen=True)
class ConsentLink:
    """What a link from a mail's footer stands for: an address, in the network of that subject."""

    about: Application | Membership
    email: str

    @property
    def network_id(self) -> int:
        return self.about.network_id


def consent_link(token: str) -> ConsentLink | None:
    """The link, while its case or membership exists and still has the address; None otherwise."""
    subject_id = subject_of_consent_token(token)
    about = _subject(subject_id) if subject_id else None
    if about is None:
        return None
    for email in _addresses_of(about):
        if hmac.compare_digest(consent_token(about.id, email).encode(), token.encode()):
            return ConsentLink(about, email)
    return None


def _subject(subject_id: UUID) -> Application | Membership | None:
    return db.session.get(Application, subject_id) or db.session.get(Membership, subject_id)


def _addresses_of(about: Application | Membership) -> Sequence[str]:
    if isinstance(about, Application):
        return [about.email] if about.status is not ApplicationStatus.UNCONFIRMED else []
    people = sa.select(Representative.account_id).where(Representative.membership_id == about.id)
    return db.session.scalars(
        sa.select(Account.email).where(
            sa.or_(Account.id == about.account_id, Account.id.in_(people))
        )
    ).all()


def consents_that_hold(network_id: int, email: str) -> list[ConsentEvent]:
    """The newest step of every consent of this address in this network that holds."""
    newest = [chain[-1] for chain in _chains(network_id, email)]
    return [step for step in newest if step.step is ConsentStep.CONFIRMED and step.email == email]


def _chains(network_id: int, email: str) -> list[list[ConsentEvent]]:
    """Every consent that was ever this address's, with the steps under other addresses too."""
    subjects = sa.select(ConsentEvent.subject_id).where(
        ConsentEvent.network_id == network_id, ConsentEvent.email == email
    )
    chains: dict[tuple[UUID, str], list[ConsentEvent]] = {}
    for step in db.session.scalars(
        sa.select(ConsentEvent)
        .where(ConsentEvent.network_id == network_id, ConsentEvent.subject_id.in_(subjects))
        .order_by(ConsentEvent.id)
    ):
        chains.setdefault((step.subject_id, step.purpose), []).append(step)
    return [chain for chain in chains.values() if any(step.email == email for step in chain)]


@dataclass(frozen=True)
class ProvenConsent:
    """All steps of one consent, the form it was given in, and when the link to confirm it left."""

    steps: Sequence[ConsentEvent]
    form: DefinitionVersion
    mailed_at: datetime | None

    @property
    def first(self) -> ConsentEvent:
        return self.steps[0]


def proof_of_consents(network_id: int, email: str) -> list[ProvenConsent]:
    """What proves the consents of an address in a network (Art. 7(1) GDPR), oldest first.

    Includes what is withdrawn, and what outlives its case as proof only.
    """
    return list(_proven(_chains(network_id, email)))


def _proven(chains: Sequence[Sequence[ConsentEvent]]) -> Iterator[ProvenConsent]:
    firsts = [chain[0] for chain in chains]
    forms = {
        form.id: form
        for form in db.session.scalars(
            sa.select(DefinitionVersion).where(
                DefinitionVersion.id.in_([first.definition_id for first in firsts])
            )
        )
    }
    rows = db.session.execute(
        sa.select(OutgoingMail.subject_id, sa.func.max(OutgoingMail.finished_at))
        .where(
            OutgoingMail.subject_id.in_([first.subject_id for first in firsts]),
            OutgoingMail.kind == "confirm_application",
        )
        .group_by(OutgoingMail.subject_id)
    ).all()
    mailed = {row[0]: row[1] for row in rows}
    for chain in chains:
        first = chain[0]
        yield ProvenConsent(chain, forms[first.definition_id], mailed.get(first.subject_id))
