"""Keep the counts of large networks by month, so that their figures need not add up all rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_stands",
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_figure_stands_network_id")
        ),
        sa.PrimaryKeyConstraint("network_id", name=op.f("pk_figure_stands")),
    )
    op.create_table(
        "figure_months",
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "part IN ('applications', 'members', 'coming_and_going')",
            name=op.f("ck_figure_months_part"),
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_figure_months_network_id")
        ),
        sa.PrimaryKeyConstraint("network_id", "part", "month", name=op.f("pk_figure_months")),
    )


def downgrade() -> None:
    op.drop_table("figure_months")
    op.drop_table("figure_stands")
