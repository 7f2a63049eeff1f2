"""Who is in the directory for members: by objecting, or by agreeing, as the network has it."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.database import db, insert_if_absent, utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.directory import (
    DIRECTORY_CONSENT,
    DIRECTORY_TEXT_VERSION,
    directory_text,
)
from memberships.members.errors import MembershipEnded, MembershipRestricted
from memberships.members.models import Objection, ObjectionTo
from memberships.members.queries import Standing
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion
from memberships.privacy.queries import confirmed_since
from memberships.privacy.services import confirm_consent


def object_to_directory(standing: Standing, *, account: Account, by: Actor) -> bool:
    """Keep the person out of the directory from now on, without any reason (Art. 21 GDPR).

    Returns False, and stores nothing, when they have objected before. Raises MembershipEnded.
    """
    if not standing.is_living:
        raise MembershipEnded
    if _objection_of(standing, account.id) is not None:
        return False
    insert_if_absent(
        Objection,
        membership_id=standing.membership.id,
        account_id=account.id,
        against=ObjectionTo.DIRECTORY,
        at=utcnow(),
    )
    record_event(EventTag.MEMBERSHIP_DIRECTORY_OBJECTED, standing.membership, by=by)
    return True


def end_directory_objection(standing: Standing, *, account: Account, by: Actor) -> bool:
    """Take back one's own objection; False, and nothing stored, when there is none.

    Raises MembershipEnded.
    """
    if not standing.is_living:
        raise MembershipEnded
    objection = _objection_of(standing, account.id)
    if objection is None:
        return False
    db.session.delete(objection)
    record_event(EventTag.MEMBERSHIP_DIRECTORY_OBJECTION_ENDED, standing.membership, by=by)
    return True


def _objection_of(standing: Standing, account_id: UUID) -> Objection | None:
    return db.session.scalar(
        sa.select(Objection).where(
            Objection.membership_id == standing.membership.id,
            Objection.account_id == account_id,
            Objection.against == ObjectionTo.DIRECTORY,
        )
    )


def join_directory(
    standing: Standing,
    definition: DefinitionVersion,
    net: Definition,
    *,
    account: Account,
    form_url: str,
    by: Actor,
) -> bool:
    """Put somebody into the directory who has read the wording and agrees to it.

    Only where the network asks for an agreement. Returns False, and stores nothing, when it does
    not, or when the person has agreed before.

    Raises MembershipEnded, MembershipRestricted (Art. 18 GDPR).
    """
    if not standing.is_living:
        raise MembershipEnded
    if standing.membership.restricted_at is not None:
        raise MembershipRestricted
    is_asked = net.visibility.internal == "opt_in"
    if not is_asked or confirmed_since(standing.person.id, DIRECTORY_CONSENT) is not None:
        return False
    confirm_consent(
        definition,
        subject_id=standing.person.id,
        email=account.email,
        purpose=DIRECTORY_CONSENT,
        text=directory_text(net),
        text_version=DIRECTORY_TEXT_VERSION,
        form_url=form_url,
    )
    record_event(EventTag.MEMBERSHIP_DIRECTORY_JOINED, standing.membership, by=by)
    return True
