"""Heute: one list over all networks in which somebody sees applications, what is due first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import time_machine

from memberships.accounts.models import StaffRole
from memberships.database import db, unit_of_work
from memberships.mails.models import MailState, OutgoingMail
from memberships.permissions import Role
from tests.pages import Page, get
from tests.review.cases import CHECK, FORUM, ask, case, signed_in, staff
from tests.tables import nothing_stored

TODAY = "/koordination/"
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def names(page: Page) -> list[str]:
    return [e.words for e in page.root if e.has_class("app-rowtitle")]


def test_cases_of_all_own_networks_are_one_list_by_their_day(app) -> None:
    both = staff(Role.COORDINATOR, CHECK, FORUM)
    for day, slug, name in ((2, CHECK, "Zweite"), (3, FORUM, "Dritte"), (1, FORUM, "Erste")):
        with time_machine.travel(MONDAY + timedelta(days=day), tick=False):
            case(slug, organisation_name=name)
    case("bipar", organisation_name="Fremde")
    with time_machine.travel(MONDAY + timedelta(days=30), tick=False), nothing_stored():
        browser = signed_in(app, both)
        page = get(browser, TODAY)
        chosen = get(browser, f"{TODAY}?netzwerk={FORUM}")
        foreign = get(browser, f"{TODAY}?netzwerk=bipar&suche=Fremde")
    assert names(page) == ["Erste", "Zweite", "Dritte"]
    networks = [e.words for e in page.root if e.get("data-label") == "Netzwerk"]
    assert networks == ["Landforum", "Stadtrunde", "Landforum"]
    late = ["Überfällig" in e.words for e in page.root if e.get("data-label") == "Fällig"]
    assert late == [True, False, False]
    assert names(chosen) == ["Erste", "Dritte"]
    assert names(foreign) == []


def test_the_state_of_the_newest_mail_has_its_own_column(app, kim) -> None:
    applied = case()
    ask(applied, kim)
    with unit_of_work():
        db.session.execute(
            sa.update(OutgoingMail)
            .where(OutgoingMail.kind == "information_requested")
            .values(state=MailState.FAILED, body=None, finished_at=OutgoingMail.created_at)
        )
    page = get(signed_in(app, kim), f"{TODAY}?ansicht=gefragt")
    (cell,) = [e.words for e in page.root if e.get("data-label") == "E-Mail"]
    (status,) = [e.words for e in page.root if e.get("data-label") == "Stand"]
    (due,) = [e.words for e in page.root if e.get("data-label") == "Fällig"]
    assert "nzustellbar" in cell
    assert (status, "Frist ruht" in due) == ("Rückfrage offen", True)


def test_who_sees_no_applications_finds_none(app) -> None:
    case(organisation_name="Verborgen")
    page = get(signed_in(app, staff(Role.AUDITOR, CHECK)), f"{TODAY}?ansicht=alle")
    assert "Verborgen" not in page.words
    assert names(page) == []


def test_who_is_staff_nowhere_or_not_signed_in_sees_nothing(app, client) -> None:
    case(organisation_name="Verborgen")
    nobody = staff(Role.READER, CHECK)
    with unit_of_work():
        db.session.execute(sa.delete(StaffRole))
    assert get(signed_in(app, nobody), TODAY).status == 403
    assert get(client, TODAY).status == 303
