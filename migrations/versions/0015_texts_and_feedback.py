"""Texts that an office edits, a pause of admission, and reports about barriers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("networks", sa.Column("edits", sa.Integer(), server_default="0", nullable=False))
    op.add_column("networks", sa.Column("paused_until", sa.Date(), nullable=True))
    op.create_table(
        "network_edits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("content", _JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_network_edits_network_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["accounts.id"], name=op.f("fk_network_edits_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_edits")),
        sa.UniqueConstraint(
            "network_id", "version", name=op.f("uq_network_edits_network_id_version")
        ),
    )
    op.create_table(
        "feedback_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("submission_key", sa.String(length=64), nullable=False),
        sa.Column("page", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("received_at", _AT, nullable=False),
        sa.Column("due_at", _AT, nullable=False),
        sa.Column("closed_at", _AT, nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_feedback_cases_network_id")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"],
            ["accounts.id"],
            name=op.f("fk_feedback_cases_closed_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_cases")),
        sa.UniqueConstraint(
            "network_id", "number", name=op.f("uq_feedback_cases_network_id_number")
        ),
        sa.UniqueConstraint("submission_key", name=op.f("uq_feedback_cases_submission_key")),
    )
    op.create_index(op.f("ix_feedback_cases_closed_at"), "feedback_cases", ["closed_at"])


def downgrade() -> None:
    op.drop_table("feedback_cases")
    op.drop_table("network_edits")
    for column in ("paused_until", "edits"):
        op.drop_column("networks", column)
