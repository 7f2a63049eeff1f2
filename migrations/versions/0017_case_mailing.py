"""Addresses of those whose application is open can be taken out, too."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_CHECK = "ck_exports_exportcontent"
_BEFORE = "'members', 'membership_mailing', 'news_mailing'"


def _allow(values: str) -> None:
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("exports", recreate=how) as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.create_check_constraint(op.f(_CHECK), f"content IN ({values})")


def upgrade() -> None:
    _allow(f"{_BEFORE}, 'case_mailing'")


def downgrade() -> None:
    op.execute("DELETE FROM exports WHERE content = 'case_mailing'")
    _allow(_BEFORE)
