"""Table of organisations: legal persons, public bodies, initiatives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model, uuid7

# Their names can be personal data, so nobody outside their network knows them.
PRIVATE_KINDS = frozenset({"informal_initiative", "self_employed"})
SHARED = ""


class Organisation(Model):
    """One organisation, whatever network it joins.

    Legal persons and public bodies are shared by all networks; `scope` is the slug of the one
    network that an initiative or a self-employed person is known to.
    """

    __tablename__ = "organisations"
    __table_args__ = (UniqueConstraint("name_key", "place_key", "scope"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    scope: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(160))
    name_key: Mapped[str] = mapped_column(String(400))
    place_key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(40))
    postal_code: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(120))
    federal_state: Mapped[str] = mapped_column(String(2))
    registered_at: Mapped[datetime]


@dataclass(frozen=True)
class Description:
    """An organisation as somebody describes it; what is not known is empty."""

    name: str
    scope: str
    kind: str = ""
    country: str = ""
    postal_code: str = ""
    city: str = ""
    federal_state: str = ""
