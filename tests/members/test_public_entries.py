"""Public entries: agreed to part by part, released once by the office, gone at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import Actor
from memberships.events.queries import check_log
from memberships.members import services
from memberships.members.entries import entries_to_release
from memberships.members.errors import (
    EntryNotWaiting,
    MembershipChanged,
    MembershipEnded,
    MembershipRestricted,
    NothingToShow,
)
from memberships.members.models import (
    EndReason,
    EntryStatus,
    Membership,
    PublicEntry,
    Representative,
)
from memberships.permissions import Role
from memberships.privacy.models import ConsentEvent, ConsentStep
from tests.accounts.cases import csrf, invited, signed_in
from tests.applications.joining import ANSWERS, AVD, BH, BW
from tests.factories import confirmed, network
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    come_back,
    end,
    joins_too,
    lead,
    leave,
    membership,
    newest,
    on_a_seat,
    press,
    profile,
    tags,
)
from tests.members.showing import (
    answers,
    entry_of,
    for_office,
    public_list,
    publishes,
    release,
    released,
    titles,
    withdraws,
)
from tests.pages import get, post
from tests.tables import all_of, nothing_stored, only

NAME, WERKSTATT = "Mara Hofmann", "Bürgerwerkstatt Öderan"
CLUB = ("organisation_name", "place")


def steps() -> list[tuple[str, ConsentStep]]:
    return [(c.purpose, c.step) for c in all_of(ConsentEvent)]


def restrict(id_: UUID) -> None:
    with unit_of_work():
        db.session.get_one(Membership, id_).restricted_at = utcnow()


# Agreeing


def test_the_first_entry_waits_for_the_office(app: Flask) -> None:
    id_ = a_member()
    assert publishes(id_, "name")
    entry = entry_of(id_)
    assert (entry.status, entry.fields) == (EntryStatus.WAITING, ["name"])
    given, confirmed_ = all_of(ConsentEvent)
    assert (given.step, confirmed_.step) == (ConsentStep.GIVEN, ConsentStep.CONFIRMED)
    assert confirmed_.purpose == "directory_consent"
    assert "diese Angaben zeigt: Name. Alle können" in confirmed_.text
    assert (confirmed_.channel, confirmed_.proof) == ("profile", "signed_in")
    assert (confirmed_.email, confirmed_.subject_id) == (MARA, id_)
    assert tags(id_)[-1] == "entry_submitted"
    assert titles(public_list(app, BH)) == []
    assert get(app.test_client(), f"/netzwerke/{BH}/mitglieder/{entry.id}").status == 404


def test_it_is_public_once_it_is_released_and_the_member_is_told(app: Flask) -> None:
    id_ = released(a_member(), "name")
    entry = entry_of(id_)
    page = public_list(app, BH)
    assert titles(page) == [NAME]
    assert MARA not in page.html
    assert page.headers["X-Robots-Tag"] == "noindex, noarchive"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    own = get(app.test_client(), f"/netzwerke/{BH}/mitglieder/{entry.id}")
    assert NAME in own.words
    mail = newest(id_)
    assert (mail.to_address, mail.subject) == (MARA, "Ihr Eintrag ist öffentlich")
    assert f"/netzwerke/{BH}/mitglieder/{entry.id}" in (mail.body or "")
    assert tags(id_)[-1] == "entry_released"
    assert "Wer dabei ist" in get(app.test_client(), f"/netzwerke/{BH}").words
    assert check_log().faults == []


def test_the_public_page_shows_consented_fields_only(app: Flask) -> None:
    id_ = a_representative(website="www.beispiel.de")
    released(id_, "organisation_name", short_description="Wir reden.", topics=["climate"])
    page = public_list(app, BW)
    assert titles(page) == [WERKSTATT]
    for hidden in ("Wir reden", "Klima", "Stuttgart", "beispiel.de", "Verein", "Müßig", "70173"):
        assert hidden not in page.words, hidden
        found = public_list(app, BW, suche=hidden)
        assert titles(found) == [], hidden
    assert titles(public_list(app, BW, suche="werkstatt OEDERAN")) == [WERKSTATT]
    answers(id_, phone="0711 555 01 00")
    assert "0711" not in public_list(app, BW).words


@pytest.mark.parametrize("kind", ["religious", "political_group"])
def test_a_belief_or_a_party_is_never_public(app: Flask, kind: str) -> None:
    applied = confirmed(ANSWERS[BH], slug=BH, email=MARA, organisation_kind=kind)
    id_ = applied.row.membership_id
    assert id_ is not None
    with nothing_stored(), pytest.raises(NothingToShow):
        publishes(id_, "organisation_name", "organisation_kind")
    released(id_, "organisation_name")
    assert "Art der Organisation" not in public_list(app, BH).words


@pytest.mark.parametrize("keys", [(), ("email",), ("phone",), ("unknown",), ("website",)])
def test_nothing_else_can_be_shown(app: Flask, keys: tuple[str, ...]) -> None:
    id_ = a_member(phone="030 555 01 00")
    with nothing_stored(), pytest.raises(NothingToShow):
        publishes(id_, "name", *keys) if keys == ("website",) else publishes(id_, *keys)


def test_what_was_typed_is_text_and_no_markup(app: Flask) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    id_ = a_representative()
    released(id_, "organisation_name", "short_description", short_description=evil)
    entry_id = entry_of(id_).id
    client, _ = profile(app)
    for page in (
        public_list(app, BW),
        get(app.test_client(), f"/netzwerke/{BW}/mitglieder/{entry_id}"),
        get(client, f"/profil/{id_}/eintrag"),
    ):
        assert "<script>alert" not in page.html
        assert "<img" not in page.html
        assert evil in page.words


# Refusals


def test_nobody_publishes_what_has_ended_or_is_restricted(app: Flask) -> None:
    id_ = a_member()
    restrict(id_)
    with nothing_stored(), pytest.raises(MembershipRestricted):
        publishes(id_, "name")
    other = a_member(BEN)
    leave(other, BEN)
    with nothing_stored(), pytest.raises(MembershipEnded):
        publishes(other, "name", email=BEN)


def test_what_the_person_did_not_see_is_not_published(app: Flask) -> None:
    id_ = a_member()
    seen = membership(id_).version
    answers(id_, last_name="Neu")
    with nothing_stored(), pytest.raises(MembershipChanged):
        publishes(id_, "name", seen=seen)


def test_a_second_click_changes_nothing(app: Flask) -> None:
    id_ = a_member()
    seen = membership(id_).version
    assert publishes(id_, "name", seen=seen)
    with nothing_stored():
        assert not publishes(id_, "name", seen=seen)


# The office


def test_two_coordinators_at_once_decide_once(app: Flask) -> None:
    id_, by = a_member(), lead(BH)
    publishes(id_, "name")
    seen, network_id = membership(id_).version, membership(id_).network_id
    release(id_, by)
    with nothing_stored(), pytest.raises(MembershipChanged), unit_of_work():
        services.refuse_entry(
            services.membership_for_change(network_id, id_, seen_version=seen), "Nein.", by=by
        )
    with nothing_stored(), pytest.raises(EntryNotWaiting):
        release(id_, by)


def test_a_refused_entry_is_shown_to_nobody_and_the_member_reads_why(app: Flask) -> None:
    id_, by = released(a_member(), "name"), lead(BH)
    with unit_of_work():
        services.refuse_entry(for_office(id_), "Bitte ohne Werbung.", by=by)
    assert NAME not in public_list(app, BH).words
    assert entry_of(id_).released_at is None
    mail = newest(id_)
    assert (mail.to_address, mail.subject) == (MARA, "Ihr Eintrag ist nicht freigegeben")
    assert "Bitte ohne Werbung." in (mail.body or "")
    assert tags(id_)[-1] == "entry_refused"
    _, page = profile(app)
    assert "ist nicht freigegeben, niemand sieht ihn Bitte ohne Werbung." in page.words
    with nothing_stored(), pytest.raises(EntryNotWaiting), unit_of_work():
        services.refuse_entry(for_office(id_), "Noch einmal.", by=by)
    assert publishes(id_, "name")
    assert entry_of(id_).status is EntryStatus.WAITING
    assert NAME not in public_list(app, BH).words


def test_the_office_cannot_touch_what_is_withdrawn_or_restricted(app: Flask) -> None:
    id_, by = a_member(), lead(BH)
    publishes(id_, "name")
    restrict(id_)
    for verb in (services.release_entry, services.check_entry):
        with nothing_stored(), pytest.raises(MembershipRestricted), unit_of_work():
            verb(for_office(id_), by=by)
    other = a_member(BEN)
    with nothing_stored(), pytest.raises(EntryNotWaiting):
        release(other, by)


def test_a_later_edit_is_public_at_once_and_the_office_is_told(app: Flask) -> None:
    id_, by = a_representative(), lead(BW)
    released(id_, *CLUB, by=by)
    assert entry_of(id_).changed_at is None
    assert publishes(id_, *CLUB, "short_description", short_description="Wir reden mit allen.")
    assert "Wir reden mit allen." in public_list(app, BW).words
    assert tags(id_)[-1] == "entry_changed"
    assert entry_of(id_).changed_at is not None
    with unit_of_work():
        services.check_entry(for_office(id_), by=by)
    assert entry_of(id_).changed_at is None
    with nothing_stored(), pytest.raises(EntryNotWaiting), unit_of_work():
        services.check_entry(for_office(id_), by=by)
    answers(id_, contribution="Räume.")
    assert entry_of(id_).changed_at is None
    answers(id_, short_description="Und zuhören.")
    assert entry_of(id_).changed_at is not None
    assert titles(public_list(app, BW, suche="zuhoeren")) == [WERKSTATT]
    assert titles(public_list(app, BW, suche="reden")) == []


def test_a_changed_name_is_found_under_the_new_one_only(app: Flask) -> None:
    id_ = released(a_member(), "name")
    answers(id_, last_name="Ärmelkanal")
    assert titles(public_list(app, BH, suche="aermelkanal")) == ["Mara Ärmelkanal"]
    assert titles(public_list(app, BH, suche="hofmann")) == []
    assert entry_of(id_).changed_at is not None


def test_the_office_releases_with_a_button(app: Flask) -> None:
    id_, other = a_member(), a_member(BEN, first_name="Ben")
    publishes(id_, "name")
    publishes(other, "name", email=BEN)
    invited("kim@example.org", Role.COORDINATOR, BH)
    client = signed_in(app, "kim@example.org")
    list_ = get(client, f"/koordination/{BH}/mitglieder/eintraege")
    assert "So sehen" not in list_.words
    assert NAME in list_.words
    form = list_.form(f"{id_}/freigeben")
    assert post(client, form.action, form.fields).status == 303
    assert NAME in public_list(app, BH).words
    with nothing_stored():
        again = post(client, form.action, form.fields)
        assert again.status == 409
        assert "jemand war schneller" in again.notice
        refusal = list_.form(f"{other}/ablehnen")
        empty = post(client, refusal.action, refusal.fields)
        assert empty.status == 422
        assert empty.errors[f"reason-{other}"].startswith("Schreiben Sie")
        stale = refusal.fields | {"reason": "Mein Grund.", "version": "99"}
        late = post(client, refusal.action, stale)
        assert late.status == 409
        assert late.form(f"{other}/ablehnen").fields["reason"] == "Mein Grund."
    done = post(client, refusal.action, refusal.fields | {"reason": "Bitte kürzer."})
    assert done.headers["Location"].endswith("?stand=abgelehnt")
    assert entry_of(other).refusal == "Bitte kürzer."
    answers(id_, last_name="Neu")
    seen = get(client, f"/koordination/{BH}/mitglieder/eintraege")
    form = seen.form(f"{id_}/gesehen")
    assert post(client, form.action, form.fields).status == 303
    with nothing_stored():
        assert post(client, form.action, form.fields).status == 409


def test_the_office_of_another_network_does_not_know_it(app: Flask) -> None:
    id_ = a_member()
    publishes(id_, "name")
    invited("kim@example.org", Role.LEAD, BW)
    client = signed_in(app, "kim@example.org")
    list_ = get(client, f"/koordination/{BW}/mitglieder/eintraege")
    assert NAME not in list_.words
    fields = csrf(app) | {"version": str(membership(id_).version), "reason": "Nein."}
    with nothing_stored():
        for verb in ("freigeben", "ablehnen", "gesehen"):
            address = f"/koordination/{BW}/mitglieder/eintraege/{id_}/{verb}"
            assert post(client, address, fields).status == 404, verb


def test_an_entry_of_one_network_is_no_page_of_another(app: Flask) -> None:
    id_ = released(a_member(), "name")
    entry_id = entry_of(id_).id
    assert get(app.test_client(), f"/netzwerke/{BW}/mitglieder/{entry_id}").status == 404
    assert NAME not in public_list(app, BW).words
    assert get(app.test_client(), f"/netzwerke/{BH}/mitglieder/{uuid4()}").status == 404


# Organisations


def test_a_name_is_never_shown_without_that_persons_own_consent(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_, first_name="Ben", last_name="Adler")
    released(id_, *CLUB, "name")
    assert "Ansprechperson: Jörn Müßig" in public_list(app, BW).words
    client, _ = profile(app, BEN)
    page = get(client, f"/profil/{id_}/eintrag")
    assert "Müßig" not in page.words
    assert "feld" not in page.form("/eintrag#vorschau").fields
    assert publishes(id_, *CLUB, email=BEN)
    words = public_list(app, BW).words
    assert WERKSTATT in words
    assert "Müßig" not in words
    assert "Adler" not in words
    last = {c.email: c.step for c in all_of(ConsentEvent)}
    assert last == {MARA: ConsentStep.WITHDRAWN, BEN: ConsentStep.CONFIRMED}


def test_every_representative_may_take_it_down(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    released(id_, *CLUB)
    assert withdraws(id_, BEN)
    assert WERKSTATT not in public_list(app, BW).words
    assert all_of(PublicEntry) == []
    assert [c.step for c in all_of(ConsentEvent)][-1] is ConsentStep.WITHDRAWN


def test_it_goes_when_who_agreed_no_longer_acts(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_)
    released(id_, *CLUB)
    leave(id_)
    assert WERKSTATT not in public_list(app, BW).words
    assert membership(id_).is_living
    assert all_of(PublicEntry) == []


# Gone at once


def press_withdraw(app: Flask, id_: UUID) -> None:
    client, page = profile(app)
    done = press(client, page, f"{id_}/eintrag/entfernen")
    assert done.headers["Location"] == "/profil?stand=eintrag-entfernt"
    with nothing_stored():
        press(client, page, f"{id_}/eintrag/entfernen")


def press_consent(app: Flask, id_: UUID) -> None:
    client, page = profile(app)
    done = press(client, page, f"{id_}/einwilligungen/directory_consent/widerrufen")
    assert done.headers["Location"] == "/profil?stand=widerrufen"


def leave_it(_app: Flask, id_: UUID) -> None:
    leave(id_)


def be_ended(_app: Flask, id_: UUID) -> None:
    end(id_, EndReason.DECEASED, lead(BH))


@pytest.mark.parametrize("away", [press_withdraw, press_consent, leave_it, be_ended])
def test_withdrawn_is_gone_at_once_everywhere(app: Flask, away: Any) -> None:
    id_ = released(a_member(), "name")
    entry_id = entry_of(id_).id
    away(app, id_)
    assert NAME not in public_list(app, BH).words
    assert titles(public_list(app, BH, suche="mara")) == []
    assert get(app.test_client(), f"/netzwerke/{BH}/mitglieder/{entry_id}").status == 404
    assert "Wer dabei ist" not in get(app.test_client(), f"/netzwerke/{BH}").words
    assert steps()[-1] == ("directory_consent", ConsentStep.WITHDRAWN)
    assert all_of(PublicEntry) == []


def test_restricted_is_gone_at_once_and_nothing_is_erased(app: Flask) -> None:
    id_ = released(a_member(), "name")
    restrict(id_)
    assert NAME not in public_list(app, BH).words
    assert get(app.test_client(), f"/netzwerke/{BH}/mitglieder/{entry_of(id_).id}").status == 404
    client, page = profile(app)
    assert "Ihre Angaben sind nur aufbewahrt." in page.words
    assert get(client, f"/profil/{id_}/eintrag").status == 409
    assert withdraws(id_)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE memberships SET ended_at = member_since, end_reason = 'own_exit'",
        "UPDATE memberships SET restricted_at = member_since",
        "UPDATE consent_events SET step = 'withdrawn'",
        "UPDATE public_entries SET status = 'waiting', released_at = NULL",
    ],
)
def test_the_list_itself_looks_whether_it_still_holds(app: Flask, statement: str) -> None:
    id_ = released(a_member(), "name")
    with unit_of_work():
        db.session.execute(sa.text(statement))
    assert NAME not in public_list(app, BH).words
    assert get(app.test_client(), f"/netzwerke/{BH}/mitglieder/{entry_of(id_).id}").status == 404


def test_coming_back_does_not_publish_by_itself(app: Flask) -> None:
    id_ = released(a_member(), "name")
    leave(id_)
    come_back(id_)
    assert NAME not in public_list(app, BH).words
    assert publishes(id_, "name")
    assert entry_of(id_).status is EntryStatus.WAITING


def test_withdrawing_nothing_changes_nothing(app: Flask) -> None:
    id_ = a_member()
    with nothing_stored():
        assert not withdraws(id_)


# The member's page


def test_the_boxes_are_empty_the_preview_is_the_real_thing(app: Flask) -> None:
    id_ = on_a_seat(website="https://www.beispiel.de")
    client, page = profile(app)
    assert "Öffentlicher Eintrag Sie haben keinen" in page.words
    page = get(client, f"/profil/{id_}/eintrag")
    assert [f for f in page.form("/eintrag#vorschau").fields if f == "feld"] == []
    with nothing_stored():
        none = get(client, f"/profil/{id_}/eintrag?ansehen=1")
        assert none.errors == {
            "felder": "Wählen Sie mindestens eine Angabe aus, die Ihr Eintrag zeigen soll."
        }
        shown = get(client, f"/profil/{id_}/eintrag?ansehen=1&feld=name&feld=website&feld=email")
    preview = shown.element("vorschau")
    assert preview is not None
    article = next(e for e in shown.root if e.tag == "article")
    assert article.words == "Jörn Müßig https://www.beispiel.de"
    form = shown.form(f"{id_}/eintrag")
    fields = {**form.fields, "feld": ["name", "website"]}
    with nothing_stored():
        young = post(client, form.action, fields)
        assert young.status == 422
        assert young.errors["age"].startswith("Kreuzen Sie an")
        stale = post(client, form.action, fields | {"age": "y", "version": "0"})
        assert stale.status == 409
        assert next(e for e in stale.root if e.tag == "article").words == article.words
    done = post(client, form.action, fields | {"age": "y"})
    assert done.headers["Location"] == "/profil?stand=eintrag"
    release(id_, lead(AVD))
    entry = get(app.test_client(), f"/netzwerke/{AVD}/mitglieder/{only(PublicEntry).id}")
    assert next(e for e in entry.root if e.tag == "article").words == article.words
    page = get(client, "/profil")
    assert "steht im Internet, für alle zu lesen So sehen andere den Eintrag" in page.words
    again = get(client, f"/profil/{id_}/eintrag").form(f"{id_}/eintrag")
    assert post(client, again.action, fields | {"age": "y", "version": again.fields["version"],
                "feld": ["name"]}).headers["Location"] == "/profil?stand=eintrag-neu"  # fmt: skip


def test_nobody_else_manages_it(app: Flask) -> None:
    id_ = released(a_member(), "name")
    a_member(BEN)
    client, _ = profile(app, BEN)
    assert get(client, f"/profil/{id_}/eintrag").status == 404
    address = f"/profil/{id_}/eintrag/entfernen"
    with nothing_stored():
        assert post(client, address, csrf(app)).status == 404


def test_what_the_network_no_longer_shows_is_not_shown(app: Flask) -> None:
    id_ = released(a_member(), "name")
    with unit_of_work():
        db.session.execute(
            sa.update(PublicEntry).values(fields=["name", "email", "postal_code", "vanished"])
        )
    page = public_list(app, BH)
    assert titles(page) == [NAME]
    assert MARA not in page.html
    assert entry_of(id_).fields[1] == "email"
    assert "email" not in network(BH).entry_labels


def test_the_case_page_says_how_the_entry_stands(app: Flask) -> None:
    applied = confirmed(email=MARA)
    id_ = applied.row.membership_id
    assert id_ is not None
    publishes(id_, "name")
    invited("kim@example.org", Role.COORDINATOR, BH)
    page = get(signed_in(app, "kim@example.org"), f"/koordination/{BH}/antraege/{applied.id}")
    assert "Öffentlicher Eintrag: wartet auf Freigabe" in page.words


def test_the_land_narrows_only_by_what_is_shown(app: Flask) -> None:
    shown_, hidden = on_a_seat(), on_a_seat(BEN, organisation_name="Stadt Musterau")
    released(shown_, "name", "federal_state")
    released(hidden, "organisation_name", email=BEN)
    assert titles(public_list(app, AVD, land="BW")) == ["Jörn Müßig"]
    assert titles(public_list(app, AVD, land="SN")) == []
    assert len(titles(public_list(app, AVD))) == 2


def test_the_office_neither_sees_nor_releases_what_a_restricted_representative_wants(
    app: Flask,
) -> None:
    id_ = a_representative()
    publishes(id_, "organisation_name")
    by, network_id = lead(BW), membership(id_).network_id
    assert len(entries_to_release(network_id)) == 1
    with unit_of_work():
        db.session.execute(sa.update(Representative).values(restricted_at=utcnow()))
    assert entries_to_release(network_id) == []
    for verb in (release, refuse):
        with nothing_stored(), pytest.raises(MembershipRestricted):
            verb(id_, by)


def refuse(id_: UUID, by: Actor) -> None:
    with unit_of_work():
        services.refuse_entry(for_office(id_), "Bitte anders.", by=by)
