"""Mails about a hand-over. Each function stores one in the caller's unit of work."""

from __future__ import annotations

from typing import Any

from memberships.accounts.models import Account
from memberships.database import db
from memberships.links import legal_links, public_url_for
from memberships.mails.models import MailClass, Office, OutgoingMail
from memberships.mails.services import queue_mail
from memberships.members.models import Deputy
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.seats.models import Handover, Origin, Stage
from memberships.seats.queries import has_person_seats, holder_of, organisation_of
from memberships.settings import current_settings


def network_of(about: Handover | Deputy) -> Definition:
    """The network as it is today."""
    return current_definitions()[db.session.get_one(Network, about.network_id).slug]


def handover_invited(handover: Handover, *, proposer: str, token: str) -> OutgoingMail:
    """T8: to whoever was proposed; says where the address comes from (Art. 14 GDPR)."""
    return _queue(
        "handover_invited",
        handover,
        handover.email or "",
        proposer=proposer,
        expires_at=handover.expires_at,
        invitation_url=public_url_for("seats.invitation", token=token),
    )


def handover_announced(
    handover: Handover, account: Account, full_name: str, *, token: str
) -> OutgoingMail:
    """T8b: to whoever holds the seat; who was proposed, and until when one can object."""
    return _queue(
        "handover_announced",
        handover,
        account.email,
        full_name=full_name,
        invited_name=handover.invited_name,
        by_office=handover.origin is Origin.OFFICE,
        object_until=handover.object_until,
        answer_url=public_url_for("seats.announced", token=token),
    )


def handover_taken(handover: Handover, account: Account) -> OutgoingMail:
    """To the new holder: it is done, and where the profile is."""
    return _queue(
        "handover_taken",
        handover,
        account.email,
        full_name=handover.invited_name,
        profile_url=public_url_for("profile.profile"),
    )


def handover_left(handover: Handover, account: Account, full_name: str) -> OutgoingMail:
    """To whoever held the seat: that it is done, and what becomes of their data."""
    return _queue("handover_left", handover, account.email, full_name=full_name)


def handover_failed(handover: Handover) -> OutgoingMail | None:
    """To the holder who began it: it came to nothing, and the seat stays theirs."""
    found = holder_of(handover)
    if handover.origin is not Origin.HOLDER or found is None:
        return None
    person, account = found
    return _queue(
        "handover_failed",
        handover,
        account.email,
        full_name=f"{person.first_name} {person.last_name}",
        is_declined=handover.stage is Stage.DECLINED,
        profile_url=public_url_for("profile.profile"),
    )


def handover_stopped(handover: Handover) -> OutgoingMail:
    """To the invited person: there is nothing to answer any more, and their data is gone."""
    return _queue("handover_stopped", handover, handover.email or "")


def deputy_invited(deputy: Deputy, *, proposer: str, token: str) -> OutgoingMail:
    """To whoever is asked to act for a seat; says where the address comes from (Art. 14 GDPR)."""
    return _queue(
        "deputy_invited",
        deputy,
        deputy.email or "",
        proposer=proposer,
        expires_at=deputy.expires_at,
        invitation_url=public_url_for("seats.deputyship", token=token),
    )


def _queue(kind: str, about: Handover | Deputy, to: str, **context: Any) -> OutgoingMail:
    net = network_of(about)
    return queue_mail(
        kind,
        mail_class=MailClass.MEMBERSHIP,
        about=about,
        to=to,
        office=Office(name=net.name, reply_to=net.office.email),
        net=net,
        settings=current_settings(),
        organisation_name=organisation_of(about.seat).name,
        is_person=has_person_seats(net),
        **legal_links(net.slug),
        **context,
    )
