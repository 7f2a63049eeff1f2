"""Organisations come from a file, some thousands at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from memberships.database import db, utcnow, uuid7
from memberships.organisations.index import index_keys
from memberships.organisations.keys import name_key, place_key
from memberships.organisations.matching import is_public_mail_domain
from memberships.organisations.models import (
    NameKind,
    Organisation,
    OrganisationDomain,
    OrganisationKey,
    OrganisationName,
    Origin,
)
from memberships.organisations.queries import scope_of
from memberships.organisations.reading import Line

# Both databases take that many values in one statement.
_ASKED_AT_ONCE = 5000
Identity = tuple[str, str, str]


@dataclass
class _Told:
    """What the lines say of one organisation."""

    line: Line
    names: dict[str, tuple[NameKind, str]] = field(default_factory=dict)
    domains: dict[str, None] = field(default_factory=dict)


@dataclass
class Imported:
    """How many organisations were new, learned something, or were known as they are."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def add(self, other: Imported) -> None:
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged


def import_organisations(lines: Iterable[Line]) -> Imported:
    """Know what these lines say, in the caller's unit of work; a second time changes nothing.

    Lines of the same name and place are one organisation. One that is known already keeps its own
    name and place, and learns further names and domains.
    """
    told = _gathered(lines)
    known = _known(told)
    made = [(one, identity) for identity, one in told.items() if identity not in known]
    _make(made)
    changed = _teach({id_: told[identity] for identity, id_ in known.items()})
    return Imported(len(made), changed, len(known) - changed)


def _gathered(lines: Iterable[Line]) -> dict[Identity, _Told]:
    told: dict[Identity, _Told] = {}
    for line in lines:
        described = line.described
        identity = (name_key(described.name), place_key(described), scope_of(described))
        one = told.setdefault(identity, _Told(line))
        for kind, name in line.names:
            if (key := name_key(name)) != identity[0]:
                one.names.setdefault(key, (kind, name))
        one.domains |= dict.fromkeys(d for d in line.domains if not is_public_mail_domain(d))
    return told


def _known(told: Collection[Identity]) -> dict[Identity, UUID]:
    known: dict[Identity, UUID] = {}
    keys = sorted({identity[0] for identity in told})
    for start in range(0, len(keys), _ASKED_AT_ONCE):
        rows = db.session.execute(
            sa.select(
                Organisation.id,
                Organisation.name_key,
                Organisation.place_key,
                Organisation.scope,
            ).where(Organisation.name_key.in_(keys[start : start + _ASKED_AT_ONCE]))
        )
        for id_, *identity in rows:
            if (found := tuple(identity)) in told:
                known[found] = id_  # type: ignore[index]  # three texts, as selected
    return known


def _make(made: Sequence[tuple[_Told, Identity]]) -> None:
    now = utcnow()
    organisations, names, domains, keys = [], [], [], []
    for one, (key, place, scope) in made:
        id_, described = uuid7(), one.line.described
        organisations.append(
            {
                "id": id_,
                "scope": scope,
                "name": described.name,
                "name_key": key,
                "place_key": place,
                "kind": described.kind,
                "country": described.country,
                "postal_code": described.postal_code,
                "city": described.city,
                "federal_state": described.federal_state,
                "municipality_key": described.municipality_key,
                "origin": Origin.IMPORT,
                "registered_at": now,
                "version": 1,
            }
        )
        names += _name_rows(id_, one.names)
        domains += [{"organisation_id": id_, "domain": domain} for domain in one.domains]
        called = [described.name, *(name for _, name in one.names.values())]
        found_by = index_keys(called, one.domains, described.postal_code, described.city)
        keys += [(key_, id_) for key_ in found_by]
    _insert(Organisation, organisations)
    _insert(OrganisationName, names)
    _insert(OrganisationDomain, domains)
    _insert_keys(keys)


def _teach(told: dict[UUID, _Told]) -> int:
    """Add to known organisations what they do not have; says how many learned something."""
    if not told:
        return 0
    names = _pairs(OrganisationName.organisation_id, OrganisationName.name_key, told)
    domains = _pairs(OrganisationDomain.organisation_id, OrganisationDomain.domain, told)
    rows_of_names, rows_of_domains, keys, learned = [], [], [], set()
    for id_, one in told.items():
        new = {key: said for key, said in one.names.items() if (id_, key) not in names}
        hosts = [domain for domain in one.domains if (id_, domain) not in domains]
        if not new and not hosts:
            continue
        learned.add(id_)
        described = one.line.described
        rows_of_names += _name_rows(id_, new)
        rows_of_domains += [{"organisation_id": id_, "domain": domain} for domain in hosts]
        called = [name for _, name in new.values()]
        found_by = index_keys(called, hosts, described.postal_code, described.city)
        keys += [(key, id_) for key in found_by]
    _insert(OrganisationName, rows_of_names)
    _insert(OrganisationDomain, rows_of_domains)
    _insert_keys(keys)
    return len(learned)


def _name_rows(id_: UUID, names: dict[str, tuple[NameKind, str]]) -> list[dict[str, Any]]:
    return [
        {"id": uuid7(), "organisation_id": id_, "name": name, "name_key": key, "kind": kind}
        for key, (kind, name) in names.items()
    ]


def _pairs(
    owner: sa.orm.InstrumentedAttribute[UUID],
    what: sa.orm.InstrumentedAttribute[str],
    ids: Collection[UUID],
) -> set[tuple[UUID, str]]:
    found: set[tuple[UUID, str]] = set()
    wanted = sorted(ids)
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        part = wanted[start : start + _ASKED_AT_ONCE]
        found |= {
            (id_, key)
            for id_, key in db.session.execute(sa.select(owner, what).where(owner.in_(part)))
        }
    return found


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(sa.insert(model.__table__), rows)


def _insert_keys(keys: list[tuple[int, UUID]]) -> None:
    """By the shortest way: there are some fifteen times as many as organisations."""
    if not keys:
        return
    keys.sort()
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                "INSERT INTO organisation_keys (key, organisation_id)"
                " SELECT * FROM unnest(CAST(:keys AS bigint[]), CAST(:ids AS uuid[]))"
                " ON CONFLICT DO NOTHING"
            ),
            {"keys": [key for key, _ in keys], "ids": [id_ for _, id_ in keys]},
        )
        return
    # They fall all over the index: with SQLite's usual two megabytes each would be read anew.
    connection.exec_driver_sql("PRAGMA cache_size = -262144")
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO organisation_keys (key, organisation_id) VALUES (?, ?)",
        [(key, id_.hex) for key, id_ in keys],
    )


def index_organisations(after: UUID | None, limit: int) -> UUID | None:
    """Make the keys of the next organisations after that id anew; the last id, None at the end."""
    query = sa.select(Organisation).order_by(Organisation.id).limit(limit)
    if after is not None:
        query = query.where(Organisation.id > after)
    organisations = db.session.scalars(query).all()
    if not organisations:
        return None
    ids = [one.id for one in organisations]
    called: dict[UUID, list[str]] = {one.id: [one.name] for one in organisations}
    hosts: dict[UUID, list[str]] = {one.id: [] for one in organisations}
    for id_, name in _pairs(OrganisationName.organisation_id, OrganisationName.name, ids):
        called[id_].append(name)
    for id_, domain in _pairs(OrganisationDomain.organisation_id, OrganisationDomain.domain, ids):
        hosts[id_].append(domain)
    db.session.execute(sa.delete(OrganisationKey).where(OrganisationKey.organisation_id.in_(ids)))
    _insert_keys(
        [
            (key, one.id)
            for one in organisations
            for key in index_keys(called[one.id], hosts[one.id], one.postal_code, one.city)
        ]
    )
    return ids[-1]
