"""Access and portability by oneself: everything, and nothing of others (Art. 15, 20 GDPR)."""

from __future__ import annotations

import json

from flask import Flask

from memberships.applications.services import write_note
from memberships.database import unit_of_work
from memberships.members import services
from memberships.members.models import ExportContent, ExportFormat
from tests.accounts.cases import browser
from tests.accounts.test_change_address import asked, changed, token
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    joins_too,
    lead,
    leave,
    membership,
    on_a_seat,
    profile,
)
from tests.members.showing import released
from tests.pages import get
from tests.review.cases import case, locked
from tests.rights.test_restriction import restricted_member
from tests.tables import nothing_stored


def data_of(app: Flask, email: str = MARA) -> dict:
    client, _ = profile(app, email)
    with nothing_stored():
        return json.loads(client.get("/profil/daten.json").text)


def test_everything_about_a_person_is_there(app: Flask) -> None:
    by = lead("buergerhaushalt")
    id_ = a_member(newsletter=True)
    with unit_of_work():
        services.record_export(
            membership(id_).network_id,
            content=ExportContent.MEMBERS,
            format=ExportFormat.CSV,
            purpose="Einladung zum Treffen",
            wanted={},
            columns=["Mitglied"],
            row_count=1,
            by=by,
        )
    data = data_of(app)
    assert data["account"]["email"] == MARA
    (own,) = data["memberships"]
    assert own["network"] == "buergerhaushalt"
    assert own["answers"]["first_name"] == "Mara"
    assert [step["what"] for step in own["log"]] == ["membership:started"]
    assert [e["purpose"] for e in own["exports_that_may_hold_it"]] == ["Einladung zum Treffen"]
    (applied,) = own["applications"]
    assert [c["step"] for c in applied["consents"]] == ["given", "confirmed"]
    assert {mail["to"] for mail in applied["mails"]} == {MARA}


def test_notes_and_cases_without_membership_are_there(app: Flask, kim) -> None:
    a_member()
    applied = case(email=MARA)
    with unit_of_work():
        write_note(locked(applied), "Wirkt engagiert.", by=kim.actor)
    data = data_of(app)
    (open_case,) = data["applications"]
    assert open_case["notes"][0]["text"] == "Wirkt engagiert."


def test_what_has_ended_is_there_until_it_is_erased(app: Flask) -> None:
    left = a_member()
    on_a_seat()
    leave(left)
    assert len(data_of(app)["memberships"]) == 2


def test_of_other_representatives_nothing_is_there(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_, first_name="Ben", last_name="Geheim")
    text = json.dumps(data_of(app), ensure_ascii=False)
    assert "Geheim" not in text
    assert BEN not in text
    other = json.dumps(data_of(app, BEN), ensure_ascii=False)
    assert MARA not in other
    assert "Müßig" not in other


def test_what_was_agreed_to_since_is_there_with_the_public_entry(app: Flask) -> None:
    released(on_a_seat(), "name")
    (own,) = data_of(app)["memberships"]
    steps = [(c["purpose"], c["step"]) for c in own["consents"]]
    assert steps == [("directory_consent", "given"), ("directory_consent", "confirmed")]
    assert (own["public_entry"]["shows"], own["public_entry"]["status"]) == (["name"], "released")
    said = [step["what"].partition(":")[2] for step in own["log"]]
    assert said == ["started", "entry_submitted", "entry_released"]
    page = get(profile(app)[0], "/profil/daten")
    for words in ("Öffentlicher Eintrag", "Von der Koordination freigegeben", "Ich willige ein"):
        assert words in page.words, words


def test_the_log_of_a_representative_is_their_own(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    restricted_member(BEN)
    own, other = (
        [step["what"].partition(":")[2] for step in data_of(app, email)["memberships"][0]["log"]]
        for email in (MARA, BEN)
    )
    assert own == ["started", "representative_added"]
    assert other == ["started", "representative_added", "restricted"]


def test_who_takes_over_an_address_does_not_get_what_was_sent_from_it(app: Flask) -> None:
    office, own = "kontakt@example.org", "joern@example.org"
    id_ = a_representative(office)
    asked(own, office)
    changed(token())
    joins_too(id_, office, first_name="Neu", last_name="Nachfolge")
    (before,), (after,) = (data_of(app, email)["memberships"] for email in (own, office))
    assert [case["answers"]["last_name"] for case in before["applications"]] == ["Müßig"]
    assert [case["answers"]["last_name"] for case in after["applications"]] == ["Nachfolge"]
    assert "Müßig" not in json.dumps(after, ensure_ascii=False)


def test_it_can_be_read_and_printed(app: Flask) -> None:
    a_member(newsletter=True)
    client, _ = profile(app)
    page = get(client, "/profil/daten")
    for words in ("Meine Daten", "Heutige Angaben", "Einwilligungen", "Protokoll", "Rundbrief"):
        assert words in page.words, words
    for words in ("membership:", "newsletter_consent", "given"):
        assert words not in page.words, words
    assert page.headers["Cache-Control"] == "no-store"


def test_nobody_sees_it_without_signing_in(app: Flask) -> None:
    assert browser(app).get("/profil/daten.json").status_code == 303
