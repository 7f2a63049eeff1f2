"""Agreeing to be in the directory for members, where the network asks for it."""

from __future__ import annotations

from memberships.accounts.models import Account
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.directory import (
    DIRECTORY_CONSENT,
    DIRECTORY_TEXT_VERSION,
    directory_text,
)
from memberships.members.errors import MembershipEnded, MembershipRestricted
from memberships.members.queries import Standing
from memberships.networks.definition import Definition
from memberships.networks.models import DefinitionVersion
from memberships.privacy.queries import confirmed_since
from memberships.privacy.services import confirm_consent


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
    if standing.restricted_at is not None:
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
