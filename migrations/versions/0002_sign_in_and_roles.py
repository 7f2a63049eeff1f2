"""Sign-in by mail, and who is what in which network.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts", recreate="auto") as accounts:
        accounts.alter_column(
            "verified_at", existing_type=sa.DateTime(timezone=True), nullable=True
        )
        accounts.add_column(
            sa.Column("name", sa.String(length=160), server_default="", nullable=False)
        )
        accounts.add_column(
            sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False)
        )
    with op.batch_alter_table("accounts", recreate="auto") as accounts:
        accounts.alter_column("name", server_default=None)
        accounts.alter_column("session_epoch", server_default=None)
    op.create_table(
        "staff_roles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "reader",
                "coordinator",
                "decider",
                "lead",
                "auditor",
                "operator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(role = 'operator') = (network_id IS NULL)",
            name=op.f("ck_staff_roles_only_operators_have_no_network"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_staff_roles_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_staff_roles_network_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_roles")),
    )
    op.create_index("ix_staff_roles_network_id", "staff_roles", ["network_id"])
    op.create_index(
        "ux_staff_roles_one_per_network",
        "staff_roles",
        ["account_id", "network_id"],
        unique=True,
        postgresql_where=sa.text("network_id IS NOT NULL"),
        sqlite_where=sa.text("network_id IS NOT NULL"),
    )
    op.create_index(
        "ux_staff_roles_one_operator",
        "staff_roles",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("network_id IS NULL"),
        sqlite_where=sa.text("network_id IS NULL"),
    )
    op.create_table(
        "sign_in_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("page_token_hash", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=500), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "email = lower(email)", name=op.f("ck_sign_in_requests_email_is_lowercase")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sign_in_requests_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_requests")),
        sa.UniqueConstraint("page_token_hash", name=op.f("uq_sign_in_requests_page_token_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_requests_token_hash")),
    )
    op.create_index("ix_sign_in_requests_account_id", "sign_in_requests", ["account_id"])
    op.create_index("ix_sign_in_requests_asked_at", "sign_in_requests", ["asked_at"])
    op.create_index(
        "ix_sign_in_requests_email_answered_at", "sign_in_requests", ["email", "answered_at"]
    )
    op.create_index(
        "ix_sign_in_requests_unanswered",
        "sign_in_requests",
        ["asked_at"],
        postgresql_where=sa.text("answered_at IS NULL"),
        sqlite_where=sa.text("answered_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("sign_in_requests")
    op.drop_table("staff_roles")
    # Invited addresses that nobody has proven did not exist before; memberships never use one.
    op.execute("DELETE FROM accounts WHERE verified_at IS NULL")
    with op.batch_alter_table("accounts", recreate="auto") as accounts:
        accounts.drop_column("session_epoch")
        accounts.drop_column("name")
        accounts.alter_column(
            "verified_at", existing_type=sa.DateTime(timezone=True), nullable=False
        )
