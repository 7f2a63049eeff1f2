"""From the form to the proven address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from memberships.applications import mails
from memberships.applications.errors import (
    AddressAlreadyCorrected,
    AlreadyConfirmed,
    LinkUnknown,
    ResendTooEarly,
)
from memberships.applications.models import (
    ApplicantKind,
    Application,
    ApplicationStatus,
    Channel,
    Confirmation,
)
from memberships.applications.places import with_place
from memberships.applications.queries import expired_applications
from memberships.applications.services.cases import OWN_COLUMNS, search_text_of
from memberships.applications.services.deciding import decide_by_rule
from memberships.applications.services.indexing import index_application, new_search
from memberships.calendar import BERLIN, end_of_day
from memberships.database import db, utcnow, uuid7
from memberships.events.models import APPLICANT, EventTag
from memberships.events.services import erase_events, record_event
from memberships.links import public_url_for
from memberships.mails.services import cancel_mails, erase_mails
from memberships.networks.definition import ConsentField, Definition
from memberships.networks.errors import AdmissionPaused
from memberships.networks.queries import is_paused
from memberships.networks.services import publish_definition
from memberships.privacy.models import NEWSLETTER
from memberships.privacy.queries import has_ordered_newsletter
from memberships.privacy.services import (
    erase_consents,
    give_consent,
    readdress_consents,
    settle_consents,
)
from memberships.settings import current_settings
from memberships.tokens import keyed_hash, new_code, new_token, token_hash


class CodeOutcome(StrEnum):
    """What became of a typed code."""

    RIGHT = "right"
    WRONG = "wrong"
    DEAD = "dead"


def submission_key(nonce: str, answers: Mapping[str, Any], consents: AbstractSet[str]) -> str:
    """Equal for a double click, different as soon as one answer differs."""
    content = json.dumps([dict(answers), sorted(consents)], sort_keys=True)
    return keyed_hash("submission", nonce, content)


def page_token_of(key: str) -> str:
    """The page token of a submission, so that the second click finds the first one's page."""
    return keyed_hash("page-token", key)[:32]


def submit_application(
    definition: Definition, answers: Mapping[str, Any], consents: AbstractSet[str], *, key: str
) -> Application:
    """Store an application whose address is not yet proven, and its confirmation mail.

    Nothing is looked up by address. `answers` holds one value per field that was asked and
    answered, `consents` the keys of the ticked ones, `key` comes from `submission_key`.

    Raises AdmissionPaused while the office has paused it, as the database says now. The caller's
    unit of work raises AlreadySubmitted when the same key is stored already.
    """
    application = new_application(definition, answers, key=key, channel=Channel.ONLINE)
    db.session.add(application)
    record_event(
        EventTag.APPLICATION_SUBMITTED, application, by=APPLICANT, channel=application.channel
    )
    _give_consents(application, definition, consents)
    _mail_confirmation(application, newsletter=NEWSLETTER in consents)
    # Last, since the first statement takes SQLite's one write lock: nobody waits for a mail's text.
    if is_paused(application.network_id, utcnow().astimezone(BERLIN).date()):
        raise AdmissionPaused
    return application


def new_application(
    definition: Definition,
    answers: Mapping[str, Any],
    *,
    key: str,
    channel: Channel,
    received_on: date | None = None,
) -> Application:
    """An application with its answers in their columns, and what it is found by; not flushed."""
    version = publish_definition(definition)
    now = utcnow()
    answers = with_place(definition, answers)
    application = Application(
        id=uuid7(),
        network_id=version.network_id,
        definition=version,
        channel=channel,
        submission_key=key,
        page_token_hash=token_hash(page_token_of(key)),
        applicant_kind=_kind_of(definition, answers),
        answers={k: v for k, v in answers.items() if k not in OWN_COLUMNS},
        submitted_at=now,
        received_on=received_on,
        expires_at=end_of_day(now + timedelta(days=current_settings().confirmation_days)),
        search_text=search_text_of(answers),
        confirmation_mails=0,
        confirmation_mailed_at=now,
        **{column: answers.get(column) for column in OWN_COLUMNS},
    )
    db.session.add(new_search(application, definition))
    return application


def _kind_of(definition: Definition, answers: Mapping[str, Any]) -> ApplicantKind:
    if len(definition.joins) == 1:
        return ApplicantKind(definition.joins[0])
    return ApplicantKind(answers["applicant_kind"])


def _give_consents(
    application: Application, definition: Definition, consents: AbstractSet[str]
) -> None:
    for field in definition.fields:
        if isinstance(field, ConsentField) and field.key in consents:
            give_consent(
                field,
                application.definition,
                subject_id=application.id,
                email=application.email,
                channel=application.channel,
                form_url=public_url_for("applications.form", slug=definition.slug),
            )


def _mail_confirmation(application: Application, *, newsletter: bool) -> None:
    token, code = new_token(), new_code()
    application.confirmation_mails += 1
    application.confirmation_mailed_at = utcnow()
    db.session.add(
        Confirmation(
            application=application,
            token_hash=token_hash(token),
            code_hash=_code_hash(application, code),
            tries_left=current_settings().code_tries,
            made_at=utcnow(),
        )
    )
    mails.confirm_application(application, token=token, code=code, newsletter=newsletter)


def _code_hash(application: Application, code: str) -> str:
    return keyed_hash("confirmation-code", str(application.id), code)


def resend_confirmation(application: Application) -> None:
    """Mail a new link and code to the same address; earlier ones stay good.

    Raises LinkUnknown when there is nothing left to confirm, ResendTooEarly within the cool-down or
    when all mails of this application are used up.
    """
    _require_confirmable(application)
    settings = current_settings()
    if (
        application.confirmation_mails >= settings.confirmation_mails_per_application
        or utcnow()
        < application.confirmation_mailed_at + timedelta(minutes=settings.resend_wait_minutes)
    ):
        raise ResendTooEarly
    record_event(EventTag.APPLICATION_CONFIRMATION_RESENT, application, by=APPLICANT)
    _mail_confirmation(application, newsletter=has_ordered_newsletter(application.id))


def correct_address(application: Application, email: str) -> None:
    """Give the application another address, once; links and codes sent so far are dead.

    Raises LinkUnknown when nothing is left to confirm, AddressAlreadyCorrected the second time.
    """
    _require_confirmable(application)
    if application.address_corrected_at is not None:
        raise AddressAlreadyCorrected
    application.address_corrected_at = utcnow()
    application.email = email
    index_application(application)
    db.session.execute(sa.delete(Confirmation).where(Confirmation.application_id == application.id))
    cancel_mails(application)
    readdress_consents(application.id, email)
    record_event(EventTag.APPLICATION_ADDRESS_CORRECTED, application, by=APPLICANT)
    _mail_confirmation(application, newsletter=has_ordered_newsletter(application.id))


def _require_confirmable(application: Application) -> None:
    if not application.is_confirmable(utcnow()):
        raise LinkUnknown


def enter_code(application: Application, code: str, *, newsletter: bool) -> CodeOutcome:
    """Confirm by the code from the mail, typed on the page that asked for it.

    A wrong code uses up one try of every living code; a code without tries is dead. The right code
    of an application that was confirmed a moment ago changes nothing and is RIGHT: a double click.

    Raises LinkUnknown when the application has expired, or was confirmed longer ago.
    """
    now = utcnow()
    if not (application.is_confirmable(now) or application.is_just_confirmed(now)):
        raise LinkUnknown
    living = db.session.scalars(
        sa.select(Confirmation)
        .where(Confirmation.application_id == application.id, Confirmation.tries_left > 0)
        .with_for_update()
    ).all()
    if not living:
        return CodeOutcome.DEAD
    hash_ = _code_hash(application, code)
    if all(confirmation.code_hash != hash_ for confirmation in living):
        for confirmation in living:
            confirmation.tries_left -= 1
        return CodeOutcome.WRONG if any(c.tries_left for c in living) else CodeOutcome.DEAD
    with suppress(AlreadyConfirmed):
        confirm_application(application, proof=hash_, channel="code", newsletter=newsletter)
    return CodeOutcome.RIGHT


def confirm_application(
    application: Application, *, proof: str, channel: str, newsletter: bool
) -> None:
    """Take the address as proven, settle the consents, and let the network's rules decide.

    `proof` is the hash of the secret from the mail, `channel` says whether link or code.

    Raises AlreadyConfirmed the second time, LinkUnknown when the application has expired.
    """
    if application.confirmed_at is not None:
        raise AlreadyConfirmed
    _require_confirmable(application)
    application.status = ApplicationStatus.IN_REVIEW
    application.confirmed_at = utcnow()
    cancel_mails(application)
    settle_consents(application.id, newsletter=newsletter, channel=channel, proof=proof)
    record_event(
        EventTag.APPLICATION_CONFIRMED, application, by=APPLICANT, channel=channel, proof=proof
    )
    decide_by_rule(application)


def erase_expired_applications(limit: int = 100) -> int:
    """Erase up to `limit` applications whose address nobody proved in time; returns how many.

    Gone are the answers, the links, the consents, every mail and the events; a tombstone without
    personal data stays and counts (Art. 5(1)(e) GDPR).
    """
    expired = expired_applications(utcnow(), limit)
    for application in expired:
        erase_mails(application.id)
        erase_consents(application.id)
        erase_events(application, rule="unconfirmed_expired")
        db.session.delete(application)
    return len(expired)
