"""The official register of municipalities and their districts.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "territory_districts",
        sa.Column("key", sa.String(5), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("land", sa.String(2), nullable=False),
        sa.Column("vintage", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_territory_districts")),
    )
    op.create_table(
        "territory_municipalities",
        sa.Column("ags", sa.String(8), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("name_key", sa.String(150), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("district_key", sa.String(5), nullable=False),
        sa.Column("land", sa.String(2), nullable=False),
        sa.Column("seat_postal_code", sa.String(5), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("vintage", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_key"],
            ["territory_districts.key"],
            name=op.f("fk_territory_municipalities_district_key"),
        ),
        sa.PrimaryKeyConstraint("ags", name=op.f("pk_territory_municipalities")),
    )
    for name, columns in (
        ("district_key", ["district_key"]),
        ("land_name_key", ["land", "name_key"]),
        ("seat_postal_code", ["seat_postal_code"]),
    ):
        op.create_index(
            f"ix_territory_municipalities_{name}", "territory_municipalities", columns, unique=False
        )


def downgrade() -> None:
    op.drop_table("territory_municipalities")
    op.drop_table("territory_districts")
