"""What leaves the house: files in which nothing runs, for a purpose that is written down."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from memberships.accounts.models import StaffRole
from memberships.applications.models import Application
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import Event
from memberships.events.queries import check_log
from memberships.members import files, listing
from memberships.members.errors import SheetFull
from memberships.members.models import (
    EndReason,
    Export,
    ExportContent,
    ExportFormat,
    Membership,
    Representative,
)
from memberships.networks.services import publish_definition
from memberships.permissions import Role
from memberships.privacy.services import withdraw_consents
from tests.applications.joining import ANSWERS, BH, BW, SN, joined
from tests.factories import INSTITUTION, PERSON, confirmed, network, submitted
from tests.members.test_member_list import MONDAY, member
from tests.pages import Page, get
from tests.review.cases import Staff, approve, signed_in, staff, token_on
from tests.tables import all_of, nothing_stored, only, statements

EXPORT = f"/koordination/{BH}/mitglieder/export"
REGISTER = f"/koordination/{BH}/exporte"
PURPOSE = "Einladung zum Jahrestreffen"
WORDS = "Liste der Mitglieder (CSV) Filter: Stiftung Spalten: Mitglied, Ansprechpersonen, "
LIST_WORDS = f"{WORDS}Organisation, Art, Mitglied seit"
NEWS_WORDS = "Adressen für den Rundbrief (XLSX)"
LIST, MEMBERSHIP, NEWS, CASES, *_ = (content.value for content in ExportContent)


@pytest.fixture
def kim(app: Flask) -> Staff:
    return staff(Role.COORDINATOR, BH, BW, name="Kim Adler")


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def download(
    browser: FlaskClient, address: str = EXPORT, token: str = "", **typed: str
) -> TestResponse:
    token = token or token_on(get(browser, address))
    chosen = {"content": LIST, "purpose": PURPOSE, "format": "csv"} | typed
    return browser.post(address, data={"csrf_token": token} | chosen, buffered=True)


def rows_of(answer: TestResponse) -> list[list[str]]:
    """The table as Excel reads it."""
    assert answer.status_code == 200, answer.text
    kind, content = answer.headers["Content-Type"], answer.get_data()
    if "csv" not in kind:
        return _sheet(content)
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\n" not in content.replace(b"\r\n", b"")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def _sheet(content: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        root = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - ours
    space = {"x": root.tag.partition("}")[0][1:]}
    assert root.findall(".//x:f", space) == []
    cells = root.findall(".//x:c", space)
    assert {cell.get("t") for cell in cells} <= {"inlineStr"}
    return [
        ["".join(cell.itertext()) for cell in row.findall("x:c", space)]
        for row in root.findall(".//x:row", space)
    ]


@pytest.mark.parametrize("format_", ExportFormat)
def test_the_file_holds_the_filtered_list_with_the_chosen_columns(
    app: Flask, kim: Staff, format_: ExportFormat
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        confirmed(last_name="Müßig", email="mara@example.org", newsletter=True)
        confirmed(INSTITUTION, organisation_name="Bürgerstiftung Talheim")
        confirmed(last_name="Other")
        browser = signed_in(app, kim)
        columns = "spalten=email&spalten=rundbrief&spalten=seit&spalten=art"
        address = f"{EXPORT}?{columns}&suche=mue&wer=person"
        answer = download(browser, address, format=format_.value)
    assert rows_of(answer) == [
        ["Mitglied", "Ansprechpersonen", "Organisation", "E-Mail", "Art", "Rundbrief",
         "Mitglied seit"],
        ["Mara Müßig", "", "", "mara@example.org", "", "ja", "23.11.2026"],
    ]  # fmt: skip
    name = f"mitglieder-{BH}-2026-11-23.{format_.value}"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_organisation_is_one_row_with_everybody_who_acts_for_it(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    for first_name, phone in (("Jörn", "0711 23125 0"), ("Ada", "")):
        applied = joined(BW, first_name=first_name, phone=phone, email=f"{phone[:4]}@example.org")
        if applied.row.membership_id is None:
            approve(applied, kim)
    address = f"/koordination/{BW}/mitglieder/export?spalten=email&spalten=telefon&spalten=ort"
    (_, row) = rows_of(download(browser, address))
    assert row[:4] == [
        "Bürgerwerkstatt Öderan",
        "Jörn Müßig; Ada Müßig",
        "",
        only_emails(),
    ]
    assert "70173 Stuttgart" in row


def only_emails() -> str:
    return "; ".join(person.account.email for person in by_since())


def by_since() -> list[Representative]:
    return sorted(all_of(Representative), key=lambda person: person.since)


HOSTILE = ["=1+1", "+49 30", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "＝1+1",
           '=HYPERLINK("http://x.example.org","a;b")']  # fmt: skip


@pytest.mark.parametrize("cell", HOSTILE)
def test_no_cell_runs_as_a_formula(cell: str) -> None:
    assert files.harmless(cell) == f"'{cell}"
    escaped = cell.replace("\r", "_x000D_")
    for format_, expected in ((ExportFormat.CSV, f"'{cell}"), (ExportFormat.XLSX, escaped)):
        file, count = files.written(format_, ["Name"], [[cell], ["Öl; & Co"]])
        content = file.read()
        file.close()
        if format_ is ExportFormat.CSV:
            text = io.StringIO(content.decode("utf-8-sig"), newline="")
            table = list(csv.reader(text, delimiter=";"))
        else:
            table = _sheet(content)
        assert table == [["Name"], [expected], ["Öl; & Co"]]
        assert count == 2


@pytest.mark.parametrize("cell", ["Mara", "Müßig-Żak", "a=b", "1-2", "mara+x@example.org", ""])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert files.harmless(cell) == cell


def test_hostile_names_of_members_do_not_run(app: Flask, browser: FlaskClient) -> None:
    member("=cmd|'/c calc'!A1", "Böse")
    assert rows_of(download(browser))[1][0] == "'=cmd|'/c calc'!A1 Böse"
    assert rows_of(download(browser, format="xlsx"))[1][0] == "=cmd|'/c calc'!A1 Böse"


def test_a_sheet_that_is_full_is_refused_and_says_so(app: Flask) -> None:
    with pytest.raises(SheetFull):
        files.written(ExportFormat.XLSX, ["Name"], [["x" * 40_000]])


def test_an_export_is_recorded_without_any_name(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    confirmed(last_name="Müßig")
    confirmed(INSTITUTION)
    before = len(all_of(Event))
    address = f"{EXPORT}?suche=Müßig&wer=person&von=2026-01-01&spalten=email"
    assert len(rows_of(download(browser, address, purpose="  Namensschilder  "))) == 2
    export = only(Export)
    assert (export.account_id, export.content, export.format) == (
        kim.account_id,
        ExportContent.MEMBERS,
        ExportFormat.CSV,
    )
    assert export.purpose == "Namensschilder"
    assert export.filter == {"text": True, "holder": "person", "since": "2026-01-01"}
    assert export.columns == ["Mitglied", "Ansprechpersonen", "Organisation", "E-Mail"]
    assert export.row_count == 1
    (event,) = all_of(Event)[before:]
    assert (event.tag, event.subject_id, event.actor_id) == (
        "members:exported",
        export.id,
        kim.account_id,
    )
    assert re.search(r'"content":"members","format":"csv","rows":1', event.record)
    assert "ssig" not in event.record
    assert check_log().faults == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"purpose": ""}, "Schreiben Sie, wofür Sie die Datei brauchen."),
        ({"purpose": "  \t "}, "Schreiben Sie, wofür Sie die Datei brauchen."),
        ({"purpose": "x" * 301}, "Der Zweck ist zu lang. Möglich sind 300 Zeichen."),
        ({"format": "exe"}, ""),
        ({"content": "case"}, ""),
    ],
)
def test_without_a_purpose_nothing_is_stored_and_nothing_is_sent(
    app: Flask, browser: FlaskClient, typed: dict[str, str], message: str
) -> None:
    confirmed(last_name="Geheim")
    token = token_on(get(browser, EXPORT))
    with nothing_stored():
        answer = download(browser, token=token, **typed)
    page = Page(answer)
    assert page.status == 422
    assert "Geheim" not in page.words
    assert "Content-Disposition" not in page.headers
    assert message in page.words
    assert len(page.summary) == 1


def add_role(person: Staff, role: Role, slug: str) -> None:
    """A second role elsewhere, whose pages carry the token that a POST needs."""
    network_id = publish_definition(network(slug)).network_id
    db.session.add(
        StaffRole(account_id=person.account_id, network_id=network_id, role=role, since=utcnow())
    )


def test_a_reader_and_a_decider_may_look_but_not_take_away(app: Flask) -> None:
    confirmed()
    for role in (Role.READER, Role.DECIDER, Role.AUDITOR):
        person = staff(role, BH)
        with unit_of_work():
            add_role(person, Role.LEAD, BW)
        theirs = signed_in(app, person)
        assert get(theirs, EXPORT).status == 403
        assert "Exportieren" not in get(theirs, EXPORT.removesuffix("/export")).words
        token = token_on(get(theirs, f"/koordination/{BW}/team"))
        with nothing_stored():
            assert download(theirs, token=token).status_code == 403


def test_staff_of_another_network_find_nothing_here(app: Flask) -> None:
    confirmed()
    theirs = signed_in(app, staff(Role.LEAD, BW))
    token = token_on(get(theirs, f"/koordination/{BW}/team"))
    for address in (EXPORT, REGISTER):
        assert get(theirs, address).status == 404
    with nothing_stored():
        assert download(theirs, token=token).status_code == 404


def test_the_register_tells_when_who_what_and_what_for(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    lead = signed_in(app, staff(Role.LEAD, BH))
    assert "Noch hat niemand Mitglieder exportiert" in get(lead, REGISTER).words
    confirmed()
    with time_machine.travel(MONDAY, tick=False):
        browser = signed_in(app, kim)
        download(browser, f"{EXPORT}?art=foundation")
    with time_machine.travel(MONDAY + timedelta(minutes=1), tick=False):
        browser = signed_in(app, kim)
        download(browser, content=NEWS, format="xlsx", purpose="Rundbrief Dezember")
    for role in (Role.LEAD, Role.AUDITOR):
        page = get(signed_in(app, staff(role, BH)), REGISTER)
        rows = [e.words for e in page.root if e.tag == "tr"][1:]
        assert rows == [
            f"Rundbrief Dezember 23. November 2026, 10:01 Uhr Kim Adler {NEWS_WORDS} 0",
            f"{PURPOSE} 23. November 2026, 10:00 Uhr Kim Adler {LIST_WORDS} 0",
        ]
    assert get(signed_in(app, kim), REGISTER).status == 403


def addresses(browser: FlaskClient, content: str, slug: str = BH) -> list[str]:
    answer = download(browser, f"/koordination/{slug}/mitglieder/export", content=content)
    head, *rows = rows_of(answer)
    assert head == ["E-Mail", "Name", "Anrede"]
    assert all(row[2] == f"Guten Tag {row[1]}" for row in rows)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=adressen-")
    return [row[0] for row in rows]


def test_mail_about_the_membership_goes_to_every_living_member_once(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    confirmed(last_name="Adam", email="adam@example.org")
    confirmed(INSTITUTION, last_name="Berg", email="berg@example.org")
    # The same person for a second organisation: still one row.
    confirmed(INSTITUTION, last_name="Berg", email="berg@example.org", organisation_name="Zweite")
    submitted(last_name="Offen", email="unproven@example.org")
    confirmed(last_name="Ende", email="ended@example.org")
    confirmed(INSTITUTION, last_name="Fort", email="left@example.org", organisation_name="Dritte")
    with unit_of_work():
        db.session.execute(
            sa.update(Membership)
            .where(Membership.last_name == "Ende")
            .values(ended_at=utcnow(), end_reason=EndReason.OWN_EXIT)
        )
        db.session.execute(
            sa.update(Representative)
            .where(Representative.last_name == "Fort")
            .values(ended_at=utcnow())
        )
    assert addresses(browser, MEMBERSHIP) == ["adam@example.org", "berg@example.org"]
    assert addresses(browser, MEMBERSHIP, BW) == []
    assert addresses(browser, NEWS) == []
    assert [e.filter for e in all_of(Export)] == [{}] * 3


def test_news_goes_only_to_those_whose_consent_is_confirmed_and_not_withdrawn(
    app: Flask, browser: FlaskClient
) -> None:
    confirmed(last_name="Ja", email="yes@example.org", newsletter=True)
    confirmed(INSTITUTION, last_name="Kaja", email="rep@example.org", newsletter=True)
    confirmed(last_name="Nein", email="no@example.org")
    submitted(last_name="Offen", email="unproven@example.org", newsletter=True)
    gone = confirmed(last_name="Zurück", email="withdrawn@example.org", newsletter=True)
    with unit_of_work():
        withdraw_consents(gone.id, channel="link")
    assert addresses(browser, NEWS) == ["yes@example.org", "rep@example.org"]


def test_a_withdrawal_with_a_second_application_counts_and_a_new_wish_needs_proof(
    app: Flask, browser: FlaskClient
) -> None:
    confirmed(email="mara@example.org", newsletter=True)
    second = confirmed(email="mara@example.org", newsletter=True)
    assert addresses(browser, NEWS) == ["mara@example.org"]
    with unit_of_work():
        withdraw_consents(second.id, channel="link")
    assert addresses(browser, NEWS) == []
    # Anybody can type the address and tick the box.
    third = submitted(email="mara@example.org", newsletter=True)
    assert addresses(browser, NEWS) == []
    assert third.row.membership_id is None
    confirmed(email="mara@example.org", newsletter=True)
    assert addresses(browser, NEWS) == ["mara@example.org"]


def test_an_unproven_wish_takes_no_consent_away(app: Flask, browser: FlaskClient) -> None:
    confirmed(email="mara@example.org", newsletter=True)
    submitted(email="mara@example.org", newsletter=True)
    assert addresses(browser, NEWS) == ["mara@example.org"]


def test_consent_in_one_network_is_none_in_another(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    confirmed(email="mara@example.org", newsletter=True)
    applied = joined(BW, email="mara@example.org")
    if applied.row.membership_id is None:
        approve(applied, kim)
    assert addresses(browser, MEMBERSHIP, BW) == ["mara@example.org"]
    assert addresses(browser, NEWS, BW) == []


@pytest.mark.parametrize("content", [LIST, NEWS])
def test_thirty_rows_take_as_many_statements_as_one(
    app: Flask, browser: FlaskClient, content: str
) -> None:
    confirmed(INSTITUTION, newsletter=True)
    counts, rows = [], []
    for more in (30, 0):
        token = token_on(get(browser, EXPORT))
        with statements() as sent:
            answer = download(browser, token=token, content=content)
        counts.append(len(sent))
        rows.append(len(rows_of(answer)) - 1)
        for n in range(more):
            answers = INSTITUTION if n % 2 else PERSON
            confirmed(answers, newsletter=n % 3 == 0, organisation_name=f"Verein {n}")
    assert rows == [1, 31 if content == LIST else 11]
    assert counts[0] == counts[1]


def test_a_mail_about_open_cases_reaches_those_who_wait(app: Flask) -> None:
    by = staff(Role.COORDINATOR, SN)
    waiting, decided = joined(SN, email="wartet@example.org"), joined(SN, email="neu@example.org")
    kept = joined(SN, email="gesperrt@example.org")
    approve(decided, by)
    with unit_of_work():
        db.session.get_one(Application, kept.id).restricted_at = utcnow()
    submitted(ANSWERS[SN], slug=SN, email="unbewiesen@example.org")
    found = listing.case_recipients(waiting.row.network_id)
    assert [person.email for person in found] == ["wartet@example.org"]
