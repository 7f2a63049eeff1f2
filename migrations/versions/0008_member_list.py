"""What the list of members is searched, sorted and filtered by; the register of exports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LIVING = sa.text("ended_at IS NULL")
_ENDED = sa.text("ended_at IS NOT NULL")
# By code point on both engines, so that both sort the same.
_SORTED = sa.String(length=330).with_variant(sa.String(length=330, collation="C"), "postgresql")
_COLUMNS = {
    "search_text": sa.Text(),
    "sort_name": _SORTED,
    "organisation_kind": sa.String(length=40),
    "federal_state": sa.String(length=2),
    "district_key": _SORTED,
}
_INDEXES = {
    "name": (["network_id", "sort_name", "id"], _LIVING),
    "since": (["network_id", "member_since", "id"], _LIVING),
    "holder": (["network_id", "holder", "sort_name", "id"], _LIVING),
    "kind": (["network_id", "organisation_kind", "sort_name", "id"], _LIVING),
    "state": (["network_id", "federal_state", "sort_name", "id"], _LIVING),
    "district": (["network_id", "district_key", "sort_name", "id"], _LIVING),
    "ended": (["network_id", "sort_name", "id"], _ENDED),
}


def json_object() -> sa.types.TypeEngine:
    return sa.JSON(none_as_null=True).with_variant(
        postgresql.JSONB(none_as_null=True), "postgresql"
    )


def rebuilt(table: str):
    """On SQLite a table is made anew; columns without a default cannot be added to one."""
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table(table, recreate=how)


def upgrade() -> None:
    with rebuilt("memberships") as table:
        for name, type_ in _COLUMNS.items():
            table.add_column(sa.Column(name, type_, nullable=False, server_default=""))
    with rebuilt("memberships") as table:
        for name, type_ in _COLUMNS.items():
            table.alter_column(name, existing_type=type_, server_default=None)
    for name, (columns, where) in _INDEXES.items():
        op.create_index(
            f"ix_memberships_list_{name}",
            "memberships",
            columns,
            postgresql_where=where,
            sqlite_where=where,
        )
    op.create_index(
        "ix_consent_events_address", "consent_events", ["network_id", "purpose", "email", "id"]
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "content",
            sa.Enum(
                "members",
                "membership_mailing",
                "news_mailing",
                name="exportcontent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "format",
            sa.Enum(
                "csv",
                "xlsx",
                name="exportformat",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("filter", json_object(), nullable=False),
        sa.Column("columns", json_object(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_exports_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_exports_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_network_id", "exports", ["network_id", "id"])


def downgrade() -> None:
    op.drop_table("exports")
    op.drop_index("ix_consent_events_address", table_name="consent_events")
    for name in _INDEXES:
        op.drop_index(f"ix_memberships_list_{name}", table_name="memberships")
    with rebuilt("memberships") as table:
        for name in _COLUMNS:
            table.drop_column(name)
