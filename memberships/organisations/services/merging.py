"""Two organisations turn out to be one, and may be taken apart again (adr/0018-registry.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import InstrumentedAttribute, flag_modified

from memberships.applications.models import Application
from memberships.database import ChangedMeanwhile, db, utcnow, uuid7
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.models import Membership
from memberships.networks.models import Network
from memberships.organisations.errors import (
    MergeBuried,
    MergeUndone,
    NoOwnInterest,
    NotMergeable,
    OrganisationsAreOne,
    SeatsCollideElsewhere,
)
from memberships.organisations.merges import done_merge, may_merge_scopes, plan_merge
from memberships.organisations.models import InNetwork, Merge, Move, Organisation
from memberships.organisations.services.learning import lock_organisations


def merge_organisations(
    keep_id: UUID,
    drop_id: UUID,
    *,
    network: Network,
    by: Actor,
    reason: str,
    is_operator: bool = False,
    seen_versions: Mapping[UUID, int | None] | None = None,
) -> Merge:
    """Make one organisation of two: `drop` leads to `keep`, its members and cases move there.

    Nothing is lost: names, domains and pairs told apart stay with the row of `drop`, and count for
    `keep` while it leads there. Where both hold a seat of the network, the moved one takes the next
    free number, for the given reason.

    Raises OrganisationsAreOne, NotMergeable; NoOwnInterest when the network has neither member nor
    case of them, SeatsCollideElsewhere when both hold a seat of another network: an operator may.
    Raises ChangedMeanwhile when somebody links a case to `drop` at this moment, or when either is
    not as it was in `seen_versions`.
    """
    cases = _lock_cases(Application.organisation_id == drop_id)
    found = lock_organisations(keep_id, drop_id)
    if len(found) < 2:
        raise OrganisationsAreOne
    keep, drop = found[keep_id], found[drop_id]
    if keep.merged_into_id is not None or drop.merged_into_id is not None:
        raise OrganisationsAreOne
    if not may_merge_scopes(keep, drop):
        raise NotMergeable
    is_as_seen = all(found[id_].version == n for id_, n in (seen_versions or {}).items())
    if not is_as_seen or set(_cases_of(drop_id)) - set(cases):
        raise ChangedMeanwhile
    memberships = _lock_memberships(Membership.organisation_id.in_((keep_id, drop_id)))
    plan = plan_merge(keep, drop, network)
    if not is_operator and not plan.is_of_interest:
        raise NoOwnInterest
    if not is_operator and plan.collides_elsewhere:
        raise SeatsCollideElsewhere
    merge = Merge(
        id=uuid7(),
        kept_id=keep_id,
        dropped_id=drop_id,
        network_id=network.id,
        reason=reason,
        by_id=by.id,
        merged_at=utcnow(),
    )
    db.session.add(merge)
    db.session.flush()
    _move_cases(merge, cases)
    _move_memberships(merge, memberships, keep_id, drop_id)
    _lead(drop, keep_id)
    flag_modified(keep, "name")  # its page shows other things now: the version counts on
    _record(EventTag.ORGANISATIONS_MERGED, merge, network, by)
    db.session.flush()
    db.session.expire_all()
    return merge


def undo_merge(merge_id: UUID, *, network: Network, by: Actor, is_operator: bool = False) -> Merge:
    """Take two organisations apart again that were merged.

    What was moved goes back, with the seat that it had. What has come to the kept one since stays
    there, and so does what somebody has moved on meanwhile.

    Raises MergeUndone; MergeBuried when the kept one has been merged itself since; NoOwnInterest
    when another network merged them: its office, or an operator, may.
    """
    known = db.session.get(Merge, merge_id)
    if known is None:
        raise MergeUndone
    if not is_operator and known.network_id != network.id:
        raise NoOwnInterest
    keep_id, drop_id = known.kept_id, known.dropped_id
    cases = _lock_cases(Application.id.in_(_moved(Move.application_id, merge_id)))
    found = lock_organisations(keep_id, drop_id)
    merge = done_merge(merge_id)
    if merge is None:
        raise MergeUndone
    if found[keep_id].merged_into_id is not None:
        raise MergeBuried
    _lock_memberships(
        sa.or_(
            Membership.id.in_(_moved(Move.membership_id, merge_id)),
            Membership.organisation_id == drop_id,
        )
    )
    db.session.execute(
        sa.update(Application)
        .where(Application.id.in_(cases), Application.organisation_id == keep_id)
        .values(organisation_id=drop_id)
    )
    _move_back(merge)
    found[drop_id].merged_into_id = None
    _take_along(drop_id, keep_id)
    flag_modified(found[keep_id], "name")
    merge.undone_at = utcnow()
    db.session.execute(sa.delete(Move).where(Move.merge_id == merge_id))
    _record(EventTag.ORGANISATIONS_MERGE_UNDONE, merge, network, by)
    db.session.flush()
    db.session.expire_all()
    return merge


def _record(tag: EventTag, merge: Merge, network: Network, by: Actor) -> None:
    for id_, other in ((merge.kept_id, merge.dropped_id), (merge.dropped_id, merge.kept_id)):
        about = InNetwork(id_, network.id)
        record_event(tag, about, by=by, merge=str(merge.id), organisation=str(other))


def _cases_of(organisation_id: UUID) -> Sequence[UUID]:
    return db.session.scalars(
        sa.select(Application.id).where(Application.organisation_id == organisation_id)
    ).all()


def _lock_cases(condition: sa.ColumnElement[bool]) -> Sequence[UUID]:
    return db.session.scalars(
        sa.select(Application.id)
        .where(condition)
        .order_by(Application.id)
        .with_for_update(key_share=True)
    ).all()


def _lock_memberships(condition: sa.ColumnElement[bool]) -> Sequence[Membership]:
    return db.session.scalars(
        sa.select(Membership)
        .where(condition)
        .order_by(Membership.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _moved(column: InstrumentedAttribute[UUID | None], merge_id: UUID) -> sa.Select[UUID | None]:
    return sa.select(column).where(Move.merge_id == merge_id, column.is_not(None))


def _move_cases(merge: Merge, cases: Iterable[UUID]) -> None:
    for id_ in cases:
        db.session.add(Move(merge_id=merge.id, application_id=id_))
    db.session.execute(
        sa.update(Application)
        .where(Application.organisation_id == merge.dropped_id)
        .values(organisation_id=merge.kept_id)
    )


def _move_memberships(
    merge: Merge, memberships: Iterable[Membership], keep_id: UUID, drop_id: UUID
) -> None:
    """Past the row's version: no page is stale by it, and undoing leaves the row as it was."""
    taken = {_seat(one) for one in memberships if one.organisation_id == keep_id and one.is_living}
    for one in memberships:
        if one.organisation_id != drop_id:
            continue
        db.session.add(
            Move(
                merge_id=merge.id,
                membership_id=one.id,
                seat_number=one.seat_number,
                seat_reason=one.seat_reason,
            )
        )
        held = one.seat_number or 1
        number = _free(one.network_id, held, taken) if one.is_living else held
        reason = one.seat_reason if number == held else one.seat_reason or merge.reason
        _place(one, keep_id, number, reason, taken)


def _move_back(merge: Merge) -> None:
    rows = db.session.execute(
        sa.select(Membership, Move)
        .join(Move, Move.membership_id == Membership.id)
        .where(Move.merge_id == merge.id, Membership.organisation_id == merge.kept_id)
        .order_by(Membership.id)
    ).all()
    taken: set[tuple[int, int]] = set()
    for one, move in rows:
        wanted = move.seat_number or 1
        number = _free(one.network_id, wanted, taken) if one.is_living else wanted
        reason = move.seat_reason if number == wanted else move.seat_reason or merge.reason
        _place(one, merge.dropped_id, number, reason, taken)


def _place(
    one: Membership,
    organisation_id: UUID,
    number: int,
    reason: str | None,
    taken: set[tuple[int, int]],
) -> None:
    db.session.execute(
        sa.update(Membership)
        .where(Membership.id == one.id)
        .values(organisation_id=organisation_id, seat_number=number, seat_reason=reason)
    )
    if one.is_living:
        taken.add((one.network_id, number))


def _seat(one: Membership) -> tuple[int, int]:
    return one.network_id, one.seat_number or 1


def _free(network_id: int, wanted: int, taken: set[tuple[int, int]]) -> int:
    while (network_id, wanted) in taken:
        wanted += 1
    return wanted


def _lead(drop: Organisation, keep_id: UUID) -> None:
    """What was merged into the dropped one leads to the same; one step is always enough."""
    drop.merged_into_id = keep_id
    db.session.execute(
        sa.update(Organisation)
        .where(Organisation.merged_into_id == drop.id)
        .values(merged_into_id=keep_id)
        .execution_options(synchronize_session=False)
    )


def _take_along(drop_id: UUID, keep_id: UUID) -> None:
    """What had been merged into the dropped one before leads to it again."""
    below, frontier = set[UUID](), {drop_id}
    while frontier:
        frontier = set(
            db.session.scalars(
                sa.select(Merge.dropped_id).where(
                    Merge.kept_id.in_(frontier), Merge.undone_at.is_(None)
                )
            )
        )
        below |= frontier
    if below:
        db.session.execute(
            sa.update(Organisation)
            .where(Organisation.id.in_(below), Organisation.merged_into_id == keep_id)
            .values(merged_into_id=drop_id)
            .execution_options(synchronize_session=False)
        )
