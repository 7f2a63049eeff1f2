"""How a hand-over ends: the seat changes hands, or everything stays as it was."""

from __future__ import annotations

from memberships.accounts.models import Account
from memberships.database import utcnow
from memberships.events.models import SYSTEM, Actor, ActorKind, EventTag
from memberships.events.services import record_event
from memberships.mails.services import cancel_mails, erase_mails_to
from memberships.members.models import EndReason, Holder, Membership
from memberships.members.queries import living_membership
from memberships.members.services import (
    Contact,
    hand_over_membership,
    hand_over_representation,
    start_membership,
)
from memberships.networks.models import DefinitionVersion
from memberships.networks.services import publish_definition
from memberships.organisations.models import Organisation
from memberships.seats import mails
from memberships.seats.models import Handover, Origin, Stage
from memberships.seats.queries import has_person_seats, holder_of, organisation_of
from memberships.seats.services.deputies import end_own_deputyship
from memberships.seats.services.locking import representative_or_none

_RULE = "handover"


def complete_if_ready(handover: Handover, account: Account | None) -> bool:
    """Let the seat change hands when both are there; whether it did.

    The caller holds all of it locked, with the invited one's account. Who is a member already with
    a seat of their own waits for the office, as nobody has two.
    """
    if account is None or not handover.is_ready:
        return False
    net = mails.network_of(handover)
    if has_person_seats(net) and living_membership(account, handover.network_id) is not None:
        contest(handover, by=SYSTEM)
        return False
    contact = Contact(
        account,
        handover.first_name or "",
        handover.last_name or "",
        organisation_of(handover.seat).name,
        handover.answers,
    )
    by = Actor(ActorKind.MEMBER, account.id)
    membership = _take_over(handover, contact, publish_definition(net), by=by)
    if membership.to_check_since is None and handover.origin is not Origin.OFFICE:
        membership.to_check_since = utcnow()
    mails.handover_taken(handover, account)
    _settle(handover, Stage.DONE)
    return True


def complete_for_applicant(
    handover: Handover, contact: Contact, definition: DefinitionVersion, *, by: Actor
) -> Membership:
    """The approval of whoever applied makes them the holder. The caller holds all of it locked."""
    handover.accepted_at = utcnow()
    membership = _take_over(handover, contact, definition, by=by)
    _settle(handover, Stage.DONE)
    return membership


def _take_over(
    handover: Handover, contact: Contact, definition: DefinitionVersion, *, by: Actor
) -> Membership:
    organisation = organisation_of(handover.seat)
    gone = holder_of(handover)
    membership = _moved(handover, contact, definition, organisation, by=by)
    end_own_deputyship(handover.seat, contact.account, by=by)
    record_event(EventTag.SEAT_HANDED_OVER, handover.seat, by=by)
    if gone is not None:
        person, account = gone
        mails.handover_left(handover, account, f"{person.first_name} {person.last_name}")
    return membership


def _moved(
    handover: Handover,
    contact: Contact,
    definition: DefinitionVersion,
    organisation: Organisation,
    *,
    by: Actor,
) -> Membership:
    membership = handover.membership
    if membership is None or not membership.is_living:
        return _begin(handover, contact, definition, organisation, by=by)
    if membership.holder is Holder.ORGANISATION:
        leaving = representative_or_none(handover)
        if leaving is not None:
            hand_over_representation(membership, leaving, contact, by=by)
            handover.seat.holders += 1
        return membership
    return hand_over_membership(
        membership,
        contact,
        definition,
        organisation=organisation,
        reason=EndReason.OWN_EXIT if handover.reason is None else EndReason.ENDED_BY_NETWORK,
        by=by,
        rule=_RULE,
    )


def _begin(
    handover: Handover,
    contact: Contact,
    definition: DefinitionVersion,
    organisation: Organisation,
    *,
    by: Actor,
) -> Membership:
    """A vacant seat has nobody whose membership ends."""
    known = {
        "organisation_kind": organisation.kind,
        "country": organisation.country,
        "postal_code": organisation.postal_code,
        "place": organisation.city,
        "federal_state": organisation.federal_state,
    }
    net = mails.network_of(handover)
    return start_membership(
        Contact(
            contact.account,
            contact.first_name,
            contact.last_name,
            contact.organisation_name,
            {key: said for key, said in known.items() if said} | dict(contact.answers),
        ),
        definition,
        holder=Holder.PERSON if has_person_seats(net) else Holder.ORGANISATION,
        by=by,
        rule=_RULE,
        organisation=organisation,
        seat_number=handover.seat.number,
        seat_reason=handover.reason or ("Nachfolge" if handover.seat.number > 1 else ""),
    )


def contest(handover: Handover, *, by: Actor, objection: str = "") -> None:
    """Nothing happens before the office has decided."""
    handover.stage = Stage.CONTESTED
    handover.objection = objection or None
    record_event(EventTag.SEAT_HANDOVER_CONTESTED, handover.seat, by=by)


def settle_without(handover: Handover, stage: Stage, *, by: Actor, tag: EventTag) -> None:
    """End it without a change: what is stored of the invited person is erased at once.

    Who has accepted already is told.
    """
    cancel_mails(handover)
    if handover.email and handover.origin is not Origin.APPLICATION:
        erase_mails_to(handover.email, about=handover.id)
        if handover.accepted_at is not None and stage is not Stage.DECLINED:
            mails.handover_stopped(handover)
    _settle(handover, stage)
    record_event(tag, handover.seat, by=by)
    if stage in {Stage.DECLINED, Stage.EXPIRED}:
        mails.handover_failed(handover)


def _settle(handover: Handover, stage: Stage) -> None:
    handover.stage = stage
    handover.settled_at = utcnow()
    handover.first_name = handover.last_name = handover.email = None
    if stage is not Stage.DONE:  # a second click shall still say that it is done
        handover.token_hash = handover.objection_token_hash = None
    handover.answers = {}
