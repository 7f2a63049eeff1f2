"""Consents: every step is a row of its own, none is ever changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db, utcnow
from memberships.networks.definition import ConsentField
from memberships.networks.models import DefinitionVersion
from memberships.privacy.models import NEWSLETTER, ConsentEvent, ConsentStep
from memberships.privacy.queries import (
    confirmed_since,
    given_consents,
    newest_consent,
    newest_steps,
)


def give_consent(
    field: ConsentField,
    version: DefinitionVersion,
    *,
    subject_id: UUID,
    email: str,
    channel: str,
    form_url: str,
) -> ConsentEvent:
    """Record that somebody ticked a consent; worth nothing until the address is proven."""
    consent = ConsentEvent(
        network_id=version.network_id,
        definition_id=version.id,
        subject_id=subject_id,
        email=email,
        purpose=field.key,
        step=ConsentStep.GIVEN,
        text=field.text,
        text_version=field.text_version,
        channel=channel,
        form_url=form_url,
        at=utcnow(),
    )
    db.session.add(consent)
    return consent


def confirm_consent(
    version: DefinitionVersion,
    *,
    subject_id: UUID,
    email: str,
    purpose: str,
    text: str,
    text_version: str,
    form_url: str,
) -> None:
    """Record a consent that somebody signed in gave, with the wording that they saw.

    It holds at once: who is signed in has proven the address (Art. 7(1) GDPR).
    """
    given = ConsentEvent(
        network_id=version.network_id,
        definition_id=version.id,
        subject_id=subject_id,
        email=email,
        purpose=purpose,
        step=ConsentStep.GIVEN,
        text=text,
        text_version=text_version,
        channel="profile",
        form_url=form_url,
        at=utcnow(),
    )
    db.session.add(given)
    db.session.flush()
    _follow(given, ConsentStep.CONFIRMED, channel="profile", proof="signed_in")


def withdraw_consent_of(subject_id: UUID, purpose: str, *, channel: str) -> bool:
    """Withdraw the subject's consent to this purpose; False if none holds."""
    newest = newest_consent(subject_id, purpose)
    return newest is not None and withdraw_consent(newest, channel=channel)


def settle_consents(subject_id: UUID, *, newsletter: bool, channel: str, proof: str) -> None:
    """Confirm all given consents of a subject; the circular only if the person still wants it.

    `proof` is the hash of the secret from the mail that proved the address (Art. 7(1) GDPR).
    """
    for given in given_consents(subject_id):
        is_dropped = given.purpose == NEWSLETTER and not newsletter
        step = ConsentStep.WITHDRAWN if is_dropped else ConsentStep.CONFIRMED
        _follow(given, step, channel=channel, proof=proof)


def _follow(
    given: ConsentEvent,
    step: ConsentStep,
    *,
    channel: str,
    proof: str | None = None,
    email: str = "",
) -> None:
    db.session.add(
        ConsentEvent(
            network_id=given.network_id,
            definition_id=given.definition_id,
            subject_id=given.subject_id,
            email=email or given.email,
            purpose=given.purpose,
            step=step,
            text=given.text,
            text_version=given.text_version,
            channel=channel,
            form_url=given.form_url,
            proof=proof,
            at=utcnow(),
        )
    )


def readdress_consents(subject_id: UUID, email: str) -> None:
    """Move unproven consents to a corrected address."""
    db.session.execute(
        sa.update(ConsentEvent).where(ConsentEvent.subject_id == subject_id).values(email=email)
    )


def erase_consents(subject_id: UUID) -> None:
    """Delete the consents of an application that was never confirmed."""
    db.session.execute(sa.delete(ConsentEvent).where(ConsentEvent.subject_id == subject_id))


def withdraw_consents(subject_id: UUID, *, channel: str) -> None:
    """Withdraw every consent of a subject that holds (Art. 7(3) GDPR)."""
    for given in given_consents(subject_id):
        if confirmed_since(subject_id, given.purpose) is not None:
            _follow(given, ConsentStep.WITHDRAWN, channel=channel)


def withdraw_consent(newest: ConsentEvent, *, channel: str) -> bool:
    """Withdraw the consent whose newest step this is; False, and nothing stored, if none holds."""
    if newest.step is not ConsentStep.CONFIRMED:
        return False
    _follow(newest, ConsentStep.WITHDRAWN, channel=channel)
    return True


def move_consent(newest: ConsentEvent, email: str, *, proof: str) -> None:
    """Let a consent that holds go on under another proven address of the same account.

    `proof` is the hash of the secret from the mail to it (Art. 7(1) GDPR).
    """
    if newest.step is ConsentStep.CONFIRMED:
        _follow(newest, ConsentStep.CONFIRMED, channel="address_change", proof=proof, email=email)


def keep_proofs(subject_id: UUID) -> None:
    """Let the subject go: what holds is withdrawn, what was never confirmed is deleted.

    What is left are proofs of consents that held once (Art. 7(1) GDPR), restricted: withdrawn, they
    count for nothing else, and nothing leads from them to anything but the address.
    """
    withdraw_consents(subject_id, channel="erasure")
    db.session.flush()
    proven = sa.select(ConsentEvent.purpose).where(
        ConsentEvent.subject_id == subject_id, ConsentEvent.step == ConsentStep.CONFIRMED
    )
    db.session.execute(
        sa.delete(ConsentEvent).where(
            ConsentEvent.subject_id == subject_id, ConsentEvent.purpose.not_in(proven)
        )
    )


def erase_proofs(subject_id: UUID, *, withdrawn_before: datetime) -> int:
    """Delete the subject's consents that were withdrawn before then; returns how many steps."""
    over = [
        newest.purpose
        for newest in newest_steps([subject_id])
        if newest.step is ConsentStep.WITHDRAWN and newest.at < withdrawn_before
    ]
    erased = db.session.execute(
        sa.delete(ConsentEvent)
        .where(ConsentEvent.subject_id == subject_id, ConsentEvent.purpose.in_(over))
        .returning(ConsentEvent.id)
    )
    return len(erased.all())
