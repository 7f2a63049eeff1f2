"""Erasing at once, on demand of the person, by themselves or by the office (Art. 17 GDPR)."""

from __future__ import annotations

from flask import Flask

from memberships.accounts.models import Account
from memberships.applications.models import Application, ApplicationStatus
from memberships.events.queries import check_log
from memberships.members.models import Membership, Representative
from memberships.permissions import Role
from memberships.privacy.models import ConsentEvent
from tests.applications.joining import SN, joined
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    joins_too,
    leave,
    membership_of,
    on_a_seat,
    press,
    profile,
)
from tests.pages import get, post
from tests.review.cases import (
    CHECK,
    approve,
    case,
    case_in,
    case_token,
    case_url,
    decline,
    send,
    signed_in,
    staff,
)
from tests.rights.test_restriction import restricted
from tests.tables import all_of, dump, nothing_stored


def holds(text: str) -> list[str]:
    """The tables in which the text still stands."""
    return [name for name, rows in dump().items() if any(text in row for row in rows)]


def test_who_has_left_erases_everything_at_once(app: Flask) -> None:
    id_ = on_a_seat(last_name="Sonnenschein")
    leave(id_)
    browser, _ = profile(app)
    page = press(browser, get(browser, f"/profil/{id_}/loeschen"), "loeschen")
    assert page.headers["Location"] == "/netzwerke/avd/geloescht"
    assert holds("Sonnenschein") == holds(MARA) == []
    assert "Ihre Angaben sind gelöscht" in get(browser, page.headers["Location"]).words
    assert check_log().faults == []


def test_the_proof_of_a_withdrawn_consent_stays(app: Flask) -> None:
    id_ = on_a_seat(newsletter=True)
    leave(id_)
    browser, _ = profile(app)
    press(browser, get(browser, f"/profil/{id_}/loeschen"), "loeschen")
    assert holds(MARA) == ["consent_events"]
    assert [c.step for c in all_of(ConsentEvent)] == ["given", "confirmed", "withdrawn"]


def test_a_living_membership_is_not_erased(app: Flask) -> None:
    id_ = a_member()
    browser, _ = profile(app)
    form = get(browser, f"/profil/{id_}/loeschen").form("loeschen")
    with nothing_stored():
        page = post(browser, form.action, form.fields)
    assert page.status == 409
    assert "Gelöscht wurde jetzt nichts." in page.words


def test_of_a_former_representative_only_their_part_goes(app: Flask) -> None:
    id_ = a_representative()
    joins_too(id_, last_name="Sonnenschein")
    leave(id_, BEN)
    browser, _ = profile(app, BEN)
    press(browser, get(browser, f"/profil/{id_}/loeschen"), "loeschen")
    assert holds(BEN) == holds("Sonnenschein") == []
    assert len(all_of(Membership)) == len(all_of(Representative)) == 1
    assert [account.email for account in all_of(Account) if account.email == MARA] == [MARA]


def test_an_applicant_erases_a_settled_case_by_the_link(app: Flask, client, kim) -> None:
    applied = case(email=MARA)
    decline(applied, kim)
    form = get(client, f"/vorgang/{case_token(applied)}/loeschen").form("loeschen")
    assert post(client, form.action, form.fields).status == 303
    assert holds(MARA) == []
    with nothing_stored():
        assert post(client, form.action, form.fields).status == 404


def test_an_open_or_restricted_case_is_not_erased(app: Flask, client, kim) -> None:
    waiting, kept = case(), case()
    decline(kept, kim)
    restricted(kept)
    for applied in (waiting, kept):
        with nothing_stored():
            page = post(client, f"/vorgang/{case_token(applied)}/loeschen", {})
        assert page.status == 409


def test_a_public_body_offers_it_to_the_archive_first(app: Flask, client) -> None:
    applied = joined(SN, email=MARA)
    by = staff(Role.LEAD, SN)
    decline(applied, by)
    with nothing_stored():
        page = post(client, f"/vorgang/{case_token(applied)}/loeschen", {})
    assert page.status == 409
    assert "zuerst einem Archiv anbieten" in page.words
    browser, address = signed_in(app, by), case_url(applied, SN, "loeschen")
    with nothing_stored():
        assert send(browser, address, {}).status == 422
    assert send(browser, address, {"archive_offered": "y"}).status == 303
    assert holds(MARA) == []


def test_a_lead_erases_on_demand_what_has_ended(app: Flask, kim) -> None:
    applied = case(email=MARA)
    approve(applied, kim)
    browser = signed_in(app, staff(Role.LEAD, CHECK))
    address = case_url(applied, verb="loeschen")
    with nothing_stored():
        page = send(browser, address, {})
    assert page.status == 409
    assert "Noch nicht zu löschen" in page.words
    leave(membership_of(applied))
    assert send(browser, address, {}).status == 303
    assert all_of(Application) == all_of(Membership) == []
    assert holds(MARA) == []


def test_a_coordinator_does_not_erase(app: Flask, kim) -> None:
    applied = case_in(ApplicationStatus.DECLINED, kim)
    assert signed_in(app, kim).get(case_url(applied, verb="loeschen")).status_code == 403


def test_somebody_elses_membership_is_not_there(app: Flask) -> None:
    id_ = a_member()
    a_member(BEN)
    browser, page = profile(app, BEN)
    token = page.form("widerspruch").fields["csrf_token"]
    with nothing_stored():
        answer = post(browser, f"/profil/{id_}/loeschen", {"csrf_token": token})
    assert answer.status == 404
