"""Restricted memberships and applications (Art. 18 GDPR); objections of members (Art. 21)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KNOWN = "against IN ('directory', 'mailing')"


def upgrade() -> None:
    for table in ("memberships", "applications"):
        op.add_column(table, sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "objections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("against", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(_KNOWN, name=op.f("ck_objections_objectionto")),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["memberships.id"],
            name=op.f("fk_objections_membership_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_objections_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objections")),
        sa.UniqueConstraint(
            "membership_id",
            "account_id",
            "against",
            name=op.f("uq_objections_membership_id_account_id_against"),
        ),
    )
    op.create_index(op.f("ix_objections_account_id"), "objections", ["account_id"])


def downgrade() -> None:
    op.drop_table("objections")
    for table in ("applications", "memberships"):
        op.drop_column(table, "restricted_at")
