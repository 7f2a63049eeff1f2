"""Data: what the list of members is searched, sorted and filtered by, of those who are members."""

from __future__ import annotations

import unicodedata
from itertools import groupby

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d"}
)
_LONGEST = 330
_BATCH = 1000

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
accounts = sa.table("accounts", sa.column("id", sa.Uuid), sa.column("email", sa.String))
memberships = sa.table(
    "memberships",
    sa.column("id", sa.Uuid),
    sa.column("account_id", sa.Uuid),
    *(
        sa.column(name, sa.String)
        for name in (
            "holder", "first_name", "last_name", "organisation_name",
            "search_text", "sort_name", "organisation_kind", "federal_state", "district_key",
        )
    ),
    sa.column("answers", JSON),
)  # fmt: skip
representatives = sa.table(
    "representatives",
    sa.column("membership_id", sa.Uuid),
    sa.column("account_id", sa.Uuid),
    sa.column("first_name", sa.String),
    sa.column("last_name", sa.String),
    sa.column("since", sa.DateTime(timezone=True)),
    sa.column("ended_at", sa.DateTime(timezone=True)),
)


def fold(text: str) -> str:
    text = unicodedata.normalize("NFC", text).casefold().translate(_SPELLED_OUT)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(bare.split())


def upgrade() -> None:
    connection = op.get_bind()
    changed = sa.bindparam("changed", type_=sa.Uuid())
    update = memberships.update().where(memberships.c.id == changed)
    last = None
    while batch := _batch(connection, last):
        people = _people(connection, [row["id"] for row in batch])
        values = [_values(row, people.get(row["id"], [])) for row in batch]
        connection.execute(update, values)
        last = batch[-1]["id"]


def _batch(connection, last):
    query = (
        sa.select(memberships, accounts.c.email)
        .outerjoin_from(memberships, accounts, accounts.c.id == memberships.c.account_id)
        .order_by(memberships.c.id)
        .limit(_BATCH)
    )
    if last is not None:
        query = query.where(memberships.c.id > last)
    return connection.execute(query).mappings().all()


def _people(connection, ids):
    query = (
        sa.select(representatives, accounts.c.email)
        .join_from(representatives, accounts, accounts.c.id == representatives.c.account_id)
        .where(representatives.c.membership_id.in_(ids), representatives.c.ended_at.is_(None))
        .order_by(representatives.c.membership_id, representatives.c.since)
    )
    rows = connection.execute(query).mappings().all()
    return {id_: list(some) for id_, some in groupby(rows, key=lambda row: row["membership_id"])}


def _values(row, people):
    answers = row["answers"]
    words = [row["organisation_name"], answers.get("postal_code"), answers.get("place")]
    for person in [row, *people]:
        words += [person["first_name"], person["last_name"], person["email"]]
    name = f"{row['last_name']} {row['first_name']}"
    if row["holder"] == "organisation":
        name = row["organisation_name"]
    return {
        "changed": row["id"],
        "search_text": fold(" ".join(word for word in words if word)),
        "sort_name": fold(name)[:_LONGEST],
        "organisation_kind": answers.get("organisation_kind") or "",
        "federal_state": answers.get("federal_state") or "",
        "district_key": fold(answers.get("district") or "")[:_LONGEST],
    }


def downgrade() -> None:
    """The columns go with the migration before."""
