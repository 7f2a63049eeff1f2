"""Mails about a membership. Each function stores one in the caller's unit of work."""

from __future__ import annotations

from typing import Any

from memberships.accounts.models import Account
from memberships.database import db, utcnow
from memberships.links import consents_url, legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import preview_mail, queue_mail
from memberships.members.models import EndReason, Membership, PublicEntry, return_until
from memberships.members.queries import Standing
from memberships.networks.definition import Definition
from memberships.networks.queries import current_definitions, definition_of
from memberships.settings import current_settings


def network_of(membership: Membership) -> Definition:
    """The network as it is today: its office and its texts, not those of the day of joining."""
    joined_with = definition_of(membership.definition)
    return current_definitions().get(joined_with.slug, joined_with)


def membership_ended_by_member(standing: Standing, account: Account) -> OutgoingMail:
    """T9: receipt for leaving; says until when one can come back."""
    membership = standing.membership
    return _queue(
        "membership_ended_by_member",
        membership,
        account.email,
        full_name=standing.full_name,
        organisation_name=membership.organisation_name if standing.representative else None,
        organisation_stays=membership.is_living,
        ended_at=standing.ended_at,
        return_until=standing.may_return_until,
    )


def membership_returned(standing: Standing, account: Account) -> OutgoingMail:
    """Receipt for taking an exit back."""
    membership = standing.membership
    return _queue(
        "membership_returned",
        membership,
        account.email,
        full_name=standing.full_name,
        organisation_name=membership.organisation_name if standing.representative else None,
        member_since=membership.member_since,
    )


def membership_ended_by_office(
    membership: Membership, to: str, full_name: str, reason: EndReason, message: str
) -> OutgoingMail:
    """The office has ended it: why, and that one can answer."""
    return _queue(
        "membership_ended_by_office",
        membership,
        to,
        **_end_words(membership, full_name, reason, message),
    )


def preview_of_end(
    membership: Membership, full_name: str, reason: EndReason, message: str
) -> tuple[str, str]:
    """Subject and body of the mail that ending it now would send."""
    words = _end_words(membership, full_name, reason, message)
    kind = "membership_ended_by_office"
    context = {**_common_words(membership), **words}
    return preview_mail(kind, context, network_of(membership).mail_text(kind))


def entry_released(entry: PublicEntry) -> OutgoingMail:
    """The first entry is public now, and where it stands."""
    slug = network_of(entry.membership).slug
    return _queue_about(
        "entry_released",
        entry,
        entry_url=public_url_for("directory.entry", slug=slug, entry_id=str(entry.id)),
    )


def entry_refused(entry: PublicEntry) -> OutgoingMail:
    """The entry is not shown, why, and that one can change it."""
    return _queue_about("entry_refused", entry, reason=entry.refusal)


def _queue_about(kind: str, entry: PublicEntry, **context: Any) -> OutgoingMail:
    person = entry.person
    account = db.session.get_one(Account, person.account_id)
    full_name = f"{person.first_name} {person.last_name}"
    return _queue(kind, entry.membership, account.email, full_name=full_name, **context)


def _end_words(
    membership: Membership, full_name: str, reason: EndReason, message: str
) -> dict[str, Any]:
    ended_at = membership.ended_at or utcnow()
    return {
        "full_name": full_name,
        "organisation_name": None if membership.account_id else membership.organisation_name,
        "ended_at": ended_at,
        "reason": reason.value,
        "return_until": return_until(ended_at),
        "message": message,
    }


def _queue(kind: str, membership: Membership, to: str, **context: Any) -> OutgoingMail:
    net = network_of(membership)
    return queue_mail(
        kind,
        mail_class=MailClass.MEMBERSHIP,
        about=membership,
        to=to,
        office=Office(name=net.name, reply_to=net.office.email),
        consents_url=consents_url(membership.id, to) if membership.is_living else "",
        text=net.mail_text(kind),
        **_common_words(membership),
        **context,
    )


def _common_words(membership: Membership) -> dict[str, Any]:
    net = network_of(membership)
    return {
        "net": net,
        "settings": current_settings(),
        "profile_url": public_url_for("profile.profile"),
        **legal_links(net.slug),
    }
