"""Public entries: members agree and withdraw, the office releases the first one or refuses it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from memberships.accounts.models import Account
from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members import mails
from memberships.members.entries import (
    ENTRY_TEXT_VERSION,
    entry_text,
    entry_values,
)
from memberships.members.errors import (
    EntryNotWaiting,
    MembershipChanged,
    MembershipEnded,
    MembershipRestricted,
    NothingToShow,
)
from memberships.members.models import EntryStatus, Membership, PublicEntry
from memberships.members.queries import ENTRY_CONSENT, Standing, entry_of
from memberships.members.services.listing import relist
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion
from memberships.privacy.services import confirm_consent, withdraw_consent_of

# A person's name is one part of an entry and two answers.
_SHOWN_BY = {"first_name": "name", "last_name": "name"}


def publish_entry(
    standing: Standing,
    keys: Collection[str],
    definition: DefinitionVersion,
    net: Definition,
    *,
    account: Account,
    seen_version: int | None,
    form_url: str,
    by: Actor,
) -> bool:
    """Let a member show these parts to everybody; `net` is the network of today, `definition` its
    stored version.

    The agreement is kept with its wording. The first entry waits for the office, also after a
    refusal or a withdrawal; a change of a released one is public at once, and the office is told.
    Of an organisation each representative may do this; the name shown is only ever their own, so
    the agreement of whoever did it before ends. Returns False, and stores nothing, when the entry
    is so already.

    Raises MembershipEnded, MembershipRestricted (Art. 18 GDPR), NothingToShow, MembershipChanged
    when it is not as the person saw it.
    """
    membership = standing.membership
    if not standing.is_living:
        raise MembershipEnded
    if standing.restricted_at is not None:
        raise MembershipRestricted
    chosen = [key for key in net.entry_labels if key in keys]
    if not chosen or len(entry_values(membership, standing.person, chosen, net)) < len(chosen):
        raise NothingToShow
    entry = entry_of(membership.id)
    if entry is not None and _is_so(entry, standing, chosen):
        return False
    if membership.version != seen_version:
        raise MembershipChanged
    if entry is not None and entry.person is not standing.person:
        withdraw_consent_of(entry.person.id, ENTRY_CONSENT, channel="entry_taken_over")
    confirm_consent(
        definition,
        subject_id=standing.person.id,
        email=account.email,
        purpose=ENTRY_CONSENT,
        text=entry_text(net, chosen),
        text_version=ENTRY_TEXT_VERSION,
        form_url=form_url,
    )
    was_released = entry is not None and entry.status is EntryStatus.RELEASED
    _store(entry, standing, chosen)
    tag = EventTag.MEMBERSHIP_ENTRY_CHANGED if was_released else EventTag.MEMBERSHIP_ENTRY_SUBMITTED
    _mark_changed(membership)
    record_event(tag, membership, by=by, keys=",".join(chosen))
    return True


def _is_so(entry: PublicEntry, standing: Standing, chosen: list[str]) -> bool:
    return (
        entry.person is standing.person
        and entry.fields == chosen
        and entry.status is not EntryStatus.REFUSED
    )


def _store(entry: PublicEntry | None, standing: Standing, chosen: list[str]) -> None:
    if entry is None:
        entry = PublicEntry(
            network_id=standing.membership.network_id,
            membership=standing.membership,
            status=EntryStatus.WAITING,
            search_text="",
            sort_name="",
            federal_state="",
        )
        db.session.add(entry)
    entry.representative = standing.representative
    entry.fields = chosen
    entry.agreed_at = utcnow()
    if entry.status is EntryStatus.RELEASED:
        entry.changed_at = entry.changed_at or utcnow()
        return
    entry.status = EntryStatus.WAITING
    entry.refusal = None


def _mark_changed(membership: Membership) -> None:
    """Give the membership a new version: whoever has a page of it open sees that it changed."""
    flag_modified(membership, "answers")
    db.session.flush()
    relist(membership)


def withdraw_entry(standing: Standing, *, by: Actor) -> bool:
    """Take the entry out of every public page, at once, and end the agreement (Art. 7(3) GDPR).

    Of an organisation each representative may do it. Returns False, and stores nothing, when there
    is none: a second click changes nothing.
    """
    membership = standing.membership
    if not remove_entry(membership, channel="profile"):
        return False
    _mark_changed(membership)
    record_event(EventTag.MEMBERSHIP_ENTRY_WITHDRAWN, membership, by=by)
    return True


def remove_entry(membership: Membership, *, channel: str) -> bool:
    """Delete the membership's entry and end the agreement to it; False if there is none."""
    entry = entry_of(membership.id)
    if entry is None:
        return False
    withdraw_consent_of(entry.person.id, ENTRY_CONSENT, channel=channel)
    db.session.delete(entry)
    return True


def remove_own_entry(standing: Standing, *, channel: str) -> bool:
    """The same, if this very person agreed to it."""
    entry = entry_of(standing.membership.id)
    is_own = entry is not None and entry.person is standing.person
    return is_own and remove_entry(standing.membership, channel=channel)


def release_entry(membership: Membership, *, by: Actor) -> None:
    """Let everybody see the entry, from now on, and tell the member.

    Raises MembershipRestricted, EntryNotWaiting.
    """
    entry = _entry_in(membership, {EntryStatus.WAITING})
    entry.status = EntryStatus.RELEASED
    entry.released_at = utcnow()
    entry.released_by_id = by.id
    _mark_changed(membership)
    record_event(EventTag.MEMBERSHIP_ENTRY_RELEASED, membership, by=by)
    mails.entry_released(entry)


def refuse_entry(membership: Membership, reason: str, *, by: Actor) -> None:
    """Keep the entry from being shown, or take a shown one back; the member is told why.

    Raises MembershipRestricted, EntryNotWaiting when it is refused or withdrawn already.
    """
    entry = _entry_in(membership, {EntryStatus.WAITING, EntryStatus.RELEASED})
    entry.status = EntryStatus.REFUSED
    entry.refusal = reason
    entry.released_at = entry.released_by_id = entry.changed_at = None
    _mark_changed(membership)
    record_event(EventTag.MEMBERSHIP_ENTRY_REFUSED, membership, by=by)
    mails.entry_refused(entry)


def check_entry(membership: Membership, *, by: Actor) -> None:
    """Note that the office has looked at what changed since the release.

    Raises MembershipRestricted, EntryNotWaiting when nothing waits to be looked at.
    """
    entry = _entry_in(membership, {EntryStatus.RELEASED})
    if entry.changed_at is None:
        raise EntryNotWaiting
    entry.changed_at = None
    _mark_changed(membership)
    record_event(EventTag.MEMBERSHIP_ENTRY_CHECKED, membership, by=by)


def _entry_in(membership: Membership, wanted: Collection[EntryStatus]) -> PublicEntry:
    entry = entry_of(membership.id)
    if entry is not None and entry.person.restricted_at is not None:
        raise MembershipRestricted
    if entry is None or entry.status not in wanted:
        raise EntryNotWaiting
    return entry


def note_changed_answers(membership: Membership, keys: Collection[str]) -> None:
    """Tell the office when a released entry shows one of the answers that have just changed."""
    entry = entry_of(membership.id)
    if entry is None or entry.status is not EntryStatus.RELEASED:
        return
    if set(entry.fields) & {_SHOWN_BY.get(key, key) for key in keys}:
        entry.changed_at = entry.changed_at or utcnow()


def remove_agreed_entries(subject_ids: Collection[UUID], *, channel: str, by: Actor) -> None:
    """Delete the entries that stand on the agreement of these members or representatives."""
    memberships = db.session.scalars(
        sa.select(Membership)
        .join(PublicEntry, PublicEntry.membership_id == Membership.id)
        .where(
            sa.func.coalesce(PublicEntry.representative_id, PublicEntry.membership_id).in_(
                subject_ids
            )
        )
        .with_for_update(of=Membership, key_share=True)
    ).all()
    for membership in memberships:
        remove_entry(membership, channel=channel)
        record_event(EventTag.MEMBERSHIP_ENTRY_WITHDRAWN, membership, by=by)
