"""Reading a table of organisations, line by line; a wrong line costs nothing but itself."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from memberships.organisations.errors import NotARegistry
from memberships.organisations.matching import bare_domain
from memberships.organisations.models import LONGEST_NAME, PRIVATE_KINDS, Description, NameKind
from memberships.territory.models import LAENDER, Place
from memberships.territory.queries import places_of

# As this product writes them, and as other lists call the same.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "former": ("former_names",),
    "short": ("short_names",),
    "other": ("other_names",),
    "domains": ("domains", "domain"),
    "postal_code": ("postal_code", "plz"),
    "city": ("city",),
    "federal_state": ("federal_state", "state"),
    "municipality_key": ("municipality_key", "ags"),
    "kind": ("kind", "category"),
}
_KINDS: Mapping[str, str] = {
    "ggmbh": "nonprofit_company",
    "nonprofit": "association",
    "university_or_college": "university",
    "research_institute": "university",
    "public_body_federal": "federal_authority",
}
_OURS = frozenset(
    """
    municipality independent_city district municipal_association state_authority federal_authority
    association foundation nonprofit_company informal_initiative cooperative company self_employed
    university umbrella religious political_group advisory_council other
    """.split()  # noqa: SIM905 - a list of quoted words cannot be read
)
_STATES = {name.casefold(): key for key, name in LAENDER.items()} | {
    key.casefold(): key for key in LAENDER
}
_STATE_KEYS = dict(
    zip(
        (
            "01",
            "02",
            "03",
            "04",
            "05",
            "06",
            "07",
            "08",
            "09",
            "10",
            "11",
            "12",
            "13",
            "14",
            "15",
            "16",
        ),
        (
            "SH",
            "HH",
            "NI",
            "HB",
            "NW",
            "HE",
            "RP",
            "BW",
            "BY",
            "SL",
            "BE",
            "BB",
            "MV",
            "SN",
            "ST",
            "TH",
        ),
        strict=True,
    )
)
_SEVERAL = re.compile(r"[;|]")
_POSTAL_CODE = re.compile("[0-9]{5}")
_MUNICIPALITY = re.compile("[0-9]{5}(?:[0-9]{3})?")


@dataclass(frozen=True, slots=True)
class Line:
    """One organisation of the file."""

    number: int
    described: Description
    names: tuple[tuple[NameKind, str], ...]
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that was left out, and why."""

    number: int
    reason: str


def read_lines(file: Iterable[str], scope: str) -> Iterator[Line | Fault]:
    """Every line of a CSV file with a header, as an organisation or as what is wrong with it.

    `scope` is the network that initiatives and the self-employed become known to; without one they
    are left out. Raises NotARegistry when the header names no column "name".
    """
    rows = csv.reader(file)
    try:
        header = [word.strip().casefold().removeprefix("\ufeff") for word in next(rows)]
    except (StopIteration, csv.Error):
        header = []
    places = {key: _place_in(header, names) for key, names in _COLUMNS.items()}
    if places["name"] is None:
        raise NotARegistry
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(rows.line_num, f"no CSV: {error}")
            continue
        if not any(row):
            continue
        if len(row) > len(header):
            yield Fault(rows.line_num, f"{len(row)} columns, but the header has {len(header)}")
            continue
        values = {
            key: row[place].strip() if place is not None and place < len(row) else ""
            for key, place in places.items()
        }
        yield _line(rows.line_num, values, scope)


def _place_in(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _line(number: int, values: dict[str, str], scope: str) -> Line | Fault:
    kind = _kind(values["kind"])
    further = [(kind_of, name) for kind_of in NameKind for name in _several(values[kind_of.value])]
    domains = [(text, bare_domain(text)) for text in _several(values["domains"])]
    reason = _fault(values, [values["name"], *(name for _, name in further)], domains)
    if kind in PRIVATE_KINDS and not scope:
        reason = reason or f"{kind} is known to one network only: name it with --network"
    if reason:
        return Fault(number, reason)
    city, state = _located(values)
    described = Description(
        name=values["name"],
        scope=scope,
        kind=kind,
        country="",
        postal_code=values["postal_code"],
        city=city,
        federal_state=state,
        municipality_key=values["municipality_key"],
    )
    return Line(number, described, tuple(further), tuple(dict.fromkeys(d for _, d in domains)))


def _fault(values: dict[str, str], names: list[str], domains: list[tuple[str, str]]) -> str:
    """What is wrong with the line; empty where nothing is."""
    code, key = values["postal_code"], values["municipality_key"]
    wrong = next((text for text, domain in domains if not domain or len(domain) > 253), "")
    faults = {
        "no name": not values["name"],
        "no text in UTF-8": not _is_text("".join(values.values())),
        f"a name of more than {LONGEST_NAME} letters": any(len(n) > LONGEST_NAME for n in names),
        "a city of more than 120 letters": len(values["city"]) > 120,
        f"no postal code: {code[:20]}": bool(code) and not _POSTAL_CODE.fullmatch(code),
        f"no municipality key: {key[:20]}": bool(key) and not _MUNICIPALITY.fullmatch(key),
        f"no domain: {wrong[:60]}": bool(wrong),
    }
    return next((reason for reason, is_so in faults.items() if is_so), "")


def _is_text(text: str) -> bool:
    """Bytes that are no UTF-8 were read as lone surrogates."""
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _several(text: str) -> list[str]:
    return [one.strip() for one in _SEVERAL.split(text) if one.strip()] if text else []


def _kind(text: str) -> str:
    kind = _KINDS.get(text, text)
    return kind if kind in _OURS else "other" if kind else ""


def _located(values: dict[str, str]) -> tuple[str, str]:
    """City and Land, from the postal code where the line does not say and only one is meant."""
    city = values["city"]
    state = _STATES.get(values["federal_state"].casefold(), "")
    state = state or _STATE_KEYS.get(values["municipality_key"][:2], "")
    places: tuple[Place, ...] = places_of(values["postal_code"])
    if not city and len(places) == 1:
        city = places[0].name
    if not state and len({place.land for place in places}) == 1:
        state = places[0].land
    return city, state
