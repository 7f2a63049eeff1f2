"""How memberships end: by the member, who can come back, or by the office."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from memberships.accounts.models import Account
from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.mails.services import cancel_mails
from memberships.members import mails
from memberships.members.consents import consents_in, consents_of_standing
from memberships.members.errors import (
    AlreadyMember,
    MembershipEnded,
    NotReturnable,
    RepresentativesChanged,
    SeatTaken,
)
from memberships.members.models import EndReason, Membership
from memberships.members.queries import (
    Standing,
    living_membership,
    living_representatives,
    represented_membership,
    seats_of,
)
from memberships.members.services.entries import remove_entry, remove_own_entry
from memberships.members.services.listing import relist
from memberships.members.services.seats import keep_seat, vacate_seat
from memberships.privacy.services import withdraw_consent


def leave_network(
    standing: Standing, *, account: Account, by: Actor, ends_organisation: bool = False
) -> None:
    """Let a member leave, at once; consents are withdrawn and T9 is mailed.

    A representative stops acting for the organisation, which stays a member, unless nobody else
    acts for it: then its membership ends. `ends_organisation` is what the page said about that.

    Raises MembershipEnded, RepresentativesChanged when the page said it wrongly.
    """
    if not standing.is_living:
        raise MembershipEnded
    membership, person = standing.membership, standing.representative
    is_last = person is not None and len(living_representatives(membership.id)) == 1
    if is_last is not ends_organisation:
        raise RepresentativesChanged
    remove_own_entry(standing, channel="exit")
    if person is None or is_last:
        remove_entry(membership, channel="exit")
        end_for_good(membership, EndReason.OWN_EXIT, by_id=account.id)
        record_event(EventTag.MEMBERSHIP_LEFT, membership, by=by)
    else:
        person.ended_at = utcnow()
        _mark_changed(membership)
        record_event(
            EventTag.MEMBERSHIP_REPRESENTATIVE_LEFT,
            membership,
            by=by,
            representative=str(person.id),
        )
    for consent in consents_of_standing(standing, account.email):
        withdraw_consent(consent, channel="exit")
    mails.membership_ended_by_member(standing, account)


def end_for_good(membership: Membership, reason: EndReason, *, by_id: UUID | None) -> None:
    """Only the row and its seat: the verbs do the rest."""
    membership.ended_at = utcnow()
    membership.end_reason = reason
    membership.ended_by_id = by_id
    membership.to_check_since = None
    vacate_seat(membership, is_closed=not reason.leaves_vacancy)


def _mark_changed(membership: Membership) -> None:
    """Give the row a new version though only a representative's own row differs."""
    flag_modified(membership, "answers")
    relist(membership)


def return_to_network(standing: Standing, *, account: Account, by: Actor) -> None:
    """Take back one's own exit, within 30 days: the same row lives again.

    Consents stay withdrawn. Raises NotReturnable, AlreadyMember when the person has joined anew,
    SeatTaken when somebody else has the organisation's seat by now; nobody is told who.
    """
    until = standing.may_return_until
    if standing.is_living or until is None or utcnow() > until:
        raise NotReturnable
    membership, person = standing.membership, standing.representative
    _require_not_joined_anew(standing, account)
    if membership.is_living and person is not None:
        person.ended_at = None
        _mark_changed(membership)
        record_event(
            EventTag.MEMBERSHIP_REPRESENTATIVE_RETURNED,
            membership,
            by=by,
            representative=str(person.id),
        )
    else:
        _require_free_seat(membership)
        membership.ended_at = membership.end_reason = membership.ended_by_id = None
        keep_seat(membership)
        record_event(EventTag.MEMBERSHIP_RETURNED, membership, by=by)
    mails.membership_returned(standing, account)


def _require_not_joined_anew(standing: Standing, account: Account) -> None:
    membership = standing.membership
    if standing.representative is None:
        joined = living_membership(account, membership.network_id)
    else:
        joined = represented_membership(account, membership.network_id, membership.organisation_id)
    if joined is not None:
        raise AlreadyMember


def _require_free_seat(membership: Membership) -> None:
    """The unique index of living seats is the second belt."""
    if membership.organisation_id is not None and membership.seat_number in {
        seat.seat_number for seat in seats_of(membership.organisation_id, membership.network_id)
    }:
        raise SeatTaken


def end_membership(
    membership: Membership,
    reason: EndReason,
    *,
    by: Actor,
    message: str = "",
    notify: bool = True,
) -> None:
    """End a membership by the office; all its consents are withdrawn.

    Everybody who acts in it is mailed the reason's text and the office's `message`, unless the
    reason is one of which nobody is told, or `notify` says no; then nothing more is sent either.

    Raises MembershipEnded.
    """
    if not membership.is_living:
        raise MembershipEnded
    remove_entry(membership, channel="ended_by_office")
    end_for_good(membership, reason, by_id=by.id)
    for consent in consents_in(membership.id):
        withdraw_consent(consent, channel="ended_by_office")
    record_event(EventTag.MEMBERSHIP_ENDED, membership, by=by, reason=reason)
    if not (notify and reason.is_mailed):
        cancel_mails(membership)
        return
    for account, full_name in _who_acts_in(membership):
        mails.membership_ended_by_office(membership, account.email, full_name, reason, message)


def _who_acts_in(membership: Membership) -> list[tuple[Account, str]]:
    if membership.account_id is not None:
        account = db.session.get_one(Account, membership.account_id)
        return [(account, f"{membership.first_name} {membership.last_name}")]
    people = living_representatives(membership.id)
    accounts = {
        account.id: account
        for account in db.session.scalars(
            sa.select(Account).where(Account.id.in_([person.account_id for person in people]))
        )
    }
    return [(accounts[p.account_id], f"{p.first_name} {p.last_name}") for p in people]


def end_preview(
    membership: Membership, reason: EndReason, message: str
) -> list[tuple[str, str, str]]:
    """Recipient, subject and body of each mail that ending it now would send; maybe none."""
    if not reason.is_mailed:
        return []
    return [
        (account.email, *mails.preview_of_end(membership, full_name, reason, message))
        for account, full_name in _who_acts_in(membership)
    ]
