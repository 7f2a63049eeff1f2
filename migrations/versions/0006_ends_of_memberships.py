"""Why a membership ended and who ended it; since when the office should look at one again.

Nothing has ended a membership before this, so there is nothing to fill in.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KNOWN = "ck_memberships_endreason"
_HAS_REASON = "ck_memberships_end_has_a_reason"
_ENDED_BY = "fk_memberships_ended_by_id"


def rebuilt(table: str):
    """On SQLite a table is made anew; constraints cannot be added to one."""
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table(table, recreate=how)


def upgrade() -> None:
    with rebuilt("memberships") as table:
        table.add_column(sa.Column("end_reason", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("ended_by_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("to_check_since", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f(_ENDED_BY), "accounts", ["ended_by_id"], ["id"])
        table.create_check_constraint(
            op.f(_KNOWN),
            "end_reason IN ('own_exit', 'ended_by_network', 'seat_vacant',"
            " 'organisation_dissolved', 'deceased', 'merged_duplicate')",
        )
        table.create_check_constraint(
            op.f(_HAS_REASON), "(ended_at IS NULL) = (end_reason IS NULL)"
        )


def downgrade() -> None:
    with rebuilt("memberships") as table:
        table.drop_constraint(op.f(_HAS_REASON), type_="check")
        table.drop_constraint(op.f(_KNOWN), type_="check")
        table.drop_constraint(op.f(_ENDED_BY), type_="foreignkey")
        for name in ("to_check_since", "ended_by_id", "end_reason"):
            table.drop_column(name)
