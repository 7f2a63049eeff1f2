"""What has fallen due, what is announced, and what was erased."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from memberships.applications.models import Application, ApplicationStatus
from memberships.calendar import BERLIN, end_of_day
from memberships.database import db, utcnow
from memberships.members.models import Export, ExportContent, Membership, Representative
from memberships.networks.definition import SHORTEST_DAYS, Retention
from memberships.networks.models import DefinitionVersion, Network
from memberships.networks.queries import current_definitions, definition_of
from memberships.privacy.queries import withdrawn_consents
from memberships.retention.models import ErasureBatch, ErasureItem, Kind

PAGE_SIZE = 50


@dataclass(frozen=True)
class Due:
    """Something whose period ends: its id, and the last minute of the promised period."""

    subject_id: UUID
    due_at: datetime


def retention_of(network: Network, version: DefinitionVersion | None = None) -> Retention:
    """The periods of a network as its file says now; as that version says where there is none."""
    current = current_definitions().get(network.slug)
    if current is not None:
        return current.retention
    return definition_of(version).retention if version else Retention()


def needs_archive(network: Network) -> bool:
    """Whether an archive is offered everything first."""
    return retention_of(network).archive_offer


def due_until(network: Network, until: datetime) -> dict[Kind, list[Due]]:
    """By kind what has its period end by then, and is not restricted; five statements.

    An application is kept as long as the definition says that it was made with, everything else as
    the network says today.
    """
    return {kind: list(found) for kind, found in _due(network, until, Kind, None)}


def is_due(network: Network, kind: Kind, subject_id: UUID) -> bool:
    """Whether the period of this one is over, and it is not restricted."""
    return any(any(found) for _, found in _due(network, utcnow(), [kind], subject_id))


def _due(
    network: Network, until: datetime, kinds: Iterable[Kind], only: UUID | None
) -> Iterator[tuple[Kind, Iterator[Due]]]:
    wanted = list(kinds)
    of_applications = [kind for kind in wanted if kind.is_of_applications]
    if of_applications:
        yield from _applications_due(network, of_applications, until, only).items()
    for kind, find in (
        (Kind.ENDED, _memberships_due),
        (Kind.REPRESENTATIVE, _representatives_due),
        (Kind.CONSENT_PROOF, _proofs_due),
    ):
        if kind in wanted:
            yield kind, (due for due in find(network, until, only) if due.due_at <= until)


def _applications_due(
    network: Network, kinds: Sequence[Kind], until: datetime, only: UUID | None
) -> dict[Kind, Iterator[Due]]:
    rows = db.session.execute(
        sa.select(
            Application.id, Application.settled_at, Application.definition_id, Application.status
        )
        .where(
            Application.network_id == network.id,
            Application.status.in_([ApplicationStatus(kind.value) for kind in kinds]),
            Application.settled_at <= until - timedelta(days=SHORTEST_DAYS),
            Application.restricted_at.is_(None),
            *_only(Application.id, only),
        )
        .order_by(Application.id)
    ).all()
    kept = _retentions({row.definition_id for row in rows})
    found: dict[Kind, list[Due]] = {kind: [] for kind in kinds}
    for id_, settled_at, definition_id, status in rows:
        kind = Kind(status.value)
        due_at = getattr(kept[definition_id], kind.value).end(settled_at)
        if due_at <= until:
            found[kind].append(Due(id_, due_at))
    return {kind: iter(due) for kind, due in found.items()}


def _only(column: Any, id_: UUID | None) -> list[sa.ColumnElement[bool]]:
    return [] if id_ is None else [column == id_]


def _retentions(ids: Collection[int]) -> Mapping[int, Retention]:
    if not ids:
        return {}
    versions = db.session.scalars(
        sa.select(DefinitionVersion)
        .where(DefinitionVersion.id.in_(ids))
        .options(joinedload(DefinitionVersion.network))
    )
    return {version.id: definition_of(version).retention for version in versions}


def holds_restricted(membership_id: Any) -> sa.ColumnElement[bool]:
    """Whether a case that led to the membership is restricted, or somebody who acted in it."""
    return sa.or_(
        sa.exists().where(
            Application.membership_id == membership_id, Application.restricted_at.is_not(None)
        ),
        sa.exists().where(
            Representative.membership_id == membership_id,
            Representative.restricted_at.is_not(None),
        ),
    )


def _memberships_due(network: Network, until: datetime, only: UUID | None) -> Iterator[Due]:
    ended = retention_of(network).ended
    rows = db.session.execute(
        sa.select(Membership.id, Membership.ended_at)
        .where(
            Membership.network_id == network.id,
            Membership.ended_at <= until - ended.shortest,
            Membership.restricted_at.is_(None),
            ~holds_restricted(Membership.id),
            *_only(Membership.id, only),
        )
        .order_by(Membership.id)
    )
    return (Due(id_, ended.end(ended_at)) for id_, ended_at in rows if ended_at)


def _representatives_due(network: Network, until: datetime, only: UUID | None) -> Iterator[Due]:
    ended = retention_of(network).ended
    rows = db.session.execute(
        sa.select(Representative.id, Representative.ended_at)
        .join(Membership, Membership.id == Representative.membership_id)
        .where(
            Membership.network_id == network.id,
            Membership.restricted_at.is_(None),
            Representative.ended_at <= until - ended.shortest,
            Representative.restricted_at.is_(None),
            *_only(Representative.id, only),
        )
        .order_by(Representative.id)
    )
    return (Due(id_, ended.end(ended_at)) for id_, ended_at in rows if ended_at)


def proof_is_kept_until(withdrawn_at: datetime, years: int) -> datetime:
    """The last minute of the calendar year in which that many years are over."""
    here = withdrawn_at.astimezone(BERLIN)
    return end_of_day(here.replace(year=here.year + years, month=12, day=31))


def proofs_withdrawn_before(until: datetime, years: int) -> datetime:
    """Proofs of consents withdrawn before this have had their time by then."""
    here = (until + timedelta(minutes=1)).astimezone(BERLIN)
    return here.replace(
        year=here.year - years, month=1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


def _proofs_due(network: Network, until: datetime, only: UUID | None) -> Iterator[Due]:
    years = retention_of(network).consent_proof_years
    found = withdrawn_consents(network.id, proofs_withdrawn_before(until, years))
    first: dict[UUID, datetime] = {}
    for subject_id, at in found:
        if only in {None, subject_id}:
            first[subject_id] = min(at, first.get(subject_id, at))
    if not first:
        return
    restricted = _restricted_in(network, only)
    for subject_id, at in first.items():
        if subject_id not in restricted:
            yield Due(subject_id, proof_is_kept_until(at, years))


def _restricted_in(network: Network, only: UUID | None) -> set[UUID]:
    """Whose data in a network is only kept: cases, members, representatives; one statement."""
    of_network = Membership.network_id == network.id
    people = sa.select(Representative.id).join(
        Membership, Membership.id == Representative.membership_id
    )
    of_each = (
        (Application, sa.select(Application.id).where(Application.network_id == network.id)),
        (Membership, sa.select(Membership.id).where(of_network)),
        (Representative, people.where(of_network)),
    )
    return set(
        db.session.scalars(
            sa.union_all(
                *(
                    query.where(table.restricted_at.is_not(None), *_only(table.id, only))
                    for table, query in of_each
                )
            )
        )
    )


def living_count(network_id: int, kind: Kind) -> int:
    """How many rows a network has of what this kind is a part of."""
    table: Any = Application if kind.is_of_applications else Membership
    query = sa.select(sa.func.count()).select_from(table).where(table.network_id == network_id)
    if kind is Kind.REPRESENTATIVE:
        query = (
            sa.select(sa.func.count())
            .select_from(Representative)
            .join(Membership, Membership.id == Representative.membership_id)
            .where(Membership.network_id == network_id)
        )
    return db.session.scalar(query) or 0


def planned_since(
    network_id: int, kind: Kind, since: datetime, until: datetime, *, stopped: bool = True
) -> int:
    """How many were announced in that time, by periods that ended; with what was stopped and never
    released, or without.
    """
    went_on = sa.or_(ErasureBatch.stopped_at.is_(None), ErasureBatch.released_at.is_not(None))
    return (
        db.session.scalar(
            sa.select(sa.func.sum(ErasureBatch.planned)).where(
                ErasureBatch.network_id == network_id,
                ErasureBatch.kind == kind,
                ErasureBatch.cause == "period",
                ErasureBatch.planned_at >= since,
                ErasureBatch.planned_at < until,
                sa.true() if stopped else went_on,
            )
        )
        or 0
    )


@dataclass(frozen=True)
class Foreseen:
    """What is or will be announced: how many, and the first and the last day on which it goes."""

    slug: str
    kind: Kind
    count: int
    first: datetime
    last: datetime
    is_stopped: bool
    needs_archive: bool


def announced() -> list[Foreseen]:
    """What waits to be erased, without what is taken out, by network and kind."""
    is_stopped = sa.and_(ErasureBatch.stopped_at.is_not(None), ErasureBatch.released_at.is_(None))
    awaits = sa.and_(ErasureBatch.needs_archive, ErasureBatch.archive_offered_at.is_(None))
    rows = db.session.execute(
        sa.select(
            Network.slug,
            ErasureItem.kind,
            sa.func.count(),
            sa.func.min(ErasureItem.erase_after),
            sa.func.max(ErasureItem.erase_after),
            is_stopped,
            awaits,
        )
        .select_from(ErasureItem)
        .join(ErasureBatch, ErasureBatch.id == ErasureItem.batch_id)
        .join(Network, Network.id == ErasureBatch.network_id)
        .where(ErasureItem.held_until.is_(None))
        .group_by(Network.slug, ErasureItem.kind, is_stopped, awaits)
        .order_by(Network.slug, ErasureItem.kind)
    )
    return [Foreseen(*row[:5], bool(row[5]), bool(row[6])) for row in rows]


def ready_items() -> sa.Select[ErasureItem]:
    """Announced items whose time has come, of batches that nothing holds up."""
    return (
        sa.select(ErasureItem)
        .join(ErasureBatch, ErasureBatch.id == ErasureItem.batch_id)
        .where(
            ErasureItem.erase_after <= utcnow(),
            ErasureItem.held_until.is_(None),
            sa.or_(ErasureBatch.stopped_at.is_(None), ErasureBatch.released_at.is_not(None)),
            sa.or_(~ErasureBatch.needs_archive, ErasureBatch.archive_offered_at.is_not(None)),
        )
        .execution_options(populate_existing=True)
    )


def next_ready(after: UUID | None) -> UUID | None:
    """The first item behind that one that can be erased now."""
    query = ready_items().with_only_columns(ErasureItem.id).order_by(ErasureItem.id).limit(1)
    return db.session.scalar(query if after is None else query.where(ErasureItem.id > after))


@dataclass(frozen=True)
class BatchState:
    """An open batch, and what is left of it."""

    batch: ErasureBatch
    waiting: int
    held: int
    first: datetime | None
    last: datetime | None

    @property
    def kept(self) -> int:
        """How many are no longer due: who came back, went on, or was erased on request."""
        return self.batch.planned - self.batch.erased - self.waiting - self.held


def open_batches(network_id: int) -> list[BatchState]:
    """What is announced in this network, the oldest first; one statement, five hundred at most."""
    return _states(
        ErasureBatch.network_id == network_id, ErasureBatch.finished_at.is_(None), limit=500
    )


def batch_state(network_id: int, batch_id: UUID) -> BatchState | None:
    """The open batch of that id, if it is this network's."""
    found = _states(
        ErasureBatch.network_id == network_id,
        ErasureBatch.id == batch_id,
        ErasureBatch.finished_at.is_(None),
    )
    return found[0] if found else None


def _states(*conditions: sa.ColumnElement[bool], limit: int = 1) -> list[BatchState]:
    is_held = ErasureItem.held_until.is_not(None)
    rows = db.session.execute(
        sa.select(
            ErasureBatch,
            sa.func.count(ErasureItem.id).filter(~is_held),
            sa.func.count(ErasureItem.id).filter(is_held),
            sa.func.min(ErasureItem.erase_after).filter(~is_held),
            sa.func.max(ErasureItem.erase_after).filter(~is_held),
        )
        .outerjoin(ErasureItem, ErasureItem.batch_id == ErasureBatch.id)
        .where(*conditions)
        .group_by(ErasureBatch.id)
        .order_by(ErasureBatch.id)
        .limit(limit)
    )
    return [BatchState(*row) for row in rows]


def erasure_log(network_id: int | None = None, after: str = "") -> Sequence[ErasureBatch]:
    """What was erased, newest first, a page and one more; of one network or of all."""
    query = sa.select(ErasureBatch).where(ErasureBatch.finished_at.is_not(None))
    if network_id is not None:
        query = query.where(ErasureBatch.network_id == network_id)
    with suppress(ValueError):
        query = query.where(ErasureBatch.id < UUID(after))
    return db.session.scalars(
        query.options(joinedload(ErasureBatch.network))
        .order_by(ErasureBatch.id.desc())
        .limit(PAGE_SIZE + 1)
    ).all()


def items_of(batch_id: UUID, after: str = "") -> Sequence[ErasureItem]:
    """What a batch holds, a page and one more."""
    query = sa.select(ErasureItem).where(ErasureItem.batch_id == batch_id)
    with suppress(ValueError):
        query = query.where(ErasureItem.id > UUID(after))
    return db.session.scalars(query.order_by(ErasureItem.id).limit(PAGE_SIZE + 1)).all()


@dataclass(frozen=True)
class Named:
    """Who an item is about, for those who may see it, and the case to look at; maybe none."""

    title: str
    case_id: UUID | None


def named(kind: Kind, subject_ids: Collection[UUID]) -> dict[UUID, Named]:
    """Names for the items of one page; two statements at most. Proofs of consents have none."""
    if kind.is_of_applications:
        applications = db.session.scalars(
            sa.select(Application).where(Application.id.in_(subject_ids))
        )
        return {a.id: Named(a.full_name, a.id) for a in applications}
    if kind is Kind.CONSENT_PROOF:
        return {}
    if kind is Kind.ENDED:
        members = db.session.scalars(sa.select(Membership).where(Membership.id.in_(subject_ids)))
        titles = {m.id: (m.title, m.id) for m in members}
    else:
        people = db.session.scalars(
            sa.select(Representative).where(Representative.id.in_(subject_ids))
        )
        titles = {p.id: (p.full_name, p.membership_id) for p in people}
    cases = _cases({membership_id for _, membership_id in titles.values()})
    return {id_: Named(title, cases.get(place)) for id_, (title, place) in titles.items()}


def _cases(membership_ids: Collection[UUID]) -> dict[UUID | None, UUID]:
    rows = db.session.execute(
        sa.select(Application.membership_id, Application.id)
        .where(Application.membership_id.in_(membership_ids))
        .order_by(Application.id)
    )
    return {row.membership_id: row.id for row in rows}


def exports_of_batches(batches: Iterable[ErasureBatch]) -> dict[str, Export]:
    """The exports that these batches name and the register still has, by id; one statement."""
    ids = {UUID(id_) for batch in batches for id_ in batch.export_ids}
    if not ids:
        return {}
    found = db.session.scalars(sa.select(Export).where(Export.id.in_(ids)).order_by(Export.id))
    return {str(export.id): export for export in found}


@dataclass(frozen=True)
class Listed:
    """From when to when somebody stood in a list: of the members, or of the cases."""

    since: datetime
    until: datetime
    of_cases: bool

    def may_be_in(self, export: Export) -> bool:
        if export.content is ExportContent.LOG:
            return False
        if self.of_cases != (export.content in _OF_CASES) or export.at < self.since:
            return False
        return export.at <= self.until or bool(export.filter.get("ended"))


_OF_CASES = {ExportContent.APPLICATIONS, ExportContent.CASE_MAILING}


def exports_that_held(network_id: int, times: Sequence[Listed]) -> list[str]:
    """Ids of the exports that may hold somebody who was listed in one of these times.

    From each beginning on; after an end only lists of ended memberships (Art. 19 GDPR).
    """
    if not times:
        return []
    exports = db.session.scalars(
        sa.select(Export)
        .where(Export.network_id == network_id, Export.at >= min(one.since for one in times))
        .order_by(Export.id)
    )
    return [str(export.id) for export in exports if any(one.may_be_in(export) for one in times)]


def times_listed(kind: Kind, ids: Collection[UUID]) -> list[Listed]:
    """When these were in the list of members, and when what they applied with in that of cases."""
    if kind is Kind.CONSENT_PROOF:
        return []
    about = Application.id if kind.is_of_applications else Application.membership_id
    cases = db.session.execute(sa.select(Application.confirmed_at).where(about.in_(ids)))
    times = [Listed(begin, utcnow(), of_cases=True) for (begin,) in cases if begin is not None]
    if kind is Kind.ENDED:
        table: Any = Membership
        since = Membership.member_since
    elif kind is Kind.REPRESENTATIVE:
        table, since = Representative, Representative.since
    else:
        return times
    rows = db.session.execute(sa.select(since, table.ended_at).where(table.id.in_(ids)))
    return times + [Listed(begin, end, of_cases=False) for begin, end in rows]
