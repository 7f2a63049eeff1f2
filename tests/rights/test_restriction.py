"""Restricted data is kept and nothing else, until the restriction is lifted (Art. 18 GDPR)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from memberships.applications.models import Application, InformationRequest
from memberships.applications.services import close_unanswered, remind_of_questions
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import APPLICANT
from memberships.mails.models import OutgoingMail
from memberships.members.listing import MemberFilter, member_count, member_page, recipients
from memberships.members.models import Membership
from memberships.permissions import Role
from memberships.review.queries import QueueFilter, Tab, new_count, queue_page, waiting_count
from memberships.rights import services
from tests.accounts.test_change_address import asked, changed, token
from tests.factories import newest_mail
from tests.members.cases import (
    BEN,
    MARA,
    a_member,
    a_representative,
    account_of,
    joins_too,
    leave,
    member,
    membership,
    press,
    profile,
    representative,
)
from tests.members.cases import tags as member_tags
from tests.pages import get, post
from tests.review.cases import (
    approve,
    ask,
    case,
    case_token,
    case_url,
    locked,
    mails_of,
    send,
    signed_in,
    staff,
    tags,
    withdraw,
)
from tests.tables import all_of, nothing_stored, only

VERBS = [
    ("uebernehmen", {}),
    ("antwort", {"answer": "Am Telefon", "channel": "phone"}),
    ("rueckfrage", {"question": "Wo?"}),
    ("aufnehmen", {}),
    ("ablehnen", {"reason": "other"}),
]


def restricted(applied) -> None:
    with unit_of_work():
        services.restrict(services.party_of_case(locked(applied)), by=APPLICANT)


def restricted_member(email: str = MARA) -> None:
    with unit_of_work():
        account = account_of(email)
        party = services.party_of_membership(account, _own(email))
        services.restrict(party, by=member(account))


def _own(email: str):
    account = account_of(email)
    return (
        db.session.scalars(
            sa.select(Membership.id).where(Membership.account_id == account.id)
        ).first()
        or representative(email).membership_id
    )


def test_the_office_restricts_and_the_person_is_mailed(app: Flask, kim) -> None:
    applied = case()
    page = send(signed_in(app, kim), case_url(applied, verb="einschraenken"), {})
    assert page.status == 303
    assert applied.row.restricted_at is not None
    assert tags(applied)[-1] == "restricted"
    (mail,) = mails_of(applied, "restriction_set")
    assert mail.to_address == applied.row.email
    assert "bewahren wir ab jetzt nur noch auf" in str(mail.body)


def test_restricting_twice_changes_nothing(app, kim) -> None:
    applied = case()
    restricted(applied)
    with nothing_stored():
        restricted(applied)


@pytest.mark.parametrize(("verb", "typed"), VERBS)
def test_nobody_decides_on_a_restricted_case(app, kim, verb, typed) -> None:
    applied = case()
    browser = signed_in(app, kim)
    version = str(applied.row.version)
    page = get(browser, case_url(applied))
    token = page.form("notiz").fields["csrf_token"]
    restricted(applied)
    with nothing_stored():
        fields = {"csrf_token": token, "version": version, "expected": "starts", **typed}
        answer = post(browser, case_url(applied, verb=verb), fields)
    assert answer.status == 409
    assert "Die Verarbeitung ist eingeschränkt" in answer.words


def test_a_note_can_still_be_written(app, kim) -> None:
    applied = case()
    restricted(applied)
    browser = signed_in(app, kim)
    assert send(browser, case_url(applied), {"text": "Angerufen."}, ending="notiz").status == 303


def test_a_restricted_case_is_in_its_own_list_only(app, kim) -> None:
    applied, other = case(), case()
    restricted(applied)
    network_id = applied.row.network_id
    found = {
        tab: [a.id for a in queue_page([network_id], QueueFilter(tab=tab)).applications]
        for tab in (Tab.OPEN, Tab.ALL, Tab.RESTRICTED)
    }
    assert found == {Tab.OPEN: [other.id], Tab.ALL: [other.id], Tab.RESTRICTED: [applied.id]}
    assert waiting_count(network_id) == 1
    assert new_count(network_id, other.row.submitted_at) == 1


def test_a_question_that_waits_is_neither_repeated_nor_closed(app, kim) -> None:
    applied = case()
    ask(applied, kim)
    restricted(applied)
    for column in (InformationRequest.answer_by, InformationRequest.close_at):
        with unit_of_work():
            db.session.execute(sa.update(InformationRequest).values({column: utcnow()}))
        with nothing_stored(), unit_of_work():
            assert remind_of_questions() == close_unanswered() == 0


def test_the_office_lifts_it_only_when_the_person_knows(app, kim) -> None:
    applied = case()
    restricted(applied)
    browser, address = signed_in(app, kim), case_url(applied, verb="einschraenken")
    with nothing_stored():
        page = send(browser, address, {})
    assert page.status == 422
    assert "Informieren Sie zuerst die Person" in page.words
    assert send(browser, address, {"informed": "y"}).status == 303
    assert applied.row.restricted_at is None
    assert len(mails_of(applied, "restriction_lifted")) == 1


def test_a_page_seen_before_is_refused(app, kim) -> None:
    applied = case()
    browser = signed_in(app, kim)
    form = get(browser, case_url(applied, verb="einschraenken")).form("einschraenken")
    send(browser, case_url(applied), {}, ending="uebernehmen")
    with nothing_stored():
        assert post(browser, form.action, form.fields).status == 409


def test_the_applicant_restricts_and_lifts_by_the_mailed_link(app, client) -> None:
    applied = case()
    own = f"/vorgang/{case_token(applied)}"
    form = get(client, f"{own}/einschraenken").form("einschraenken")
    assert post(client, form.action, form.fields).status == 303
    page = get(client, own)
    assert "Die Verarbeitung ist eingeschränkt" in page.words
    assert "Set-Cookie" not in page.headers
    with nothing_stored():
        assert get(client, f"{own}/angaben").status == 409
    form = get(client, f"{own}/einschraenken").form("einschraenken")
    assert post(client, form.action, form.fields | {"aufheben": ""}).status == 303
    assert applied.row.restricted_at is None
    assert tags(applied)[-2:] == ["restricted", "restriction_lifted"]


def test_an_answer_to_a_restricted_case_is_kept_on_the_page(app, client, kim) -> None:
    applied = case()
    own = f"/vorgang/{ask(applied, kim)}"
    restricted(applied)
    with nothing_stored():
        page = post(client, f"{own}/antwort", {"answer": "In Öderan."})
    assert page.status == 409
    assert "In Öderan." in page.words


def test_withdrawing_ends_the_restriction(app) -> None:
    applied = case()
    restricted(applied)
    withdraw(applied)
    assert applied.row.restricted_at is None


def test_a_restricted_member_is_in_no_list_and_no_mailing(app) -> None:
    id_ = a_member(newsletter=True)
    a_member(BEN)
    restricted_member()
    network_id = membership(id_).network_id
    seen = [m.membership.id for m in member_page(network_id, MemberFilter()).members]
    assert id_ not in seen
    assert member_count(network_id, MemberFilter()) == 1
    assert [
        m.membership.id for m in member_page(network_id, MemberFilter(restricted=True)).members
    ] == [id_]
    for news in (True, False):
        assert MARA not in {r.email for r in recipients(network_id, news=news)}
    assert member_count(network_id, MemberFilter(circular=True, restricted=False)) == 0
    assert member_tags(id_)[-1] == "restricted"
    assert {a.restricted_at is None for a in all_of(Application) if a.email == MARA} == {False}


def test_of_an_organisation_only_the_person_is_missing(app) -> None:
    id_ = a_representative()
    joins_too(id_)
    restricted_member(BEN)
    network_id = membership(id_).network_id
    (row,) = member_page(network_id, MemberFilter()).members
    assert [person.email for person in row.people] == [MARA]
    assert [r.email for r in recipients(network_id, news=False)] == [MARA]
    assert membership(id_).restricted_at is None
    assert representative(BEN).restricted_at is not None


def test_the_case_of_who_changed_the_address_since_is_restricted_with_the_person(
    app: Flask,
) -> None:
    id_ = a_representative()
    asked("neu@example.org", MARA)
    changed(token())
    restricted_member("neu@example.org")
    assert only(Application).restricted_at is not None
    assert representative("neu@example.org").restricted_at is not None
    network_id = membership(id_).network_id
    assert member_page(network_id, MemberFilter(text="Müßig")).members == []


def test_restricted_members_are_never_exported(app) -> None:
    a_member()
    restricted_member()
    browser = signed_in(app, staff(Role.LEAD, "buergerhaushalt"))
    address = "/koordination/buergerhaushalt/mitglieder"
    page = get(browser, f"{address}?eingeschraenkte=ja")
    assert "Mara Hofmann" in page.words
    assert "Exportieren" not in page.words
    assert get(browser, f"{address}/export?eingeschraenkte=ja").status == 404


def test_a_member_restricts_and_lifts_on_the_profile(app: Flask) -> None:
    id_ = a_member()
    browser, page = profile(app)
    address = f"/profil/{id_}/einschraenken"
    press(browser, get(browser, address), "einschraenken")
    page = get(browser, "/profil")
    assert "Verarbeitung eingeschränkt seit" in page.words
    assert newest_mail(id_).kind == "restriction_set"
    form = get(browser, address).form("einschraenken")
    post(browser, form.action, form.fields | {"aufheben": ""})
    assert membership(id_).restricted_at is None
    assert newest_mail(id_).kind == "restriction_lifted"


def test_who_left_can_keep_the_data_from_being_erased(app: Flask) -> None:
    id_ = a_member()
    leave(id_)
    browser, page = profile(app)
    assert "Verarbeitung einschränken" in page.words
    press(browser, get(browser, f"/profil/{id_}/einschraenken"), "einschraenken")
    assert membership(id_).restricted_at is not None


def test_another_account_cannot_restrict_it(app: Flask) -> None:
    id_ = a_member()
    a_member(BEN)
    browser, page = profile(app, BEN)
    token = page.form("widerspruch").fields["csrf_token"]
    with nothing_stored():
        for verb in ("einschraenken", "widerspruch"):
            answer = post(browser, f"/profil/{id_}/{verb}", {"csrf_token": token})
            assert answer.status == 404


def test_an_approved_case_takes_its_member_along(app, kim) -> None:
    applied = case()
    approve(applied, kim)
    restricted(applied)
    assert only(Membership).restricted_at is not None
    assert [mail.kind for mail in all_of(OutgoingMail)].count("restriction_set") == 1


@pytest.mark.parametrize(("verb", "typed"), [("beenden", {"reason": "own_exit"}), ("geprueft", {})])
def test_the_office_does_nothing_with_a_restricted_membership(app, kim, verb, typed) -> None:
    applied = case()
    approve(applied, kim)
    browser = signed_in(app, kim)
    form = get(browser, case_url(applied, verb="beenden")).form("beenden")
    restricted(applied)
    with nothing_stored():
        answer = post(browser, case_url(applied, verb=verb), form.fields | typed)
    assert answer.status == 409
    assert "Die Verarbeitung ist eingeschränkt" in answer.words
