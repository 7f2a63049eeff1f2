"""Claims that came of beginning to decide run out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_CHECK = "ck_applications_only_claims_run_out"


def upgrade() -> None:
    with op.batch_alter_table("applications") as table:
        table.add_column(sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True))
        table.create_check_constraint(
            op.f(_CHECK), "claimed_until IS NULL OR claimed_by_id IS NOT NULL"
        )


def downgrade() -> None:
    """A claim that would run out becomes one that was taken on purpose."""
    with op.batch_alter_table("applications") as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.drop_column("claimed_until")
