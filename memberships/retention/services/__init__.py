"""Erasing what nobody needs any more: announce, hold, erase. None of these commits."""

from memberships.retention.services.erasing import (
    erase_item,
    erase_on_request,
    erase_unneeded_account,
)
from memberships.retention.services.holding import (
    batch_for_change,
    hold_batch,
    hold_item,
    offer_to_archive,
    release_batch,
)
from memberships.retention.services.logs import (
    erase_old_chains,
    erase_old_exports,
    erase_old_records,
    idle_accounts,
)
from memberships.retention.services.planning import (
    UNDO_WINDOW,
    network_ids,
    plan_erasures,
    preview_plans,
)

__all__ = [
    "UNDO_WINDOW",
    "batch_for_change",
    "erase_item",
    "erase_old_chains",
    "erase_old_exports",
    "erase_old_records",
    "erase_on_request",
    "erase_unneeded_account",
    "hold_batch",
    "hold_item",
    "idle_accounts",
    "network_ids",
    "offer_to_archive",
    "plan_erasures",
    "preview_plans",
    "release_batch",
]
