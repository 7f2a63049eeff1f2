"""Find people whose data is only kept, however many members there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_IS_RESTRICTED = sa.text("restricted_at IS NOT NULL")
_INDEXES = (
    ("ix_memberships_restricted", "memberships", "network_id"),
    ("ix_representatives_restricted", "representatives", "membership_id"),
)


def upgrade() -> None:
    for name, table, column in _INDEXES:
        op.create_index(
            name,
            table,
            [column],
            postgresql_where=_IS_RESTRICTED,
            sqlite_where=_IS_RESTRICTED,
        )


def downgrade() -> None:
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)
