"""Länder, places and districts; and the tables of the official register of municipalities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.database import Model

# By ISO 3166-2:DE without the "DE-", in the order of the German alphabet.
LAENDER: Mapping[str, str] = MappingProxyType(
    {
        "BW": "Baden-Württemberg",
        "BY": "Bayern",
        "BE": "Berlin",
        "BB": "Brandenburg",
        "HB": "Bremen",
        "HH": "Hamburg",
        "HE": "Hessen",
        "MV": "Mecklenburg-Vorpommern",
        "NI": "Niedersachsen",
        "NW": "Nordrhein-Westfalen",
        "RP": "Rheinland-Pfalz",
        "SL": "Saarland",
        "SN": "Sachsen",
        "ST": "Sachsen-Anhalt",
        "SH": "Schleswig-Holstein",
        "TH": "Thüringen",
    }
)

# The first two digits of every official key (AGS): the Land.
LAND_OF_NUMBER: Mapping[str, str] = MappingProxyType(
    {
        "01": "SH",
        "02": "HH",
        "03": "NI",
        "04": "HB",
        "05": "NW",
        "06": "HE",
        "07": "RP",
        "08": "BW",
        "09": "BY",
        "10": "SL",
        "11": "BE",
        "12": "BB",
        "13": "MV",
        "14": "SN",
        "15": "ST",
        "16": "TH",
    }
)


class PostalArea(StrEnum):
    """Where a postal code lies, seen from a network's Länder."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A place that a postal code belongs to."""

    land: str
    name: str


@dataclass(frozen=True)
class Location:
    """What a postal code says: the Land if it is sure, or the places to choose from."""

    area: PostalArea
    federal_state: str = ""
    city: str = ""
    choices: tuple[Place, ...] = ()


@dataclass(frozen=True)
class District:
    """A Landkreis, or a town that belongs to none; the key is the official one (five digits)."""

    key: str
    name: str
    kind: str
    land: str

    @property
    def label(self) -> str:
        """As people choose it: a town and the Landkreis around it share their name."""
        return f"{self.name.partition(',')[0]} ({self.kind})"


class TerritoryDistrict(Model):
    """A district of the imported register."""

    __tablename__ = "territory_districts"

    key: Mapped[str] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    kind: Mapped[str] = mapped_column(String(40))
    land: Mapped[str] = mapped_column(String(2))
    vintage: Mapped[date]


class TerritoryMunicipality(Model):
    """A municipality of the imported register. `name_key` is its name without title, folded."""

    __tablename__ = "territory_municipalities"
    __table_args__ = (
        Index("ix_territory_municipalities_land_name_key", "land", "name_key"),
        Index("ix_territory_municipalities_seat_postal_code", "seat_postal_code"),
    )

    ags: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    name_key: Mapped[str] = mapped_column(String(150))
    kind: Mapped[str] = mapped_column(String(40))
    district_key: Mapped[str] = mapped_column(ForeignKey("territory_districts.key"), index=True)
    land: Mapped[str] = mapped_column(String(2))
    seat_postal_code: Mapped[str] = mapped_column(String(5))
    population: Mapped[int | None]
    vintage: Mapped[date]

    district: Mapped[TerritoryDistrict] = relationship()
