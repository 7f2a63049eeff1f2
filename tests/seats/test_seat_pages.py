"""The pages of a hand-over: the holder's, the two links, the office's."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.applications.services import begin_succession
from memberships.database import unit_of_work
from memberships.mails.models import OutgoingMail
from memberships.members.models import Membership
from memberships.permissions import Role
from memberships.review.forms import NOT_INFORMED
from memberships.review.services import send_due_digests
from memberships.seats.models import Handover, Stage
from tests.applications.joining import AVD, BW, joined
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    account_of,
    joins_too,
    lead,
    leave,
    on_a_seat,
    press,
    representative,
)
from tests.members.cases import profile as profile_of
from tests.pages import get, post
from tests.review.cases import approve, case_url, decline, locked, send, signed_in, staff, withdraw
from tests.seats.cases import (
    ADA,
    accept,
    after,
    confirm,
    handover,
    hands_over,
    objects,
    office_proposes,
    seat,
    token,
)
from tests.tables import all_of, nothing_stored, only

TYPED = {"first_name": "Ada", "last_name": "Neu", "email": ADA}


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.COORDINATOR, AVD, BW, name="Kim Adler"))


@pytest.fixture
def lead_office(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.LEAD, AVD, BW, name="Lea Leitner"))


def living() -> list[Membership]:
    return [m for m in all_of(Membership) if m.ended_at is None]


def test_from_the_profile_to_the_new_holder(app: Flask, client: FlaskClient) -> None:
    first = on_a_seat()
    browser, page = profile_of(app)
    assert "Sitz übergeben" in page.words
    page = get(browser, f"/profil/{first}/uebergeben")
    assert press(browser, page, "/uebergeben", **TYPED).status == 303
    page = get(browser, f"/profil/{first}/uebergeben")
    assert "Sie haben jemanden vorgeschlagen Ada Neu" in page.words

    link = f"/uebergabe/{token('handover_invited')}"
    page = get(client, link)
    assert page.heading == "Möchten Sie Ansprechperson werden?"
    assert "Landeshauptstadt Beispielau" in page.words
    assert "Mara" not in page.words
    assert post(client, link, page.form(link).fields | {"role": "Referat 3"}).status == 303
    assert get(client, link).heading == "Sie sind jetzt Ansprechperson"
    (second,) = living()
    assert second.first_name == "Ada"
    assert second.answers["role_in_organisation"] == "Referat 3"
    again = post(client, link, {"first_name": "Ada", "last_name": "Neu"})
    assert (again.status, again.heading) == (200, "Sie sind jetzt Ansprechperson")
    _, page = profile_of(app, ADA)
    assert "Als Person, auf dem Sitz von Landeshauptstadt Beispielau" in page.words


def test_looking_at_a_link_changes_nothing(app: Flask, client: FlaskClient) -> None:
    office_proposes(seat(on_a_seat()), lead(AVD))
    with nothing_stored():
        assert get(client, f"/uebergabe/{token('handover_invited')}").status == 200
        assert get(client, f"/sitz/{token('handover_announced')}").status == 200


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"first_name": " "}, "first_name", "Geben Sie den Vornamen ein."),
        ({"last_name": ""}, "last_name", "Geben Sie den Nachnamen ein."),
        ({"email": "ada@"}, "email", "Geben Sie eine vollständige E-Mail-Adresse ein"),
        ({"first_name": "x" * 81}, "first_name", "Der Name ist zu lang."),
        ({"last_name": "a\u202eb"}, "last_name", "Der Text enthält Steuerzeichen"),
        ({"email": MARA}, "email", "Das ist Ihre eigene Adresse."),
    ],
)
def test_bad_input_is_told_beside_the_field(
    app: Flask, changes: dict[str, str], field: str, message: str
) -> None:
    first = on_a_seat()
    browser, _ = profile_of(app)
    page = get(browser, f"/profil/{first}/uebergeben")
    with nothing_stored():
        page = press(browser, page, "/uebergeben", **(TYPED | changes))
    assert page.status == 422
    assert page.errors[field].startswith(message)


def test_what_was_typed_stays(app: Flask, client: FlaskClient) -> None:
    hands_over(on_a_seat())
    link = f"/uebergabe/{token('handover_invited')}"
    with nothing_stored():
        page = post(client, link, {"first_name": "Adelheid", "last_name": ""})
    assert page.status == 422
    assert page.form(link).fields["first_name"] == "Adelheid"


def test_the_proposal_is_withdrawn_once(app: Flask) -> None:
    first = on_a_seat()
    hands_over(first)
    browser, _ = profile_of(app)
    page = get(browser, f"/profil/{first}/uebergeben")
    form = page.form("/zuruecknehmen")
    assert post(browser, form.action, form.fields).status == 303
    assert handover().stage is Stage.WITHDRAWN
    with nothing_stored():
        assert post(browser, form.action, form.fields).status == 409


def test_a_seat_on_its_way_is_not_proposed_again(app: Flask) -> None:
    first = on_a_seat()
    browser, _ = profile_of(app)
    page = get(browser, f"/profil/{first}/uebergeben")
    hands_over(first)
    with nothing_stored():
        refused = press(browser, page, "/uebergeben", **(TYPED | {"email": "b@example.org"}))
    assert refused.status == 409


def test_somebody_elses_seat_is_not_found(app: Flask) -> None:
    first = on_a_seat()
    a_member(BEN)
    browser, _ = profile_of(app, BEN)
    assert get(browser, f"/profil/{first}/uebergeben").status == 404
    assert get(browser, f"/profil/{uuid4()}/uebergeben").status == 404


def test_a_member_without_a_seat_has_none_to_hand_over(app: Flask) -> None:
    first = a_member()
    browser, page = profile_of(app)
    assert "übergeben" not in page.words
    assert get(browser, f"/profil/{first}/uebergeben").status == 404


def test_declining_by_the_link(app: Flask, client: FlaskClient) -> None:
    hands_over(on_a_seat())
    link = f"/uebergabe/{token('handover_invited')}"
    page = get(client, link)
    page = post(client, page.form("/ablehnen").action)
    assert page.heading == "Sie haben abgelehnt"
    assert get(client, link).status == 404


@pytest.mark.parametrize("path", ["/uebergabe/unbekannt", "/sitz/unbekannt"])
def test_an_unknown_link_says_so(client: FlaskClient, app: Flask, path: str) -> None:
    page = get(client, path)
    assert (page.status, page.heading) == (404, "Dieser Link gilt nicht mehr")


def test_whoever_holds_the_seat_agrees_by_the_link(app: Flask, client: FlaskClient) -> None:
    office_proposes(seat(on_a_seat()), lead(AVD))
    link = f"/sitz/{token('handover_announced')}"
    page = get(client, link)
    assert "Ada Neu soll für Landeshauptstadt Beispielau" in page.words
    assert post(client, page.form("/zustimmen").action).status == 303
    assert get(client, link).heading == "Die Übergabe läuft"
    late = post(client, f"{link}/widersprechen", {"objection": "Doch nicht."})
    assert (late.status, late.heading) == (409, "Die Übergabe läuft")
    accept()
    assert get(client, link).heading == "Der Sitz ist übergeben"


def test_whoever_holds_the_seat_objects_by_the_link(
    app: Flask, client: FlaskClient, office: FlaskClient
) -> None:
    first = on_a_seat()
    office_proposes(seat(first), lead(AVD))
    link = f"/sitz/{token('handover_announced')}"
    page = get(client, link)
    done = post(client, page.form("/widersprechen").action, {"objection": "Ich bin noch da."})
    assert done.status == 303
    assert get(client, link).heading == "Ihr Widerspruch ist da"
    listed = get(office, f"/koordination/{AVD}/sitze")
    assert "strittig, Sie entscheiden" in listed.words
    address = f"/koordination/{AVD}/sitze/{seat(first).id}"
    page = get(office, address)
    assert "Ich bin noch da." in page.words
    form = page.form("/entscheiden")
    with nothing_stored():
        refused = post(office, form.action, form.fields | {"reason": ""})
    assert refused.status == 422
    assert refused.errors["reason"].startswith("Schreiben Sie, warum")
    assert post(office, form.action, form.fields | {"reason": "Bleibt."}).status == 303
    assert handover().stage is Stage.REFUSED
    with nothing_stored():
        late = post(office, form.action, form.fields | {"reason": "Bleibt."})
    assert late.status == 409


def test_the_office_carries_it_out(app: Flask, office: FlaskClient) -> None:
    first = on_a_seat()
    office_proposes(seat(first), lead(AVD))
    accept()
    form = get(office, f"/koordination/{AVD}/sitze/{seat(first).id}").form("/entscheiden")
    typed = {"reason": "Ausgeschieden.", "durchfuehren": "1"}
    assert post(office, form.action, form.fields | typed).status == 303
    assert [m.account.email for m in living()] == [ADA]


def test_what_changed_under_the_office_is_not_decided(app: Flask, office: FlaskClient) -> None:
    first = on_a_seat()
    office_proposes(seat(first), lead(AVD))
    form = get(office, f"/koordination/{AVD}/sitze/{seat(first).id}").form("/entscheiden")
    objects()
    with nothing_stored():
        refused = post(office, form.action, form.fields | {"reason": "Egal.", "durchfuehren": "1"})
    assert refused.status == 409
    assert "Egal." in refused.form("/entscheiden").fields["reason"]


def test_a_vacant_seat_is_listed_with_its_age_and_filled(app: Flask, office: FlaskClient) -> None:
    first = on_a_seat()
    assert "Nichts zu tun" in get(office, f"/koordination/{AVD}/sitze").words
    leave(first)
    with after(100):
        browser = signed_in(app, staff(Role.COORDINATOR, AVD))
        page = get(browser, f"/koordination/{AVD}/sitze")
        assert "seit 100 Tagen · zu entscheiden" in page.words
    address = f"/koordination/{AVD}/sitze/{seat(first).id}"
    assert send(office, address, TYPED, ending="/vorschlagen").status == 303
    assert "wartet auf die Zusage" in get(office, address).words
    accept()
    assert [m.account.email for m in living()] == [ADA]


def test_a_vacant_seat_is_closed(app: Flask, office: FlaskClient) -> None:
    first = on_a_seat()
    leave(first)
    address = f"/koordination/{AVD}/sitze/{seat(first).id}"
    assert send(office, address, {}, ending="/schliessen").status == 303
    assert "Geschlossen" in get(office, address).words
    assert "Nichts zu tun" in get(office, f"/koordination/{AVD}/sitze").words


def test_the_office_is_told_that_the_person_has_the_seat(app: Flask, office: FlaskClient) -> None:
    first = on_a_seat()
    address = f"/koordination/{AVD}/sitze/{seat(first).id}"
    with nothing_stored():
        page = send(office, address, TYPED | {"email": MARA}, ending="/vorschlagen")
    assert (page.status, page.errors["email"][:34]) == (422, "Diese Person hat den Sitz schon. G")


def test_of_several_the_office_says_who_goes(app: Flask, office: FlaskClient) -> None:
    first = a_representative()
    joins_too(first)
    address = f"/koordination/{BW}/sitze/{seat(first).id}"
    typed = TYPED | {"reason": "Ausgeschieden.", "leaving": str(representative(BEN).id)}
    assert send(office, address, typed, ending="/vorschlagen").status == 303
    accept()
    assert representative(BEN).ended_at is not None
    assert representative(MARA).ended_at is None


def test_what_is_stored_of_a_hand_over_is_told_to_both(app: Flask) -> None:
    first = on_a_seat()
    a_member(ADA)
    hands_over(first)
    told = {}
    for email in (MARA, ADA):
        browser, _ = profile_of(app, email)
        words = get(browser, "/profil/daten").words
        data = browser.get("/profil/daten.json").json["handovers"]
        assert [one["stage"] for one in data] == ["open"]
        told[email] = (words, data[0]["as"], data[0]["name"])
    assert told[MARA][1:] == ("holder", None)
    assert told[ADA][1:] == ("invited", "Ada Neu")
    assert "Ihr Sitz soll übergehen: Landeshauptstadt Beispielau (läuft)" in told[MARA][0]
    assert "Sie sind vorgeschlagen: Landeshauptstadt Beispielau (läuft)" in told[ADA][0]


def test_readers_see_seats_and_change_nothing(app: Flask) -> None:
    first = on_a_seat()
    reader = signed_in(app, staff(Role.READER, AVD))
    page = get(reader, f"/koordination/{AVD}/sitze/{seat(first).id}")
    assert page.status == 200
    assert not [form for form in page.forms if "/sitze/" in form.action]


def test_a_seat_of_another_network_is_not_found(app: Flask) -> None:
    first = on_a_seat()
    stranger = signed_in(app, staff(Role.COORDINATOR, BW))
    assert get(stranger, f"/koordination/{BW}/sitze/{seat(first).id}").status == 404
    link = f"/koordination/{BW}/mitgliedschaften/{first}/sitz"
    assert get(stranger, link).status == 404


# A successor who applies.


def successor(**changes: str):
    return joined(AVD, email=ADA, first_name="Ada", existing_member="successor", **changes)


def test_a_successor_who_applies_takes_the_seat(app: Flask, office: FlaskClient) -> None:
    first = on_a_seat()
    applied = successor()
    address = case_url(applied, AVD)
    page = get(office, address)
    assert "Nach eigener Angabe folgt" in page.words
    assert get(office, case_url(applied, AVD, "aufnehmen")).status == 409
    assert send(office, address, {}, ending="/uebergabe").status == 303
    page = get(office, address)
    assert "Die Übergabe ist begonnen." in page.words
    assert get(office, case_url(applied, AVD, "aufnehmen")).status == 409
    confirm()
    assert "Der Sitz kann übergehen" in get(office, address).words
    assert send(office, case_url(applied, AVD, "aufnehmen"), {}).status == 303
    (second,) = living()
    assert (second.account.email, second.seat_number) == (ADA, 1)
    assert second.answers["driver_statement"]
    assert seat(first).holders == 2
    assert only(Handover).stage is Stage.DONE


def test_after_fourteen_days_the_successor_can_be_approved(app: Flask, kim) -> None:
    on_a_seat()
    applied = successor()
    begin(applied, kim)
    with after(15):
        approve(applied, kim)
        assert [m.account.email for m in living()] == [ADA]


def begin(applied, by) -> None:
    with unit_of_work():
        begin_succession(locked(applied), by=by.actor)


@pytest.mark.parametrize("how", ["decline", "withdraw"])
def test_with_the_case_the_hand_over_ends(app: Flask, client: FlaskClient, kim, how: str) -> None:
    first = on_a_seat()
    applied = successor()
    begin(applied, kim)
    link = f"/sitz/{token('handover_announced')}"
    decline(applied, kim) if how == "decline" else withdraw(applied)
    assert handover().stage is Stage.WITHDRAWN
    assert get(client, link).status == 404
    assert [m.id for m in living()] == [first]


def test_who_holds_the_seat_objects_to_the_successor(app: Flask, office: FlaskClient, kim) -> None:
    on_a_seat()
    applied = successor()
    begin(applied, kim)
    objects()
    page = get(office, case_url(applied, AVD))
    assert "Wer den Sitz hat, widerspricht." in page.words
    assert get(office, case_url(applied, AVD, "aufnehmen")).status == 409


# Whoever came by a hand-over has no case; the office works from the seat.


def handed_over() -> Membership:
    hands_over(on_a_seat())
    accept()
    return next(m for m in living())


def test_the_list_leads_to_the_seat_of_who_has_no_case(app: Flask, office: FlaskClient) -> None:
    second = handed_over()
    page = get(office, f"/koordination/{AVD}/mitglieder")
    link = f"/koordination/{AVD}/mitgliedschaften/{second.id}/sitz"
    assert link in [e.get("href") for e in page.root if e.tag == "a"]
    assert get(office, link).status == 302


def test_the_office_notes_that_it_has_looked(app: Flask, office: FlaskClient) -> None:
    second = handed_over()
    address = f"/koordination/{AVD}/sitze/{seat(second.id).id}"
    form = get(office, address).form("/geprueft")
    assert post(office, form.action, form.fields).status == 303
    assert "Zu prüfen" not in get(office, address).words
    with nothing_stored():
        assert post(office, form.action, form.fields).status == 409


def test_the_office_ends_it_with_the_exact_mail(app: Flask, office: FlaskClient) -> None:
    second = handed_over()
    address = f"/koordination/{AVD}/sitze/{seat(second.id).id}"
    form = get(office, f"{address}/beenden").form("/beenden")
    with nothing_stored():
        refused = post(office, form.action, form.fields | {"reason": ""})
        assert refused.status == 422
        typed = form.fields | {"reason": "ended_by_network", "message": "Aus Gründen."}
        preview = post(office, form.action, typed | {"ansehen": "1"})
    assert "Aus Gründen." in preview.words
    assert post(office, form.action, typed).status == 303
    assert living() == []
    assert "Frei seit dem" in get(office, address).words
    with nothing_stored():
        assert post(office, form.action, typed).status == 404


def came_by_hand_over() -> UUID:
    return seat(handed_over().id).id


def rights_of(of: UUID, email: str = MARA) -> str:
    account = account_of(email)
    return f"/koordination/{AVD}/sitze/{of}/personen/{account.id}"


def test_the_office_restricts_and_releases_whoever_came_by_a_hand_over(office: FlaskClient) -> None:
    of = came_by_hand_over()
    place = f"{rights_of(of, ADA)}/einschraenken"
    page = get(office, place)
    assert (page.heading, "Ada Neu" in page.words) == ("Verarbeitung einschränken", True)
    assert post(office, place, page.form(place).fields).status == 303
    assert "Eingeschränkt" in get(office, "/koordination/avd/sitze").words
    page = get(office, f"/koordination/avd/sitze/{of}")
    assert "Verarbeitung eingeschränkt seit" in page.words
    assert "Mitgliedschaft beenden" not in page.words
    page = get(office, place)
    with nothing_stored():
        refused = post(office, place, page.form(place).fields)
    assert (refused.status, refused.errors["informed"]) == (422, NOT_INFORMED)
    assert post(office, place, page.form(place).fields | {"informed": "y"}).status == 303
    assert living()[0].restricted_at is None
    assert "Eingeschränkt" not in get(office, "/koordination/avd/sitze").words


def test_what_changed_meanwhile_is_not_restricted(office: FlaskClient) -> None:
    of = came_by_hand_over()
    place = f"{rights_of(of, ADA)}/einschraenken"
    fields = get(office, place).form(place).fields
    leave(living()[0].id, ADA)
    with nothing_stored():
        assert post(office, place, fields).status == 409


def test_the_office_erases_whoever_came_by_a_hand_over_and_left(
    office: FlaskClient, lead_office: FlaskClient
) -> None:
    of = came_by_hand_over()
    place = f"{rights_of(of, ADA)}/loeschen"
    assert get(office, place).status == 403
    fields = get(lead_office, place).form(place).fields
    with nothing_stored():
        assert post(lead_office, place, fields | {"archive_offered": "y"}).status == 409
    leave(living()[0].id, ADA)
    fields = get(lead_office, place).form(place).fields
    assert post(lead_office, place, fields | {"archive_offered": "y"}).status == 303
    assert not [m for m in all_of(Membership) if m.first_name == "Ada"]
    assert get(lead_office, place).status == 404


def test_of_an_organisation_only_the_one_person_is_restricted(office: FlaskClient) -> None:
    first = a_representative()
    joins_too(first)
    of = seat(first).id
    place = f"{rights_of(of, BEN)}/einschraenken".replace(f"/{AVD}/", f"/{BW}/")
    page = get(office, place)
    assert post(office, place, page.form(place).fields).status == 303
    assert representative(BEN).restricted_at is not None
    assert representative(MARA).restricted_at is None


def test_nobody_elsewhere_is_restricted_from_a_seat(office: FlaskClient) -> None:
    of = seat(on_a_seat()).id
    a_representative(email="elsewhere@example.org")
    for verb in ("einschraenken", "loeschen"):
        assert get(office, f"{rights_of(of, 'elsewhere@example.org')}/{verb}").status in {403, 404}


def test_an_objection_stands_on_today_and_in_the_digest(office: FlaskClient) -> None:
    hands = seat(on_a_seat())
    office_proposes(hands, lead(AVD))
    assert "strittige Übergabe" not in get(office, "/koordination/").words
    objects()
    for place in ("/koordination/", "/koordination/avd/antraege"):
        page = get(office, place)
        assert "Eine strittige Übergabe" in page.words
        assert "/koordination/avd/sitze" in [e.get("href") for e in page.root]
    assert "strittige Übergabe" not in get(office, f"/koordination/{BW}/antraege").words
    with time_machine.travel(datetime(2027, 1, 4, 8, tzinfo=UTC)), unit_of_work():
        send_due_digests()
    (mail,) = [m for m in all_of(OutgoingMail) if m.kind == "office_digest"]
    assert "1 strittig" in str(mail.subject)
    assert "Einer Übergabe eines Sitzes wird widersprochen" in str(mail.body)
