"""What coordinators see: the queue, the numbers on its tabs, a case with all that belongs to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.applications.models import (
    Application,
    ApplicationStatus,
    InformationRequest,
    Note,
)
from memberships.applications.queries import (
    OrganisationState,
    organisation_state,
    questions_of,
)
from memberships.database import db, utcnow
from memberships.events.models import Event
from memberships.events.queries import events_about
from memberships.mails.models import OutgoingMail
from memberships.mails.queries import latest_mails, mails_about
from memberships.members.models import Membership
from memberships.members.queries import names_of
from memberships.networks.models import DefinitionVersion
from memberships.organisations.models import Organisation
from memberships.organisations.queries import organisations_named
from memberships.search import contains_pattern

PAGE_SIZE = 50
AUTOMATIC_FOR = timedelta(days=30)


class Tab(StrEnum):
    OPEN = "offen"
    ASKED = "gefragt"
    AUTOMATIC = "automatisch"
    ALL = "alle"


@dataclass(frozen=True)
class QueueFilter:
    """What a queue page shows; `owner` is an account, or empty for all."""

    tab: Tab = Tab.OPEN
    text: str = ""
    owner: UUID | None = None
    unclaimed: bool = False
    after: str = ""


@dataclass(frozen=True)
class QueuePage:
    """One page of a queue. `next_after` is the key of the next page, or empty on the last."""

    applications: Sequence[Application]
    mails: dict[UUID, OutgoingMail]
    next_after: str


def queue_page(network_ids: Collection[int], wanted: QueueFilter) -> QueuePage:
    """The applications of those networks, what is due first, paged by key.

    Three statements, whatever the number of rows.
    """
    query = (
        sa.select(Application)
        .where(Application.network_id.in_(network_ids), *_conditions(wanted))
        .options(
            joinedload(Application.claimed_by),
            joinedload(Application.network),
            joinedload(Application.definition).joinedload(DefinitionVersion.network),
        )
    )
    by_due = wanted.tab in {Tab.OPEN, Tab.ASKED}
    query = _after_due(query, wanted.after) if by_due else _after_id(query, wanted.after)
    found = db.session.scalars(query.limit(PAGE_SIZE + 1)).all()
    shown = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return QueuePage(
        applications=shown,
        mails=latest_mails([application.id for application in shown]),
        next_after=_key_of(shown[-1], by_due=by_due) if more else "",
    )


def _conditions(wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    match wanted.tab:
        case Tab.OPEN:
            conditions.append(Application.status == ApplicationStatus.IN_REVIEW)
        case Tab.ASKED:
            conditions.append(Application.status == ApplicationStatus.INFORMATION_REQUESTED)
        case Tab.AUTOMATIC:
            conditions += [
                Application.status == ApplicationStatus.APPROVED,
                Application.decided_by_id.is_(None),
                Application.decided_at > utcnow() - AUTOMATIC_FOR,
            ]
        case Tab.ALL:
            conditions.append(Application.status != ApplicationStatus.UNCONFIRMED)
    if wanted.text:
        pattern = contains_pattern(wanted.text)
        conditions.append(Application.search_text.like(pattern, escape="\\"))
    if wanted.unclaimed:
        conditions.append(Application.claimed_by_id.is_(None))
    elif wanted.owner:
        conditions.append(Application.claimed_by_id == wanted.owner)
    return conditions


def _after_due(query: sa.Select[Application], after: str) -> sa.Select[Application]:
    due, _, id_ = after.partition("~")
    # A key that is none shows the first page; a time at the edge of the calendar overflows.
    with suppress(ValueError, OverflowError):
        key = (datetime.fromisoformat(due).astimezone(UTC), UUID(id_))
        place = sa.tuple_(Application.due_at, Application.id)
        types = [Application.due_at.type, Application.id.type]
        query = query.where(place > sa.tuple_(*key, types=types))
    return query.order_by(Application.due_at, Application.id)


def _after_id(query: sa.Select[Application], after: str) -> sa.Select[Application]:
    with suppress(ValueError):
        query = query.where(Application.id < UUID(after))
    return query.order_by(Application.id.desc())


def _key_of(application: Application, *, by_due: bool) -> str:
    if by_due and application.due_at is not None:
        return f"{application.due_at.isoformat()}~{application.id}"
    return str(application.id)


def waiting_counts(network_ids: Collection[int]) -> dict[ApplicationStatus, int]:
    """How many wait for the office, and how many for an answer."""
    rows = db.session.execute(
        sa.select(Application.status, sa.func.count())
        .where(
            Application.network_id.in_(network_ids),
            Application.status.in_(
                [ApplicationStatus.IN_REVIEW, ApplicationStatus.INFORMATION_REQUESTED]
            ),
        )
        .group_by(Application.status)
    )
    return {row[0]: row[1] for row in rows}


def waiting_count(network_id: int) -> int:
    """How many cases of a network wait for the office."""
    return waiting_counts([network_id]).get(ApplicationStatus.IN_REVIEW, 0)


def overdue_count(network_id: int) -> int:
    """How many cases of a network are past their promised day."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                Application.network_id == network_id,
                Application.status == ApplicationStatus.IN_REVIEW,
                Application.due_at < utcnow(),
            )
        )
        or 0
    )


def new_count(network_id: int, since: datetime) -> int:
    """How many applications were confirmed or entered since then and still wait."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                Application.network_id == network_id,
                Application.status == ApplicationStatus.IN_REVIEW,
                Application.confirmed_at >= since,
            )
        )
        or 0
    )


def next_due(network_ids: Collection[int], *, besides: UUID) -> Application | None:
    """The case to look at next."""
    return db.session.scalar(
        sa.select(Application)
        .where(
            Application.network_id.in_(network_ids),
            Application.status == ApplicationStatus.IN_REVIEW,
            Application.id != besides,
        )
        .options(joinedload(Application.network))
        .order_by(Application.due_at, Application.id)
        .limit(1)
    )


@dataclass(frozen=True)
class Case:
    """An application with all that a coordinator looks at before deciding."""

    application: Application
    events: Sequence[Event]
    mails: Sequence[OutgoingMail]
    notes: Sequence[Note]
    questions: Sequence[InformationRequest]
    similar: Sequence[Application]
    organisation: OrganisationState | None
    seat_names: dict[UUID, list[str]]
    membership: Membership | None

    @property
    def open_question(self) -> InformationRequest | None:
        return next((q for q in self.questions if not q.answered_at and not q.ended_at), None)


def case_of(network_id: int, application_id: UUID) -> Case | None:
    """The case, when that network has it and its address is proven; None otherwise."""
    application = db.session.scalar(
        sa.select(Application)
        .where(
            Application.id == application_id,
            Application.network_id == network_id,
            Application.status != ApplicationStatus.UNCONFIRMED,
        )
        .options(
            joinedload(Application.claimed_by),
            joinedload(Application.decided_by),
            joinedload(Application.organisation),
            joinedload(Application.definition).joinedload(DefinitionVersion.network),
        )
    )
    if application is None:
        return None
    state = organisation_state(application)
    membership_id = application.membership_id
    return Case(
        application=application,
        events=events_about(application.id),
        mails=mails_about(application.id),
        notes=_notes_of(application),
        questions=questions_of(application),
        similar=_similar_to(application),
        organisation=state,
        seat_names=names_of(state.seats) if state and state.seats else {},
        membership=db.session.get(Membership, membership_id) if membership_id else None,
    )


def known_organisations(slug: str, text: str) -> Sequence[Organisation]:
    """What the office looked up in the registry, as far as its network may know it."""
    return organisations_named(text, slug)


def _notes_of(application: Application) -> Sequence[Note]:
    return db.session.scalars(
        sa.select(Note)
        .where(Note.application_id == application.id)
        .options(joinedload(Note.author))
        .order_by(Note.written_at)
    ).all()


def _similar_to(application: Application) -> Sequence[Application]:
    same = [
        Application.email == application.email,
        sa.and_(
            Application.first_name == application.first_name,
            Application.last_name == application.last_name,
        ),
    ]
    if application.organisation_name:
        same.append(Application.organisation_name == application.organisation_name)
    if application.organisation_id:
        same.append(Application.organisation_id == application.organisation_id)
    return db.session.scalars(
        sa.select(Application)
        .where(
            Application.network_id == application.network_id,
            Application.id != application.id,
            Application.status != ApplicationStatus.UNCONFIRMED,
            sa.or_(*same),
        )
        .order_by(Application.id.desc())
        .limit(10)
    ).all()


def applications_for_meeting(network_id: int) -> Sequence[Application]:
    """All cases that wait for the body, oldest first: the list for its meeting."""
    return db.session.scalars(
        sa.select(Application)
        .where(
            Application.network_id == network_id,
            Application.status == ApplicationStatus.IN_REVIEW,
        )
        .options(
            joinedload(Application.definition).joinedload(DefinitionVersion.network),
        )
        .order_by(Application.due_at, Application.id)
        .limit(500)
    ).all()
