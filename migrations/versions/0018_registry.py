"""Further names, domains, keys to find by, pairs told apart, merges of organisations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_MERGED = sa.text("merged_into_id IS NOT NULL")
_DONE = sa.text("undone_at IS NULL")
_ADDED = {
    "country": sa.String(length=2),
    "municipality_key": sa.String(length=8),
    "origin": sa.String(length=40),
    "version": sa.Integer(),
}
_TABLES = (
    "organisation_moves",
    "organisation_merges",
    "organisations_told_apart",
    "organisation_keys",
    "organisation_domains",
    "organisation_names",
)


def rebuilt(table: str):
    """On SQLite a table is made anew; constraints cannot be added to one."""
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table(table, recreate=how)


def _of_organisation(table: str, column: str = "organisation_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["organisations.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _refers(table: str, column: str, to: str, ondelete: str | None = None):
    return sa.ForeignKeyConstraint(
        [column], [to], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def upgrade() -> None:
    _widen_organisations()
    op.create_table(
        "organisation_names",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "former",
                "short",
                "other",
                name="namekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        _of_organisation("organisation_names"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_names")),
        sa.UniqueConstraint(
            "organisation_id",
            "name_key",
            name=op.f("uq_organisation_names_organisation_id_name_key"),
        ),
    )
    op.create_table(
        "organisation_domains",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        _of_organisation("organisation_domains"),
        sa.PrimaryKeyConstraint("organisation_id", "domain", name=op.f("pk_organisation_domains")),
    )
    op.create_table(
        "organisation_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        _of_organisation("organisation_keys"),
        sa.PrimaryKeyConstraint("key", "organisation_id", name=op.f("pk_organisation_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_organisation_keys_organisation_id", "organisation_keys", ["organisation_id"]
    )
    op.create_table(
        "organisations_told_apart",
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "first_id < second_id", name=op.f("ck_organisations_told_apart_pair_has_one_order")
        ),
        _of_organisation("organisations_told_apart", "first_id"),
        _of_organisation("organisations_told_apart", "second_id"),
        _refers("organisations_told_apart", "network_id", "networks.id"),
        _refers("organisations_told_apart", "by_id", "accounts.id"),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_organisations_told_apart")),
    )
    op.create_index(
        "ix_organisations_told_apart_second_id", "organisations_told_apart", ["second_id"]
    )
    _make_merges()


def _widen_organisations() -> None:
    with rebuilt("organisations") as table:
        for name, type_ in _ADDED.items():
            default = {"version": "1", "origin": "application"}.get(name, "")
            table.add_column(sa.Column(name, type_, nullable=False, server_default=default))
        table.add_column(sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        table.alter_column("name", existing_type=sa.String(length=160), type_=sa.String(length=300))
    with rebuilt("organisations") as table:
        for name, type_ in _ADDED.items():
            table.alter_column(name, existing_type=type_, server_default=None)
        table.create_foreign_key(
            op.f("fk_organisations_merged_into_id"),
            "organisations",
            ["merged_into_id"],
            ["id"],
            ondelete="CASCADE",
        )
        table.create_check_constraint(
            op.f("ck_organisations_not_merged_into_itself"), "merged_into_id <> id"
        )
        table.create_check_constraint(
            op.f("ck_organisations_origin"), "origin IN ('application', 'import')"
        )
    op.create_index(
        "ix_organisations_merged_into_id",
        "organisations",
        ["merged_into_id"],
        postgresql_where=_MERGED,
        sqlite_where=_MERGED,
    )


def _make_merges() -> None:
    op.create_table(
        "organisation_merges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("dropped_id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kept_id <> dropped_id", name=op.f("ck_organisation_merges_of_two")),
        _of_organisation("organisation_merges", "kept_id"),
        _of_organisation("organisation_merges", "dropped_id"),
        _refers("organisation_merges", "network_id", "networks.id"),
        _refers("organisation_merges", "by_id", "accounts.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_merges")),
    )
    op.create_index("ix_organisation_merges_kept_id", "organisation_merges", ["kept_id"])
    op.create_index(
        "ux_organisation_merges_one_done",
        "organisation_merges",
        ["dropped_id"],
        unique=True,
        postgresql_where=_DONE,
        sqlite_where=_DONE,
    )
    op.create_table(
        "organisation_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("seat_number", sa.Integer(), nullable=True),
        sa.Column("seat_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(membership_id IS NULL) <> (application_id IS NULL)",
            name=op.f("ck_organisation_moves_moves_one_thing"),
        ),
        _refers("organisation_moves", "merge_id", "organisation_merges.id", "CASCADE"),
        _refers("organisation_moves", "membership_id", "memberships.id", "CASCADE"),
        _refers("organisation_moves", "application_id", "applications.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_moves")),
    )
    for column in ("merge_id", "membership_id", "application_id"):
        op.create_index(f"ix_organisation_moves_{column}", "organisation_moves", [column])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("ix_organisations_merged_into_id", "organisations")
    # What leads to another has handed its members over; its row would be a second of the same.
    op.execute("DELETE FROM organisations WHERE merged_into_id IS NOT NULL")
    with rebuilt("organisations") as table:
        table.drop_constraint(op.f("fk_organisations_merged_into_id"), type_="foreignkey")
        table.drop_constraint(op.f("ck_organisations_not_merged_into_itself"), type_="check")
        table.drop_constraint(op.f("ck_organisations_origin"), type_="check")
        for name in ("merged_into_id", *_ADDED):
            table.drop_column(name)
