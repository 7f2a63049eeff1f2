"""All tables of the figures as one file. What is not told on the page is not in it either."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from memberships.figures.report import Cell, Chapter, Table

NOT_TOLD = "nicht gezeigt"
About = Sequence[tuple[str, str]]
_ABOUT = "Bericht"


def as_csv(about: About, chapters: Sequence[Chapter]) -> bytes:
    """One line for each value: table, row, column, value. For Excel in German."""
    text = io.StringIO(newline="")
    table = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    table.writerow(("Tabelle", "Zeile", "Spalte", "Wert"))
    table.writerows((_ABOUT, name, "", value) for name, value in about)
    table.writerows(line for chapter in chapters for line in _lines(chapter))
    return text.getvalue().encode("utf-8-sig")


def _lines(chapter: Chapter) -> Iterator[tuple[str, str, str, str]]:
    for name, cells in chapter.table.rows:
        for column, cell in zip(chapter.table.head[1:], cells, strict=True):
            yield chapter.title, name, column, NOT_TOLD if cell is None else str(cell)


def as_xlsx(about: About, chapters: Sequence[Chapter]) -> bytes:
    """A sheet for each table, numbers as numbers, and a first one that says what it is."""
    from xlsxwriter import Workbook  # large, and few processes ever write a sheet

    file = io.BytesIO()
    with Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        first = Table((_ABOUT, ""), tuple((name, (value,)) for name, value in about))
        sheets = [(_ABOUT, first), *((one.key, one.table) for one in chapters)]
        for title, table in sheets:
            sheet = book.add_worksheet(title)
            sheet.set_column(0, len(table.head), 28)
            for column, label in enumerate(table.head):
                sheet.write_string(0, column, label, bold)
            for place, (name, cells) in enumerate(table.rows, start=1):
                sheet.write_string(place, 0, name)
                for column, cell in enumerate(cells, start=1):
                    _write(sheet, place, column, cell)
    return file.getvalue()


def _write(sheet: object, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, int):
        sheet.write_number(row, column, cell)  # type: ignore[attr-defined]  # xlsxwriter has no types
    else:
        sheet.write_string(row, column, cell or NOT_TOLD)  # type: ignore[attr-defined]  # as above
