"""The second factor of staff: one-time codes, passkeys, recovery codes, known devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_TABLES = ("known_devices", "recovery_codes", "passkeys", "second_factors")


def _make(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _unique(table: str, column: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(column, name=op.f(f"uq_{table}_{column}"))


def _time(name: str, *, needed: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def upgrade() -> None:
    _make(
        "second_factors",
        sa.Column("totp_sealed", sa.String(400)),
        _time("totp_since"),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        _time("tries_since"),
        sa.Column("challenge", sa.String(100)),
        _time("challenge_until"),
        _unique("second_factors", "account_id"),
    )
    _make(
        "passkeys",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        _time("since", needed=True),
        _time("used_at"),
        _unique("passkeys", "credential_id"),
    )
    _make(
        "recovery_codes",
        sa.Column("code_hash", sa.String(64), nullable=False),
        _time("since", needed=True),
        _unique("recovery_codes", "code_hash"),
    )
    _make(
        "known_devices",
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        _time("since", needed=True),
        _time("expires_at", needed=True),
        _unique("known_devices", "token_hash"),
    )
    for table in ("passkeys", "recovery_codes", "known_devices"):
        op.create_index(f"ix_{table}_account_id", table, ["account_id"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
