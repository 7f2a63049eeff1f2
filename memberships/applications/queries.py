"""Finding applications by the secrets that open them, and the answers as they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.accounts.models import StaffRole
from memberships.applications.models import (
    AnswerRevision,
    Application,
    ApplicationSearch,
    ApplicationStatus,
    CaseToken,
    Confirmation,
    InformationRequest,
)
from memberships.database import db, utcnow
from memberships.networks.definition import (
    AnyField,
    ChoiceField,
    ConsentField,
    Definition,
    DistrictField,
    MultiChoiceField,
    PlaceField,
    is_met,
)
from memberships.networks.models import DefinitionVersion
from memberships.networks.queries import definition_of
from memberships.permissions import NETWORK_ROLES, Permission, may
from memberships.territory.models import LAENDER
from memberships.territory.queries import has_register
from memberships.tokens import token_hash

_OPEN = [status for status in ApplicationStatus if status.is_decidable]
_MAY_DECIDE = [role for role in NETWORK_ROLES if may(role, Permission.DECIDE_APPLICATIONS)]


def application_by_page_token(page_token: str, *, for_change: bool = False) -> Application | None:
    """The application that this browser submitted, while its data exists."""
    return _one(Application.page_token_hash == token_hash(page_token), for_change=for_change)


def application_by_confirm_token(token: str, *, for_change: bool = False) -> Application | None:
    """The application whose confirmation mail held this link, while its data exists."""
    confirmed = sa.select(Confirmation.application_id).where(
        Confirmation.token_hash == token_hash(token)
    )
    application = _one(Application.id.in_(confirmed), for_change=for_change)
    # PostgreSQL waits for the row's lock and then looks at that row anew, not at the links: whoever
    # corrected the address meanwhile has ended this one, and it must not prove the new address.
    if for_change and db.session.scalar(confirmed) is None:
        return None
    return application


def application_by_case_token(token: str, *, for_change: bool = False) -> Application | None:
    """The application that this case link opens, while the link lives."""
    opened = sa.select(CaseToken.application_id).where(
        CaseToken.token_hash == token_hash(token), CaseToken.expires_at > utcnow()
    )
    return _one(Application.id.in_(opened), for_change=for_change)


def _one(condition: sa.ColumnElement[bool], *, for_change: bool) -> Application | None:
    query = (
        sa.select(Application)
        .where(condition)
        .options(joinedload(Application.definition).joinedload(DefinitionVersion.network))
    )
    if for_change:
        query = query.with_for_update(of=Application)
    return db.session.scalar(query)


def has_unindexed() -> bool:
    """Whether there are cases that no search finds: stored before there was an index for it."""
    indexed = sa.exists().where(ApplicationSearch.application_id == Application.id)
    return db.session.scalar(sa.select(Application.id).where(~indexed).limit(1)) is not None


def application_id_of(submission_key: str) -> UUID:
    """The application that was stored under this key."""
    return db.session.scalars(
        sa.select(Application.id).where(Application.submission_key == submission_key)
    ).one()


def expired_applications(now: datetime, limit: int) -> Sequence[Application]:
    """Unconfirmed applications whose time is over, locked; those in other hands are skipped."""
    return db.session.scalars(
        sa.select(Application)
        .where(
            # Literal, so that SQLite uses the partial index.
            sa.text("status = 'unconfirmed'"),
            Application.expires_at <= now,
        )
        .order_by(Application.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def answer_revision(application: Application) -> int:
    """How often the applicant has corrected the answers."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(AnswerRevision.application_id == application.id)
        )
        or 0
    )


def answers_as_asked(application: Application, definition: Definition) -> list[tuple[str, str]]:
    """An application's questions and answers in words, in the order of the form."""
    return answers_in_words(application.all_answers, definition)


def answers_in_words(answers: Mapping[str, Any], definition: Definition) -> list[tuple[str, str]]:
    """Question and answer in words, in the order of the form; unanswered questions are left out.

    The postal code is followed by what it tells.
    """
    return [(label, text) for _key, label, text in answers_with_keys(answers, definition)]


def answers_with_keys(
    answers: Mapping[str, Any], definition: Definition
) -> list[tuple[str, str, str]]:
    """The same, each with the key of its field; it is empty where something was found out."""
    rows: list[tuple[str, str, str]] = []
    for field in definition.fields:
        if field.type != "consent" and answers.get(field.key) and field.key not in _FOUND_OUT:
            rows.append((field.key, field.label, answer_in_words(field, answers[field.key])))
        if field.type == "postal_code":
            rows += [("", label, text) for label, text in _found_out(answers)]
    return rows


def answers_by_key(application: Application) -> dict[str, str]:
    """The answers of a case in words, by the keys of their fields."""
    known = {field.key: field for field in definition_of(application.definition).fields}
    return {
        key: answer_in_words(known[key], value)
        for key, value in application.all_answers.items()
        if value and key in known
    }


_FOUND_OUT = ("city", "district")


def _found_out(answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("Ort", answers.get("place") or ""),
        ("Kreis", answers.get("district") or ""),
        ("Bundesland", LAENDER.get(answers.get("federal_state") or "", "")),
    ]
    return [(label, text) for label, text in rows if text]


def answer_in_words(field: Any, value: Any) -> str:
    """One answer as people read it: labels in place of keys."""
    if isinstance(field, PlaceField):
        return str(value).partition(":")[2]
    if isinstance(field, ChoiceField | MultiChoiceField):
        labels: dict[str, str] = {option.key: option.label for option in field.options}
        keys: list[str] = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(key, key) for key in keys)
    return str(value)


def askable_fields(application: Application) -> list[AnyField]:
    """The fields that the applicant can be asked about: all that this case asks, answered or not.

    Not the mail address, which is proven, nor consents, which nobody is to be asked for again; nor
    a district that is found out from the postal code.
    """
    definition, answers = definition_of(application.definition), application.all_answers
    return [
        field
        for field in definition.fields
        if field.key != "email"
        and not isinstance(field, ConsentField)
        and not (isinstance(field, DistrictField) and has_register())
        and (answers.get(field.key) or is_met(definition.conditions[field.key], answers))
    ]


class AskedField(NamedTuple):
    """One field of a question in words. `question` is empty where it followed from another."""

    label: str
    question: str
    before: str
    after: str
    is_answered: bool

    @property
    def is_changed(self) -> bool:
        return self.is_answered and self.before != self.after


def asked_in_words(request: InformationRequest, definition: Definition) -> list[AskedField]:
    """What was asked about which fields and what came back, in words."""
    known = {field.key: field for field in definition.fields}

    def words(key: str, value: Any) -> str:
        return answer_in_words(known[key], value) if value else ""

    return [
        AskedField(
            label=known[one["key"]].label,
            question=one["question"],
            before=words(one["key"], one["before"]),
            after=words(one["key"], one.get("after")),
            is_answered="after" in one,
        )
        for one in request.fields or ()
    ]


def changes_since(application: Application, seen_version: int) -> list[tuple[str, str, str]]:
    """Question, answer at that row version, answer now; only what differs, in words.

    Nothing when that version is the row's own, or one that it never had.
    """
    if not 0 <= seen_version < application.version:
        return []
    before = db.session.scalar(
        sa.select(AnswerRevision)
        .where(
            AnswerRevision.application_id == application.id,
            AnswerRevision.until_version >= seen_version,
        )
        .order_by(AnswerRevision.until_version)
        .limit(1)
    )
    if before is None:
        return []
    definition = definition_of(application.definition)
    return [
        (
            field.label,
            answer_in_words(field, old) if old else "",
            answer_in_words(field, new) if new else "",
        )
        for field in definition.fields
        if (old := before.answers.get(field.key)) != (new := application.all_answers.get(field.key))
        if old or new
    ]


def open_question(application: Application) -> InformationRequest | None:
    """The question that waits for the applicant's answer, if any."""
    return db.session.scalar(
        sa.select(InformationRequest).where(
            InformationRequest.application_id == application.id,
            InformationRequest.answered_at.is_(None),
            InformationRequest.ended_at.is_(None),
        )
    )


def questions_of(application: Application) -> Sequence[InformationRequest]:
    """All questions that were put to the applicant, oldest first."""
    return db.session.scalars(
        sa.select(InformationRequest)
        .where(InformationRequest.application_id == application.id)
        .order_by(InformationRequest.asked_at)
    ).all()


def questions_to_remind(now: datetime, limit: int) -> list[tuple[InformationRequest, Application]]:
    """Questions past their time that nobody was reminded of, with their locked applications.

    Not those that are to be closed by now, after an outage: the mail would name a day that is past.
    """
    return _asked(
        InformationRequest.answer_by <= now,
        InformationRequest.close_at > now,
        InformationRequest.reminded_at.is_(None),
        limit=limit,
    )


def questions_to_close(now: datetime, limit: int) -> list[tuple[InformationRequest, Application]]:
    """Questions that stayed without answer to the end, with their locked applications."""
    return _asked(InformationRequest.close_at <= now, limit=limit)


def _asked(
    *conditions: sa.ColumnElement[bool], limit: int
) -> list[tuple[InformationRequest, Application]]:
    rows = db.session.execute(
        sa.select(InformationRequest, Application)
        .join(Application, Application.id == InformationRequest.application_id)
        .where(
            Application.status == ApplicationStatus.INFORMATION_REQUESTED,
            Application.restricted_at.is_(None),
            Application.pending.is_(None),
            InformationRequest.answered_at.is_(None),
            InformationRequest.ended_at.is_(None),
            *conditions,
        )
        .order_by(InformationRequest.asked_at)
        .limit(limit)
        .with_for_update(of=Application, skip_locked=True)
    )
    return [(request, application) for request, application in rows]


def stale_claims(
    now: datetime, limit: int, *, on_purpose_before: datetime
) -> Sequence[Application]:
    """Locked cases to look at, whose owner took them before then or is no colleague any more.

    Of those who only began to decide the time has run out.
    """
    is_colleague = (
        sa.select(StaffRole.id)
        .where(
            StaffRole.account_id == Application.claimed_by_id,
            StaffRole.network_id == Application.network_id,
            StaffRole.role.in_(_MAY_DECIDE),
        )
        .exists()
    )
    return db.session.scalars(
        sa.select(Application)
        .where(
            Application.claimed_by_id.is_not(None),
            Application.status.in_(_OPEN),
            Application.restricted_at.is_(None),
            sa.or_(
                ~is_colleague,
                sa.and_(
                    Application.status == ApplicationStatus.IN_REVIEW,
                    Application.pending.is_(None),
                    sa.or_(
                        Application.claimed_until <= now,
                        sa.and_(
                            Application.claimed_until.is_(None),
                            Application.claimed_at < on_purpose_before,
                        ),
                    ),
                ),
            ),
        )
        .order_by(Application.id)
        .limit(limit)
        .with_for_update(of=Application, skip_locked=True)
    ).all()


def due_decisions(now: datetime, limit: int) -> Sequence[UUID]:
    """Cases whose decision is to take effect by now, the oldest first; restricted ones never."""
    return db.session.scalars(
        sa.select(Application.id)
        .where(*_is_due(now))
        .order_by(Application.takes_effect_at)
        .limit(limit)
    ).all()


def due_decision(application_id: UUID, now: datetime) -> Application | None:
    """The case, locked, if its decision is to take effect by now and no other worker has it."""
    return db.session.scalar(
        sa.select(Application)
        .where(Application.id == application_id, *_is_due(now))
        .with_for_update(of=Application, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _is_due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Application.pending.is_not(None),
        Application.takes_effect_at <= now,
        Application.restricted_at.is_(None),
    )


def newest_confirmed(network_id: int) -> Application | None:
    """The network's newest application with a proven address that is not restricted."""
    return db.session.scalar(
        sa.select(Application)
        .where(
            Application.network_id == network_id,
            Application.confirmed_at.is_not(None),
            Application.restricted_at.is_(None),
        )
        .order_by(Application.id.desc())
        .limit(1)
    )
