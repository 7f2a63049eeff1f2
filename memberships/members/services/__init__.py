"""What can happen to memberships, one function per verb. None of them commits."""

from memberships.members.services.changing import (
    KEPT,
    ON_REQUEST,
    change_answers,
    check_membership,
    decisive_keys,
    decline_questions,
)
from memberships.members.services.consenting import withdraw_own_consent
from memberships.members.services.directory import join_directory
from memberships.members.services.ending import (
    end_membership,
    end_preview,
    leave_network,
    return_to_network,
)
from memberships.members.services.entries import (
    check_entry,
    publish_entry,
    refuse_entry,
    release_entry,
    remove_agreed_entries,
    remove_entry,
    withdraw_entry,
)
from memberships.members.services.handing_over import (
    hand_over_membership,
    hand_over_representation,
)
from memberships.members.services.listing import (
    record_export,
    refresh_listing,
    relist,
    search_text_of,
)
from memberships.members.services.locking import (
    membership_for_change,
    own_membership_for_change,
)
from memberships.members.services.objecting import object_to, take_back_objection
from memberships.members.services.starting import (
    PERSONAL_ANSWERS,
    Contact,
    add_representative,
    start_membership,
)

__all__ = [
    "KEPT",
    "ON_REQUEST",
    "PERSONAL_ANSWERS",
    "Contact",
    "add_representative",
    "change_answers",
    "check_entry",
    "check_membership",
    "decisive_keys",
    "decline_questions",
    "end_membership",
    "end_preview",
    "hand_over_membership",
    "hand_over_representation",
    "join_directory",
    "leave_network",
    "membership_for_change",
    "object_to",
    "own_membership_for_change",
    "publish_entry",
    "record_export",
    "refresh_listing",
    "refuse_entry",
    "release_entry",
    "relist",
    "remove_agreed_entries",
    "remove_entry",
    "return_to_network",
    "search_text_of",
    "start_membership",
    "take_back_objection",
    "withdraw_entry",
    "withdraw_own_consent",
]
