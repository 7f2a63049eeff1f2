"""The office looks into the registry, corrects names, merges, and takes a merge back."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from memberships.organisations.models import (
    Description,
    Merge,
    NameKind,
    Organisation,
    OrganisationName,
)
from memberships.permissions import Role
from tests.applications.joining import AVD, BW
from tests.organisations.registry import (
    BRIDGE,
    FOREST,
    MILL,
    merged,
    registered,
    row,
    told_apart,
)
from tests.organisations.test_merge_organisations import organisation_of, seated
from tests.pages import Page, get, post
from tests.review.cases import signed_in, staff, token_on
from tests.tables import all_of, nothing_stored, only, statements

LIST = f"/koordination/{AVD}/organisationen"


@pytest.fixture
def lead_(app: Flask) -> FlaskClient:
    return signed_in(app, staff(Role.LEAD, AVD, BW, name="Kim Adler"))


def page_of(organisation_id: UUID, slug: str = AVD) -> str:
    return f"/koordination/{slug}/organisationen/{organisation_id}"


def send(client: FlaskClient, address: str, typed: dict[str, str]) -> Page:
    """What the browser of somebody sends who has another page open."""
    open_page = get(client, f"/koordination/{AVD}/mitglieder/export")
    token = token_on(open_page) if open_page.status == 200 else ""
    return post(client, address, {"csrf_token": token} | typed)


def test_the_list_shows_what_the_network_may_know(app: Flask, lead_: FlaskClient) -> None:
    registered(MILL)
    registered(Description("Runde am Fluss", AVD, "informal_initiative"))
    registered(Description("Runde im Wald", "bipar", "informal_initiative"))
    page = get(lead_, LIST)
    assert page.status == 200
    assert MILL.name in page.words
    assert "Runde am Fluss" in page.words
    assert "Runde im Wald" not in page.words
    found = get(lead_, f"{LIST}?suche=fluss")
    assert "Runde am Fluss" in found.words
    assert MILL.name not in found.words
    assert "Keine Organisation heißt so" in get(lead_, f"{LIST}?suche=wald").words


def test_the_list_is_paged_and_asks_as_often_for_one_as_for_many(
    app: Flask, lead_: FlaskClient
) -> None:
    registered(Description("Rat 000", AVD, "association"))
    with statements() as few:
        get(lead_, LIST)
    for n in range(1, 60):
        registered(Description(f"Rat {n:03}", AVD, "association"))
    with statements() as many:
        first = get(lead_, LIST)
    assert len(few) == len(many)
    assert "Rat 049" in first.words
    assert "Rat 050" not in first.words
    last = next(o for o in all_of(Organisation) if o.name == "Rat 049")
    second = get(lead_, f"{LIST}?ab={last.id}")
    assert "Rat 050" in second.words
    assert "Rat 049" not in second.words


def test_an_organisation_shows_own_members_and_none_of_others(
    app: Flask, lead_: FlaskClient
) -> None:
    one = organisation_of(seated("mara@muehlental.example", MILL))
    here, there = get(lead_, page_of(one)), get(lead_, page_of(one, BW))
    assert "Jörn Müßig" in here.words
    assert "Name ergänzen" in here.words
    assert "Müßig" not in there.words
    assert "Kein Mitglied und kein Antrag" in there.words
    assert "Name ergänzen" not in there.words


def test_what_another_network_alone_knows_does_not_exist(app: Flask, lead_: FlaskClient) -> None:
    private = registered(Description("Runde im Wald", "bipar", "informal_initiative"))
    for id_ in (private, uuid4()):
        assert get(lead_, page_of(id_)).status == 404
        assert get(lead_, f"{page_of(id_)}/zusammenfuehren").status == 404


def named(client: FlaskClient, id_: UUID, name: str, version: int, slug: str = AVD) -> Page:
    typed = {"name": name, "kind": NameKind.FORMER.value, "version": str(version)}
    return send(client, f"{page_of(id_, slug)}/namen", typed)


def test_a_name_is_added_and_removed(app: Flask, lead_: FlaskClient) -> None:
    one = organisation_of(seated("mara@muehlental.example", MILL))
    assert named(lead_, one, "Alte Mühle", row(one).version).status == 303
    name = only(OrganisationName)
    assert (name.name, name.kind) == ("Alte Mühle", NameKind.FORMER)
    page = get(lead_, page_of(one))
    assert "Alte Mühle früherer Name" in page.words
    with nothing_stored():
        stale = named(lead_, one, "Neue Mühle", row(one).version - 1)
        again = named(lead_, one, "ALTE MÜHLE", row(one).version)
        empty = named(lead_, one, " ", row(one).version)
    assert (stale.status, again.status, empty.status) == (409, 422, 422)
    assert "Neue Mühle" in stale.html
    assert "schon bekannt" in again.words
    assert "Geben Sie den Namen ein" in empty.words
    away = f"{page_of(one)}/namen/{name.id}/entfernen"
    assert send(lead_, away, {"version": str(row(one).version)}).status == 303
    assert all_of(OrganisationName) == []


def test_who_has_no_member_changes_no_name(app: Flask, lead_: FlaskClient) -> None:
    one = registered(MILL)
    with nothing_stored():
        refused = named(lead_, one, "Alte Mühle", row(one).version)
    assert refused.status == 409
    assert "Ihr Netzwerk hat kein Mitglied" in refused.words


def test_merging_is_previewed_confirmed_and_taken_back(app: Flask, lead_: FlaskClient) -> None:
    keep = organisation_of(seated("mara@muehlental.example", MILL))
    drop = organisation_of(seated("ben@brueckenschlag.example", BRIDGE))
    chosen = get(lead_, f"{page_of(keep)}/zusammenfuehren?suche=schlag")
    address = f"{page_of(keep)}/zusammenfuehren/{drop}"
    assert address in chosen.html
    preview = get(lead_, address)
    assert "Beide haben in Ihrem Netzwerk einen Sitz" in preview.words
    typed = {
        "reason": "Umbenannt.",
        "version": str(row(keep).version),
        "other_version": str(row(drop).version),
    }
    with nothing_stored():
        stale = send(lead_, address, typed | {"other_version": "9"})
        silent = send(lead_, address, typed | {"reason": ""})
    assert (stale.status, silent.status) == (409, 422)
    assert "Umbenannt." in stale.html

    assert send(lead_, address, typed).status == 303
    assert row(drop).merged_into_id == keep
    page = get(lead_, page_of(keep))
    assert f"{BRIDGE.name} ging auf in {MILL.name}" in page.words
    assert get(lead_, page_of(drop)).status == 303
    undo = f"{page_of(keep)}/zusammenfuehrungen/{only(Merge).id}/rueckgaengig"
    assert send(lead_, undo, {}).status == 303
    assert row(drop).merged_into_id is None
    with nothing_stored():
        assert send(lead_, undo, {}).status == 409


def test_other_networks_are_told_nothing_but_that_they_know_it(
    app: Flask, lead_: FlaskClient
) -> None:
    keep = organisation_of(seated("mara@muehlental.example", MILL))
    preview = get(lead_, f"{page_of(registered(FOREST), BW)}/zusammenfuehren/{keep}")
    assert "auch in anderen Netzwerken bekannt" in preview.words
    assert "Müßig" not in preview.words
    merged(keep, registered(BRIDGE))
    other = get(lead_, page_of(keep, BW))
    assert "Umbenannt." not in other.words
    assert "Rückgängig machen" not in other.words


def test_what_was_told_apart_is_shown_on_both(app: Flask, lead_: FlaskClient) -> None:
    one, other = registered(MILL), registered(BRIDGE)
    told_apart(one, other)
    assert BRIDGE.name in get(lead_, page_of(one)).words
    assert MILL.name in get(lead_, page_of(other)).words


@pytest.mark.parametrize("role", [Role.READER, Role.COORDINATOR])
def test_only_a_lead_changes_the_registry(app: Flask, role: Role) -> None:
    one = organisation_of(seated("mara@muehlental.example", MILL))
    client = signed_in(app, staff(role, AVD, name="Ada Reader"))
    assert "Name ergänzen" not in get(client, page_of(one)).words
    with nothing_stored():
        assert named(client, one, "Alte Mühle", row(one).version).status == 403
