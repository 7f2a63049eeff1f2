"""Members take back what they agreed to, signed in, at once (Art. 7(3) GDPR)."""

from __future__ import annotations

from memberships.accounts.models import Account
from memberships.database import db
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.consents import consents_of_standing
from memberships.members.queries import ENTRY_CONSENT, Standing
from memberships.members.services.entries import remove_own_entry
from memberships.privacy.services import withdraw_consent


def withdraw_own_consent(standing: Standing, purpose: str, *, account: Account, by: Actor) -> bool:
    """Withdraw the account's consent to this purpose in this membership; its entry goes with it.

    Returns False, and stores nothing, when none holds: a second click changes nothing.
    """
    # First: it ends the consent that the entry stands on.
    has_removed = purpose == ENTRY_CONSENT and remove_own_entry(standing, channel="profile")
    db.session.flush()
    given = [c for c in consents_of_standing(standing, account.email) if c.purpose == purpose]
    withdrawn = [withdraw_consent(consent, channel="profile") for consent in given]
    if not (has_removed or any(withdrawn)):
        return False
    record_event(EventTag.MEMBERSHIP_CONSENT_WITHDRAWN, standing.membership, by=by, purpose=purpose)
    return True
