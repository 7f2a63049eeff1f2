"""Reading the official register of municipalities in the GV100AD format of Destatis.

One record a line, fixed columns, as its record description says (Datensatzbeschreibung GV100AD,
Statistisches Bundesamt, GV-ISys; EF = field). Columns count characters from 1:

    1-2     EF1   kind of record: 10 Land, 20 Regierungsbezirk, 30 Region, 40 Kreis,
                  50 Gemeindeverband, 60 Gemeinde
    3-10    EF2   vintage, YYYYMMDD
    11-18   EF3   key: Land 2, Regierungsbezirk 1, Kreis 2, Gemeinde 3 digits
    23-72   EF5   name
    123-124 EF7   kind of Kreis (41-45) or Gemeinde (60-67)
    140-150 EF9   population
    166-170 EF12  postal code, with several the one of the administration's seat
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from memberships.territory.models import LAND_OF_NUMBER

# The longest record has 220 characters; what is much longer is no record.
_LONGEST_LINE = 1000

KINDS: Mapping[str, str] = {
    "41": "Kreisfreie Stadt",
    "42": "Stadtkreis",
    "43": "Kreis",
    "44": "Landkreis",
    "45": "Regionalverband",
    "60": "Markt",
    "61": "Kreisfreie Stadt",
    "62": "Stadtkreis",
    "63": "Stadt",
    "64": "Kreisangehörige Gemeinde",
    "65": "Gemeindefreies Gebiet, bewohnt",
    "66": "Gemeindefreies Gebiet, unbewohnt",
    "67": "Große Kreisstadt",
}
UNINHABITED = KINDS["66"]


@dataclass(frozen=True)
class Fault:
    """A line that was not understood."""

    line: int
    reason: str


@dataclass(frozen=True)
class LandRecord:
    land: str
    vintage: date


@dataclass(frozen=True)
class DistrictRecord:
    key: str
    name: str
    kind: str
    land: str
    vintage: date


@dataclass(frozen=True)
class MunicipalityRecord:
    ags: str
    name: str
    kind: str
    district_key: str
    land: str
    seat_postal_code: str
    population: int | None
    vintage: date


Record = LandRecord | DistrictRecord | MunicipalityRecord


class _Wrong(Exception):
    """A field of a line is wrong; the message says which."""


def read_register(file: BinaryIO) -> Iterator[tuple[int, Record | Fault]]:
    """The records of a register one by one with their line numbers, and every wrong line.

    UTF-8 or ISO-8859-1, which the file does not say. Blank lines and the kinds of record that are
    not needed are passed over.
    """
    pieces = iter(lambda: file.readline(_LONGEST_LINE), b"")
    for number, piece in enumerate(pieces, start=1):
        try:
            record = _record(_decoded(piece))
        except _Wrong as wrong:
            yield number, Fault(number, str(wrong))
        else:
            if record is not None:
                yield number, record


def _decoded(piece: bytes) -> str:
    # Byte by byte every ISO-8859-1 text is valid; German umlauts in it are never valid UTF-8.
    try:
        return piece.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        return piece.decode("iso-8859-1").rstrip("\r\n")


def _record(line: str) -> Record | None:
    if not line.strip():
        return None
    kind = line[0:2]
    if kind in {"20", "30", "50"}:
        return None
    if kind not in _READERS:
        raise _Wrong(f"unknown kind of record {kind!r}")
    return _READERS[kind](line.ljust(220), _vintage(line))


def _vintage(line: str) -> date:
    text = line[2:10]
    if match := re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", text):
        with suppress(ValueError):
            return date(*map(int, match.groups()))
    raise _Wrong(f"the vintage {text!r} is no date (YYYYMMDD)")


def _land(line: str, vintage: date) -> LandRecord:
    return LandRecord(_land_of(_key(line, 2)), vintage)


def _district(line: str, vintage: date) -> DistrictRecord:
    key = _key(line, 5)
    return DistrictRecord(key, _name(line), KINDS.get(line[122:124], ""), _land_of(key), vintage)


def _municipality(line: str, vintage: date) -> MunicipalityRecord:
    ags = _key(line, 8)
    return MunicipalityRecord(
        ags=ags,
        name=_name(line),
        kind=KINDS.get(line[122:124], ""),
        district_key=ags[:5],
        land=_land_of(ags),
        seat_postal_code=_postal_code(line),
        population=_population(line),
        vintage=vintage,
    )


_READERS: Mapping[str, Callable[[str, date], Record]] = {
    "10": _land,
    "40": _district,
    "60": _municipality,
}


def _key(line: str, digits: int) -> str:
    key = line[10 : 10 + digits]
    if not re.fullmatch(r"[0-9]+", key):
        raise _Wrong(f"the key {key.strip()!r} does not have {digits} digits")
    return key


def _land_of(key: str) -> str:
    if key[:2] not in LAND_OF_NUMBER:
        raise _Wrong(f"there is no Land with the number {key[:2]!r}")
    return LAND_OF_NUMBER[key[:2]]


def _name(line: str) -> str:
    name = " ".join(line[22:72].split())
    if not name:
        raise _Wrong("the name is missing")
    if not name.isprintable():
        raise _Wrong("the name holds control characters")
    return name


def _postal_code(line: str) -> str:
    code = line[165:170].strip()
    if code and not re.fullmatch(r"[0-9]{5}", code):
        raise _Wrong(f"the postal code {code!r} does not have five digits")
    return code


def _population(line: str) -> int | None:
    text = line[139:150].strip()
    if text and not re.fullmatch(r"0*[0-9]{1,9}", text):
        raise _Wrong(f"the population {text!r} is no number")
    return int(text) if text else None
