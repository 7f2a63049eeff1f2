from __future__ import annotations

from memberships.applications.services import erase_expired_applications
from memberships.database import unit_of_work


def erase_expired() -> int:
    """Erase all expired unconfirmed applications, a hundred per transaction."""
    erased = 0
    while True:
        with unit_of_work():
            batch = erase_expired_applications()
        erased += batch
        if not batch:
            return erased
