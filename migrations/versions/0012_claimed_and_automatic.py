"""Indexes that lead to one's own cases, and to those that a rule has admitted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_IS_CLAIMED = sa.text("claimed_by_id IS NOT NULL")
_IS_AUTOMATIC = sa.text("decided_by_id IS NULL AND decided_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_applications_claimed",
        "applications",
        ["network_id", "claimed_by_id", "due_at", "id"],
        postgresql_where=_IS_CLAIMED,
        sqlite_where=_IS_CLAIMED,
    )
    op.create_index(
        "ix_applications_automatic",
        "applications",
        ["network_id", "decided_at"],
        postgresql_where=_IS_AUTOMATIC,
        sqlite_where=_IS_AUTOMATIC,
    )


def downgrade() -> None:
    op.drop_index("ix_applications_automatic", "applications")
    op.drop_index("ix_applications_claimed", "applications")
