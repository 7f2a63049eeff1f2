"""What the person that data is about may demand: restriction, and taking consents back by link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from memberships.accounts.models import Account
from memberships.applications.models import Application
from memberships.applications.services import drop_decision
from memberships.database import db, utcnow
from memberships.events.models import APPLICANT, Actor, EventTag
from memberships.events.services import record_event
from memberships.members.errors import MembershipUnknown
from memberships.members.models import Membership
from memberships.members.queries import (
    ENTRY_CONSENT,
    Standing,
    account_behind,
    cases_of_representative,
    standing_of,
)
from memberships.members.services import own_membership_for_change, relist, remove_agreed_entries
from memberships.privacy.models import ConsentEvent
from memberships.privacy.services import withdraw_consent
from memberships.retention.services import erase_on_request
from memberships.rights import mails
from memberships.rights.queries import ConsentLink, consents_that_hold


@dataclass(frozen=True)
class Party:
    """One person in one network, locked: the cases about them, and what they are there."""

    applications: Sequence[Application]
    standing: Standing | None
    email: str

    @property
    def full_name(self) -> str:
        return self.standing.full_name if self.standing else self.applications[0].full_name


def party_of_membership(account: Account, membership_id: UUID) -> Party:
    """The account's part in a membership. Raises MembershipUnknown when it has none.

    Cases are locked first, as an approval does.
    """
    found = standing_of(account.id, membership_id)
    if found is None:
        raise MembershipUnknown
    cases = sa.select(Application).where(Application.membership_id == membership_id)
    if found.representative is not None:
        own = cases_of_representative(membership_id, account.id)
        cases = cases.where(Application.id.in_(own))
    applications = db.session.scalars(
        cases.order_by(Application.id)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    ).all()
    return Party(applications, own_membership_for_change(account.id, membership_id), account.email)


def party_of_case(application: Application) -> Party:
    """The person that a locked case is about, with the membership that came of it."""
    membership, account = application.membership, account_behind(application)
    if membership is None or account is None or standing_of(account.id, membership.id) is None:
        return Party([application], None, application.email)
    party = party_of_membership(account, membership.id)
    if application in party.applications:
        return party
    return replace(party, applications=[application, *party.applications])


def restrict(party: Party, *, by: Actor) -> bool:
    """Keep the person's data and do nothing else with it, from now on (Art. 18 GDPR).

    Returns False, and stores and mails nothing, when that is so already.
    """
    changed = _set_restriction(party, is_set=True, by=by)
    if changed:
        mails.restriction_set(_about(party), party.email, party.full_name)
    return changed


def lift_restriction(party: Party, *, by: Actor) -> bool:
    """Use the person's data again; they are mailed (Art. 18(3) GDPR).

    Returns False, and stores and mails nothing, when nothing is restricted.
    """
    changed = _set_restriction(party, is_set=False, by=by)
    if changed:
        mails.restriction_lifted(_about(party), party.email, party.full_name)
    return changed


def _set_restriction(party: Party, *, is_set: bool, by: Actor) -> bool:
    moment = utcnow() if is_set else None
    tags = (
        (EventTag.APPLICATION_RESTRICTED, EventTag.MEMBERSHIP_RESTRICTED)
        if is_set
        else (EventTag.APPLICATION_RESTRICTION_LIFTED, EventTag.MEMBERSHIP_RESTRICTION_LIFTED)
    )
    changed = False
    for application in party.applications:
        if (application.restricted_at is None) is is_set:
            application.restricted_at, changed = moment, True
            if is_set:
                drop_decision(application, why="restricted")
            record_event(tags[0], application, by=by)
    standing = party.standing
    if standing is not None and (standing.restricted_at is None) is is_set:
        person, changed = standing.representative or standing.membership, True
        person.restricted_at = moment
        # A new version though only a representative's own row may differ.
        flag_modified(standing.membership, "answers")
        relist(standing.membership)
        which = str(standing.representative.id) if standing.representative else None
        record_event(tags[1], standing.membership, by=by, representative=which)
    return changed


def _about(party: Party) -> Application | Membership:
    return party.standing.membership if party.standing else party.applications[0]


def withdraw_by_link(link: ConsentLink, purpose: str) -> bool:
    """Withdraw what this address has agreed to for the purpose, in the link's network, at once.

    Returns False, and stores nothing, when nothing holds: a second click changes nothing.
    """
    about, holding = _subject_for_change(link), _holding(link, purpose)
    if about is None or not holding:
        return False
    if purpose == ENTRY_CONSENT:
        # First: it ends the consents that entries stand on.
        remove_agreed_entries(
            [consent.subject_id for consent in holding], channel="mail_link", by=APPLICANT
        )
        db.session.flush()
    for consent in _holding(link, purpose):
        withdraw_consent(consent, channel="mail_link")
    is_case = isinstance(about, Application)
    tag = (
        EventTag.APPLICATION_CONSENT_WITHDRAWN if is_case else EventTag.MEMBERSHIP_CONSENT_WITHDRAWN
    )
    record_event(tag, about, by=APPLICANT, purpose=purpose)
    return True


def _holding(link: ConsentLink, purpose: str) -> list[ConsentEvent]:
    found = consents_that_hold(link.network_id, link.email)
    return [consent for consent in found if consent.purpose == purpose]


def _subject_for_change(link: ConsentLink) -> Application | Membership | None:
    """Locked, so that no two events of its log take the same place; None if erased meanwhile."""
    locked: dict[str, Any] = {"populate_existing": True, "with_for_update": {"key_share": True}}
    if isinstance(link.about, Application):
        return db.session.get(Application, link.about.id, **locked)
    return db.session.get(Membership, link.about.id, **locked)


def erase_standing(standing: Standing, *, by: Actor, archive_offered: bool = False) -> None:
    """Erase at once what is left of somebody who has left (Art. 17(1) GDPR).

    Of a representative of an organisation that stays a member only their own part goes. Raises
    NotErasable while it lives or is restricted, ArchiveNotOffered where an archive comes first.
    """
    person = standing.representative
    if person is None or not standing.membership.is_living:
        erase_on_request(standing.membership, by=by, archive_offered=archive_offered)
    else:
        erase_on_request(person, by=by, archive_offered=archive_offered)


def erase_party(application: Application, *, by: Actor, archive_offered: bool) -> None:
    """Erase on demand what a locked case is about: it alone, or with what came of it.

    Raises NotErasable unless the case was settled without a membership, or the person has left;
    ArchiveNotOffered.
    """
    party = party_of_case(application)
    standing = party.standing
    if standing is None or standing.is_living:
        membership = application.membership
        subject = membership if membership and not membership.is_living else application
        erase_on_request(subject, by=by, archive_offered=archive_offered)
    else:
        erase_standing(standing, by=by, archive_offered=archive_offered)
