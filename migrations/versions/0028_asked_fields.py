"""Questions about single fields, what came back, and what is put by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TABLE = "information_requests"


def upgrade() -> None:
    json = sa.JSON(none_as_null=True).with_variant(
        postgresql.JSONB(none_as_null=True), "postgresql"
    )
    op.add_column(_TABLE, sa.Column("fields", json, nullable=True))
    op.add_column(_TABLE, sa.Column("draft", json, nullable=True))
    op.add_column(_TABLE, sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """What was asked about fields is lost; the answers that came of it stay."""
    for column in ("drafted_at", "draft", "fields"):
        op.drop_column(_TABLE, column)
