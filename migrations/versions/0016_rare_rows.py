"""Indexes that lead to the few rows among many that are to be checked, or only kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TO_CHECK = sa.text("to_check_since IS NOT NULL")
_RESTRICTED = sa.text("restricted_at IS NOT NULL")


def upgrade() -> None:
    for name, table, columns, where in (
        (
            "ix_memberships_list_to_check",
            "memberships",
            ["network_id", "sort_name", "id"],
            _TO_CHECK,
        ),
        (
            "ix_memberships_list_restricted",
            "memberships",
            ["network_id", "sort_name", "id"],
            _RESTRICTED,
        ),
        ("ix_applications_restricted", "applications", ["network_id", "id"], _RESTRICTED),
    ):
        op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    op.drop_index("ix_applications_restricted", "applications")
    op.drop_index("ix_memberships_list_restricted", "memberships")
    op.drop_index("ix_memberships_list_to_check", "memberships")
