"""Public entries, the text that members search, and who wants no further questions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATUS = "status IN ('waiting', 'released', 'refused')"
_LONGEST = 330

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
SORTED = sa.String(_LONGEST).with_variant(sa.String(_LONGEST, collation="C"), "postgresql")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ("memberships", "representatives"):
        op.add_column(table, sa.Column("questions_declined_at", WHEN, nullable=True))
    op.add_column("memberships", sa.Column("directory_text", sa.Text(), nullable=True))
    op.create_table(
        "public_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("representative_id", sa.Uuid(), nullable=True),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("agreed_at", WHEN, nullable=False),
        sa.Column("released_at", WHEN, nullable=True),
        sa.Column("released_by_id", sa.Uuid(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("changed_at", WHEN, nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("sort_name", SORTED, nullable=False),
        sa.Column("federal_state", sa.String(length=2), nullable=False),
        sa.CheckConstraint(_STATUS, name=op.f("ck_public_entries_entrystatus")),
        sa.CheckConstraint(
            "(status = 'released') = (released_at IS NOT NULL)",
            name=op.f("ck_public_entries_release_dated"),
        ),
        sa.CheckConstraint(
            "(status = 'refused') = (refusal IS NOT NULL)",
            name=op.f("ck_public_entries_refusal_has_a_reason"),
        ),
        sa.CheckConstraint(
            "changed_at IS NULL OR status = 'released'",
            name=op.f("ck_public_entries_only_released_change"),
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_public_entries_network_id")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["memberships.id"],
            name=op.f("fk_public_entries_membership_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["representative_id"],
            ["representatives.id"],
            name=op.f("fk_public_entries_representative_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["accounts.id"], name=op.f("fk_public_entries_released_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_entries")),
        sa.UniqueConstraint("membership_id", name=op.f("uq_public_entries_membership_id")),
    )
    op.create_index(
        "ix_public_entries_list", "public_entries", ["network_id", "status", "sort_name", "id"]
    )
    op.create_index(
        op.f("ix_public_entries_representative_id"), "public_entries", ["representative_id"]
    )


def downgrade() -> None:
    op.drop_table("public_entries")
    op.drop_column("memberships", "directory_text")
    for table in ("representatives", "memberships"):
        op.drop_column(table, "questions_declined_at")
