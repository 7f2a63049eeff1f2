"""Tables as files that Excel opens, in which nothing can run as a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from typing import IO

from flask import Response, send_file

from memberships.calendar import BERLIN
from memberships.database import utcnow
from memberships.members.errors import SheetFull
from memberships.members.models import ExportFormat

_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_KEEPS_TEXT = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}

Rows = Iterable[Sequence[str]]


def harmless(cell: str) -> str:
    """The text, with ' in front if a spreadsheet could take it for a formula."""
    return f"'{cell}" if cell.startswith(_RUNS) or cell.lstrip().startswith(_RUNS) else cell


def written(
    format_: ExportFormat, head: Sequence[str], rows: Rows, *, sheet: str = "Mitglieder"
) -> tuple[IO[bytes], int]:
    """An unnamed temporary file with the table, and its number of rows without the head.

    Rows are written as they come: memory stays flat. Raises SheetFull when a sheet of Excel cannot
    take them all.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer sends and closes it
    try:
        if format_ is ExportFormat.CSV:
            count = _write_csv(file, head, rows)
        else:
            count = _write_xlsx(file, head, rows, sheet)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file, count


def _write_csv(file: IO[bytes], head: Sequence[str], rows: Rows) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    table = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    table.writerow(head)
    count = 0
    for row in rows:
        table.writerow([harmless(cell) for cell in row])
        count += 1
    text.detach()
    return count


def _write_xlsx(file: IO[bytes], head: Sequence[str], rows: Rows, name: str) -> int:
    from xlsxwriter import Workbook  # large, and few processes ever write a sheet

    count = 0
    with Workbook(file, _KEEPS_TEXT) as book:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(head) - 1, 28)
        bold = book.add_format({"bold": True})
        for column, label in enumerate(head):
            sheet.write_string(0, column, label, bold)
        for row in rows:
            count += 1
            for column, cell in enumerate(row):
                if sheet.write_string(count, column, cell):
                    raise SheetFull
    return count


def sent(file: IO[bytes], format_: ExportFormat, name: str) -> Response:
    """The file as a download of today, which no cache keeps."""
    today = utcnow().astimezone(BERLIN).date()
    answer = send_file(
        file,
        _TYPES[format_],
        as_attachment=True,
        download_name=f"{name}-{today}.{format_.value}",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
