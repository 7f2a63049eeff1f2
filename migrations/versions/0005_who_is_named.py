"""A membership names its person, or an organisation's representatives do."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NAME = "ck_memberships_person_is_named_here"


def rebuilt(table: str):
    """On SQLite a table is made anew; constraints cannot be added to one."""
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table(table, recreate=how)


def upgrade() -> None:
    with rebuilt("memberships") as table:
        table.create_check_constraint(
            op.f(_NAME),
            "(holder = 'person') = (account_id IS NOT NULL)"
            " AND (holder = 'person') = (first_name IS NOT NULL)"
            " AND (holder = 'person') = (last_name IS NOT NULL)",
        )


def downgrade() -> None:
    with rebuilt("memberships") as table:
        table.drop_constraint(op.f(_NAME), type_="check")
