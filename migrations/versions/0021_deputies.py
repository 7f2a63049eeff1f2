"""Deputies, up to two for a seat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _refers(column: str, to: str, ondelete: str | None = None):
    return sa.ForeignKeyConstraint(
        [column], [to], name=op.f(f"fk_deputies_{column}"), ondelete=ondelete
    )


def _time(name: str, *, needed: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def upgrade() -> None:
    op.create_table(
        "deputies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        _time("invited_at", needed=True),
        _time("expires_at", needed=True),
        _time("accepted_at"),
        sa.CheckConstraint("slot BETWEEN 1 AND 2", name=op.f("ck_deputies_two_at_most")),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (account_id IS NULL)"
            " AND (accepted_at IS NULL) = (email IS NOT NULL)",
            name=op.f("ck_deputies_has_account_or_address"),
        ),
        _refers("network_id", "networks.id"),
        _refers("seat_id", "seats.id", "CASCADE"),
        _refers("account_id", "accounts.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputies")),
        sa.UniqueConstraint("seat_id", "slot", name=op.f("uq_deputies_seat_id_slot")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_deputies_token_hash")),
    )
    op.create_index("ix_deputies_account_id", "deputies", ["account_id"])


def downgrade() -> None:
    op.drop_table("deputies")
