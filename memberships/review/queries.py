"""What coordinators see: the queue, the numbers on its tabs, a case with all that belongs to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from memberships.accounts.models import Account
from memberships.applications.models import (
    ApplicantKind,
    Application,
    ApplicationSearch,
    ApplicationStatus,
    InformationRequest,
    Note,
)
from memberships.applications.organisations import OrganisationState, organisation_state
from memberships.database import db, first_uuid7, utcnow
from memberships.drafts.models import Draft, DraftForm
from memberships.events.models import Event
from memberships.mails.models import OutgoingMail
from memberships.mails.queries import latest_mails
from memberships.members.models import Membership
from memberships.members.queries import names_of, seats_of_each
from memberships.networks.models import DefinitionVersion
from memberships.organisations.models import Organisation
from memberships.organisations.queries import organisations_named
from memberships.review.models import SavedFilter
from memberships.review.searching import Wanted, fits, found_by

PAGE_SIZE = 50
COUNTED = 1000
MOST_AT_ONCE = 2000
# How many are looked at in the order of the list before all are looked up.
LOOKED_AT = 3000
# How many times as many, where the first ones nearly filled a page.
FURTHER = 3
DAY = timedelta(days=1)
AUTOMATIC_FOR = timedelta(days=30)
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
    status: ApplicationStatus | None = None
    kind: ApplicantKind | None = None
    state: str = ""
    since: date | None = None
    until: date | None = None
    overdue: bool = False
    after: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether the order of an index alone does not lead to its cases."""
        narrowing = (self.text.strip(), self.status, self.kind, self.state, self.since, self.until)
        return any(narrowing) or self.overdue

    @property
    def is_any(self) -> bool:
        """Whether anything besides the tab is asked for."""
        return self.is_narrowed or self.unclaimed or self.owner is not None


@dataclass(frozen=True)
class QueuePage:
    """One page of a queue. `next_after` is the key of the next page, or empty on the last.

    `count` is how many cases were found, on the first page of what is filtered; there are more
    unless `has_counted_all`.
    """

    applications: Sequence[Application]
    mails: dict[UUID, OutgoingMail]
    next_after: str
    count: int | None = None
    has_counted_all: bool = True


def queue_page(network_ids: Collection[int], wanted: QueueFilter) -> QueuePage:
    """The applications of those networks, what is due first, paged by key.

    As many statements whatever the number of rows. Each network's first ones are found in the
    order of its index: asked for several networks at once, a database would sort all of them.
    """
    counts = wanted.is_any and not wanted.after
    limit = (max(COUNTED, PAGE_SIZE) if counts else PAGE_SIZE) + 1
    ids, are_all = _first_ids(network_ids, wanted, limit) if network_ids else ([], True)
    found = _listed(ids[: PAGE_SIZE + 1], wanted) if ids else ()
    shown = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return QueuePage(
        applications=shown,
        mails=latest_mails([application.id for application in shown]),
        next_after=_key_of(shown[-1], by_due=_is_by_due(wanted)) if more else "",
        count=min(len(ids), limit - 1) if counts else None,
        has_counted_all=are_all,
    )


def ids_of(network_id: int, wanted: QueueFilter, limit: int = MOST_AT_ONCE) -> Sequence[UUID]:
    """The cases of all pages of that list, in its order, at most `limit`."""
    return db.session.scalars(
        matching_ids(network_id, wanted).order_by(*_order_of(wanted)).limit(limit)
    ).all()


def matching_count(network_id: int, wanted: QueueFilter, page: QueuePage) -> int | None:
    """How many cases all pages of that list have; `MOST_AT_ONCE` and one for any more.

    None where counting would look at every case that a filter finds.
    """
    if not wanted.after and not page.next_after:
        return len(page.applications)
    if wanted.is_narrowed:
        return page.count if page.has_counted_all else None
    counted = matching_ids(network_id, wanted).limit(MOST_AT_ONCE + 1).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0


def _is_by_due(wanted: QueueFilter) -> bool:
    return wanted.tab in {Tab.OPEN, Tab.ASKED}


def _order_of(wanted: QueueFilter, columns: Any = Application) -> list[sa.UnaryExpression[Any]]:
    """What is due first where something is due; else the newest first."""
    if _is_by_due(wanted):
        return [columns.due_at.asc(), columns.id.asc()]
    return [columns.id.desc()]


def _listed(ids: Sequence[UUID], wanted: QueueFilter) -> Sequence[Application]:
    return db.session.scalars(
        sa.select(Application)
        .where(Application.id.in_(ids))
        .options(
            joinedload(Application.claimed_by),
            joinedload(Application.network, innerjoin=True),
            joinedload(Application.definition, innerjoin=True).joinedload(
                DefinitionVersion.network, innerjoin=True
            ),
        )
        .order_by(*_order_of(wanted))
    ).all()


def _first_ids(
    network_ids: Collection[int], wanted: QueueFilter, limit: int
) -> tuple[list[UUID], bool]:
    """The ids of the first cases in order, a page of them at least, and whether these are all.

    What many cases have is found among the first ones in the order of the list, without looking at
    all that have it. Only if these are not enough are all looked up by what they are found by.
    """
    searched = _searched(wanted)
    if not searched.is_any:
        conditions = [*_in_list(wanted), *_after(wanted)]
        return _all_or_first(_merged(network_ids, wanted, [conditions], limit), limit)
    for looked_at in (LOOKED_AT, LOOKED_AT * FURTHER):
        ids, are_all = _among_the_first(network_ids, wanted, searched, looked_at, limit)
        if are_all or len(ids) > PAGE_SIZE:
            return ids, are_all
        if len(ids) * FURTHER <= PAGE_SIZE:
            break
    return _all_or_first(_looked_up(network_ids, wanted, searched, limit), limit)


def _all_or_first(query: sa.Select[UUID], limit: int) -> tuple[list[UUID], bool]:
    ids = list(db.session.scalars(query))
    return ids, len(ids) < limit


def _looked_up(
    network_ids: Collection[int], wanted: QueueFilter, searched: Wanted, limit: int
) -> sa.Select[UUID]:
    """The first ones, starting from all that are found."""
    found = found_by(network_ids, searched)
    # Each offset keeps PostgreSQL from walking along the list until it meets what was found.
    if _is_by_due(wanted):
        all_ = (
            sa.select(Application.id, Application.due_at)
            .where(Application.id.in_(found.offset(0)), *_in_list(wanted), *_after(wanted))
            .offset(0)
            .subquery()
        )
        return sa.select(all_.c.id).order_by(*_order_of(wanted, all_.c)).limit(limit)
    in_order = found.order_by(ApplicationSearch.application_id.desc()).offset(0).subquery()
    return (
        sa.select(Application.id)
        .join(in_order, in_order.c.application_id == Application.id)
        .where(*_in_list(wanted), *_after(wanted))
        .order_by(Application.id.desc())
        .limit(limit)
    )


def _among_the_first(
    network_ids: Collection[int],
    wanted: QueueFilter,
    searched: Wanted,
    looked_at_most: int,
    limit: int,
) -> tuple[list[UUID], bool]:
    in_order = [*_in_list(wanted), *_after(wanted)]
    ways = [[*in_order, *came] for came in _came(wanted)]
    looked_at = _merged(network_ids, wanted, ways, looked_at_most).cte("looked_at")
    hits = (
        sa.select(looked_at.c.id, looked_at.c.due_at)
        .join(ApplicationSearch, ApplicationSearch.application_id == looked_at.c.id)
        .where(*fits(searched))
        .order_by(*_order_of(wanted, looked_at.c))
        .limit(limit)
        .subquery()
    )
    size = sa.select(sa.func.count().label("size")).select_from(looked_at).subquery()
    rows = db.session.execute(
        sa.select(size.c.size, hits.c.id)
        .select_from(size.outerjoin(hits, sa.true()))
        .order_by(*_order_of(wanted, hits.c))
    ).all()
    ids = [row.id for row in rows if row.id is not None]
    return ids, rows[0].size < looked_at_most and len(ids) < limit


def _came(wanted: QueueFilter) -> list[list[sa.ColumnElement[bool]]]:
    """Where in the list those are that came in the wanted days, as conditions of ranges of ids.

    An id sorts by the time when the case was sent or entered; the day on which a letter arrived
    was written down by whoever entered it. A day more at both ends leaves the exact day to `fits`.
    """
    if _is_by_due(wanted) or not (wanted.since or wanted.until):
        return [[]]
    sent: list[sa.ColumnElement[bool]] = [Application.received_on.is_(None)]
    entered: list[sa.ColumnElement[bool]] = [Application.received_on.is_not(None)]
    if wanted.since:
        sent.append(Application.id >= first_uuid7(_midnight(wanted.since - DAY)))
        entered.append(Application.received_on >= wanted.since)
    if wanted.until:
        sent.append(Application.id < first_uuid7(_midnight(wanted.until + 2 * DAY)))
        entered.append(Application.received_on <= wanted.until)
    return [sent, entered]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _merged(
    network_ids: Collection[int],
    wanted: QueueFilter,
    ways: Sequence[Sequence[sa.ColumnElement[bool]]],
    limit: int,
) -> sa.Select[UUID]:
    """The first ones of all networks that fit one of the ways, each read in the order of an index.

    No case fits two of the ways.
    """
    firsts = [
        sa.select(Application.id, Application.due_at)
        .where(Application.network_id == id_, *conditions)
        .order_by(*_order_of(wanted))
        .limit(limit)
        .subquery()
        for id_ in network_ids
        for conditions in ways
    ]
    all_ = sa.union_all(*(sa.select(first.c.id, first.c.due_at) for first in firsts)).subquery()
    return sa.select(all_.c.id, all_.c.due_at).order_by(*_order_of(wanted, all_.c)).limit(limit)


def matching_ids(network_id: int, wanted: QueueFilter) -> sa.Select[UUID]:
    """The ids of all cases of a network that the filter shows, on whatever page."""
    return sa.select(Application.id).where(
        Application.network_id == network_id, *_conditions(network_id, wanted)
    )


def saved_filters(network_id: int, account_id: UUID) -> Sequence[SavedFilter]:
    """What a person keeps for the list of this network, by name."""
    return db.session.scalars(
        sa.select(SavedFilter)
        .where(SavedFilter.account_id == account_id, SavedFilter.network_id == network_id)
        .order_by(SavedFilter.name)
    ).all()


def filters_of(account_id: UUID) -> Sequence[SavedFilter]:
    """All that a person keeps, of whatever network."""
    return db.session.scalars(
        sa.select(SavedFilter)
        .where(SavedFilter.account_id == account_id)
        .order_by(SavedFilter.saved_at)
    ).all()


def _conditions(network_id: int, wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    """All that a case has to be; the page's key is not among it."""
    searched = _searched(wanted)
    # The offset keeps PostgreSQL from asking for one case after the other.
    found = [Application.id.in_(found_by([network_id], searched).offset(0))] * searched.is_any
    return [*_in_list(wanted), *found]


def _in_list(wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    """Everything but what is searched for in another table."""
    return [*_of_tab(wanted.tab), *_of_owner(wanted), *_narrowed(wanted)]


def _of_owner(wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    if wanted.unclaimed:
        return [Application.claimed_by_id.is_(None)]
    return [Application.claimed_by_id == wanted.owner] if wanted.owner else []


def _narrowed(wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.status:
        conditions.append(Application.status == wanted.status)
    if wanted.kind:
        conditions.append(Application.applicant_kind == wanted.kind)
    if wanted.overdue:
        conditions += [Application.status == ApplicationStatus.IN_REVIEW, _WAITS]
        conditions.append(Application.due_at < utcnow())
    return conditions


def _searched(wanted: QueueFilter) -> Wanted:
    return Wanted(wanted.text, wanted.state, wanted.since, wanted.until)


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


def _after(wanted: QueueFilter) -> list[sa.ColumnElement[bool]]:
    return _after_due(wanted.after) if _is_by_due(wanted) else _after_id(wanted.after)


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


def unclaimed_count(network_id: int) -> int:
    """How many cases of a network wait for the office and nobody has them."""
    waiting = _of_status([network_id], ApplicationStatus.IN_REVIEW)
    unclaimed = waiting.where(Application.claimed_by_id.is_(None)).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(unclaimed)) or 0


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


def next_in(network_id: int, wanted: QueueFilter, *, after: Application | None) -> UUID | None:
    """The first case of that list, or the one that follows a case which is or was in it."""
    key = _key_of(after, by_due=_is_by_due(wanted)) if after else ""
    ids, _ = _first_ids([network_id], replace(wanted, after=key), 1)
    return ids[0] if ids else None


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
    drafts: dict[DraftForm, Draft]

    @property
    def open_question(self) -> InformationRequest | None:
        return next((q for q in self.questions if not q.answered_at and not q.ended_at), None)


def case_of(network_id: int, application_id: UUID, *, seen_by: UUID | None = None) -> Case | None:
    """The case, when that network has it and its address is proven; None otherwise.

    With the drafts of whoever sees it, where that is told.
    """
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
    found = _what_belongs_to(application, seen_by)
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
        drafts={draft.form: draft for draft in found[Draft]},
    )


def case_row(network_id: int, application_id: UUID) -> Application | None:
    """The application alone, when that network has it and its address is proven."""
    return db.session.scalar(
        sa.select(Application).where(
            Application.id == application_id,
            Application.network_id == network_id,
            Application.status != ApplicationStatus.UNCONFIRMED,
        )
    )


def known_organisations(slug: str, text: str) -> Sequence[Organisation]:
    """What the office looked up in the registry, as far as its network may know it."""
    return organisations_named(text, slug)


def _what_belongs_to(application: Application, seen_by: UUID | None) -> dict[type[Any], set[Any]]:
    """What a case consists of, by kind, with those who acted in it; one statement.

    Each row holds one thing: a row per kind is made, and to each only its own table is joined.
    """
    kinds = sa.union_all(*(sa.select(sa.literal(n).label("kind")) for n in range(6))).subquery()
    similar = aliased(Application, _similar_to(application).subquery())
    rows = db.session.execute(
        sa.select(Event, OutgoingMail, Note, InformationRequest, similar, Draft, Account)
        .select_from(kinds)
        .outerjoin(Event, _of(kinds, 0, Event.subject_id == application.id))
        .outerjoin(OutgoingMail, _of(kinds, 1, OutgoingMail.subject_id == application.id))
        .outerjoin(Note, _of(kinds, 2, Note.application_id == application.id))
        .outerjoin(
            InformationRequest,
            _of(kinds, 3, InformationRequest.application_id == application.id),
        )
        .outerjoin(similar, _of(kinds, 4, sa.true()))
        .outerjoin(
            Draft,
            _of(
                kinds,
                5,
                sa.and_(Draft.application_id == application.id, Draft.account_id == seen_by),
            ),
        )
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
