"""What can happen to seats, one function per verb. None of them commits, but for the job."""

from memberships.seats.services.answering import (
    accept_handover,
    advance_handovers,
    carry_out_handover,
    close_seat,
    confirm_handover,
    decline_handover,
    end_succession,
    erase_old_handovers,
    handover_for_decision,
    object_to_handover,
    refuse_handover,
    withdraw_handover,
)
from memberships.seats.services.completing import complete_for_applicant
from memberships.seats.services.deputies import (
    accept_deputyship,
    decline_deputyship,
    end_deputyship,
    end_expired_invitations,
    invite_deputy,
    propose_as_deputy,
)
from memberships.seats.services.locking import lock_handover
from memberships.seats.services.proposing import (
    Invited,
    hand_over_own_seat,
    propose_applicant,
    propose_successor,
)

__all__ = [
    "Invited",
    "accept_deputyship",
    "accept_handover",
    "advance_handovers",
    "carry_out_handover",
    "close_seat",
    "complete_for_applicant",
    "confirm_handover",
    "decline_deputyship",
    "decline_handover",
    "end_deputyship",
    "end_expired_invitations",
    "end_succession",
    "erase_old_handovers",
    "hand_over_own_seat",
    "handover_for_decision",
    "invite_deputy",
    "lock_handover",
    "object_to_handover",
    "propose_applicant",
    "propose_as_deputy",
    "propose_successor",
    "refuse_handover",
    "withdraw_handover",
]
