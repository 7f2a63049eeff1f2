"""Members change what a network knows of them; what touches its decision, the office looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from memberships.database import utcnow
from memberships.events.models import Actor, EventTag
from memberships.events.services import record_event
from memberships.members.errors import MembershipChanged, MembershipEnded
from memberships.members.models import Membership
from memberships.members.queries import Standing, asked_of
from memberships.members.services.entries import note_changed_answers
from memberships.members.services.listing import relist
from memberships.members.services.starting import PERSONAL_ANSWERS
from memberships.networks.definition import Definition

# Whose seat it is and where that organisation sits: changed by the office, on request.
ON_REQUEST = (
    "organisation_name",
    "organisation_kind",
    "country",
    "postal_code",
    "city",
    "district",
    "applicant_kind",
)
# The address is changed elsewhere; the other one was a question about applying.
KEPT = frozenset({*ON_REQUEST, "email", "existing_member"})
_COLUMNS = ("first_name", "last_name", "organisation_name")
_READ_BY_THE_BODY = frozenset({"portfolio", "driver_statement"})


def change_answers(
    standing: Standing, answers: Mapping[str, Any], *, seen_version: int | None, by: Actor
) -> bool:
    """Replace the answers that members change themselves; the ones before are not kept.

    That is the form they joined with and the profile questions of today; answers to questions that
    are no longer asked stay. Where an answer counted for the admission, the membership is marked
    for the office to look at; where a public entry shows it, the entry is. The log names the keys
    that changed, never a value. Returns False, and stores nothing, when nothing differs.

    Raises MembershipEnded, MembershipChanged when it is not as the person saw it.
    """
    membership = standing.membership
    if not standing.is_living:
        raise MembershipEnded
    if membership.version != seen_version:
        raise MembershipChanged
    definition = asked_of(membership)
    before = standing.all_answers
    after = _after(before, answers, definition)
    changed = {key for key in {*before, *after} if (before.get(key) or "") != after.get(key, "")}
    if not changed:
        return False
    note_changed_answers(membership, changed)
    _store(standing, after)
    is_decisive = bool(changed & decisive_keys(definition))
    if is_decisive:
        membership.to_check_since = membership.to_check_since or utcnow()
    record_event(
        EventTag.MEMBERSHIP_CHANGED,
        membership,
        by=by,
        keys=",".join(sorted(changed)),
        to_check=is_decisive or None,
    )
    return True


def _after(
    before: Mapping[str, Any], answers: Mapping[str, Any], definition: Definition
) -> dict[str, Any]:
    asked = {field.key for field in definition.fields} - KEPT
    kept = {key: value for key, value in before.items() if key not in asked and value}
    return kept | {key: value for key, value in answers.items() if key in asked and value}


def decisive_keys(definition: Definition) -> frozenset[str]:
    """The answers on which the network's admission depended, by its rules or by who read them."""
    ruled = {key for rule in definition.admission for key in rule.when}
    return _READ_BY_THE_BODY | ruled


def _store(standing: Standing, after: Mapping[str, Any]) -> None:
    membership, person = standing.membership, standing.representative or standing.membership
    person.first_name, person.last_name = after["first_name"], after["last_name"]
    answers = {key: value for key, value in after.items() if key not in _COLUMNS}
    if standing.representative is not None:
        own = {key: value for key, value in answers.items() if key in PERSONAL_ANSWERS}
        standing.representative.answers = own
        answers = {key: value for key, value in answers.items() if key not in own}
    membership.answers = answers
    # A new version though only a representative's own row may differ.
    flag_modified(membership, "answers")
    relist(membership)


def decline_questions(standing: Standing, *, by: Actor) -> bool:
    """Never ask this person the profile questions again; False when they have said so before.

    They can still be answered. Raises MembershipEnded.
    """
    if not standing.is_living:
        raise MembershipEnded
    person = standing.person
    if person.questions_declined_at is not None:
        return False
    person.questions_declined_at = utcnow()
    record_event(EventTag.MEMBERSHIP_QUESTIONS_DECLINED, standing.membership, by=by)
    return True


def check_membership(membership: Membership, *, by: Actor) -> bool:
    """Note that the office has looked at what changed; False when there was nothing to look at.

    Raises MembershipEnded.
    """
    if not membership.is_living:
        raise MembershipEnded
    if membership.to_check_since is None:
        return False
    membership.to_check_since = None
    record_event(EventTag.MEMBERSHIP_CHECKED, membership, by=by)
    return True
