"""Decisions that take effect after a grace period."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_IS_PENDING = sa.text("pending IS NOT NULL")
_CHECKS = {
    "only_open_ones_are_pending": (
        "pending IS NULL OR status IN ('in_review', 'information_requested')"
    ),
    "pending_has_time_and_person": (
        "pending IS NULL OR (takes_effect_at IS NOT NULL AND decided_by_id IS NOT NULL)"
    ),
}


def upgrade() -> None:
    json = sa.JSON(none_as_null=True).with_variant(
        postgresql.JSONB(none_as_null=True), "postgresql"
    )
    with op.batch_alter_table("applications") as table:
        table.add_column(sa.Column("pending", json, nullable=True))
        for name, condition in _CHECKS.items():
            table.create_check_constraint(op.f(f"ck_applications_{name}"), condition)
    op.create_index(
        "ix_applications_pending",
        "applications",
        ["takes_effect_at"],
        postgresql_where=_IS_PENDING,
        sqlite_where=_IS_PENDING,
    )


def downgrade() -> None:
    """A decision that still waits is lost: the case waits for a person."""
    op.drop_index("ix_applications_pending", "applications")
    with op.batch_alter_table("applications") as table:
        for name in _CHECKS:
            table.drop_constraint(op.f(f"ck_applications_{name}"), type_="check")
        table.drop_column("pending")
