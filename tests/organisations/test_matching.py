"""What the engine says of names as people write them: the table is its specification."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from memberships.organisations.cli import organisations
from memberships.organisations.matching import (
    Comparison,
    Facts,
    Verdict,
    bare_domain,
    compare,
    is_public_mail_domain,
)

SAME, PERHAPS, DIFFERENT = Verdict.SAME, Verdict.PERHAPS, Verdict.DIFFERENT
ONE = {SAME, PERHAPS}
TWO = {PERHAPS, DIFFERENT}


def facts(said: str) -> Facts:
    """ "Stadt Stuttgart | 70173 | stuttgart.de" as facts."""
    name, code, domain, *_ = [part.strip() for part in f"{said}||".split("|")]
    return Facts((name,), postal_code=code, domains=(domain,) if domain else ())


def said(left: str, right: str) -> Comparison:
    return compare(facts(left), facts(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Stadtverwaltung Ulm, Referat Bürgerbeteiligung | 89073", "Universitätsstadt Ulm | 89073"),
        ("Landeshauptstadt Stuttgart || stuttgart.de", "Stadt Stuttgart || stuttgart.de"),
        ("Magistrat der Stadt Bensheim | 64625", "Stadt Bensheim | 64625"),
        ("Landratsamt Passau | 94032", "Landkreis Passau | 94032"),
        ("Große Kreisstadt Fürstenfeldbruck | 82256", "Fürstenfeldbruck, GKSt | 82256"),
        ("Bürgerstiftung Lindenhof e. V. | 04109", "Buergerstiftung Lindenhof | 04109"),
        ("Bürgerstiftung Lindenhof e. V.", "Bürgerstiftung Lindenhof eingetragener Verein"),
        ("Quartiershaus Süd gGmbH", "Quartiershaus Süd gemeinnützige GmbH"),
        ("Quartiershaus Süd gGmbH", "Quartiershaus Süd"),
        ("KREISJUGENDRING OBERLAND E.V.", "Kreisjugendring Oberland e. V."),
        ("Werkstatt für Demokratie Freiberg, Geschäftsstelle", "Werkstatt für Demokratie Freiberg"),
        ("Bürger-Werkstatt Talaue | 70173", "Bürgerwerkstatt Talaue | 70173"),
    ],
)  # fmt: skip
def test_one_organisation_under_two_spellings_is_the_same(left: str, right: str) -> None:
    assert said(left, right).verdict is SAME


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Bürgrestiftung Lindenhof", "Bürgerstiftung Lindenhof"),
        ("Fraunhofer IOSB", "Fraunhofer-Institut für Optronik, Systemtechnik und Bildauswertung"),
        (
            "VUD | 04109 | vud.example",
            "Verein für Umwelt und Demokratie e. V. | 04109 | vud.example",
        ),
        ("TU Dresden", "Technische Universität Dresden"),
        ("Univ. Leipzig", "Universität Leipzig"),
        ("Gemeinde Esch", "Gemeindeverwaltung Esch"),
        ("Stadt Stuttgart", "Stuttgart, Landeshauptstadt"),
        ("Lindenhof, Bürgerstiftung", "Bürgerstiftung Lindenhof"),
        ("Landkreis Fulda Hauptamt | 36037", "Landkreis Fulda | 36037"),
    ],
)
def test_what_may_be_one_organisation_is_never_lost(left: str, right: str) -> None:
    assert said(left, right).verdict in ONE


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Gemeinde Neustadt | 35279", "Gemeinde Neustadt | 53577"),
        ("Stadt Würzburg | 97070", "Landkreis Würzburg | 97074"),
        ("Stadt Rottweil | 78628", "Landkreis Rottweil | 78628"),
        ("Verbandsgemeinde Landstuhl | 66849", "Stadt Landstuhl | 66849"),
        ("Amt Gnoien | 17179", "Stadt Gnoien | 17179"),
        ("Universität Ulm | 89081", "Universitätsklinikum Ulm | 89081"),
        ("Finanzamt Köln-Mitte | 50667", "Finanzamt Köln-Nord | 50739"),
        ("Sanitätsregiment 2", "Sanitätsregiment 3"),
        ("Naturfreunde Deutschlands e. V.", "Naturfreunde Deutschlands e. V. Ortsgruppe Kiel"),
        (
            "Stadt Marburg | 35037 | marburg.de",
            "Stadtwerke Marburg | 35039 | stadtwerke-marburg.de",
        ),
        ("Jugendring Nord", "Jugendring Süd"),
        ("Gemeinde Hof | 96515", "Stadt Hof | 95028"),
        ("Bürgerstiftung Jena", "Bürgerstiftung Gera"),
    ],
)
def test_two_organisations_are_never_called_the_same(left: str, right: str) -> None:
    assert said(left, right).verdict in TWO


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Bürgerstiftung Jena | 07743", "Sportverein Blau-Weiß Gera | 07545"),
        ("Gemeinde Königsfeld | 09306", "Gemeinde Heuweiler | 79194"),
        ("Stadtwerke Kiel || stadtwerke-kiel.de", "Stadtwerke Bühl || stadtwerke-buehl.de"),
        ("Hauptzollamt Ulm | 89077", "Hauptzollamt Koblenz | 56072"),
        ("Musikschule Talheim", "Freiwillige Feuerwehr Bergdorf"),
    ],
)
def test_unlike_organisations_are_as_good_as_different(left: str, right: str) -> None:
    found = said(left, right)

    assert found.verdict is not SAME
    assert found.probability < 0.05


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ("Quartiershaus Süd gGmbH", "Quartiershaus Süd", "Name ohne Rechtsform gleich"),
        (
            "Stadt Würzburg",
            "Landkreis Würzburg",
            "Stadt oder Gemeinde und Landkreis sind zweierlei",
        ),
        ("Sanitätsregiment 2", "Sanitätsregiment 3", "andere Nummer"),
        (
            "Lindenhof e. V. || lindenhof.example",
            "Lindenhof || lindenhof.example",
            "gleiche Web-Domain",
        ),
        (
            "Bürgrestiftung Lindenhof",
            "Bürgerstiftung Lindenhof",
            "Name gleich bis auf Schreibweise",
        ),
        ("Universität Ulm", "Universitätsklinikum Ulm", "andere Art von Einrichtung"),
    ],
)
def test_reasons_say_what_decided(left: str, right: str, reason: str) -> None:
    assert reason in said(left, right).reasons


def test_a_former_name_counts_as_much_as_the_official_one() -> None:
    renamed = Facts(("Bündnis Stadtleben e. V.", "Freundeskreis Alte Mühle e. V."))

    assert compare(Facts(("Freundeskreis Alte Mühle",)), renamed).verdict is SAME


def test_the_official_key_tells_more_than_the_name() -> None:
    one = Facts(("Gemeinde Esch",), municipality_key="07233206")

    assert compare(one, Facts(("Gemeinde Esch",), municipality_key="07231033")).verdict is not SAME
    assert compare(one, Facts(("Gemeinde Esch",), municipality_key="07233206")).verdict is SAME


NASTY = [
    "",
    " ",
    "a",
    "Ä",
    "-",
    "...",
    "()",
    "e. V.",
    "GmbH",
    "Stadt",
    "\u202eteS\u202c",
    "\u200b\u200d",
    "\u200bNABU\u200b",
    "x" * 10_000,
    "Stadt " * 2_000,
    "\x00",
    "𝔖𝔱𝔞𝔡𝔱",
    "Ѕtаdt Ulm",
    "ﬁnanzamt",
    "A\u0308mter",
    "🏛️",
    "1",
    "1 2 3",
    ",,,;;",
    "/",
    "Stadt, Stadt, Stadt",
    "مدينة",
    "İstanbul",
]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize(
    "domain", ["", "http://lindenhof.example/a/b?c", "müller.example", "..", "@"]
)
def test_bad_input_has_a_clear_answer_and_matches_nothing_by_accident(
    name: str, domain: str
) -> None:
    other = Facts(("Bürgerstiftung Lindenhof",), domains=("lindenhof.example",))

    found = compare(Facts((name,), postal_code="x" * 50, domains=(domain,)), other)

    assert found.verdict is not SAME
    assert found.reasons


def test_nothing_is_not_the_same_as_nothing() -> None:
    for empty in (Facts(()), Facts(("",)), Facts(("\u200b",)), Facts(("...",))):
        found = compare(empty, empty)
        assert (found.verdict, found.reasons) == (
            DIFFERENT,
            ("Name fehlt oder hat keine Buchstaben",),
        )


def test_letters_of_another_alphabet_do_not_hide_a_name() -> None:
    assert said("Ѕtаdt Ulm | 89073", "Stadt Ulm | 89073").verdict is SAME


texts = st.text(max_size=60) | st.sampled_from(NASTY)


@given(left=texts, right=texts, code=st.sampled_from(["", "70173", "abc"]), domain=texts)
def test_comparing_is_symmetric_deterministic_and_never_fails(
    left: str, right: str, code: str, domain: str
) -> None:
    one, other = Facts((left,), postal_code=code, domains=(domain,)), Facts((right,))

    found = compare(one, other)

    assert found == compare(other, one) == compare(one, other)
    assert 0 <= found.probability <= 1
    assert 1 <= len(found.reasons) <= 4


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.stuttgart.de/rathaus?x=1", "stuttgart.de"),
        ("kim@Stuttgart.DE", "stuttgart.de"),
        ("www.müller-stiftung.de", "xn--mller-stiftung-gsb.de"),
        ("stuttgart.de:8080", "stuttgart.de"),
        ("stuttgart", ""),
        ("", ""),
        ("192.0.2.1", ""),
        ("a..b", ""),
        ("http://[::1", ""),
    ],
)
def test_a_domain_is_what_is_left_of_an_address(text: str, domain: str) -> None:
    assert bare_domain(text) == domain


def test_providers_and_shared_hosts_tell_nothing() -> None:
    assert is_public_mail_domain("gmx.de")
    assert is_public_mail_domain("lindenhof.jimdofree.com")
    assert not is_public_mail_domain("stuttgart.de")
    assert said("Lindenhof || gmx.de", "Talaue || gmx.de") == said("Lindenhof", "Talaue")


# Pairs from a file


HEAD = "left_name,left_plz,left_domain,right_name,right_plz,right_domain"


def compared(folder: Path, content: bytes) -> tuple[int, str]:
    file = folder / "pairs.csv"
    file.write_bytes(content)
    result = CliRunner().invoke(organisations, ["compare", str(file)])
    return result.exit_code, result.output


def test_pairs_of_a_file_are_compared_in_their_order(tmp_path: Path) -> None:
    content = f"""\ufeff{HEAD},same,kind
Quartiershaus Süd gGmbH,,,Quartiershaus Süd,,,1,x
Stadt Würzburg,97070,,Landkreis Würzburg,97074,,0,x
,,,Stadt Würzburg,97070,,0,x
"""

    code, output = compared(tmp_path, content.encode())

    rows = list(csv.DictReader(io.StringIO(output)))
    assert code == 0
    assert [row["verdict"] for row in rows] == ["same", "different", "different"]
    assert "Name ohne Rechtsform gleich" in rows[0]["reasons"]
    assert rows[2]["reasons"] == "Name fehlt oder hat keine Buchstaben"
    assert all(0 <= float(row["probability"]) <= 1 for row in rows)


def test_bad_cells_do_not_stop_the_comparing(tmp_path: Path) -> None:
    lines = [HEAD, "x" * 200_000 + ",,,y,,", "nur ein Name", "a\0b,,,c,,", "ä,ö,ü,ß,€,…,mehr,mehr"]

    code, output = compared(tmp_path, "\n".join(lines).encode() + b"\n\xff\xfe,,,M\xfcller,,\n")

    assert code == 0
    assert len(output.splitlines()) == 1 + 5


def test_a_file_without_the_columns_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for content in (b"", b"name,plz\nA,1\n", HEAD.replace("left_plz,", "").encode()):
        code, output = compared(tmp_path, content)
        assert code == 1
        assert "lacks the columns" in output
        assert "left_plz" in output


def test_a_file_with_columns_only_has_an_empty_answer(tmp_path: Path) -> None:
    assert compared(tmp_path, HEAD.encode()) == (0, "probability,verdict,reasons\n")


def test_comparing_needs_no_database(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(f"{HEAD}\nA,,,B,,\n", "utf-8")
    program = Path(sys.executable).with_name("memberships")
    environ = os.environ | {"MEMBERSHIPS_DATABASE_URL": "postgresql+psycopg://127.0.0.1:1/none"}

    done = subprocess.run(
        [program, "organisations", "compare", file],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("probability,verdict,reasons\n")
