"""Announced erasures, what came of them, and figures about what is gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_OPEN = sa.text("finished_at IS NULL")
_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_KINDS = "kind IN ('withdrawn', 'closed', 'declined', 'ended', 'representative', 'consent_proof')"


def _time(name: str, *, needed: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def upgrade() -> None:
    op.create_table(
        "erasure_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        _time("planned_at", needed=True),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        _time("stopped_at"),
        _time("released_at"),
        sa.Column("needs_archive", sa.Boolean(), nullable=False),
        _time("archive_offered_at"),
        sa.Column("export_ids", _JSON, nullable=False),
        _time("finished_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(_KINDS, name=op.f("ck_erasure_batches_kind")),
        sa.CheckConstraint("cause IN ('period', 'request')", name=op.f("ck_erasure_batches_cause")),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_erasure_batches_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_batches")),
    )
    op.create_index(
        "ix_erasure_batches_open",
        "erasure_batches",
        ["network_id", "id"],
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )
    op.create_index("ix_erasure_batches_network_id", "erasure_batches", ["network_id", "id"])
    op.create_table(
        "erasure_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        _time("due_at", needed=True),
        _time("erase_after", needed=True),
        _time("held_until"),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(_KINDS, name=op.f("ck_erasure_items_kind")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["erasure_batches.id"], name=op.f("fk_erasure_items_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_items")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_erasure_items_kind_subject_id")),
    )
    op.create_index("ix_erasure_items_batch_id", "erasure_items", ["batch_id", "id"])
    op.create_index("ix_erasure_items_erase_after", "erasure_items", ["erase_after"])
    op.create_index("ix_erasure_items_subject_id", "erasure_items", ["subject_id"])
    op.create_table(
        "erased_figures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("organisation_kind", sa.String(length=40), nullable=False),
        sa.Column("federal_state", sa.String(length=2), nullable=False),
        sa.Column("began_in", sa.Date(), nullable=False),
        sa.Column("settled_in", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "what IN ('application', 'membership')", name=op.f("ck_erased_figures_what")
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_erased_figures_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased_figures")),
    )
    op.create_index(
        "ix_erased_figures_network_id", "erased_figures", ["network_id", "what", "began_in"]
    )


def downgrade() -> None:
    for table in ("erased_figures", "erasure_items", "erasure_batches"):
        op.drop_table(table)
