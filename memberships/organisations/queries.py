"""Which organisation is meant: found by keys, then compared one by one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from memberships.database import ChangedMeanwhile, db
from memberships.organisations.index import asked_keys, index_keys
from memberships.organisations.keys import is_vague, name_key, place_key
from memberships.organisations.matching import (
    Comparison,
    Facts,
    Verdict,
    bare_domain,
    compare,
    is_public_mail_domain,
    load,
)
from memberships.organisations.models import (
    PRIVATE_KINDS,
    SHARED,
    Description,
    Organisation,
    OrganisationDomain,
    OrganisationName,
    ToldApart,
)
from memberships.search import contains_pattern

# A key that more organisations have finds nothing: it is not read to its end, however many.
_COMMON = 32
_ASKED = 48
_COMPARED = 15
_WORTH_SEEING = 0.6
_RANK = {Verdict.SAME: 0, Verdict.PERHAPS: 1, Verdict.DIFFERENT: 2}


@dataclass(frozen=True)
class Candidate:
    """An organisation that may be meant, and why, in words for the office.

    `via_name` is the further name that led to it; empty where it is the official one.
    `domains` are its own web domains, by name.
    """

    organisation: Organisation
    probability: float
    verdict: Verdict
    reasons: tuple[str, ...]
    via_name: str = ""
    domains: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        return "; ".join(self.reasons)

    @property
    def is_sure(self) -> bool:
        return self.verdict is Verdict.SAME


@dataclass
class Known:
    """What the registry holds of an organisation besides its own row."""

    names: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)


def load_engine() -> None:
    """Read the tables of the comparison now, so that nobody does it while holding a lock."""
    load()


def candidates(
    described: Description,
    *,
    known: Organisation | None = None,
    besides: sa.Select[UUID] | None = None,
    limit: int = 10,
) -> list[Candidate]:
    """The organisations that may be the described one, the surest first, at most `limit`.

    Left out are those whose ids `besides` selects, and what somebody told apart from the only one
    that it surely is. Where the described one is an organisation itself, `known`, it is left out
    as well, and so is whatever was told apart from it. Four statements at most, however many there
    are.
    """
    scopes = scopes_of(described.scope)
    left_out = _apart_from(known.id) | {known.id} if known else set()
    found = [
        organisation
        for organisation in _living(_most_hit(described), scopes, besides)
        if organisation.id not in left_out
    ]
    if not found:
        return []
    more = known_besides([organisation.id for organisation in found], scopes)
    facts = described_facts(described)
    identity = (name_key(described.name), place_key(described))
    compared = [(one, _compared(described, identity, facts, one, more[one.id])) for one in found]
    likely = [(one, what) for one, what in compared if _is_worth_seeing(what)]
    likely.sort(key=lambda pair: (_RANK[pair[1].verdict], -pair[1].probability, pair[0].id))
    sure = [one for one, what in likely if what.verdict is Verdict.SAME]
    if len(sure) == 1 and len(likely) > 1:
        apart = _apart_from(sure[0].id)
        likely = [pair for pair in likely if pair[0].id not in apart]
    return [
        Candidate(
            one,
            what.probability,
            what.verdict,
            what.reasons,
            _via_name(described, one, more[one.id].names),
            tuple(more[one.id].domains),
        )
        for one, what in likely[:limit]
    ]


def _is_worth_seeing(what: Comparison) -> bool:
    """Among so many that the keys found, most of what is only not impossible is chance."""
    return what.verdict is Verdict.SAME or (
        what.verdict is Verdict.PERHAPS and what.probability >= _WORTH_SEEING
    )


def scopes_of(slug: str) -> tuple[str, str]:
    """What a network may know: what all know, and its own."""
    return (SHARED, slug)


def described_facts(described: Description) -> Facts:
    """The description as the engine compares it."""
    domain = own_domain(described.domain)
    return Facts(
        names=(described.name,),
        postal_code=described.postal_code,
        city=described.city,
        federal_state=described.federal_state,
        municipality_key=described.municipality_key,
        domains=(domain,) if domain else (),
        kind=described.kind,
        country=described.country,
    )


def known_facts(organisation: Organisation, more: Known) -> Facts:
    """An organisation of the registry as the engine compares it."""
    return Facts(
        names=(organisation.name, *more.names),
        postal_code=organisation.postal_code,
        city=organisation.city,
        federal_state=organisation.federal_state,
        municipality_key=organisation.municipality_key,
        domains=tuple(more.domains),
        kind=organisation.kind,
        country=organisation.country,
    )


def own_domain(*texts: str) -> str:
    """The first domain among addresses and mail addresses that says whose it is; else empty."""
    domains = (bare_domain(text) for text in texts if text)
    return next((one for one in domains if one and not is_public_mail_domain(one)), "")


def _compared(
    described: Description,
    identity: tuple[str, str],
    facts: Facts,
    organisation: Organisation,
    more: Known,
) -> Comparison:
    what = compare(facts, known_facts(organisation, more))
    is_identical = (organisation.name_key, organisation.place_key) == identity and (
        organisation.scope in {SHARED, described.scope}
    )
    if not is_identical:
        return _less_sure(described, organisation, facts, more, what)
    if what.verdict is Verdict.SAME:
        return what
    # The registry cannot hold two of that name and place: there is no other to be meant.
    return Comparison(1.0, Verdict.SAME, ("gleicher Name, gleicher Ort",))


def _less_sure(
    described: Description, organisation: Organisation, facts: Facts, more: Known, what: Comparison
) -> Comparison:
    """Where a place is not known well and no domain is shared, a person has to look: the same may
    be another, and another of the very name may be the same."""
    unclear = is_vague(place_key(described)) or is_vague(organisation.place_key)
    if not unclear or set(facts.domains) & set(more.domains):
        return what
    if what.verdict is Verdict.SAME or organisation.name_key == name_key(described.name):
        chance = max(what.probability, _WORTH_SEEING)
        return Comparison(chance, Verdict.PERHAPS, (*what.reasons, "Ort unklar"))
    return what


def _via_name(described: Description, organisation: Organisation, names: Iterable[str]) -> str:
    asked = set(asked_keys(described.name))
    best, via = len(asked & set(index_keys([organisation.name]))), ""
    for name in names:
        common = len(asked & set(index_keys([name])))
        if common > best:
            best, via = common, name
    return via


def _most_hit(described: Description) -> list[UUID]:
    """Those that have the most of the description's keys, the rare ones counting more."""
    keys = asked_keys(
        described.name, own_domain(described.domain), described.postal_code, described.city
    )[:_ASKED]
    values: dict[str, int | str] = {f"key{n}": key for n, key in enumerate(keys)}
    # Typed by anybody: neither NUL nor half a letter can be asked for, and none is stored.
    for column, text in (
        ("name_key", name_key(described.name)),
        ("place_key", place_key(described)),
    ):
        values[column] = text.replace("\0", "").encode("utf-8", "ignore").decode()
    rows = db.session.execute(_postings(len(keys)), values).all()
    hits: dict[int, list[UUID]] = defaultdict(list)
    for arm, organisation_id in rows:
        hits[arm].append(organisation_id)
    weights: dict[UUID, float] = defaultdict(float)
    for found in hits.values():
        if len(found) <= _COMMON:
            for organisation_id in found:
                weights[organisation_id] += math.log(1 + 2 * _COMMON / len(found))
    best = sorted(weights, key=lambda id_: (-weights[id_], id_))
    return best[:_COMPARED]


@lru_cache(maxsize=_ASKED + 1)
def _postings(keys: int) -> sa.TextualSelect:
    """Up to one more than `_COMMON` organisations of each key, and of exactly that name.

    As text: building dozens of selects took longer than the database takes to answer them.
    """
    named = "SELECT * FROM (SELECT -1 AS arm, id AS organisation_id FROM organisations"
    names = (
        f"{named} WHERE name_key = :name_key ORDER BY place_key, scope LIMIT {_COMMON}) AS named",
        f"{named} WHERE name_key = :name_key AND place_key = :place_key LIMIT 2) AS there",
    )
    arms = (
        f"SELECT * FROM (SELECT {n} AS arm, organisation_id FROM organisation_keys"  # noqa: S608 - numbers of our own
        f" WHERE key = :key{n} LIMIT {_COMMON + 1}) AS found{n}"
        for n in range(keys)
    )
    return sa.text(" UNION ALL ".join([*names, *arms])).columns(
        arm=sa.Integer, organisation_id=sa.Uuid
    )


def _living(
    ids: Sequence[UUID], scopes: Sequence[str], besides: sa.Select[UUID] | None
) -> Sequence[Organisation]:
    """The organisations themselves; of merged ones those that they were merged into."""
    if not ids:
        return []
    query = _living_ones()
    if besides is not None:
        query = query.where(Organisation.id.not_in(besides))
    return db.session.scalars(query, {"ids": ids, "scopes": scopes}).unique().all()


@cache
def _living_ones() -> sa.Select[Organisation]:
    """Made once: building it takes as long as the database takes to answer it."""
    ids = sa.bindparam("ids", type_=sa.Uuid(), expanding=True)
    scopes = sa.bindparam("scopes", type_=sa.String(), expanding=True)
    found = aliased(Organisation)
    return (
        sa.select(Organisation)
        .join(found, Organisation.id == sa.func.coalesce(found.merged_into_id, found.id))
        .where(found.id.in_(ids), found.scope.in_(scopes), Organisation.scope.in_(scopes))
    )


def known_besides(ids: Sequence[UUID], scopes: Sequence[str]) -> Mapping[UUID, Known]:
    """Further names and domains of each, also those of what was merged into it; one statement.

    A name that only some other network may know is not among them.
    """
    if not ids:
        return {}
    rows = db.session.execute(_names_and_domains(), {"ids": ids, "scopes": scopes}).all()
    more = {id_: Known() for id_ in ids}
    for id_, what, said in sorted(rows, key=lambda row: (row[1], row[2])):
        (more[id_].names if what == "name" else more[id_].domains).append(said)
    return more


@cache
def _names_and_domains() -> sa.CompoundSelect[UUID, str, str]:
    ids = sa.bindparam("ids", type_=sa.Uuid(), expanding=True)
    scopes = sa.bindparam("scopes", type_=sa.String(), expanding=True)
    root = sa.func.coalesce(Organisation.merged_into_id, Organisation.id).label("root")
    is_one = sa.and_(
        sa.or_(Organisation.id.in_(ids), Organisation.merged_into_id.in_(ids)),
        Organisation.scope.in_(scopes),
    )
    return sa.union_all(
        sa.select(root, sa.literal("name"), Organisation.name.label("text")).where(
            Organisation.merged_into_id.in_(ids), Organisation.scope.in_(scopes)
        ),
        sa.select(root, sa.literal("name"), OrganisationName.name)
        .join(Organisation, Organisation.id == OrganisationName.organisation_id)
        .where(is_one),
        sa.select(root, sa.literal("domain"), OrganisationDomain.domain)
        .join(Organisation, Organisation.id == OrganisationDomain.organisation_id)
        .where(is_one),
    )


def _apart_from(organisation_id: UUID) -> set[UUID]:
    """Whatever was told apart from it, or from what was merged into it."""
    mine, other = aliased(Organisation), aliased(Organisation)
    is_mine = sa.or_(mine.id == organisation_id, mine.merged_into_id == organisation_id)
    pairs = (
        sa.select(sa.func.coalesce(other.merged_into_id, other.id))
        .select_from(ToldApart)
        .join(mine, mine.id == here)
        .join(other, other.id == there)
        .where(is_mine)
        for here, there in (
            (ToldApart.first_id, ToldApart.second_id),
            (ToldApart.second_id, ToldApart.first_id),
        )
    )
    return set(db.session.scalars(sa.union_all(*pairs)))


def are_apart(one: Organisation, other: Organisation) -> bool:
    """Whether somebody said that these two are not the same."""
    return other.id in _apart_from(one.id)


def only_match(found: Sequence[Candidate]) -> Organisation | None:
    """The organisation, when exactly one may be meant and surely is."""
    is_sure = len(found) == 1 and found[0].verdict is Verdict.SAME
    return found[0].organisation if is_sure else None


def organisations_named(text: str, scope: str, limit: int = 10) -> Sequence[Organisation]:
    """Organisations that this network may know, with that text in a name, by name."""
    wanted = name_key(text.replace("\0", "").strip())
    if not wanted:
        return []
    named = aliased(Organisation)
    pattern = contains_pattern(wanted)
    scopes = scopes_of(scope)
    ids = sa.union(
        sa.select(sa.func.coalesce(named.merged_into_id, named.id)).where(
            named.scope.in_(scopes), named.name_key.like(pattern, escape="\\")
        ),
        sa.select(sa.func.coalesce(named.merged_into_id, named.id))
        .join(OrganisationName, OrganisationName.organisation_id == named.id)
        .where(named.scope.in_(scopes), OrganisationName.name_key.like(pattern, escape="\\")),
    )
    return db.session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.in_(ids), Organisation.scope.in_(scopes))
        .order_by(Organisation.name_key, Organisation.place_key)
        .limit(limit)
    ).all()


def organisation_for(scope: str, organisation_id: UUID) -> Organisation | None:
    """The organisation of that id, when this network may know it, locked for the unit of work.

    One that was merged leads to the one that lives on. Raises ChangedMeanwhile when it is merged,
    or taken apart again, at this moment: to wait for the other with one locked could be for ever.
    """
    scopes = scopes_of(scope)
    asked = aliased(Organisation)
    living_id = (
        sa.select(sa.func.coalesce(asked.merged_into_id, asked.id))
        .where(asked.id == organisation_id, asked.scope.in_(scopes))
        .scalar_subquery()
    )
    living = db.session.scalar(
        sa.select(Organisation)
        .where(Organisation.id == living_id, Organisation.scope.in_(scopes))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if living is not None and living.merged_into_id is not None:
        raise ChangedMeanwhile
    return living


def scope_of(described: Description) -> str:
    """Where the organisation is known: everywhere, or in this network only."""
    return described.scope if described.kind in PRIVATE_KINDS else SHARED
