"""Organisations from a file: each line counts or is named, and a second run changes nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from memberships.organisations import cli
from memberships.organisations.cli import organisations
from memberships.organisations.models import (
    Description,
    NameKind,
    Organisation,
    OrganisationDomain,
    OrganisationName,
    Origin,
)
from memberships.organisations.queries import candidates
from memberships.settings import ROOT
from tests.organisations.registry import MILL, registered
from tests.tables import all_of, dump, nothing_stored, only

HEADER = (
    "name,former_names,short_names,domains,postal_code,city,federal_state,municipality_key,kind"
)
GOOD = f"""{HEADER}
Stadt Beispielau,Rat Beispielau;Alt-Beispielau,LHB,au.example,70173,,,08111000,municipality
"Verein ""Dialog"", Talheim",,,https://www.dialog.example/start,70173,,,,association
"""


def imported(app: Flask, folder: Path, text: str | bytes, *options: str) -> tuple[int, str]:
    file = folder / "organisations.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    done = app.test_cli_runner().invoke(organisations, ["import", str(file), *options])
    return done.exit_code, done.output


def test_a_file_is_known_and_a_second_time_changes_nothing(app: Flask, tmp_path: Path) -> None:
    code, said = imported(app, tmp_path, GOOD)
    assert code == 0, said
    assert "2 new, 0 learned something, 0 known as they are, 0 lines wrong" in said
    city, club = sorted(all_of(Organisation), key=lambda o: o.name)
    assert (city.city, city.federal_state, city.municipality_key, city.origin) == (
        "Stuttgart",
        "BW",
        "08111000",
        Origin.IMPORT,
    )
    assert club.name == 'Verein "Dialog", Talheim'
    assert {(n.name, n.kind) for n in all_of(OrganisationName)} == {
        ("Rat Beispielau", NameKind.FORMER),
        ("Alt-Beispielau", NameKind.FORMER),
        ("LHB", NameKind.SHORT),
    }
    assert {d.domain for d in all_of(OrganisationDomain)} == {
        "au.example",
        "dialog.example",
    }
    with nothing_stored():
        _, again = imported(app, tmp_path, GOOD)
    assert "0 new, 0 learned something, 2 known as they are, 0 lines wrong" in again
    (found,) = candidates(Description("Alt Beispielau", "avd", postal_code="70173"))
    assert found.organisation.id == city.id


def test_wrong_lines_are_named_and_nothing_else_is_lost(app: Flask, tmp_path: Path) -> None:
    lines = [
        b",,,,,,,,",
        b" ,,x,,,,,,association",
        b"Rat A,,,,7017,,,,",
        b"Rat B,,,,,,,81,",
        b"Rat C,,,not a domain,,,,,",
        b"Rat D,,,,,,,,,,,",
        b"Rat \xff,,,,,,,,",
        b"x" * 301 + b",,,,,,,,",
        b"Rat E,,,,,,,,self_employed",
        b"Rat F,,,,,,,,martian",
    ]
    report = tmp_path / "report.csv"
    code, said = imported(
        app, tmp_path, b"\n".join([HEADER.encode(), *lines]), "--report", str(report)
    )
    assert code == 0
    assert only(Organisation).name == "Rat F"
    assert only(Organisation).kind == "other"
    assert "1 new, 0 learned something, 0 known as they are, 8 lines wrong" in said
    assert [line.split(",")[0] for line in report.read_text().splitlines()[1:]] == [
        *"3456789",
        "10",
    ]
    assert "line 4 left out: no postal code: 7017" in said


def test_two_lines_of_one_organisation_are_one(app: Flask, tmp_path: Path) -> None:
    imported(
        app,
        tmp_path,
        "name,plz,domain,short_names\nRat A e.V.,70173,a.example,RA\nrat a,70173,b.example,RAT\n",
    )
    assert only(Organisation).name == "Rat A e.V."
    assert {n.name for n in all_of(OrganisationName)} == {"RA", "RAT"}
    assert {d.domain for d in all_of(OrganisationDomain)} == {"a.example", "b.example"}


def test_what_is_known_learns_and_keeps_its_name(app: Flask, tmp_path: Path) -> None:
    known = registered(MILL)
    _, said = imported(
        app,
        tmp_path,
        "name,plz,city,state,domain,short_names\n"
        "BÜRGERWERKSTATT Mühlental,70173,Stuttgart,BW,muehlental.example,BWM\n",
    )
    assert "0 new, 1 learned something" in said
    assert (only(Organisation).id, only(Organisation).name) == (known, MILL.name)
    assert only(OrganisationName).name == "BWM"


def test_broken_off_and_run_again_it_goes_on(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_AT_ONCE", 2)
    names = [f"Rat {word}" for word in ("Ahorn", "Birke", "Eiche", "Fichte", "Linde")]
    broken = "\n".join(["name", *names[:4]])
    imported(app, tmp_path, broken)
    assert len(all_of(Organisation)) == 4
    _, said = imported(app, tmp_path, "\n".join(["name", *names]))
    assert "1 new, 0 learned something, 4 known as they are" in said
    assert [o.name for o in all_of(Organisation)] == names


KILLED = """
import json, os, signal, sys
from itertools import count
from sqlalchemy import event
from memberships import create_app
from memberships.database import db
from memberships.organisations import cli
from memberships.settings import Settings

settings, file = sys.argv[1:]
cli._AT_ONCE, commits = 2, count(1)
app = create_app(Settings.model_validate(json.loads(settings)))


def killed(_):
    if next(commits) == 3:
        os.kill(os.getpid(), signal.SIGKILL)


with app.app_context():
    event.listen(db.session, "before_commit", killed)
    cli.organisations.main(["import", file])
"""


def test_a_killed_import_has_kept_whole_pieces_and_goes_on(app: Flask, tmp_path: Path) -> None:
    names = [f"Rat {word}" for word in ("Ahorn", "Birke", "Eiche", "Fichte", "Linde", "Ulme")]
    file = tmp_path / "killed.csv"
    file.write_text("\n".join(["name", *names]), "utf-8")
    settings = app.config["SETTINGS"].model_dump_json()
    command = [sys.executable, "-c", KILLED, settings, str(file)]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    assert [o.name for o in all_of(Organisation)] == names[:4]
    for known in names[:4]:
        assert [c.organisation.name for c in candidates(Description(known, "avd"))] == [known]
    _, said = imported(app, tmp_path, "\n".join(["name", *names]))
    assert "2 new, 0 learned something, 4 known as they are" in said
    assert [o.name for o in all_of(Organisation)] == names


def test_initiatives_need_their_network(app: Flask, tmp_path: Path) -> None:
    text = "name,kind\nRunde am Fluss,informal_initiative\n"
    imported(app, tmp_path, text)
    assert all_of(Organisation) == []
    imported(app, tmp_path, text, "--network", "avd")
    assert only(Organisation).scope == "avd"
    assert imported(app, tmp_path, text, "--network", "nobody")[0] == 2


@pytest.mark.parametrize("text", ["", "title\nRat\n", "\n"])
def test_a_file_without_names_is_refused(app: Flask, tmp_path: Path, text: str) -> None:
    with nothing_stored():
        code, said = imported(app, tmp_path, text)
    assert code == 1
    assert 'no header with a column "name"' in said


def test_the_command_shows_candidates_in_words(app: Flask, tmp_path: Path) -> None:
    registered(MILL)
    run = app.test_cli_runner().invoke
    found = run(organisations, ["find", "Buergerwerkstatt Mühlental", "--postal-code", "70173"])
    assert found.exit_code == 0
    assert "Bürgerwerkstatt Mühlental e. V." in found.output
    assert found.output.startswith(("dieselbe", "vielleicht"))
    nobody = run(organisations, ["find", "Nirgendwer"])
    assert (nobody.exit_code, nobody.output) == (1, "keine bekannte Organisation\n")


def test_making_the_index_anew_finds_the_same(app: Flask) -> None:
    registered(MILL)
    before = dump()
    done = app.test_cli_runner().invoke(organisations, ["index"])
    assert done.exit_code == 0
    assert dump() == before
