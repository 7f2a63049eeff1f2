"""The office's list of members: what it shows, in which order, which page of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from memberships.accounts.models import Account
from memberships.applications.models import Application, ApplicationStatus
from memberships.calendar import BERLIN
from memberships.database import db
from memberships.members.models import (
    Export,
    Holder,
    Membership,
    Objection,
    ObjectionTo,
    Representative,
)
from memberships.members.queries import representatives_of
from memberships.privacy.models import NEWSLETTER, ConsentEvent
from memberships.privacy.queries import agreed_addresses
from memberships.search import contains_pattern, fold

PAGE_SIZE = 50
COUNTED_TO = 1000
_BATCH = 500
_MOST_WORDS = 8
_LAST_CHARACTER = "\U0010ffff"


class Order(StrEnum):
    NAME = "name"
    SINCE = "seit"


@dataclass(frozen=True)
class MemberFilter:
    """Which members are listed, and how. Empty parts leave nothing out.

    `circular`: whether somebody of the membership has agreed to the circular. `ended`: those that
    have ended, instead of the living ones; `restricted` those whose data is only kept;
    `to_check` those with answers that the office should look at. `after`,
    `before`: the member that the page follows, or precedes.
    """

    text: str = ""
    holder: Holder | None = None
    kind: str = ""
    state: str = ""
    district: str = ""
    since: date | None = None
    until: date | None = None
    circular: bool | None = None
    ended: bool = False
    restricted: bool = False
    to_check: bool = False
    order: Order = Order.NAME
    after: str = ""
    before: str = ""

    @property
    def without_names(self) -> dict[str, Any]:
        """For the register of exports: of a searched text only that there was one."""
        parts = {
            "text": bool(self.text) or None,
            "holder": self.holder and self.holder.value,
            "kind": self.kind,
            "state": self.state,
            "district": self.district,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "circular": self.circular,
            "ended": self.ended or None,
            "restricted": self.restricted or None,
            "to_check": self.to_check or None,
        }
        return {key: value for key, value in parts.items() if value not in {None, ""}}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out of the living members."""
        chosen = (self.text, self.holder, self.kind, self.state, self.district, self.since)
        kept = self.ended or self.restricted or self.to_check
        return any(chosen) or bool(self.until) or self.circular is not None or kept


@dataclass(frozen=True)
class ListedPerson:
    """Somebody behind a membership, as the office reaches them."""

    name: str
    email: str
    phone: str
    role: str
    gets_circular: bool
    objects_to_mailings: bool


@dataclass(frozen=True)
class ListedMember:
    """A membership as one row; `case_id` is the newest case that it came from."""

    membership: Membership
    people: Sequence[ListedPerson]
    case_id: UUID | None

    @property
    def organisation(self) -> str:
        """Of a person the organisation, that of the seat where there is one."""
        if self.membership.organisation is not None:
            return self.membership.organisation.name
        return self.membership.organisation_name or ""


@dataclass(frozen=True)
class MemberPage:
    """One page of the list, and the keys of its neighbours; empty where there is none."""

    members: Sequence[ListedMember]
    before: str
    after: str


def member_page(network_id: int, wanted: MemberFilter) -> MemberPage:
    """The network's members by folded name or newest first, paged by key in both directions.

    Six statements at most, whatever the number of rows. The key is a member's id, so that no name
    stands in an address; one that is none, or of another network, shows the first page.
    """
    order = _key_column(wanted)
    place = _place(network_id, order, wanted.before or wanted.after)
    backwards = place is not None and bool(wanted.before)
    falling = (wanted.order is Order.SINCE) != backwards
    query = _members(network_id, wanted)
    if place is not None:
        row = sa.tuple_(order, Membership.id)
        key = sa.tuple_(*place, types=[order.type, Membership.id.type])
        query = query.where(row < key if falling else row > key)
    ways = [column.desc() if falling else column for column in (order, Membership.id)]
    found = db.session.scalars(query.order_by(*ways).limit(PAGE_SIZE + 1)).all()
    more, shown = len(found) > PAGE_SIZE, list(found[:PAGE_SIZE])
    if backwards:
        shown.reverse()
    has_before, has_after = (more, True) if backwards else (place is not None, more)
    return MemberPage(
        members=listed(network_id, shown),
        before=str(shown[0].id) if shown and has_before else "",
        after=str(shown[-1].id) if shown and has_after else "",
    )


def _key_column(wanted: MemberFilter) -> Any:
    return Membership.member_since if wanted.order is Order.SINCE else Membership.sort_name


def _place(network_id: int, order: Any, id_: str) -> sa.Row[Any] | None:
    try:
        member_id = UUID(id_)
    except ValueError:
        return None
    return db.session.execute(
        sa.select(order, Membership.id).where(
            Membership.id == member_id, Membership.network_id == network_id
        )
    ).one_or_none()


def _members(network_id: int, wanted: MemberFilter) -> sa.Select[Membership]:
    return (
        sa.select(Membership)
        .where(*member_conditions(network_id, wanted))
        .options(joinedload(Membership.account), joinedload(Membership.organisation))
    )


def member_count(network_id: int, wanted: MemberFilter) -> int:
    """How many members the list has; one more than COUNTED_TO means "more than that"."""
    some = sa.select(Membership.id).where(*member_conditions(network_id, wanted))
    counted = some.limit(COUNTED_TO + 1).subquery()
    return db.session.scalars(sa.select(sa.func.count()).select_from(counted)).one()


def member_conditions(network_id: int, wanted: MemberFilter) -> list[sa.ColumnElement[bool]]:
    """What a membership must fulfil to be listed; each part but the text has an index."""
    ended, restricted = Membership.ended_at, Membership.restricted_at
    conditions: list[sa.ColumnElement[bool]] = [
        Membership.network_id == network_id,
        ended.is_not(None) if wanted.ended else ended.is_(None),
        restricted.is_not(None) if wanted.restricted else restricted.is_(None),
    ]
    for column, value in (
        (Membership.holder, wanted.holder),
        (Membership.organisation_kind, wanted.kind),
        (Membership.federal_state, wanted.state),
    ):
        if value:
            conditions.append(column == value)
    if wanted.district:
        # People typed it with and without its kind: "Ostalbkreis (Landkreis)".
        key = fold(wanted.district)
        conditions += [
            Membership.district_key >= key,
            Membership.district_key < key + _LAST_CHARACTER,
        ]
    if wanted.since:
        conditions.append(Membership.member_since >= _begin_of(wanted.since))
    if wanted.until:
        conditions.append(Membership.member_since < _begin_of(wanted.until + timedelta(days=1)))
    if wanted.to_check:
        conditions.append(Membership.to_check_since.is_not(None))
    if wanted.circular is not None:
        agreed = _somebody_agreed(network_id)
        conditions.append(agreed if wanted.circular else ~agreed)
    return conditions + [
        Membership.search_text.like(contains_pattern(word), escape="\\")
        for word in wanted.text.split()[:_MOST_WORDS]
    ]


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), BERLIN)


def _agreed(network_id: int) -> tuple[sa.Select[UUID | None, UUID], type[Account]]:
    """Membership and account of everybody whose agreement to the circular holds.

    Each came with an application that led to the membership, from the account's own address. Who
    objects to being written to gets none, whatever was agreed before (Art. 21 GDPR).
    """
    account = aliased(Account)
    query = (
        agreed_addresses(network_id, NEWSLETTER)
        .join(Application, Application.id == ConsentEvent.subject_id)
        .join(account, account.email == ConsentEvent.email)
        .where(
            Application.network_id == network_id,
            Application.membership_id.is_not(None),
            ~_objects(network_id, account.id),
        )
        .with_only_columns(Application.membership_id, account.id)
    )
    return query, account


def _objects(network_id: int, account_id: Any) -> sa.ColumnElement[bool]:
    """Anywhere in the network: who has two memberships there is one person with one mailbox."""
    objects: sa.ColumnElement[bool] = account_id.in_(_objecting(network_id))
    return objects


def _objecting(network_id: int) -> sa.Select[UUID]:
    objected = aliased(Membership)
    return (
        sa.select(Objection.account_id)
        .join(objected, objected.id == Objection.membership_id)
        .where(
            Objection.against == ObjectionTo.MAILING,
            objected.network_id == network_id,
            objected.ended_at.is_(None),
        )
    )


def _somebody_agreed(network_id: int) -> sa.ColumnElement[bool]:
    """Begins with the consents: of many members few have agreed, or none."""
    query, account = _agreed(network_id)
    ids, member = query.with_only_columns(Application.membership_id), aliased(Membership)
    person = sa.and_(member.id == Application.membership_id, member.account_id == account.id)
    representative = sa.and_(
        Representative.membership_id == Application.membership_id,
        Representative.account_id == account.id,
        Representative.ended_at.is_(None),
        Representative.restricted_at.is_(None),
    )
    return Membership.id.in_(
        sa.union_all(ids.join(member, person), ids.join(Representative, representative))
    )


def listed(network_id: int, memberships: Sequence[Membership]) -> list[ListedMember]:
    """The memberships as rows of the list, in four statements."""
    ids = [membership.id for membership in memberships]
    people, cases = representatives_of(ids), _cases(network_id, ids)
    accounts = {one.account_id for one in memberships} | {
        person.account_id for person in chain.from_iterable(people.values())
    }
    agreed, objecting = _who(network_id, ids), _who_objects(network_id, accounts)
    return [
        ListedMember(
            membership,
            [
                _person(membership, one, agreed, objecting)
                for one in ([membership] if membership.account else people.get(membership.id, []))
                if one is membership or one.restricted_at is None
            ],
            cases.get(membership.id),
        )
        for membership in memberships
    ]


def _person(
    membership: Membership,
    one: Membership | Representative,
    agreed: set[tuple[UUID, UUID]],
    objecting: set[UUID],
) -> ListedPerson:
    return ListedPerson(
        name=f"{one.first_name} {one.last_name}",
        email=one.account.email if one.account else "",
        phone=str(one.answers.get("phone") or ""),
        role=str(one.answers.get("role_in_organisation") or ""),
        gets_circular=(membership.id, one.account_id) in agreed,
        objects_to_mailings=one.account_id in objecting,
    )


def _cases(network_id: int, ids: Collection[UUID]) -> dict[UUID, UUID]:
    rows = db.session.execute(
        sa.select(Application.membership_id, Application.id)
        .where(Application.network_id == network_id, Application.membership_id.in_(ids))
        .order_by(Application.id)
    )
    return {membership_id: id_ for membership_id, id_ in rows if membership_id}


def _who(network_id: int, ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    query, _ = _agreed(network_id)
    rows = db.session.execute(query.where(Application.membership_id.in_(ids)))
    return {(membership_id, account_id) for membership_id, account_id in rows if membership_id}


def _who_objects(network_id: int, accounts: Collection[UUID | None]) -> set[UUID]:
    objecting = _objecting(network_id).where(Objection.account_id.in_(accounts))
    return set(db.session.scalars(objecting))


def all_members(network_id: int, wanted: MemberFilter) -> Iterator[ListedMember]:
    """Every member of the list, for a file: read in batches, so that memory stays flat."""
    order = _key_column(wanted)
    ways = (order.desc() if wanted.order is Order.SINCE else order, Membership.id)
    query = _members(network_id, wanted).order_by(*ways).execution_options(yield_per=_BATCH)
    for batch in db.session.scalars(query).partitions():
        yield from listed(network_id, batch)


@dataclass(frozen=True)
class Recipient:
    """One person with the address that a mailing goes to."""

    email: str
    first_name: str
    last_name: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def recipients(network_id: int, *, news: bool) -> Iterator[Recipient]:
    """Whom a mailing may go to, each person once, by name: members and those who represent one.

    Of living memberships only, and nobody who objects (Art. 21 GDPR) or whose data is only kept
    (Art. 18). For news only those whose agreement is confirmed and not withdrawn (UWG § 7(2)
    no. 2); mails about the membership itself need none.
    """
    living = (
        Membership.network_id == network_id,
        Membership.ended_at.is_(None),
        Membership.restricted_at.is_(None),
        ~_objects(network_id, Account.id),
    )
    of_persons = (
        sa.select(Account.email, Membership.first_name, Membership.last_name)
        .select_from(Membership)
        .join(Account, Account.id == Membership.account_id)
        .where(*living)
    )
    of_others = (
        sa.select(Account.email, Representative.first_name, Representative.last_name)
        .select_from(Membership)
        .join(Representative, Representative.membership_id == Membership.id)
        .join(Account, Account.id == Representative.account_id)
        .where(*living, Representative.ended_at.is_(None), Representative.restricted_at.is_(None))
    )
    if news:
        agreed, _ = _agreed(network_id)
        has_agreed = sa.tuple_(Membership.id, Account.id).in_(agreed)
        of_persons, of_others = of_persons.where(has_agreed), of_others.where(has_agreed)
    return _each_once(sa.union(of_persons, of_others))


def case_recipients(network_id: int) -> Iterator[Recipient]:
    """Who waits for a decision, each person once, by name: whom a mail about open cases may reach.

    Nobody whose data is only kept (Art. 18 GDPR), and nobody who has not proven the address.
    """
    waiting = [status for status in ApplicationStatus if status.is_decidable]
    return _each_once(
        sa.union(
            sa.select(Application.email, Application.first_name, Application.last_name).where(
                Application.network_id == network_id,
                Application.status.in_(waiting),
                Application.confirmed_at.is_not(None),
                Application.entered_by_id.is_(None),
                Application.restricted_at.is_(None),
            )
        )
    )


def _each_once(people: sa.CompoundSelect[str, str, str]) -> Iterator[Recipient]:
    each_once = people.subquery()
    rows = db.session.execute(
        sa.select(each_once)
        .order_by(each_once.c.last_name, each_once.c.first_name, each_once.c.email)
        .execution_options(yield_per=_BATCH)
    )
    for email, first_name, last_name in rows:
        yield Recipient(email, first_name, last_name)


def exports_of(network_id: int, after: str = "") -> Sequence[Export]:
    """What was taken out of this network, newest first, a page and one more."""
    query = sa.select(Export).where(Export.network_id == network_id)
    with suppress(ValueError):
        query = query.where(Export.id < UUID(after))
    return db.session.scalars(
        query.options(joinedload(Export.account)).order_by(Export.id.desc()).limit(PAGE_SIZE + 1)
    ).all()
