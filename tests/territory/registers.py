"""Small registers in the GV100AD format."""

from __future__ import annotations

from io import BytesIO

from memberships.database import unit_of_work
from memberships.territory.services import ImportedRegister, import_register

VINTAGE = "20250831"


def land(number: str, name: str, vintage: str = VINTAGE) -> str:
    return f"10{vintage}{number:<12}{name:<50}".ljust(220)


def district(key: str, name: str, kind: str, vintage: str = VINTAGE) -> str:
    return f"40{vintage}{key:<12}{name:<50}{'':<50}{kind}".ljust(220)


def municipality(
    ags: str, name: str, kind: str, seat: str, population: str = "", vintage: str = VINTAGE
) -> str:
    figures = f"{'':0>11}{population:0>11}{'':0>11}" if population else " " * 33
    return f"60{vintage}{ags}0000{name:<50}{'':<50}{kind}    {figures}    {seat:<5}".ljust(220)


STUTTGART = municipality("08111000", "Stuttgart, Landeshauptstadt", "62", "70173", "612663")
ALTDORF = municipality("08115002", "Altdorf", "64", "71155", "4529")
SCHOENECK = municipality("14523370", "Schöneck/Vogtl., Stadt", "63", "08261", "2857")

LINES = [
    land("08", "Baden-Württemberg"),
    f"20{VINTAGE}081         Stuttgart".ljust(220),
    f"30{VINTAGE}0811        Stuttgart".ljust(220),
    district("08111", "Stuttgart, Stadtkreis", "42"),
    f"50{VINTAGE}08111   0000Stuttgart, Landeshauptstadt".ljust(220),
    STUTTGART,
    district("08115", "Böblingen", "44"),
    ALTDORF,
    district("08116", "Esslingen", "44"),
    municipality("08116005", "Altdorf", "64", "72655", "1713"),
    district("08128", "Main-Tauber-Kreis", "44"),
    municipality("08128039", "Freudenberg, Stadt", "63", "97896", "3615"),
    land("14", "Sachsen"),
    district("14523", "Vogtlandkreis", "44"),
    municipality("14523310", "Pausa-Mühltroff, Stadt", "63", "07952", "4625"),
    SCHOENECK,
]


def register(lines: list[str], encoding: str = "utf-8", end: str = "\r\n") -> BytesIO:
    return BytesIO("".join(line + end for line in lines).encode(encoding))


def imported(lines: list[str] = LINES, encoding: str = "utf-8") -> ImportedRegister:
    with unit_of_work():
        return import_register(register(lines, encoding))
