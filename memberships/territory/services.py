"""Importing the official register of municipalities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from typing import Any, BinaryIO

import sqlalchemy as sa

from memberships.database import db
from memberships.territory.errors import NotARegister
from memberships.territory.models import TerritoryDistrict, TerritoryMunicipality
from memberships.territory.queries import forget_register, municipality_key
from memberships.territory.register import (
    UNINHABITED,
    DistrictRecord,
    Fault,
    LandRecord,
    MunicipalityRecord,
    Record,
    read_register,
)

_BATCH = 1000
_PATIENCE = 100


@dataclass
class ImportedRegister:
    """What an import has stored, and the lines that it could not."""

    vintage: date | None = None
    laender: set[str] = field(default_factory=set)
    districts: set[str] = field(default_factory=set)
    municipalities: int = 0
    uninhabited: int = 0
    faults: list[Fault] = field(default_factory=list)


def import_register(file: BinaryIO) -> ImportedRegister:
    """Replace the stored register by this one (GV100AD format of Destatis; see register.py).

    The caller's unit of work stores all of it or nothing. A wrong line is left out and reported,
    as is a municipality without its district, a second record of one key, a line of another
    vintage than the first. Uninhabited areas are counted, not stored: nobody sits there.

    Raises NotARegister when nothing among the first hundred lines is a record, or there is no
    municipality at all.
    """
    imported = ImportedRegister()
    forget_register()
    db.session.execute(sa.delete(TerritoryMunicipality))
    db.session.execute(sa.delete(TerritoryDistrict))
    rows = _rows(file, imported)
    while batch := list(islice(rows, _BATCH)):
        for model in (TerritoryDistrict, TerritoryMunicipality):
            if values := [row for of_model, row in batch if of_model is model]:
                db.session.execute(sa.insert(model), values)
    if not imported.municipalities:
        raise NotARegister("It holds no municipality (kind of record 60).")
    return imported


_Row = tuple[type[TerritoryDistrict] | type[TerritoryMunicipality], dict[str, Any]]


def _rows(file: BinaryIO, imported: ImportedRegister) -> Iterator[_Row]:
    seen: set[str] = set()
    for number, record in read_register(file):
        if isinstance(record, Fault):
            imported.faults.append(record)
            if imported.vintage is None and number >= _PATIENCE:
                raise NotARegister(f"None of its first {_PATIENCE} lines is a record.")
        elif reason := _refusal(record, seen, imported):
            imported.faults.append(Fault(number, reason))
        else:
            yield from _counted(record, imported)


def _refusal(record: Record, seen: set[str], imported: ImportedRegister) -> str:
    imported.vintage = imported.vintage or record.vintage
    if record.vintage != imported.vintage:
        return f"the vintage is {record.vintage}, that of the first record {imported.vintage}"
    if isinstance(record, LandRecord):
        return ""
    key = record.key if isinstance(record, DistrictRecord) else record.ags
    if key in seen:
        return f"there is a record of {key} already"
    if isinstance(record, MunicipalityRecord) and record.district_key not in seen:
        return f"there is no record of its district {record.district_key} before it"
    seen.add(key)
    return ""


def _counted(record: Record, imported: ImportedRegister) -> Iterator[_Row]:
    if isinstance(record, LandRecord):
        imported.laender.add(record.land)
    elif isinstance(record, DistrictRecord):
        imported.districts.add(record.key)
        yield TerritoryDistrict, asdict(record)
    elif record.kind == UNINHABITED:
        imported.uninhabited += 1
    else:
        imported.municipalities += 1
        key = municipality_key(record.name)
        yield TerritoryMunicipality, asdict(record) | {"name_key": key}
