"""People whose every answer can be told from everybody else's, and the daily run. All invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import time_machine

from memberships.applications.cli import erase_expired
from memberships.applications.models import Application
from memberships.database import db, unit_of_work, utcnow
from memberships.members.models import Membership
from memberships.permissions import Role
from memberships.retention.cli import run_retention
from memberships.retention.models import ErasureBatch, ErasureItem, Kind
from tests.applications.joining import ANSWERS, AVD, BW, FV
from tests.factories import Applied, confirmed
from tests.members.cases import membership_of
from tests.review.cases import Staff, decline, staff
from tests.tables import all_of, dump

START = datetime(2027, 12, 20, 9, 0, tzinfo=UTC)
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """Somebody whose `mark` stands in name and address, and in no other row."""

    mark: str

    @property
    def email(self) -> str:
        return f"{self.mark}@example.org"

    @property
    def answers(self) -> dict[str, Any]:
        return {"first_name": f"V{self.mark}", "last_name": f"N{self.mark}", "email": self.email}


def person(name: str = "zqx") -> Person:
    return Person(f"{name}{next(_numbers)}q")


def applies(slug: str, who: Person, **changes: Any) -> Applied:
    """Applies and proves the address; the rules have had their say."""
    return confirmed(ANSWERS[slug] | who.answers, slug=slug, email=who.email, **changes)


def joins(who: Person, slug: str = FV, **changes: Any) -> UUID:
    return membership_of(applies(slug, who, **changes))


def declined(who: Person | None = None, by: Staff | None = None, slug: str = AVD) -> Applied:
    applied = applies(slug, who or person())
    decline(applied, by or staff(Role.LEAD, slug))
    return applied


def run_on(at: datetime) -> int:
    """What the worker does on that day."""
    with time_machine.travel(at, tick=False):
        erase_expired()
        return run_retention()


def erase_at(due: datetime) -> None:
    """Announced in time, and then the first run after the promised day."""
    run_on(due - timedelta(days=3, hours=1))
    run_on(due + timedelta(minutes=1))


def places_of(*marks: str) -> dict[str, set[str]]:
    """By mark the tables in which it still stands."""
    tables = {name: "\n".join(rows).lower() for name, rows in dump().items()}
    return {mark: {name for name, text in tables.items() if mark in text} for mark in marks}


def items() -> list[ErasureItem]:
    return all_of(ErasureItem)


def batches(kind: Kind | None = None) -> list[ErasureBatch]:
    return [batch for batch in all_of(ErasureBatch) if kind in {None, batch.kind}]


def restrict(id_: UUID, model: type[Application | Membership] = Application) -> None:
    with unit_of_work():
        db.session.execute(sa.update(model).where(model.id == id_).values(restricted_at=utcnow()))


__all__ = ["AVD", "BW", "FV"]
