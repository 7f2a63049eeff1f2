"""The profile: every membership of an account side by side, and what its member can do there."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.accounts.cli import answer_sign_in_requests
from memberships.members.models import EndReason
from memberships.permissions import Role
from memberships.privacy.models import ConsentEvent, ConsentStep
from tests.accounts.cases import ask, browser, invited, link_and_code, signed_in
from tests.factories import confirmed, newest_mail, token_in
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
    on_a_seat,
    press,
    profile,
    representative,
    tags,
)
from tests.pages import get
from tests.tables import all_of, nothing_stored


def test_all_memberships_of_an_account_stand_side_by_side(app: Flask) -> None:
    a_member()
    a_representative()
    on_a_seat()
    _, page = profile(app)
    words = page.words
    assert page.heading == "Mein Profil"
    for part in [
        "Jedes Netzwerk kennt nur die Angaben, die hier bei ihm stehen.",
        "Netzwerk Bürgerhaushalt Als Person · Mitglied seit",
        "Für Bürgerwerkstatt Öderan · Mitglied seit",
        "Sie sind Ansprechperson",
        "Als Person, auf dem Sitz von Landeshauptstadt Beispielau · Mitglied seit",
        "Geschäftsstelle der Allianz für Beteiligung sieht alle Ihre Angaben",
        "Verzeichnis für Mitglieder Sie stehen nicht darin",
        "Öffentlicher Eintrag Sie haben keinen",
        "Art der Organisation Verein",
        "E-Mail-Adresse mara@example.org",
    ]:
        assert part in words, part


def test_another_account_sees_nothing_of_it(app: Flask) -> None:
    a_member(last_name="Sonnenschein")
    a_member(BEN)
    _, page = profile(app, BEN)
    assert "Sonnenschein" not in page.words
    assert MARA not in page.words


def test_several_people_behind_one_mailbox_are_told_so(app: Flask) -> None:
    a_member()
    a_representative()
    _, page = profile(app)
    assert "Hinter dieser Adresse stehen Mara Hofmann und Jörn Müßig." in page.words
    assert "Wer dieses Postfach liest, hat hier Zugang" in page.words


def test_who_applied_again_under_another_name_is_behind_it_too(app: Flask) -> None:
    a_member()
    a_member(first_name="Ben", last_name="Adler")
    _, page = profile(app)
    assert "Hinter dieser Adresse stehen Mara Hofmann und Ben Adler." in page.words


def test_one_person_is_told_nothing_of_the_kind(app: Flask) -> None:
    a_member()
    _, page = profile(app)
    assert "Wer dieses Postfach liest" not in page.words


@pytest.mark.parametrize("role", [None, Role.COORDINATOR])
def test_signing_in_lands_where_the_work_is(app: Flask, role: Role | None) -> None:
    a_member()
    if role:
        invited(MARA, role)
    client = browser(app)
    ask(client, MARA)
    answer_sign_in_requests()
    link, _ = link_and_code()
    landed = client.post(link).headers["Location"]
    assert landed == ("/koordination/" if role else "/profil")
    assert client.post(link).headers["Location"] == landed
    account, page = get(client, "/zugang"), get(client, "/profil")
    assert "Zu meinem Profil" in account.words
    assert ("Zur Koordination" in page.words) is bool(role)


def test_somebody_without_a_membership_is_told_so(app: Flask) -> None:
    invited(MARA)
    _, page = profile(app)
    assert "Unter dieser Adresse gibt es zurzeit keine Mitgliedschaft." in page.words
    assert "Zu meinem Profil" not in get(signed_in(app, MARA), "/zugang").words


def test_leaving_and_coming_back_with_two_buttons(app: Flask) -> None:
    id_ = a_member()
    client, _ = profile(app)
    page = get(client, f"/profil/{id_}/verlassen")
    assert page.heading == "Mitgliedschaft beenden"
    assert press(client, page, "/verlassen").headers["Location"] == "/profil?stand=verlassen"
    page = get(client, "/profil?stand=verlassen")
    assert page.notice.startswith("Das ist erledigt.")
    assert "Die Mitgliedschaft ist beendet" in page.words
    assert "Angaben ansehen" in page.words
    again = press(client, page, "/zurueckkommen")
    assert again.headers["Location"] == "/profil?stand=zurueck"
    assert membership(id_).is_living


def test_the_page_of_the_last_representative_says_what_ends(app: Flask) -> None:
    id_ = a_representative()
    client, _ = profile(app)
    page = get(client, f"/profil/{id_}/verlassen")
    assert "Außer Ihnen vertritt niemand Bürgerwerkstatt Öderan." in page.words
    joins_too(id_)
    refused = press(client, page, "/verlassen")
    assert refused.status == 409
    assert "hat sich geändert, wer die Organisation vertritt" in refused.notice
    assert "Außer Ihnen" not in refused.words
    assert press(client, refused, "/verlassen").status == 303
    assert membership(id_).is_living
    assert representative(MARA).ended_at is not None


def test_a_second_click_on_leaving_is_told_and_changes_nothing(app: Flask) -> None:
    id_ = a_member()
    client, _ = profile(app)
    page = get(client, f"/profil/{id_}/verlassen")
    press(client, page, "/verlassen")
    with nothing_stored():
        again = press(client, page, "/verlassen")
        assert get(client, f"/profil/{id_}/verlassen").status == 409
    assert (again.status, again.notice) == (
        409,
        "Diese Mitgliedschaft ist schon beendet. Geändert wurde jetzt nichts.",
    )


def test_a_taken_seat_is_told_without_a_name(app: Flask) -> None:
    id_ = on_a_seat()
    leave(id_)
    client, page = profile(app)
    on_a_seat(BEN, first_name="Geheim", last_name="Niemand")
    refused = press(client, page, "/zurueckkommen")
    assert refused.status == 409
    assert "Der Sitz Ihrer Organisation ist inzwischen besetzt." in refused.notice
    assert "Niemand" not in refused.words


def test_what_others_ended_is_gone_from_the_profile(app: Flask) -> None:
    id_ = a_member()
    client, _ = profile(app)
    end(id_, EndReason.ENDED_BY_NETWORK, lead("buergerhaushalt"))
    assert "Netzwerk Bürgerhaushalt" not in get(client, "/profil").words
    assert get(client, f"/profil/{id_}/verlassen").status == 404


def test_a_consent_is_withdrawn_with_one_button(app: Flask) -> None:
    id_ = a_member(newsletter=True)
    client, page = profile(app)
    assert "Rundbrief bestätigt am" in page.words
    done = press(client, page, "/widerrufen")
    assert done.headers["Location"] == "/profil?stand=widerrufen"
    page_after = get(client, "/profil")
    assert "Rundbrief widerrufen am" in page_after.words
    assert [c.step for c in all_of(ConsentEvent)] == [
        ConsentStep.GIVEN,
        ConsentStep.CONFIRMED,
        ConsentStep.WITHDRAWN,
    ]
    assert all_of(ConsentEvent)[-1].channel == "profile"
    assert tags(id_)[-1] == "consent_withdrawn"
    with nothing_stored():
        press(client, page, "/widerrufen")


def test_nobody_withdraws_the_consent_of_another_representative(app: Flask) -> None:
    id_ = a_representative(newsletter=True)
    joins_too(id_, newsletter=True)
    client, page = profile(app, BEN)
    press(client, page, "/widerrufen")
    withdrawn = [c.email for c in all_of(ConsentEvent) if c.step is ConsentStep.WITHDRAWN]
    assert withdrawn == [BEN]


def test_the_applicants_own_page_says_that_the_membership_has_ended(app: Flask) -> None:
    applied = confirmed(email=MARA)
    token = token_in(newest_mail(applied.id))
    assert "Sie sind Mitglied" in get(app.test_client(), f"/vorgang/{token}").heading
    id_ = applied.row.membership_id
    assert id_ is not None
    leave(id_)
    page = get(app.test_client(), f"/vorgang/{token}")
    assert page.heading == "Die Mitgliedschaft ist beendet"
    come_back(id_)
    assert "Sie sind Mitglied" in get(app.test_client(), f"/vorgang/{token}").heading
