"""Teams: inviting, changing roles, removing; in the browser and on the command line."""

from __future__ import annotations

import multiprocessing
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo

from memberships import create_app
from memberships.accounts import services
from memberships.accounts.errors import AlreadyOnTeam, LastLead, OwnRole, RoleNotOfNetwork
from memberships.accounts.models import Account, StaffRole
from memberships.cli import cli
from memberships.database import ChangedMeanwhile, db, unit_of_work
from memberships.events.models import SYSTEM, Actor, ActorKind, Event
from memberships.events.queries import check_log
from memberships.mails.models import MailState, OutgoingMail
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import NETWORK_ROLES, Role
from tests.accounts.cases import (
    LEAD,
    SLUG,
    account,
    csrf,
    invited,
    role_row,
    signed_in,
)
from tests.pages import get, post
from tests.tables import all_of, nothing_stored, only, statements

TEAM = f"/koordination/{SLUG}/team"
JOERG = {"name": "Jörg Pfister", "email": "Joerg@Example.org", "role": "coordinator"}


def held(role_id: UUID) -> StaffRole:
    row = role_row(role_id)
    assert row
    return row


def actor(email: str) -> Actor:
    return Actor(ActorKind.STAFF, account(email).id)


def test_the_lead_invites_somebody(app: Flask) -> None:
    invited(name="Katrin Lehmann")
    client = signed_in(app)

    page = post(client, TEAM, JOERG | csrf(app))

    assert page.headers["Location"] == f"{TEAM}?stand=eingeladen"
    role = next(r for r in all_of(StaffRole) if r.role is Role.COORDINATOR)
    assert (role.account.email, role.account.name) == ("joerg@example.org", "Jörg Pfister")
    assert role.account.verified_at is None
    event = all_of(Event)[-1]
    assert (event.tag, event.subject_id, event.actor_id) == ("staff:invited", role.id, account().id)
    assert "Jörg Pfister" in get(client, page.headers["Location"]).words


def test_the_invitation_says_who_where_and_how(app: Flask) -> None:
    invited(name="Katrin Lehmann")

    post(signed_in(app), TEAM, JOERG | csrf(app))

    mail = only(OutgoingMail)
    assert (mail.kind, mail.to_address) == ("staff_invited", "joerg@example.org")
    assert mail.subject == "Ihr Zugang zur Koordination im Netzwerk Bürgerhaushalt"
    assert mail.from_name == "Netzwerk Bürgerhaushalt"
    body = mail.body or ""
    assert "Katrin Lehmann hat Sie eingeladen, im Netzwerk Bürgerhaushalt mitzuarbeiten." in body
    assert "Ihre Rolle ist „Koordination“" in body
    assert "\nhttp://127.0.0.1:8000/zugang\n" in body
    assert "Jörg" not in body


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"email": "joerg"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "J" * 81}, "name"),
        ({"name": "J\u202eörg"}, "name"),
    ],
)
def test_a_faulty_invitation_keeps_what_was_typed(
    app: Flask, change: dict[str, str], wrong: str
) -> None:
    invited()

    with nothing_stored():
        page = post(signed_in(app), TEAM, JOERG | change | csrf(app))

    assert page.status == 422
    assert list(page.errors) == [wrong]
    fields = page.form(TEAM).fields
    assert {key: fields[key] for key in JOERG} == JOERG | change


@pytest.mark.parametrize("role", ["operator", "", "chief"])
def test_only_a_role_of_a_network_can_be_given_there(app: Flask, role: str) -> None:
    invited()

    with nothing_stored():
        page = post(signed_in(app), TEAM, JOERG | {"role": role} | csrf(app))

    assert page.status == 422


def test_an_address_is_on_a_team_once(app: Flask) -> None:
    invited()
    invited("joerg@example.org", Role.READER)

    with nothing_stored():
        page = post(signed_in(app), TEAM, JOERG | csrf(app))

    assert page.status == 409
    assert "Diese Adresse gehört schon zum Team." in page.notice
    assert page.form(TEAM).fields["name"] == "Jörg Pfister"


def test_one_account_can_be_on_several_teams(app: Flask) -> None:
    invited(name="Katrin Lehmann")
    invited(slug="bipar", role=Role.READER, name="Somebody Else")

    assert only(Account).name == "Katrin Lehmann"
    assert [r.role for r in all_of(StaffRole)] == [Role.LEAD, Role.READER]


def test_the_database_itself_refuses_a_second_role(app: Flask) -> None:
    first = held(invited())
    values = {"account_id": first.account_id, "network_id": first.network_id, "since": first.since}

    with pytest.raises(AlreadyOnTeam), unit_of_work():
        db.session.add(StaffRole(role=Role.READER, **values))


@pytest.mark.parametrize("role", Role)
def test_role_and_network_have_to_fit(app: Flask, role: Role) -> None:
    invited()
    network = only_network() if role is Role.OPERATOR else None

    with pytest.raises(RoleNotOfNetwork), unit_of_work():
        services.invite_staff("x@example.org", name="", role=role, network=network, by=SYSTEM)


def only_network() -> Network:
    return next(n for n in all_of(Network) if n.slug == SLUG)


@pytest.mark.parametrize("role", NETWORK_ROLES)
def test_the_lead_changes_a_role(app: Flask, role: Role) -> None:
    invited()
    role_id = invited("joerg@example.org", Role.READER)

    page = post(
        signed_in(app), f"{TEAM}/{role_id}/rolle", {"role": role, "seen": "reader"} | csrf(app)
    )

    assert page.status == 303
    assert held(role_id).role is role
    changed = [e for e in all_of(Event) if e.tag == "staff:role_changed"]
    assert len(changed) == (0 if role is Role.READER else 1)
    assert account("joerg@example.org").session_epoch == len(changed)


def test_a_role_that_somebody_else_has_changed_meanwhile_stays(app: Flask) -> None:
    invited()
    role_id = invited("joerg@example.org", Role.DECIDER)

    with nothing_stored():
        page = post(
            signed_in(app),
            f"{TEAM}/{role_id}/rolle",
            {"role": "lead", "seen": "reader"} | csrf(app),
        )

    assert page.status == 409
    assert "Jemand war schneller" in page.notice


@pytest.mark.parametrize("role", ["operator", "chief", ""])
def test_an_unknown_role_is_refused(app: Flask, role: str) -> None:
    invited()
    role_id = invited("joerg@example.org", Role.READER)

    with nothing_stored():
        page = post(
            signed_in(app), f"{TEAM}/{role_id}/rolle", {"role": role, "seen": "reader"} | csrf(app)
        )

    assert page.status == 422


def test_nobody_becomes_an_operator_by_a_change(app: Flask) -> None:
    role_id = invited("joerg@example.org", Role.READER)

    with pytest.raises(RoleNotOfNetwork), unit_of_work():
        services.change_role(held(role_id), Role.OPERATOR, seen=Role.READER, by=SYSTEM)


def test_the_lead_removes_somebody(app: Flask) -> None:
    invited()
    role_id = invited("joerg@example.org", Role.READER)
    client = signed_in(app)

    page = post(client, f"{TEAM}/{role_id}/entfernen", csrf(app))

    assert page.headers["Location"] == f"{TEAM}?stand=entfernt"
    assert role_row(role_id) is None
    event = all_of(Event)[-1]
    assert (event.tag, event.subject_id) == ("staff:removed", role_id)
    assert "joerg@example.org" not in get(client, TEAM).words
    assert post(client, f"{TEAM}/{role_id}/entfernen", csrf(app)).status == 404


def test_removing_takes_back_an_invitation_that_is_not_sent(app: Flask) -> None:
    invited()
    client = signed_in(app)
    post(client, TEAM, JOERG | csrf(app))
    role_id = only(OutgoingMail).subject_id

    post(client, f"{TEAM}/{role_id}/entfernen", csrf(app))

    assert only(OutgoingMail).state is MailState.CANCELLED


def test_somebody_removed_can_be_invited_again(app: Flask) -> None:
    invited()
    role_id = invited("joerg@example.org", Role.READER)
    with unit_of_work():
        services.remove_staff(held(role_id), by=SYSTEM)

    assert invited("joerg@example.org", Role.LEAD) != role_id


@pytest.mark.parametrize("verb", ["rolle", "entfernen"])
def test_nobody_changes_or_removes_themselves(app: Flask, verb: str) -> None:
    role_id = invited()
    invited("other@example.org")

    with nothing_stored():
        page = post(
            signed_in(app),
            f"{TEAM}/{role_id}/{verb}",
            {"role": "reader", "seen": "lead"} | csrf(app),
        )

    assert page.status == 409
    assert "Die eigene Rolle ändert jemand anderes" in page.notice
    with pytest.raises(OwnRole), unit_of_work():
        services.remove_staff(held(role_id), by=actor(LEAD))


def test_the_own_entry_offers_no_buttons(app: Flask) -> None:
    role_id = invited()

    page = get(signed_in(app), TEAM)

    assert "Das sind Sie." in page.words
    assert not [form for form in page.forms if str(role_id) in form.action]


def test_the_last_lead_stays(app: Flask) -> None:
    role_id = invited()

    with pytest.raises(LastLead), unit_of_work():
        services.remove_staff(held(role_id), by=SYSTEM)
    with pytest.raises(LastLead), unit_of_work():
        services.change_role(held(role_id), Role.READER, seen=Role.LEAD, by=SYSTEM)

    assert held(role_id).role is Role.LEAD


def test_a_lead_of_another_network_is_no_second_lead(app: Flask) -> None:
    role_id = invited()
    invited("other@example.org", slug="bipar")

    with pytest.raises(LastLead), unit_of_work():
        services.remove_staff(held(role_id), by=SYSTEM)


def _remove(settings: Any, role_id: UUID, by: UUID, start: Any, outcomes: Any) -> None:
    app = create_app(settings)
    with app.app_context():
        start.wait()
        try:
            with unit_of_work():
                held = db.session.get(StaffRole, role_id)
                assert held
                services.remove_staff(held, by=Actor(ActorKind.STAFF, by))
            outcomes.put("removed")
        except (LastLead, ChangedMeanwhile) as refused:
            outcomes.put(type(refused).__name__)


def test_two_leads_cannot_remove_each_other(app: Flask) -> None:
    first, second = invited(), invited("other@example.org")
    accounts = {first: account().id, second: account("other@example.org").id}
    db.session.remove()
    db.engine.dispose()
    fork = multiprocessing.get_context("fork")
    start, outcomes = fork.Barrier(2), fork.SimpleQueue()
    pairs = [(first, accounts[second]), (second, accounts[first])]
    racers = [
        fork.Process(target=_remove, args=(app.config["SETTINGS"], *pair, start, outcomes))
        for pair in pairs
    ]
    for racer in racers:
        racer.start()
    found = sorted(outcomes.get() for _ in racers)
    for racer in racers:
        racer.join()

    assert found == ["LastLead", "removed"]
    assert only(StaffRole).role is Role.LEAD


def test_roles_of_other_networks_cannot_be_touched(app: Flask) -> None:
    invited()
    foreign = invited("joerg@example.org", Role.READER, "bipar")
    client = signed_in(app)

    with nothing_stored():
        for verb in ("rolle", "entfernen"):
            typed = {"role": "lead", "seen": "reader"} | csrf(app)
            assert post(client, f"{TEAM}/{foreign}/{verb}", typed).status == 404


@pytest.mark.parametrize("size", [1, 30])
def test_a_long_team_needs_no_more_queries(app: Flask, size: int) -> None:
    invited()
    for number in range(size):
        invited(f"somebody{number}@example.org", Role.READER)
    client = signed_in(app)
    client.get(TEAM)
    with statements() as sent:
        client.get(TEAM)

    assert len(sent) <= 4


def test_an_operator_stands_in_the_log_of_every_network(app: Flask) -> None:
    role_id = invited(role=Role.OPERATOR)
    with unit_of_work():
        services.remove_staff(held(role_id), by=SYSTEM)

    events = all_of(Event)
    networks = {network.id for network in all_of(Network)}
    for tag in ("staff:invited", "staff:removed"):
        assert {e.network_id for e in events if e.tag == tag} == networks
    assert len(networks) == len(current_definitions())
    assert check_log().faults == []


def _run(app: Flask, *arguments: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(cli, arguments, obj=ScriptInfo(create_app=lambda: app))


def test_the_first_coordinator_comes_by_the_command_line(app: Flask) -> None:
    done = _run(
        app,
        "staff",
        "invite",
        "Lead@example.org",
        "--network",
        SLUG,
        "--role",
        "lead",
        "--name",
        "Katrin Lehmann",
    )

    assert done.exit_code == 0, done.output
    assert "buergerhaushalt" in done.output
    assert only(StaffRole).role is Role.LEAD
    assert only(Event).actor_kind == ActorKind.SYSTEM
    mail = only(OutgoingMail)
    assert (mail.to_address, "Die Administration hat Sie eingeladen" in (mail.body or "")) == (
        LEAD,
        True,
    )
    assert "Katrin Lehmann" in _run(app, "staff", "list").output


def test_an_operator_is_invited_without_a_network(app: Flask) -> None:
    done = _run(app, "staff", "invite", "op@example.org", "--role", "operator")

    assert done.exit_code == 0, done.output
    assert only(StaffRole).network_id is None
    assert only(OutgoingMail).from_name == "Beteiligungsnetzwerke"
    assert "(installation)" in _run(app, "staff", "list").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense", "--network", SLUG, "--role", "lead"], "nonsense"),
        (["a@example.org", "--network", "nowhere", "--role", "lead"], "no network nowhere"),
        (["a@example.org", "--network", SLUG, "--role", "chief"], "chief"),
        (["a@example.org", "--network", SLUG, "--role", "operator"], "has no network"),
        (["a@example.org", "--role", "lead"], "needs --network"),
    ],
)
def test_a_faulty_invitation_says_what_is_wrong(
    app: Flask, arguments: list[str], words: str
) -> None:
    with nothing_stored():
        done = _run(app, "staff", "invite", *arguments)

    assert done.exit_code != 0
    assert words in done.output


def test_inviting_twice_is_refused(app: Flask) -> None:
    invited()

    with nothing_stored():
        done = _run(app, "staff", "invite", LEAD, "--network", SLUG, "--role", "reader")

    assert (done.exit_code, "holds a role there" in done.output) == (1, True)


def test_the_command_line_removes(app: Flask) -> None:
    invited()
    invited("joerg@example.org", Role.READER)

    done = _run(app, "staff", "remove", "joerg@example.org", "--network", SLUG)

    assert done.exit_code == 0, done.output
    assert only(StaffRole).account.email == LEAD


def test_the_command_line_keeps_the_last_lead_too(app: Flask) -> None:
    invited()

    with nothing_stored():
        last = _run(app, "staff", "remove", LEAD, "--network", SLUG)
        nobody = _run(app, "staff", "remove", "x@example.org", "--network", SLUG)

    assert (last.exit_code, "the last lead stays" in last.output) == (1, True)
    assert (nobody.exit_code, "holds no role there" in nobody.output) == (1, True)


def test_an_empty_team_says_how_to_begin(app: Flask) -> None:
    assert "Begin with: staff invite" in _run(app, "staff", "list").output
