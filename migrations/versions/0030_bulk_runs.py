"""One action for many cases; cases can be exported, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_CHECK = "ck_exports_exportcontent"
_BEFORE = "'members', 'membership_mailing', 'news_mailing', 'case_mailing'"
_IS_BUSY = sa.text("state IN ('checking', 'running')")


def _allow(values: str) -> None:
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("exports", recreate=how) as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), f"content IN ({values})")


def upgrade() -> None:
    _allow(f"{_BEFORE}, 'applications', 'log'")
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("of_run_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column(
            "filter",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("with_claimed", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "action IN ('approve', 'decline', 'claim', 'export', 'take_back')",
            name=op.f("ck_bulk_runs_action"),
        ),
        sa.CheckConstraint(
            "state IN ('checking', 'planned', 'running', 'stopped', 'finished', 'given_up')",
            name=op.f("ck_bulk_runs_runstate"),
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_bulk_runs_network_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_bulk_runs_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["of_run_id"],
            ["bulk_runs.id"],
            name=op.f("fk_bulk_runs_of_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_runs")),
    )
    op.create_index("ix_bulk_runs_network_id", "bulk_runs", ["network_id", "id"])
    op.create_index("ix_bulk_runs_account_id", "bulk_runs", ["account_id"])
    op.create_index("ix_bulk_runs_of_run_id", "bulk_runs", ["of_run_id"])
    op.create_index(
        "ix_bulk_runs_busy",
        "bulk_runs",
        ["started_at"],
        postgresql_where=_IS_BUSY,
        sqlite_where=_IS_BUSY,
    )
    op.create_table(
        "bulk_items",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("expected", sa.String(length=60), nullable=False),
        sa.Column("is_claimed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("done_version", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('unchecked', 'ready', 'impossible', 'done', 'skipped')",
            name=op.f("ck_bulk_items_itemstate"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["bulk_runs.id"], name=op.f("fk_bulk_items_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_bulk_items_application_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_bulk_items")),
    )
    op.create_index("ix_bulk_items_state", "bulk_items", ["run_id", "state", "position"])
    op.create_index("ix_bulk_items_application_id", "bulk_items", ["application_id"])


def downgrade() -> None:
    op.drop_table("bulk_items")
    op.drop_table("bulk_runs")
    op.execute("DELETE FROM exports WHERE content IN ('applications', 'log')")
    _allow(_BEFORE)
