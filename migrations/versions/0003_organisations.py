"""Organisations, their seats and their representatives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LIVING = sa.text("ended_at IS NULL")


def json_object() -> sa.types.TypeEngine:
    return sa.JSON(none_as_null=True).with_variant(
        postgresql.JSONB(none_as_null=True), "postgresql"
    )


def rebuilt(table: str):
    """On SQLite a table is made anew; constraints cannot be added to one."""
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table(table, recreate=how)


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("place_key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("postal_code", sa.String(length=10), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("federal_state", sa.String(length=2), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint(
            "name_key",
            "place_key",
            "scope",
            name=op.f("uq_organisations_name_key_place_key_scope"),
        ),
    )
    with rebuilt("memberships") as table:
        table.alter_column("account_id", existing_type=sa.Uuid(), nullable=True)
        for name in ("first_name", "last_name"):
            table.alter_column(name, existing_type=sa.String(length=80), nullable=True)
        table.add_column(sa.Column("organisation_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("seat_number", sa.Integer(), nullable=True))
        table.add_column(sa.Column("seat_reason", sa.Text(), nullable=True))
        table.create_foreign_key(
            op.f("fk_memberships_organisation_id"), "organisations", ["organisation_id"], ["id"]
        )
        table.create_check_constraint(
            op.f("ck_memberships_seat_has_an_organisation"),
            "(organisation_id IS NULL) = (seat_number IS NULL)",
        )
        table.create_check_constraint(
            op.f("ck_memberships_another_seat_has_a_reason"),
            "seat_number IS NULL OR seat_number = 1 OR seat_reason IS NOT NULL",
        )
    op.create_index("ix_memberships_organisation_id", "memberships", ["organisation_id"])
    op.create_index(
        "ux_memberships_one_seat",
        "memberships",
        ["network_id", "organisation_id", "seat_number"],
        unique=True,
        postgresql_where=_LIVING,
        sqlite_where=_LIVING,
    )
    op.create_table(
        "representatives",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("answers", json_object(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_representatives_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["memberships.id"],
            name=op.f("fk_representatives_membership_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representatives")),
    )
    op.create_index("ix_representatives_account_id", "representatives", ["account_id"])
    op.create_index(
        "ux_representatives_one_living",
        "representatives",
        ["membership_id", "account_id"],
        unique=True,
        postgresql_where=_LIVING,
        sqlite_where=_LIVING,
    )
    with rebuilt("applications") as table:
        table.add_column(sa.Column("organisation_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("linked_by_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("seat_reason", sa.Text(), nullable=True))
        table.add_column(sa.Column("review_reason", sa.String(length=40), nullable=True))
        table.create_foreign_key(
            op.f("fk_applications_organisation_id"), "organisations", ["organisation_id"], ["id"]
        )
        table.create_foreign_key(
            op.f("fk_applications_linked_by_id"), "accounts", ["linked_by_id"], ["id"]
        )
    op.create_index("ix_applications_organisation_id", "applications", ["organisation_id"])


def downgrade() -> None:
    op.drop_index("ix_applications_organisation_id", "applications")
    with rebuilt("applications") as table:
        table.drop_constraint(op.f("fk_applications_linked_by_id"), type_="foreignkey")
        table.drop_constraint(op.f("fk_applications_organisation_id"), type_="foreignkey")
        for name in ("review_reason", "seat_reason", "linked_by_id", "organisation_id"):
            table.drop_column(name)
    op.drop_table("representatives")
    op.drop_index("ux_memberships_one_seat", "memberships")
    op.drop_index("ix_memberships_organisation_id", "memberships")
    with rebuilt("memberships") as table:
        table.drop_constraint(op.f("ck_memberships_another_seat_has_a_reason"), type_="check")
        table.drop_constraint(op.f("ck_memberships_seat_has_an_organisation"), type_="check")
        table.drop_constraint(op.f("fk_memberships_organisation_id"), type_="foreignkey")
        for name in ("seat_reason", "seat_number", "organisation_id"):
            table.drop_column(name)
        for name in ("first_name", "last_name"):
            table.alter_column(name, existing_type=sa.String(length=80), nullable=False)
        table.alter_column("account_id", existing_type=sa.Uuid(), nullable=False)
    op.drop_table("organisations")
