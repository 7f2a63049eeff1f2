"""Seats, how many held them and since when nobody does; hand-overs of seats."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_OPEN = sa.text("settled_at IS NULL")
_VACANT = sa.text("vacant_since IS NOT NULL")
_STAGES = "stage IN ('open', 'contested', 'done', 'declined', 'withdrawn', 'expired', 'refused')"
_CLOSING = ("seat_vacant", "organisation_dissolved", "merged_duplicate")

memberships = sa.table(
    "memberships",
    sa.column("network_id", sa.Integer),
    sa.column("organisation_id", sa.Uuid),
    sa.column("seat_number", sa.Integer),
    sa.column("member_since", sa.DateTime(timezone=True)),
    sa.column("ended_at", sa.DateTime(timezone=True)),
    sa.column("end_reason", sa.String),
)


def _refers(table: str, column: str, to: str, ondelete: str | None = None):
    return sa.ForeignKeyConstraint(
        [column], [to], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def _time(name: str, *, needed: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def upgrade() -> None:
    seats = op.create_table(
        "seats",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holders", sa.Integer(), nullable=False),
        _time("vacant_since"),
        _refers("seats", "network_id", "networks.id"),
        _refers("seats", "organisation_id", "organisations.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seats")),
        sa.UniqueConstraint(
            "network_id",
            "organisation_id",
            "number",
            name=op.f("uq_seats_network_id_organisation_id_number"),
        ),
    )
    op.create_index("ix_seats_organisation_id", "seats", ["organisation_id"])
    op.create_index(
        "ix_seats_vacant",
        "seats",
        ["network_id", "vacant_since"],
        postgresql_where=_VACANT,
        sqlite_where=_VACANT,
    )
    _fill(seats)
    _make_handovers()


def _fill(seats: sa.Table) -> None:
    """One row for each seat that was ever held; vacant since the last holder left."""
    held: dict[tuple[object, ...], dict[str, object]] = {}
    rows = op.get_bind().execute(
        sa.select(memberships)
        .where(memberships.c.seat_number.is_not(None))
        .order_by(memberships.c.member_since)
    )
    for row in rows:
        identity = (row.network_id, row.organisation_id, row.seat_number)
        seat = held.setdefault(
            identity,
            {
                "id": uuid4(),
                "network_id": row.network_id,
                "organisation_id": row.organisation_id,
                "number": row.seat_number,
                "holders": 0,
                "vacant_since": row.ended_at,
            },
        )
        seat["holders"] += 1
        is_closed = row.ended_at is None or row.end_reason in _CLOSING
        seat["vacant_since"] = None if is_closed else row.ended_at
    if held:
        op.bulk_insert(seats, list(held.values()))


def _make_handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("representative_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=True),
        sa.Column("last_name", sa.String(length=80), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("answers", _JSON, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("objection_token_hash", sa.String(length=64), nullable=True),
        _time("proposed_at", needed=True),
        _time("object_until"),
        _time("expires_at", needed=True),
        _time("cleared_at"),
        _time("accepted_at"),
        _time("settled_at"),
        sa.Column("objection", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('holder', 'deputy', 'office', 'application')",
            name=op.f("ck_handovers_origin"),
        ),
        sa.CheckConstraint(_STAGES, name=op.f("ck_handovers_stage")),
        sa.CheckConstraint(
            "(stage IN ('open', 'contested')) = (settled_at IS NULL)",
            name=op.f("ck_handovers_end_has_a_time"),
        ),
        sa.CheckConstraint(
            "(origin = 'application') = (application_id IS NOT NULL)",
            name=op.f("ck_handovers_applicant_has_applied"),
        ),
        _refers("handovers", "network_id", "networks.id"),
        _refers("handovers", "seat_id", "seats.id", "CASCADE"),
        _refers("handovers", "membership_id", "memberships.id", "CASCADE"),
        _refers("handovers", "representative_id", "representatives.id", "CASCADE"),
        _refers("handovers", "application_id", "applications.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_handovers_token_hash")),
        sa.UniqueConstraint("objection_token_hash", name=op.f("uq_handovers_objection_token_hash")),
    )
    for column in ("seat_id", "membership_id", "representative_id", "application_id"):
        op.create_index(f"ix_handovers_{column}", "handovers", [column])
    op.create_index(
        "ux_handovers_one_open",
        "handovers",
        ["seat_id"],
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )
    op.create_index(
        "ix_handovers_open",
        "handovers",
        ["network_id"],
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_table("handovers")
    op.drop_table("seats")
