"""What can happen to accounts, sign-in requests and roles. None of it commits.

Answering sign-in requests and changing addresses are modules of their own, as they know
applications and members, which know accounts.
"""

from __future__ import annotations

from memberships.accounts.services.factors import forget_factors, reset_factors
from memberships.accounts.services.sessions import end_sessions, sign_out_everywhere
from memberships.accounts.services.signing_in import (
    CodeOutcome,
    enter_code,
    erase_old_requests,
    open_link,
    request_sign_in,
)
from memberships.accounts.services.staff import change_role, invite_staff, remove_staff
from memberships.accounts.services.verifying import account_for_change, verify_account

__all__ = [
    "CodeOutcome",
    "account_for_change",
    "change_role",
    "end_sessions",
    "enter_code",
    "erase_old_requests",
    "forget_factors",
    "invite_staff",
    "open_link",
    "remove_staff",
    "request_sign_in",
    "reset_factors",
    "sign_out_everywhere",
    "verify_account",
]
