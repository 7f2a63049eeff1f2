"""Up to two people act for a seat beside its holder; nothing is kept of them."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.accounts.models import Account
from memberships.database import db, unit_of_work, utcnow
from memberships.mails.models import OutgoingMail
from memberships.members.models import Deputy, Membership
from memberships.seats import services
from memberships.seats.errors import DeputiesFull, DeputyUnknown, InvitedHoldsIt
from memberships.seats.models import Origin, Stage
from memberships.seats.services import Invited
from tests.accounts.cases import signed_in
from tests.members.cases import BEN, MARA, a_member, account_of, leave, member, on_a_seat, standing
from tests.members.cases import profile as profile_of
from tests.pages import get, post
from tests.retention.cases import places_of
from tests.seats.cases import (
    ADA,
    INVITED,
    accept,
    confirm,
    handover,
    hands_over,
    kinds,
    objects,
    seat,
    seat_tags,
)
from tests.tables import all_of, nothing_stored, only

DORA = Invited("Dora", "Vertritt", "dora@example.org")


def invites(membership_id: UUID, invited: Invited = DORA, email: str = MARA) -> str:
    """The holder invites a deputy; returns the secret of the mail."""
    with unit_of_work():
        found = standing(membership_id, email)
        services.invite_deputy(found, invited, by=member(account_of(email)))
    return secret(invited.email)


def secret(email: str) -> str:
    mails = [
        m for m in all_of(OutgoingMail) if m.kind == "deputy_invited" and m.to_address == email
    ]
    found = re.search(r"/vertretung/([\w-]+)", mails[-1].body or "")
    assert found
    return found[1]


def a_deputy(membership_id: UUID, invited: Invited = DORA) -> UUID:
    token = invites(membership_id, invited)
    with unit_of_work():
        return services.accept_deputyship(token, invited.first_name, invited.last_name).id


def proposes(deputy_id: UUID, invited: Invited = INVITED) -> None:
    with unit_of_work():
        deputy = db.session.get_one(Deputy, deputy_id)
        by = member(db.session.get_one(Account, deputy.account_id))
        services.propose_as_deputy(deputy, invited, by=by)


def living() -> list[Membership]:
    return [m for m in all_of(Membership) if m.ended_at is None]


def accounts() -> set[str]:
    return {account.email for account in all_of(Account)}


def test_until_the_answer_there_is_no_account(app: Flask) -> None:
    token = invites(on_a_seat())
    assert DORA.email not in accounts()
    mail = next(m for m in all_of(OutgoingMail) if m.kind == "deputy_invited")
    assert "Ohne Ihre Zusage löschen wir sie." in (mail.body or "")
    assert "/datenschutz" in (mail.body or "")
    with unit_of_work():
        services.accept_deputyship(token, "Dora", "Vertritt")
    assert DORA.email in accounts()
    assert len(living()) == 1


def test_two_and_no_more(app: Flask) -> None:
    first = on_a_seat()
    a_deputy(first)
    invites(first, Invited("Emil", "Auch", "emil@example.org"))
    with nothing_stored(), pytest.raises(DeputiesFull):
        invites(first, Invited("Fritz", "Noch", "fritz@example.org"))


@pytest.mark.parametrize("email", [MARA, DORA.email])
def test_nobody_is_asked_twice_and_the_holder_never(app: Flask, email: str) -> None:
    first = on_a_seat()
    a_deputy(first)
    with nothing_stored(), pytest.raises(InvitedHoldsIt):
        invites(first, Invited("Wer", "Auch", email))


def test_a_second_click_changes_nothing(app: Flask) -> None:
    token = invites(on_a_seat())
    with unit_of_work():
        services.accept_deputyship(token, "Dora", "Vertritt")
    with nothing_stored(), unit_of_work():
        services.accept_deputyship(token, "Dora", "Anders")


def test_whoever_declines_is_forgotten(app: Flask) -> None:
    token = invites(on_a_seat())
    with unit_of_work():
        services.decline_deputyship(token)
    assert places_of(DORA.email, "vertritt") == {DORA.email: set(), "vertritt": set()}
    with nothing_stored(), pytest.raises(DeputyUnknown), unit_of_work():
        services.accept_deputyship(token, "Dora", "Vertritt")


def test_whoever_does_not_answer_is_forgotten(app: Flask) -> None:
    token = invites(on_a_seat())
    with time_machine.travel(utcnow() + timedelta(days=31)):
        with nothing_stored(), pytest.raises(DeputyUnknown), unit_of_work():
            services.accept_deputyship(token, "Dora", "Vertritt")
        assert services.end_expired_invitations() == 1
    assert places_of(DORA.email) == {DORA.email: set()}


def test_whoever_stops_is_forgotten_with_the_account(app: Flask) -> None:
    first = on_a_seat()
    deputy_id = a_deputy(first)
    with unit_of_work():
        deputy = db.session.get_one(Deputy, deputy_id)
        services.end_deputyship(deputy, by=member(account_of()))
    assert places_of(DORA.email, "vertritt") == {DORA.email: set(), "vertritt": set()}
    assert seat_tags(seat(first).id) == ["deputy_invited", "deputy_accepted", "deputy_ended"]


def test_a_member_who_stops_being_a_deputy_stays_a_member(app: Flask) -> None:
    first = on_a_seat()
    a_member(BEN)
    deputy_id = a_deputy(first, Invited("Ben", "Da", BEN))
    with unit_of_work():
        services.end_deputyship(db.session.get_one(Deputy, deputy_id), by=member(account_of()))
    assert BEN in accounts()


def test_a_deputy_proposes_and_the_holder_agrees(app: Flask) -> None:
    first = on_a_seat()
    proposes(a_deputy(first))
    assert handover().origin is Origin.DEPUTY
    assert kinds() == ["handover_announced", "handover_invited"]
    mail = next(m for m in all_of(OutgoingMail) if m.kind == "handover_invited")
    assert "Dora Vertritt hat Sie" in (mail.body or "")
    confirm()
    accept()
    assert [m.account.email for m in living()] == [ADA]
    assert only(Deputy).full_name == "Dora Vertritt"


def test_a_deputy_proposes_and_the_holder_objects(app: Flask) -> None:
    first = on_a_seat()
    proposes(a_deputy(first))
    objects()
    accept()
    assert handover().stage is Stage.CONTESTED
    assert [m.id for m in living()] == [first]


def test_a_deputy_fills_a_vacant_seat(app: Flask) -> None:
    first = on_a_seat()
    deputy_id = a_deputy(first)
    leave(first)
    proposes(deputy_id)
    accept()
    assert [m.account.email for m in living()] == [ADA]


def test_a_deputy_who_takes_the_seat_is_none_any_more(app: Flask) -> None:
    first = on_a_seat()
    a_deputy(first)
    hands_over(first, MARA, DORA)
    accept()
    assert [m.account.email for m in living()] == [DORA.email]
    assert all_of(Deputy) == []


def test_with_a_closed_seat_its_deputies_end(app: Flask, kim) -> None:
    first = on_a_seat()
    a_deputy(first)
    leave(first)
    with unit_of_work():
        services.close_seat(db.session.merge(seat(first)), by=kim.actor)
    assert all_of(Deputy) == []
    assert DORA.email not in accounts()


# The pages.


def test_from_the_invitation_to_the_proposal(app: Flask, client: FlaskClient) -> None:
    first = on_a_seat()
    browser, page = profile_of(app)
    assert "Vertretungen" in page.words
    address = f"/profil/{first}/vertretungen"
    typed = {"first_name": "Dora", "last_name": "Vertritt", "email": DORA.email}
    form = get(browser, address).form("/vertretungen")
    assert post(browser, form.action, form.fields | typed).status == 303
    assert "Dora Vertritt eingeladen" in get(browser, address).words

    link = f"/vertretung/{secret(DORA.email)}"
    page = get(client, link)
    assert (page.heading, "Mara" in page.words) == ("Möchten Sie Vertretung werden?", False)
    assert post(client, link, page.form(link).fields).status == 303
    assert get(client, link).heading == "Sie sind jetzt Vertretung"

    dora = signed_in(app, DORA.email)
    page = get(dora, "/profil")
    assert "Vertretung für Landeshauptstadt Beispielau" in page.words
    deputy = f"/profil/vertretung/{only(Deputy).id}"
    form = get(dora, deputy).form("/vorschlagen")
    with nothing_stored():
        refused = post(dora, form.action, form.fields | typed | {"email": MARA})
    assert (refused.status, list(refused.errors)) == (422, ["email"])
    assert post(dora, form.action, form.fields | typed | {"email": ADA}).status == 303
    assert "läuft eine Übergabe" in get(dora, deputy).words
    words = get(dora, "/profil/daten").words
    assert "Vertretung: Landeshauptstadt Beispielau, als Dora Vertritt" in words

    form = get(browser, address).form("/entfernen")
    assert post(browser, form.action, form.fields).status == 303
    assert post(browser, form.action, form.fields).status == 303
    assert all_of(Deputy) == []


def test_declining_by_the_link(app: Flask, client: FlaskClient) -> None:
    link = f"/vertretung/{invites(on_a_seat())}"
    page = get(client, link)
    assert post(client, page.form("/ablehnen").action).heading == "Sie haben abgelehnt"
    assert get(client, link).status == 404
    assert post(client, f"{link}/ablehnen").status == 404


def test_a_third_is_refused_and_nothing_typed_is_lost(app: Flask) -> None:
    first = on_a_seat()
    browser, _ = profile_of(app)
    form = get(browser, f"/profil/{first}/vertretungen").form("/vertretungen")
    a_deputy(first)
    invites(first, Invited("Emil", "Auch", "emil@example.org"))
    typed = {"first_name": "Fritz", "last_name": "Noch", "email": "fritz@example.org"}
    with nothing_stored():
        page = post(browser, form.action, form.fields | typed)
    assert page.status == 409
    assert page.form("/vertretungen").fields["first_name"] == "Fritz"


def test_somebody_elses_deputyship_is_not_found(app: Flask) -> None:
    first = on_a_seat()
    deputy_id = a_deputy(first)
    a_member(BEN)
    ben = signed_in(app, BEN)
    assert get(ben, f"/profil/vertretung/{deputy_id}").status == 404
    assert get(ben, f"/profil/{first}/vertretungen").status == 404


def test_a_deputy_ends_it(app: Flask) -> None:
    deputy_id = a_deputy(on_a_seat())
    dora = signed_in(app, DORA.email)
    form = get(dora, f"/profil/vertretung/{deputy_id}").form("/beenden")
    assert post(dora, form.action, form.fields).status == 303
    assert all_of(Deputy) == []
    assert DORA.email not in accounts()


def test_the_database_knows_two_at_most(app: Flask) -> None:
    first = on_a_seat()
    a_deputy(first)
    with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
        connection.execute(sa.update(Deputy).values(slot=3))
