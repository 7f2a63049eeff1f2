"""What coordinators see: the queue, the numbers on its tabs, a case with all that belongs to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from memberships.accounts.models import Account
from memberships.applications.models import (
    Application,
    ApplicationStatus,
    InformationRequest,
    Note,
)
from memberships.applications.organisations import OrganisationState, organisation_state
from memberships.database import db, utcnow
from memberships.events.models import Event
from memberships.mails.models import OutgoingMail
from memberships.mails.queries import latest_mails
from memberships.members.models import Membership
from memberships.members.queries import names_of, seats_of_each
from memberships.networks.models import DefinitionVersion
from memberships.organisations.models import Organisation
from memberships.organisations.queries import organisations_named
from memberships.search import contains_pattern

PAGE_SIZE = 50
COUNTED = 1000
AUTOMATIC_FOR = timedelta(days=30)
_BY_DUE = (Application.due_at.asc(), Application.id.asc())
_BY_ID = (Application.id.desc(),)
# What is restricted is kept and nothing else (Art. 18 GDPR).
_IS_USED = Application.restricted_at.is_(None)
# What is decided waits for nobody, though it can still be taken back.
_WAITS = sa.and_(_IS_USED, Application.pending.is_(None))


class Tab(StrEnum):
    OPEN = "offen"
    ASKED = "gefragt"
    RESTRICTED = "eingeschraenkt"
    PENDING = "beschlossen"
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

    Two statements, whatever the number of rows. Each network's first ones are found in the order
    of its index: asked for several networks at once, a database would sort all that wait in them.
    """
    by_due = wanted.tab in {Tab.OPEN, Tab.ASKED}
    order = _BY_DUE if by_due else _BY_ID
    place = _after_due(wanted.after) if by_due else _after_id(wanted.after)
    firsts = [
        sa.select(Application.id)
        .where(Application.network_id == id_, *_conditions(wanted), *place)
        .order_by(*order)
        .limit(PAGE_SIZE + 1)
        .subquery()
        for id_ in network_ids
    ]
    found = _listed(firsts, order) if firsts else ()
    shown = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return QueuePage(
        applications=shown,
        mails=latest_mails([application.id for application in shown]),
        next_after=_key_of(shown[-1], by_due=by_due) if more else "",
    )


def _listed(
    firsts: Sequence[sa.Subquery], order: Sequence[sa.UnaryExpression[Any]]
) -> Sequence[Application]:
    return db.session.scalars(
        sa.select(Application)
        .where(Application.id.in_(sa.union_all(*(sa.select(first.c.id) for first in firsts))))
        .options(
            joinedload(Application.claimed_by),
            joinedload(Application.network, innerjoin=True),
            joinedload(Application.definition, innerjoin=True).joinedload(
                DefinitionVersion.network, innerjoin=True
            ),
        )
        .order_by(*order)
        .limit(PAGE_SIZE + 1)
    ).all()


def _conditions(wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    conditions = _of_tab(wanted.tab)
    if wanted.text:
        pattern = contains_pattern(wanted.text)
        conditions.append(Application.search_text.like(pattern, escape="\\"))
    if wanted.unclaimed:
        conditions.append(Application.claimed_by_id.is_(None))
    elif wanted.owner:
        conditions.append(Application.claimed_by_id == wanted.owner)
    return conditions


def _of_tab(tab: Tab) -> list[sa.ColumnElement[bool]]:
    confirmed = Application.status != ApplicationStatus.UNCONFIRMED
    match tab:
        case Tab.OPEN:
            return [Application.status == ApplicationStatus.IN_REVIEW, _WAITS]
        case Tab.ASKED:
            return [Application.status == ApplicationStatus.INFORMATION_REQUESTED, _WAITS]
        case Tab.PENDING:
            return [Application.pending.is_not(None), _IS_USED]
        case Tab.AUTOMATIC:
            return [
                Application.status == ApplicationStatus.APPROVED,
                Application.decided_by_id.is_(None),
                Application.decided_at > utcnow() - AUTOMATIC_FOR,
                _IS_USED,
            ]
        case Tab.RESTRICTED:
            return [confirmed, Application.restricted_at.is_not(None)]
        case Tab.ALL:
            return [confirmed, _IS_USED]


def _after_due(after: str) -> list[sa.ColumnElement[bool]]:
    due, _, id_ = after.partition("~")
    # A key that is none shows the first page; a time at the edge of the calendar overflows.
    with suppress(ValueError, OverflowError):
        key = (datetime.fromisoformat(due).astimezone(UTC), UUID(id_))
        place = sa.tuple_(Application.due_at, Application.id)
        types = [Application.due_at.type, Application.id.type]
        return [place > sa.tuple_(*key, types=types)]
    return []


def _after_id(after: str) -> list[sa.ColumnElement[bool]]:
    with suppress(ValueError):
        return [Application.id < UUID(after)]
    return []


def _key_of(application: Application, *, by_due: bool) -> str:
    if by_due and application.due_at is not None:
        return f"{application.due_at.isoformat()}~{application.id}"
    return str(application.id)


def waiting_counts(network_ids: Collection[int]) -> dict[ApplicationStatus, int]:
    """How many wait for the office, and how many for an answer; `COUNTED` and one for any more.

    Counting on would read every row that waits.
    """
    counted = [ApplicationStatus.IN_REVIEW, ApplicationStatus.INFORMATION_REQUESTED]
    numbers = db.session.execute(
        sa.select(
            *(
                sa.select(sa.func.count())
                .select_from(_of_status(network_ids, status).limit(COUNTED + 1).subquery())
                .scalar_subquery()
                for status in counted
            )
        )
    ).one()
    return dict(zip(counted, numbers, strict=True))


def _of_status(network_ids: Collection[int], status: ApplicationStatus) -> sa.Select[UUID]:
    return sa.select(Application.id).where(
        Application.network_id.in_(network_ids), Application.status == status, _WAITS
    )


def waiting_count(network_id: int) -> int:
    """How many cases of a network wait for the office: the exact number."""
    waiting = _of_status([network_id], ApplicationStatus.IN_REVIEW).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(waiting)) or 0


def overdue_count(network_id: int) -> int:
    """How many cases of a network are past their promised day."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                Application.network_id == network_id,
                Application.status == ApplicationStatus.IN_REVIEW,
                _WAITS,
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
                _WAITS,
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
            _WAITS,
            Application.id != besides,
        )
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
    names: dict[UUID, str]
    organisation: OrganisationState | None
    candidate_seats: dict[UUID, list[Membership]]
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
    shown = state.candidates if state and state.is_undecided else ()
    seats = seats_of_each([one.organisation.id for one in shown], network_id)
    named = [*(state.seats if state else ()), *chain.from_iterable(seats.values())]
    found = _what_belongs_to(application)
    return Case(
        application=application,
        events=sorted(found[Event], key=lambda event: event.seq),
        mails=sorted(found[OutgoingMail], key=lambda mail: mail.id),
        notes=sorted(found[Note], key=lambda note: note.written_at),
        questions=sorted(found[InformationRequest], key=lambda question: question.asked_at),
        similar=sorted(found[Application], key=lambda other: other.id, reverse=True),
        names={account.id: account.shown_name for account in found[Account]},
        organisation=state,
        candidate_seats=seats,
        seat_names=names_of(named) if named else {},
        membership=application.membership,
    )


def known_organisations(slug: str, text: str) -> Sequence[Organisation]:
    """What the office looked up in the registry, as far as its network may know it."""
    return organisations_named(text, slug)


def _what_belongs_to(application: Application) -> dict[type[Any], set[Any]]:
    """What a case consists of, by kind, with those who acted in it; one statement.

    Each row holds one thing: a row per kind is made, and to each only its own table is joined.
    """
    kinds = sa.union_all(*(sa.select(sa.literal(n).label("kind")) for n in range(5))).subquery()
    similar = aliased(Application, _similar_to(application).subquery())
    rows = db.session.execute(
        sa.select(Event, OutgoingMail, Note, InformationRequest, similar, Account)
        .select_from(kinds)
        .outerjoin(Event, _of(kinds, 0, Event.subject_id == application.id))
        .outerjoin(OutgoingMail, _of(kinds, 1, OutgoingMail.subject_id == application.id))
        .outerjoin(Note, _of(kinds, 2, Note.application_id == application.id))
        .outerjoin(
            InformationRequest,
            _of(kinds, 3, InformationRequest.application_id == application.id),
        )
        .outerjoin(similar, _of(kinds, 4, sa.true()))
        .outerjoin(Account, Account.id == sa.func.coalesce(Event.actor_id, Note.author_id))
    )
    found: dict[type[Any], set[Any]] = defaultdict(set)
    for thing in (thing for row in rows for thing in row if thing is not None):
        found[type(thing)].add(thing)
    return found


def _of(kinds: sa.Subquery, kind: int, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.and_(kinds.c.kind == kind, condition)


def _similar_to(application: Application) -> sa.Select[Application]:
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
    return (
        sa.select(Application)
        .where(
            Application.network_id == application.network_id,
            Application.id != application.id,
            Application.status != ApplicationStatus.UNCONFIRMED,
            _IS_USED,
            sa.or_(*same),
        )
        .order_by(Application.id.desc())
        .limit(10)
    )


def applications_for_meeting(network_id: int) -> Sequence[Application]:
    """All cases that wait for the body, oldest first: the list for its meeting."""
    return db.session.scalars(
        sa.select(Application)
        .where(
            Application.network_id == network_id,
            Application.status == ApplicationStatus.IN_REVIEW,
            _WAITS,
        )
        .options(
            joinedload(Application.definition).joinedload(DefinitionVersion.network),
        )
        .order_by(Application.due_at, Application.id)
        .limit(500)
    ).all()
