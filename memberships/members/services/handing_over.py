"""Somebody takes another one's place in a membership. The caller holds what both hang on locked."""

from __future__ import annotations

from dataclasses import replace

from memberships.database import db, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.consents import consents_in, consents_of_standing
from memberships.members.models import EndReason, Membership, Representative
from memberships.members.queries import Standing, living_representatives
from memberships.members.services.ending import end_for_good
from memberships.members.services.entries import remove_entry, remove_own_entry
from memberships.members.services.starting import Contact, add_representative, start_membership
from memberships.networks.models import DefinitionVersion
from memberships.organisations.models import Organisation
from memberships.privacy.services import withdraw_consent

# What is known of the organisation; everything else was said by the person who goes.
_OF_ORGANISATION = (
    "organisation_kind",
    "country",
    "postal_code",
    "place",
    "city",
    "district",
    "federal_state",
    "active_in",
    "website",
)


def hand_over_membership(
    membership: Membership,
    contact: Contact,
    definition: DefinitionVersion,
    *,
    organisation: Organisation,
    reason: EndReason,
    by: Actor,
    rule: str,
) -> Membership:
    """End a person's membership and begin the successor's on the same seat.

    No consent and no entry is inherited; what is known of the organisation is.
    """
    remove_entry(membership, channel="handover")
    end_for_good(membership, reason, by_id=by.id)
    for consent in consents_in(membership.id):
        withdraw_consent(consent, channel="handover")
    record_event(EventTag.MEMBERSHIP_HANDED_OVER, membership, by=by)
    db.session.flush()  # never two living ones on one seat, not even for a statement
    answers = {key: said for key, said in membership.answers.items() if key in _OF_ORGANISATION}
    return start_membership(
        replace(
            contact,
            organisation_name=contact.organisation_name or membership.organisation_name,
            answers=answers | dict(contact.answers),
        ),
        definition,
        holder=membership.holder,
        by=by,
        rule=rule,
        organisation=organisation,
        seat_reason=membership.seat_reason or "",
        seat_number=membership.seat_number,
    )


def hand_over_representation(
    membership: Membership, leaving: Representative, contact: Contact, *, by: Actor
) -> Representative:
    """Let one person act for the organisation in another one's stead; it stays the member."""
    standing, email = Standing(membership, leaving), leaving.account.email
    remove_own_entry(standing, channel="handover")
    for consent in consents_of_standing(standing, email):
        withdraw_consent(consent, channel="handover")
    leaving.ended_at = utcnow()
    record_event(
        EventTag.MEMBERSHIP_REPRESENTATIVE_LEFT,
        membership,
        by=by,
        representative=str(leaving.id),
    )
    db.session.flush()
    for person in living_representatives(membership.id):
        if person.account_id == contact.account.id:
            return person
    return add_representative(membership, contact, by=by)
