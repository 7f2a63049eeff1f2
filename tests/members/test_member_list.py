"""The office's list of members: who is on it, search, filters, columns, pages by key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from memberships.accounts.services import verify_account
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM
from memberships.members import listing
from memberships.members.listing import MemberFilter, Order, member_count, member_page
from memberships.members.models import EndReason, Holder, Membership
from memberships.members.services import Contact, start_membership
from memberships.networks.services import publish_definition
from memberships.permissions import Role
from tests.applications.joining import AVD, BH, BW, joined
from tests.factories import INSTITUTION, PERSON, Applied, confirmed, network
from tests.pages import Page, get
from tests.review.cases import Staff, approve, signed_in, staff
from tests.tables import all_of, nothing_stored, only, statements

MEMBERS = f"/koordination/{BH}/mitglieder"
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def kim(app: Flask) -> Staff:
    return staff(Role.COORDINATOR, BH, BW, AVD)


@pytest.fixture
def browser(app: Flask, kim: Staff) -> FlaskClient:
    return signed_in(app, kim)


def names(page: Page) -> list[str]:
    """The members on the page, in its order."""
    assert page.status == 200, page.words
    return [e.words for e in page.root if e.has_class("app-rowtitle")]


def shown(browser: FlaskClient, slug: str = BH, **asked: Any) -> list[str]:
    return names(get(browser, f"/koordination/{slug}/mitglieder", query_string=asked))


def cells(page: Page) -> dict[str, str]:
    """Of a page with one member what stands in each column."""
    return {e.get("data-label"): e.words for e in page.root if e.get("data-label")}


def network_id(slug: str = BH) -> int:
    with unit_of_work():
        return publish_definition(network(slug)).network_id


def member(first_name: str, last_name: str, **answers: Any) -> UUID:
    """A member without a case, as an old list brings them."""
    with unit_of_work():
        account = verify_account(f"{first_name}.{last_name}@example.org".lower())
        return start_membership(
            Contact(account, first_name, last_name, None, answers),
            publish_definition(network(BH)),
            holder=Holder.PERSON,
            by=SYSTEM,
            rule="anyone",
        ).id


def end(id_: UUID) -> None:
    with unit_of_work():
        db.session.execute(
            sa.update(Membership)
            .where(Membership.id == id_)
            .values(ended_at=utcnow(), end_reason=EndReason.OWN_EXIT)
        )


def the_page(**wanted: Any) -> tuple[list[str], listing.MemberPage]:
    page = member_page(all_of(Membership)[0].network_id, MemberFilter(**wanted))
    return [row.membership.last_name or "" for row in page.members], page


def test_organisations_show_who_acts_for_them_and_every_row_leads_to_its_case(
    app: Flask, browser: FlaskClient
) -> None:
    person = confirmed(last_name="Öztürk")
    organisation = confirmed(INSTITUTION, organisation_name="Bürgerstiftung Talheim")
    page = get(browser, MEMBERS)
    assert names(page) == ["Bürgerstiftung Talheim", "Mara Öztürk"]
    links = [e.get("href") for e in page.root if e.has_class("app-rowtitle")]
    assert links == [f"/koordination/{BH}/antraege/{a.id}" for a in (organisation, person)]
    assert "Bürgerstiftung Talheim Mara Hofmann Stiftung" in page.words
    assert "2 Mitglieder, sortiert nach Nachname und Organisation" in page.words


def test_the_newest_case_is_linked_and_who_came_without_one_has_no_link(
    app: Flask, browser: FlaskClient
) -> None:
    member("Ada", "Berg")
    confirmed(email="mara@example.org")
    again = confirmed(email="mara@example.org")
    rows = [e for e in get(browser, MEMBERS).root if e.has_class("app-rowtitle")]
    assert [(e.words, e.get("href").rpartition("/")[2]) for e in rows] == [
        ("Ada Berg", ""),
        ("Mara Hofmann", str(again.id)),
    ]


def test_a_seat_shows_its_organisation_and_a_second_person_is_listed_beneath(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    approve(joined(AVD), kim)
    page = get(browser, f"/koordination/{AVD}/mitglieder")
    assert names(page) == ["Jörn Müßig"]
    assert "Jörn Müßig Landeshauptstadt Beispielau" in page.words
    for first_name in ("Jörn", "Ada"):
        applied = joined(BW, first_name=first_name)
        if applied.row.membership_id is None:
            approve(applied, kim)
    page = get(browser, f"/koordination/{BW}/mitglieder")
    assert names(page) == ["Bürgerwerkstatt Öderan"]
    assert "Bürgerwerkstatt Öderan Jörn Müßig Ada Müßig" in page.words


TYPED = ["Bürgerwerk", "BUERGERWERKSTATT", "öderan", "oederan", "Müßig", "MUESSIG", "müssi",
         "  Jörn   Müßig  ", "Müßig Jörn", "werkstatt", "joern.m@exam",
         "70173", "Stuttg"]  # fmt: skip


def test_the_search_folds_umlauts_and_finds_parts_in_any_order(
    app: Flask, kim: Staff, browser: FlaskClient
) -> None:
    applied = joined(BW, email="joern.m@example.org")
    other = joined(BW, first_name="Ada", last_name="Berg", organisation_name="Runder Tisch")
    for one in (applied, other):
        if one.row.membership_id is None:
            approve(one, kim)
    with unit_of_work():
        for row in db.session.scalars(sa.select(Membership)):
            if row.organisation_name == "Runder Tisch":
                row.search_text = row.search_text.replace("70173", "").replace("stuttgart", "")
    found = {typed: shown(browser, BW, suche=typed) for typed in TYPED}
    assert found == {typed: ["Bürgerwerkstatt Öderan"] for typed in TYPED}
    assert shown(browser, BW, suche="Müßig Berg") == []


def test_wildcards_are_letters_like_others(app: Flask, browser: FlaskClient) -> None:
    confirmed()
    for n, typed in enumerate(["%", "_", "100%", "a_b", "\\", "\\%"]):
        confirmed(INSTITUTION, organisation_name=f"Verein{n}{typed} Dorf")
        assert shown(browser, suche=f"n{n}{typed}") == [f"Verein{n}{typed} Dorf"]


@pytest.mark.parametrize("typed", ["\0", "a\0b\ud7ff'; DROP TABLE x; --", "x" * 5000])
@pytest.mark.parametrize("name", ["suche", "art", "land", "kreis", "von", "ab", "vor", "wer"])
def test_whatever_is_typed_is_only_searched_for(
    app: Flask, browser: FlaskClient, name: str, typed: str
) -> None:
    confirmed()
    with nothing_stored():
        assert shown(browser, **{name: typed}) in ([], ["Mara Hofmann"])


def test_the_columns_of_the_list_follow_every_service(app: Flask, kim: Staff) -> None:
    applied = joined(BW, email="joern.m@example.org")
    if applied.row.membership_id is None:
        approve(applied, kim)
    row = only(Membership)
    assert row.search_text == (
        "buergerwerkstatt oederan 70173 stuttgart joern muessig joern.m@example.org"
    )
    assert (row.sort_name, row.organisation_kind, row.federal_state) == (
        "buergerwerkstatt oederan",
        "association",
        "BW",
    )
    second = joined(BW, first_name="Ada", last_name="Żak", email="ada@example.org")
    if second.row.membership_id is None:
        approve(second, kim)
    assert only(Membership).search_text.endswith("ada zak ada@example.org")


def test_filters_stand_in_the_address_and_narrow_the_list(app: Flask, browser: FlaskClient) -> None:
    with time_machine.travel(MONDAY, tick=False):
        confirmed(last_name="Alt", newsletter=True)
    with time_machine.travel(MONDAY + timedelta(days=2), tick=False):
        confirmed(INSTITUTION, organisation_name="Verein Neu", organisation_kind="association")
    with time_machine.travel(MONDAY + timedelta(days=3), tick=False):
        end(member("Ada", "Früher"))
        browser = signed_in(app, staff(Role.READER, BH))
        for asked, expected in (
            ({}, ["Mara Alt", "Verein Neu"]),
            ({"wer": "person"}, ["Mara Alt"]),
            ({"wer": "organisation"}, ["Verein Neu"]),
            ({"wer": "quatsch"}, ["Mara Alt", "Verein Neu"]),
            ({"art": "association"}, ["Verein Neu"]),
            ({"art": "foundation"}, []),
            ({"von": "2026-11-24"}, ["Verein Neu"]),
            ({"von": "2026-11-23", "bis": "2026-11-23"}, ["Mara Alt"]),
            ({"bis": "2026-11-22"}, []),
            ({"rundbrief": "ja"}, ["Mara Alt"]),
            ({"rundbrief": "nein"}, ["Verein Neu"]),
            ({"beendete": "ja"}, ["Ada Früher"]),
            ({"sortierung": "seit"}, ["Verein Neu", "Mara Alt"]),
        ):
            assert (asked, shown(browser, **asked)) == (asked, expected)


def test_land_and_district_narrow_the_list(app: Flask) -> None:
    for name, land, district in (
        ("Aalen", "BW", "Ostalbkreis (Landkreis)"),
        ("Bopfingen", "BW", "OSTALBKREIS"),
        ("Chemnitz", "SN", "Chemnitz (Stadt)"),
        ("Ort", "", ""),
    ):
        member("Ada", name, federal_state=land, district=district)
    assert the_page(state="BW")[0] == ["Aalen", "Bopfingen"]
    assert the_page(district="ostalb")[0] == ["Aalen", "Bopfingen"]
    assert the_page(district="Ostalbkreis (Landkreis)")[0] == ["Aalen"]
    assert the_page(state="SN", district="Ostalb")[0] == []
    assert the_page()[0] == ["Aalen", "Bopfingen", "Chemnitz", "Ort"]


def test_the_columns_are_chosen_in_the_address_and_nowhere_else(
    app: Flask, browser: FlaskClient
) -> None:
    confirmed(email="mara@example.org", newsletter=True)
    assert set(cells(get(browser, MEMBERS))) == {"Art", "Mitglied seit"}
    page = get(browser, f"{MEMBERS}?spalten=email&spalten=rundbrief&spalten=quatsch")
    assert cells(page) == {"E-Mail": "mara@example.org", "Rundbrief": "ja"}
    assert cells(get(browser, f"{MEMBERS}?spalten=-")) == {}
    assert set(cells(get(browser, MEMBERS))) == {"Art", "Mitglied seit"}


def test_nothing_of_another_network_is_listed_or_found(app: Flask, browser: FlaskClient) -> None:
    confirmed(last_name="Eigen")
    assert shown(browser, BW) == []
    foreign = signed_in(app, staff(Role.LEAD, "bipar"))
    for path in ("", "/export"):
        assert get(foreign, MEMBERS + path).status == 404
    key = all_of(Membership)[0].id
    assert shown(browser, BW, ab=str(key)) == []


def test_an_empty_list_says_so_in_words(app: Flask, browser: FlaskClient) -> None:
    assert "Noch hat dieses Netzwerk hier keine Mitglieder" in get(browser, MEMBERS).words
    confirmed()
    assert "Dazu haben wir nichts gefunden" in get(browser, f"{MEMBERS}?suche=xyz").words
    ended = get(browser, f"{MEMBERS}?beendete=ja").words
    assert "Es gibt keine beendeten Mitgliedschaften" in ended


@pytest.mark.parametrize("order", Order)
def test_pages_go_forward_and_back_while_members_are_added(
    app: Flask, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 4)
    for n in range(10):
        with time_machine.travel(MONDAY + timedelta(days=n // 3), tick=False):
            member("Ada", f"Name{n}")
    everybody: list[str] = []
    pages: list[list[str]] = []
    _, page = the_page(order=order)
    while True:
        found = [row.membership.last_name or "" for row in page.members]
        pages.append(found)
        everybody += found
        if not page.after:
            break
        # Somebody joins on a page that was read already, and somebody on it leaves.
        with time_machine.travel(MONDAY + timedelta(days=len(pages)), tick=False):
            member("Ada", f"Name0{len(pages)}")
        _, page = the_page(order=order, after=page.after)
    old = [name for name in everybody if len(name) == 5]
    assert sorted(old) == [f"Name{n}" for n in range(10)]
    assert len(old) == len(set(old))
    _, back = the_page(order=order, before=page.before)
    assert [row.membership.last_name for row in back.members] == pages[-2]
    assert back.after
    first, start = the_page(order=order)
    assert start.before == ""
    assert the_page(order=order, before=str(start.members[0].membership.id))[0] == []
    assert the_page(order=order, after=str(UUID(int=5)))[0] == first


def test_counting_stops_and_says_so(
    app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        member("Ada", f"Name{n}")
    id_ = network_id()
    assert member_count(id_, MemberFilter()) == 4
    monkeypatch.setattr(listing, "COUNTED_TO", 3)
    assert member_count(id_, MemberFilter()) == 4
    assert "über 3 Mitglieder" in get(browser, MEMBERS).words


def test_umlauts_sort_as_they_are_spelled_out_on_every_database(app: Flask) -> None:
    for name in ("Zorn", "Öhm", "Oft", "Ohm", "östlich", "Żak"):
        member("Ada", name)
    assert the_page()[0] == ["Öhm", "östlich", "Oft", "Ohm", "Żak", "Zorn"]


def sent(browser: FlaskClient, address: str) -> list[str]:
    with statements() as seen:
        assert get(browser, address).status == 200
    return [s for s in seen if not s.startswith(("BEGIN", "PRAGMA"))]


def test_a_list_of_thirty_takes_as_many_statements_as_a_list_of_one(
    app: Flask, browser: FlaskClient
) -> None:
    first: Applied = confirmed()
    addresses = [
        MEMBERS,
        f"{MEMBERS}?suche=hof&spalten=rundbrief&spalten=email&rundbrief=nein",
        f"{MEMBERS}?sortierung=seit&ab={first.row.membership_id}",
    ]
    few = [len(sent(browser, address)) for address in addresses]
    for n in range(29):
        confirmed(INSTITUTION if n % 2 else PERSON, organisation_name=f"Verein {n}")
    many = [sent(browser, address) for address in addresses]
    assert [len(some) for some in many] == few
    assert max(few) <= 9, many


def test_who_may_look_and_who_is_shown_the_way(app: Flask) -> None:
    for role, status in (
        (Role.READER, 200),
        (Role.COORDINATOR, 200),
        (Role.DECIDER, 200),
        (Role.LEAD, 200),
        (Role.AUDITOR, 403),
    ):
        page = get(signed_in(app, staff(role, BH)), MEMBERS)
        assert (role, page.status) == (role, status)
        links = [e.get("href") for e in page.root if e.tag == "a" and e.words == "Mitglieder"]
        # In the side navigation and in the menu of a phone.
        assert len(links) == (2 if status == 200 else 0)


def test_the_office_finds_whose_changes_are_to_be_checked(browser: FlaskClient) -> None:
    confirmed(email="mara@example.org")
    confirmed(email="ben@example.org", first_name="Ben", last_name="Adler")
    ben = next(m for m in all_of(Membership) if m.first_name == "Ben")
    with unit_of_work():
        db.session.get_one(Membership, ben.id).to_check_since = utcnow()
    assert shown(browser, zu_pruefen="ja") == ["Ben Adler"]
    assert len(shown(browser)) == 2
