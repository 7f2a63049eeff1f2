"""What the people of an office want to be told, and what they were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_RHYTHMS = ("at_once", "daily", "weekly", "none")
_STEPS = ("handed", "answered", "soon", "overdue", "deputy", "lead")


def _refers(table: str, column: str, to: str, ondelete: str):
    return sa.ForeignKeyConstraint(
        [column], [to], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def _one_of(table: str, column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "notice_settings",
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("rhythm", sa.String(length=40), nullable=False),
        sa.Column("deputy_role_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "deputy_role_id <> role_id", name=op.f("ck_notice_settings_nobody_is_their_own_deputy")
        ),
        _one_of("notice_settings", "rhythm", _RHYTHMS),
        _refers("notice_settings", "role_id", "staff_roles.id", "CASCADE"),
        _refers("notice_settings", "deputy_role_id", "staff_roles.id", "SET NULL"),
        sa.PrimaryKeyConstraint("role_id", name=op.f("pk_notice_settings")),
    )
    op.create_index(
        op.f("ix_notice_settings_deputy_role_id"), "notice_settings", ["deputy_role_id"]
    )
    op.create_table(
        "reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("about_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        _one_of("reminders", "step", _STEPS),
        _refers("reminders", "application_id", "applications.id", "CASCADE"),
        _refers("reminders", "role_id", "staff_roles.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
    )
    op.create_index(
        "ux_reminders_once",
        "reminders",
        ["application_id", "role_id", "step", "about_at"],
        unique=True,
    )
    op.create_index(op.f("ix_reminders_role_id"), "reminders", ["role_id"])


def downgrade() -> None:
    """Everybody is told daily again, and once more of what they were told."""
    op.drop_table("reminders")
    op.drop_table("notice_settings")
