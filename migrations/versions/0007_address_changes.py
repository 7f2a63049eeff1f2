"""Members ask for another address of their account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_UNANSWERED = sa.text("answered_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "address_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("old_email", sa.String(length=254), nullable=False),
        sa.Column("new_email", sa.String(length=254), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("stop_token_hash", sa.String(length=64), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "new_email = lower(new_email)", name=op.f("ck_address_changes_email_is_lowercase")
        ),
        sa.CheckConstraint(
            "changed_at IS NULL OR stopped_at IS NULL",
            name=op.f("ck_address_changes_not_changed_and_stopped"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_address_changes_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_changes")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_address_changes_token_hash")),
        sa.UniqueConstraint("stop_token_hash", name=op.f("uq_address_changes_stop_token_hash")),
    )
    op.create_index("ix_address_changes_account_id", "address_changes", ["account_id"])
    op.create_index(
        "ix_address_changes_unanswered",
        "address_changes",
        ["asked_at"],
        postgresql_where=_UNANSWERED,
        sqlite_where=_UNANSWERED,
    )


def downgrade() -> None:
    op.drop_table("address_changes")
