"""What cases are found by; and filters that somebody keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "application_search",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("federal_state", sa.String(length=2), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column(
            "keys",
            sa.JSON().with_variant(postgresql.ARRAY(sa.BigInteger()), "postgresql"),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_application_search_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_application_search_network_id")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application_search")),
    )
    op.create_index(
        "ix_application_search_received_on",
        "application_search",
        ["network_id", "received_on", "application_id"],
    )
    op.create_index(
        "ix_application_search_keys", "application_search", ["keys"], postgresql_using="gin"
    )
    op.create_index("ix_applications_status", "applications", ["network_id", "status", "id"])
    op.create_index("ix_applications_kind", "applications", ["network_id", "applicant_kind", "id"])
    is_entered = sa.text("received_on IS NOT NULL")
    op.create_index(
        "ix_applications_received_on",
        "applications",
        ["network_id", "id", "received_on"],
        postgresql_where=is_entered,
        sqlite_where=is_entered,
    )
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "arguments",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_saved_filters_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_saved_filters_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint(
            "account_id",
            "network_id",
            "name",
            name=op.f("uq_saved_filters_account_id_network_id_name"),
        ),
    )


def downgrade() -> None:
    op.drop_table("saved_filters")
    for name in ("received_on", "kind", "status"):
        op.drop_index(f"ix_applications_{name}", "applications")
    op.drop_table("application_search")
