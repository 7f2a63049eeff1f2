"""Staff give a second factor before any office page; nothing goes round it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from memberships.accounts import queries
from memberships.accounts.errors import CodeRefused, FactorThere, LastFactor, OwnRole
from memberships.accounts.models import KnownDevice, Passkey, RecoveryCode, SecondFactor
from memberships.accounts.services import factors, remove_staff
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import SYSTEM, Actor, ActorKind, Event
from memberships.mails.models import OutgoingMail
from memberships.permissions import Access, Role
from memberships.settings import Environment, Settings
from memberships.tokens import sealed, unsealed
from tests.accounts.cases import (
    LEAD,
    SLUG,
    Browser,
    account,
    asked_and_answered,
    csrf,
    invited,
    role_row,
    signed_in,
)
from tests.factories import confirmed
from tests.pages import get, post
from tests.tables import all_of, dump, nothing_stored
from tests.test_permissions import _address, _guarded

ASK = "/zugang/zweiter-faktor"
NEW = f"{ASK}/einrichten"
RECOVER = f"{ASK}/wiederherstellen"
OVERVIEW = f"{ASK}/uebersicht"
TEAM = f"/koordination/{SLUG}/team"
TODAY = "/koordination/"


def with_link_only(app: Flask, email: str = LEAD) -> Browser:
    """A browser whose session has proven the mailbox and no more."""
    client = signed_in(app, email)
    with client.session_transaction() as session:
        session.pop("second")
    return client


def enrolled(email: str = LEAD) -> tuple[UUID, str, list[str]]:
    """An account with one-time codes; returns its id, the secret and the printed codes."""
    id_, secret = account(email).id, pyotp.random_base32()
    with unit_of_work():
        earlier = pyotp.TOTP(secret).at(int(utcnow().timestamp()) - 30)
        factors.add_totp(id_, secret, earlier, beside=False, replaces=False, by=SYSTEM)
        codes = factors.first_recovery_codes(id_, by=SYSTEM)
        db.session.execute(sa.delete(OutgoingMail))
    return id_, secret, codes


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(int(utcnow().timestamp()))


def wrong_code_of(secret: str) -> str:
    near = {pyotp.TOTP(secret).at(int(utcnow().timestamp()) + 30 * n) for n in range(-3, 4)}
    return next(code for code in ("000000", "111111", "222222", *map(str, range(333333, 333343)))
                if code not in near)  # fmt: skip


def tags() -> list[str]:
    return [event.tag for event in all_of(Event) if event.tag.startswith("account:")]


@pytest.mark.parametrize("role", Role)
def test_no_guarded_route_opens_with_the_mailbox_alone(app: Flask, role: Role) -> None:
    invited(LEAD, role)
    opened = []
    for rule, method, access in _guarded(app):
        if access is Access.ACCOUNT:
            continue
        client = with_link_only(app)
        answer = client.open(
            _address(app, rule), method=method, data=csrf(app) if method != "GET" else None
        )
        is_refused = (
            answer.status_code == 303 and answer.headers["Location"].startswith(ASK)
            if method == "GET"
            else answer.status_code == 403 and "Es ist noch nichts geschehen" in answer.text
        )
        if not is_refused:
            opened.append(f"{method} {rule.rule}: {answer.status_code}")

    assert opened == []


def test_a_post_with_the_mailbox_alone_changes_nothing(app: Flask) -> None:
    role_id = invited()
    client = with_link_only(app)

    with nothing_stored():
        for action in (TEAM, f"{TEAM}/{role_id}/entfernen", f"{TEAM}/{role_id}/zweiter-faktor"):
            assert post(client, action, csrf(app)).status == 403


def test_members_are_not_asked(app: Flask) -> None:
    confirmed(email="mara@example.org")
    client = with_link_only(app, "mara@example.org")

    assert client.get("/profil").status_code == 200
    assert client.get(ASK).headers["Location"] == "/zugang"


def test_the_own_account_page_names_no_role_before_the_second_factor(app: Flask) -> None:
    invited()

    page = get(with_link_only(app), "/zugang")

    assert "Zweiten Faktor angeben" in page.words
    assert "Meine Aufgaben" not in page.words


def test_enrolling_leads_on_to_the_page_that_was_asked_for(app: Flask) -> None:
    invited()
    client = with_link_only(app)
    first = client.get(TEAM)
    second = client.get(first.headers["Location"])
    page = get(client, second.headers["Location"])
    form = page.form(NEW)
    secret = factors.offered_secret(account().id, form.fields["offer"])
    assert secret

    done = post(client, NEW, form.fields | {"code": code_of(secret)})

    assert (first.status_code, second.status_code, page.status, done.status) == (303, 303, 200, 200)
    assert done.heading == "Ihre Wiederherstellungscodes"
    assert client.get(TEAM).status_code == 200
    assert len(all_of(RecoveryCode)) == 10
    assert tags() == ["account:factor_added", "account:recovery_codes_made"]
    assert [m.subject for m in all_of(OutgoingMail)] == ["Neuer zweiter Faktor"]


def test_a_wrong_code_sets_up_nothing_and_keeps_the_secret(app: Flask) -> None:
    invited()
    client = with_link_only(app)
    fields = get(client, NEW).form(NEW).fields
    secret = factors.offered_secret(account().id, fields["offer"])
    assert secret

    with nothing_stored():
        page = post(client, NEW, fields | {"code": wrong_code_of(secret)})

    assert page.status == 422
    assert "passt nicht zu diesem Schlüssel" in page.words
    assert page.form(NEW).fields["offer"] == fields["offer"]


def test_an_offer_is_for_one_account_and_one_hour(app: Flask) -> None:
    invited()
    invited("other@example.org", Role.READER)
    _, offer = factors.offer_totp(account().id)

    assert factors.offered_secret(account().id, offer)
    assert factors.offered_secret(account("other@example.org").id, offer) is None
    assert factors.offered_secret(account().id, "nonsense") is None
    with time_machine.travel(utcnow() + timedelta(minutes=61)):
        assert factors.offered_secret(account().id, offer) is None


def test_the_mailbox_alone_adds_no_factor_beside_another(app: Flask) -> None:
    invited()
    id_, _, _ = enrolled()
    client = with_link_only(app)
    secret, offer = factors.offer_totp(id_)

    with nothing_stored():
        answer = client.post(NEW, data=csrf(app) | {"offer": offer, "code": code_of(secret)})
        with pytest.raises(FactorThere), unit_of_work():
            factors.add_totp(id_, secret, code_of(secret), beside=False, replaces=False, by=SYSTEM)

    assert answer.headers["Location"].startswith(ASK)
    assert client.get(NEW).headers["Location"].startswith(ASK)
    assert client.get(TEAM).status_code == 303


def test_the_database_alone_does_not_show_the_secret(app: Flask) -> None:
    invited()
    _, secret, codes = enrolled()
    stored = str(dump())

    assert secret not in stored
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]
    assert unsealed("another purpose", sealed("totp secret", "x")) is None


def test_a_right_code_opens_and_goes_on(app: Flask) -> None:
    invited()
    _, secret, _ = enrolled()
    client = with_link_only(app)
    fields = get(client, client.get(TEAM).headers["Location"]).form(ASK).fields

    answer = client.post(ASK, data=fields | {"code": code_of(secret)})

    assert (answer.status_code, answer.headers["Location"]) == (303, TEAM)
    assert client.get(TEAM).status_code == 200


def test_a_code_counts_once(app: Flask) -> None:
    invited()
    id_, secret, _ = enrolled()
    code = code_of(secret)

    with unit_of_work():
        first = factors.enter_totp(id_, code)
    with unit_of_work():
        second = factors.enter_totp(id_, code)

    assert (first, second) == (True, False)


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(app: Flask, steps: int, counts: bool) -> None:
    invited()
    with time_machine.travel(utcnow() - timedelta(minutes=10)):
        id_, secret, _ = enrolled()
    with time_machine.travel(utcnow(), tick=False):
        code = pyotp.TOTP(secret).at(int(utcnow().timestamp()) + 30 * steps)
        with unit_of_work():
            assert factors.enter_totp(id_, code) is counts


def test_after_five_wrong_codes_the_right_one_is_refused_for_a_while(app: Flask) -> None:
    invited()
    _, secret, codes = enrolled()
    client = with_link_only(app)
    answers = [
        post(client, ASK, csrf(app) | {"code": wrong_code_of(secret)}).words for _ in range(5)
    ]

    sixth = post(client, ASK, csrf(app) | {"code": code_of(secret)})
    printed = post(client, RECOVER, csrf(app) | {"recovery_code": codes[0]})

    assert (sixth.status, printed.status) == (422, 422)
    assert {sixth.words, *answers} == {sixth.words}
    assert client.get(TEAM).status_code == 303
    with time_machine.travel(utcnow() + timedelta(minutes=15)):
        assert post(client, ASK, csrf(app) | {"code": code_of(secret)}).status == 303


def test_a_printed_code_leads_to_a_new_factor_and_no_further(app: Flask) -> None:
    invited()
    id_, _, codes = enrolled()
    client = with_link_only(app)

    done = post(client, RECOVER, csrf(app) | {"recovery_code": codes[3].upper()})
    assert done.status == 303
    assert client.get(TEAM).status_code == 303
    assert len(all_of(RecoveryCode)) == 9
    assert tags()[-1] == "account:recovery_code_used"
    assert [m.kind for m in all_of(OutgoingMail)] == ["second_factor_changed"]
    fields = get(client, NEW).form(NEW).fields
    secret = factors.offered_secret(id_, fields["offer"])
    assert secret
    shown = post(client, NEW, fields | {"code": code_of(secret)})

    assert shown.heading == "Ihre Wiederherstellungscodes"
    assert client.get(TEAM).status_code == 200
    with unit_of_work():
        assert not factors.use_recovery_code(id_, codes[4], by=SYSTEM)


def test_a_printed_code_counts_once_and_for_its_owner_only(app: Flask) -> None:
    invited()
    invited("other@example.org", Role.READER)
    id_, _, codes = enrolled()
    other = account("other@example.org").id
    said = []
    for one in (other, id_, id_):
        with unit_of_work():
            said.append(factors.use_recovery_code(one, codes[0], by=SYSTEM))

    assert said == [False, True, False]


def test_new_codes_end_the_old_ones(app: Flask) -> None:
    invited()
    id_, _, codes = enrolled()
    page = post(signed_in(app), f"{ASK}/codes", csrf(app))

    assert page.heading == "Ihre Wiederherstellungscodes"
    assert len(re.findall(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", page.words)) == 10
    with unit_of_work():
        assert not factors.use_recovery_code(id_, codes[0], by=SYSTEM)


def _remembered(app: Flask, client: Browser) -> str:
    cookie = client.get_cookie("known-device")
    assert cookie
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    return cookie.value


def test_a_known_device_is_not_asked_again_but_for_dangerous_acts(app: Flask) -> None:
    invited()
    _, secret, _ = enrolled()
    client = with_link_only(app)
    post(client, ASK, csrf(app) | {"code": code_of(secret), "remember": "1"})
    token = _remembered(app, client)
    assert token not in str(dump())
    client.post("/abmelden")
    _, link, _ = asked_and_answered(client)
    client.post(link)

    assert client.get(TODAY).status_code == 200
    assert client.get(TEAM).headers["Location"].startswith(ASK)


def test_a_known_device_ends(app: Flask) -> None:
    invited()
    id_, _, _ = enrolled()
    with unit_of_work():
        token = factors.remember_device(id_, "Firefox, Linux")
    assert queries.is_known_device(account(), token)
    assert not queries.is_known_device(account(), "")
    with time_machine.travel(utcnow() + timedelta(days=31)):
        assert not queries.is_known_device(account(), token)
    with unit_of_work():
        factors.reset_factors(id_, by=SYSTEM)

    assert not queries.is_known_device(account(), token)
    assert all_of(KnownDevice) == []


def test_a_device_can_be_forgotten_by_its_owner_only(app: Flask) -> None:
    invited()
    invited("other@example.org", Role.READER)
    with unit_of_work():
        factors.remember_device(account().id, "Firefox")
    address = f"{ASK}/geraete/{all_of(KnownDevice)[0].id}/vergessen"

    post(signed_in(app, "other@example.org"), address, csrf(app))
    assert len(all_of(KnownDevice)) == 1
    post(signed_in(app), address, csrf(app))
    assert all_of(KnownDevice) == []


def test_after_ten_minutes_a_dangerous_act_asks_again_and_nothing_is_done(app: Flask) -> None:
    invited()
    enrolled()
    client = signed_in(app)
    with client.session_transaction() as session:
        session["second"] -= 601
    typed = csrf(app) | {"name": "Ada", "email": "ada@example.org", "role": "reader"}

    with nothing_stored():
        page = post(client, TEAM, typed)

    assert page.status == 403
    assert page.heading == "Es ist noch nichts geschehen"
    kept = page.form(TEAM).fields
    # The token is made anew: it carries the second of its making.
    del typed["csrf_token"]
    assert typed.items() <= kept.items()
    assert client.get(TEAM).headers["Location"].startswith(ASK)
    assert client.get(TODAY).status_code == 200


DANGEROUS = {
    "retention.release_batch", "bulk.start_run", "bulk.export_run",
    "members.export_members", "review.erase_case", "seats.erase_person", "accounts.team",
    "accounts.invite_staff", "accounts.change_role", "accounts.remove_staff",
    "accounts.reset_second_factor", "organisations.choose_other", "organisations.merge",
    "organisations.undo_merge", "audit.export_log",
}  # fmt: skip


def test_what_asks_again_is_what_was_decided(app: Flask) -> None:
    views = app.view_functions.items()

    assert {name for name, view in views if getattr(view, "is_fresh", False)} == DANGEROUS


def test_the_way_back_never_leaves_this_site(app: Flask) -> None:
    invited()
    _, secret, _ = enrolled()
    client = with_link_only(app)

    answer = client.post(
        ASK, data=csrf(app) | {"code": code_of(secret), "weiter": "https://evil.example/"}
    )

    assert answer.headers["Location"] == TODAY


def test_the_last_factor_stays(app: Flask) -> None:
    invited()
    id_, _, _ = enrolled()
    client = signed_in(app)

    with nothing_stored():
        page = post(client, f"{ASK}/entfernen", csrf(app))
        with pytest.raises(LastFactor), unit_of_work():
            factors.remove_totp(id_, by=SYSTEM)

    assert page.status == 303


def test_the_lead_resets_a_colleague_who_lost_everything(app: Flask) -> None:
    invited()
    role_id = invited("kim@example.org", Role.COORDINATOR)
    enrolled("kim@example.org")
    theirs = signed_in(app, "kim@example.org")
    assert theirs.get(TODAY).status_code == 200

    done = post(signed_in(app), f"{TEAM}/{role_id}/zweiter-faktor", csrf(app))

    assert done.status == 303
    assert not queries.has_factor(account("kim@example.org").id)
    assert theirs.get(TODAY).headers["Location"].startswith("/zugang?weiter=")
    assert tags()[-1] == "account:factor_reset"
    assert [m.to_address for m in all_of(OutgoingMail)] == ["kim@example.org"]


def test_nobody_resets_the_own_factor(app: Flask) -> None:
    role_id = invited()
    id_, _, _ = enrolled()

    with nothing_stored():
        page = post(signed_in(app), f"{TEAM}/{role_id}/zweiter-faktor", csrf(app))
        with pytest.raises(OwnRole), unit_of_work():
            factors.reset_factors(id_, by=Actor(ActorKind.STAFF, id_))

    assert page.status == 409


def test_the_operator_resets_from_the_command_line(app: Flask) -> None:
    invited()
    enrolled()
    run = app.test_cli_runner().invoke

    from memberships.accounts.cli import staff

    done = run(staff, ["reset-second-factor", LEAD])
    unknown = run(staff, ["reset-second-factor", "nobody@example.org"])

    assert (done.exit_code, unknown.exit_code) == (0, 1)
    assert not queries.has_factor(account().id)


def test_factors_go_with_the_last_role(app: Flask) -> None:
    invited()
    role_id = invited("kim@example.org", Role.COORDINATOR)
    enrolled("kim@example.org")
    with unit_of_work():
        held = role_row_for_change(role_id)
        remove_staff(held, by=SYSTEM)

    assert all_of(SecondFactor) == all_of(RecoveryCode) == all_of(Passkey) == []


def role_row_for_change(role_id: UUID):
    from memberships.accounts.models import StaffRole

    return db.session.get_one(StaffRole, role_id)


def test_a_wrong_code_raises_when_setting_up(app: Flask) -> None:
    role_id = invited()
    assert role_row(role_id)
    secret = pyotp.random_base32()

    with nothing_stored(), pytest.raises(CodeRefused), unit_of_work():
        factors.add_totp(
            account().id, secret, wrong_code_of(secret), beside=False, replaces=False, by=SYSTEM
        )


@pytest.mark.parametrize("env", [Environment.PRODUCTION, Environment.TESTING])
def test_the_demonstration_code_is_shown_in_development_only(
    app: Flask, migrated: Settings, env: Environment
) -> None:
    invited()
    id_, secret, _ = enrolled()
    app.config["SETTINGS"] = migrated.model_copy(update={"env": Environment.DEVELOPMENT})
    shown = factors.demonstration_code(id_)
    app.config["SETTINGS"] = migrated.model_copy(update={"env": env})

    assert shown == code_of(secret)
    assert factors.demonstration_code(id_) is None
    assert factors.demonstration_code_of(secret) is None
    assert "Nur in der Vorführung" not in get(with_link_only(app), ASK).words
