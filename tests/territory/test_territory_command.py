"""`memberships territory`: what it says and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from memberships.territory.cli import territory
from tests.tables import nothing_stored
from tests.territory.registers import LINES, imported, municipality, register


def run(app: Flask, *arguments: str | Path) -> Result:
    return app.test_cli_runner().invoke(territory, [str(argument) for argument in arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "GV100AD.txt"
    path.write_bytes(register(LINES).read())
    return path


def test_an_import_ends_with_a_summary(app: Flask, file: Path) -> None:
    result = run(app, "import", file)

    assert result.exit_code == 0, result.output
    (summary,) = result.output.splitlines()
    assert summary.startswith("register of 2025-08-31: 2 Länder (without Bayern, Berlin, ")
    assert summary.endswith(
        "), 5 districts, 6 municipalities, 0 uninhabited areas passed over, 0 lines wrong"
    )


def test_wrong_lines_are_named_and_the_rest_is_stored(app: Flask, file: Path) -> None:
    wrong = municipality("08111001", "Neudorf", "64", "7O173")
    file.write_bytes(register([*LINES, wrong]).read())

    result = run(app, "import", file)

    assert result.exit_code == 0, result.output
    first, summary = result.output.splitlines()
    assert first == "line 17 left out: the postal code '7O173' does not have five digits"
    assert "6 municipalities" in summary
    assert summary.endswith("1 lines wrong")


def test_not_every_wrong_line_is_named_when_there_are_many(app: Flask, file: Path) -> None:
    file.write_bytes(register(LINES + ["kaputt"] * 60).read())
    said = run(app, "import", file).output.splitlines()
    assert said[49] == "line 66 left out: unknown kind of record 'ka'"
    assert said[50] == "and 10 more lines left out"


def test_what_is_no_register_is_refused_with_the_reason(app: Flask, file: Path) -> None:
    imported()
    file.write_text("ags;name\n08111000;Stuttgart\n" * 100, "utf-8")
    with nothing_stored():
        result = run(app, "import", file)
    assert result.exit_code == 1
    assert result.output == (
        f"{file} is no register in the GV100AD format: "
        "None of its first 100 lines is a record. Nothing was stored.\n"
    )


def test_a_file_that_is_not_there_is_named(app: Flask, tmp_path: Path) -> None:
    result = run(app, "import", tmp_path / "nothing.txt")
    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_a_code_is_found_with_land_place_and_district(app: Flask) -> None:
    imported()
    result = run(app, "find", "97896")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Baden-Württemberg: Freudenberg, Main-Tauber-Kreis (Landkreis)",
        "Bayern: Collenberg",
    ]


def test_without_a_register_the_command_says_how_districts_come(app: Flask) -> None:
    result = run(app, "find", "70173")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Baden-Württemberg: Stuttgart",
        "no register is stored, so no district; bring one with: memberships territory import FILE",
    ]


@pytest.mark.parametrize("code", ["70550", "Stuttgart", ""])
def test_an_unknown_code_ends_with_1(app: Flask, code: str) -> None:
    imported()
    result = run(app, "find", code)
    assert result.exit_code == 1
    assert result.output == f"{code}: not known (a large recipient, abroad, or no postal code)\n"
