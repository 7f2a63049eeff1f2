"""Data: who acted for an organisation becomes its representative; the organisation is registered.

Organisations had no place so far. Of several memberships under one name in one network the oldest
takes the seat; the others stay as they are, without one.
"""

from __future__ import annotations

import re
import unicodedata
from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PRIVATE_KINDS = {"informal_initiative", "self_employed"}
_SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d"}
)
_REGISTERED = re.compile(r"\b(?:e v|ev)\b")
_LEGAL_FORMS = re.compile(
    r"(?: (?:(?:gemeinnuetzige )?g?gmbh|g?ug|haftungsbeschraenkt|e ?g|g?ag|se|kg|ohg|gbr|mbh"
    r"|a ?oe ?r|k ?d ?oe ?r))+$"
)

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
networks = sa.table("networks", sa.column("id", sa.Integer), sa.column("slug", sa.String))
memberships = sa.table(
    "memberships",
    sa.column("id", sa.Uuid),
    sa.column("network_id", sa.Integer),
    sa.column("account_id", sa.Uuid),
    sa.column("holder", sa.String),
    sa.column("first_name", sa.String),
    sa.column("last_name", sa.String),
    sa.column("organisation_name", sa.String),
    sa.column("organisation_id", sa.Uuid),
    sa.column("seat_number", sa.Integer),
    sa.column("answers", JSON),
    sa.column("member_since", sa.DateTime(timezone=True)),
    sa.column("ended_at", sa.DateTime(timezone=True)),
)
organisations = sa.table(
    "organisations",
    sa.column("id", sa.Uuid),
    *(
        sa.column(name, sa.String)
        for name in (
            "scope", "name", "name_key", "place_key", "kind", "postal_code", "city", "federal_state"
        )
    ),
    sa.column("registered_at", sa.DateTime(timezone=True)),
)  # fmt: skip
representatives = sa.table(
    "representatives",
    sa.column("id", sa.Uuid),
    sa.column("membership_id", sa.Uuid),
    sa.column("account_id", sa.Uuid),
    sa.column("first_name", sa.String),
    sa.column("last_name", sa.String),
    sa.column("answers", JSON),
    sa.column("since", sa.DateTime(timezone=True)),
    sa.column("ended_at", sa.DateTime(timezone=True)),
)


def name_key(name: str) -> str:
    text = unicodedata.normalize("NFC", name).casefold().translate(_SPELLED_OUT)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = re.sub(r"[\W_]+", " ", bare).strip()
    key = _LEGAL_FORMS.sub("", " ".join(_REGISTERED.sub(" ", words).split()))
    return (key or words or " ".join(bare.split()))[:400]


def upgrade() -> None:
    connection = op.get_bind()
    registered: dict[tuple[str, str], object] = {}
    seated: set[tuple[object, object]] = set()
    held_by_organisations = (
        sa.select(memberships, networks.c.slug)
        .join_from(memberships, networks, networks.c.id == memberships.c.network_id)
        .where(memberships.c.holder == "organisation")
        .order_by(memberships.c.member_since)
    )
    for row in connection.execute(held_by_organisations).mappings().all():
        connection.execute(
            representatives.insert().values(
                id=uuid4(),
                membership_id=row["id"],
                account_id=row["account_id"],
                first_name=row["first_name"],
                last_name=row["last_name"],
                answers={},
                since=row["member_since"],
                ended_at=row["ended_at"],
            )
        )
        values = {"account_id": None, "first_name": None, "last_name": None}
        organisation_id = _registered(connection, row, registered)
        seat = (row["network_id"], organisation_id)
        if row["ended_at"] is not None or seat not in seated:
            values |= {"organisation_id": organisation_id, "seat_number": 1}
        if row["ended_at"] is None:
            seated.add(seat)
        connection.execute(
            memberships.update().where(memberships.c.id == row["id"]).values(**values)
        )


def _registered(connection, row, registered):
    kind = row["answers"].get("organisation_kind") or ""
    scope = row["slug"] if kind in _PRIVATE_KINDS else ""
    identity = (scope, name_key(row["organisation_name"]))
    if identity not in registered:
        registered[identity] = uuid4()
        connection.execute(
            organisations.insert().values(
                id=registered[identity],
                scope=scope,
                name=row["organisation_name"],
                name_key=identity[1],
                place_key="",
                kind=kind,
                postal_code="",
                city="",
                federal_state="",
                registered_at=row["member_since"],
            )
        )
    return registered[identity]


def downgrade() -> None:
    """Of several representatives the first stays, and nobody holds a seat any more.

    An account that would be a member twice stops it. Going up again seats only memberships that
    organisations hold: seats of persons are lost, and whoever applies next gets one.
    """
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(representatives).order_by(representatives.c.since.desc())
    ).mappings()
    for row in rows.all():
        connection.execute(
            memberships.update()
            .where(memberships.c.id == row["membership_id"])
            .values({key: row[key] for key in ("account_id", "first_name", "last_name")})
        )
    connection.execute(representatives.delete())
    connection.execute(memberships.update().values(organisation_id=None, seat_number=None))
    connection.execute(
        sa.table("applications", sa.column("organisation_id", sa.Uuid))
        .update()
        .values(organisation_id=None)
    )
    connection.execute(organisations.delete())
