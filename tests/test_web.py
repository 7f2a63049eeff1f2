"""What every page shares: no cookie, strict headers, German words for every refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, abort
from flask.testing import FlaskClient

from memberships.database import ChangedMeanwhile, DatabaseBusy, utcnow
from memberships.mails.delivery import deliver_due_mails
from memberships.mails.models import DevInboxMail
from memberships.settings import Environment, Settings
from memberships.web import ERROR_TEXTS
from tests.factories import Applied, confirmed, network, newest_mail, submitted, token_in
from tests.pages import FORM, PERSON, SLUG, Page, apply, get, new_stamp, post
from tests.tables import all_of, dump, is_empty, nothing_stored

HEADERS = {
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
}


@pytest.fixture
def settings(migrated: Settings) -> Settings:
    """As in development, where every page exists."""
    return migrated.model_copy(update={"env": Environment.DEVELOPMENT})


@pytest.fixture
def waiting(app: Flask) -> Applied:
    return submitted(newsletter=True)


@pytest.fixture
def member(app: Flask) -> Applied:
    return confirmed(newsletter=True)


def addresses(app: Flask, waiting: Applied, member: Applied) -> Iterator[str]:
    """Every address that answers GET, with secrets that open it and with others that do not."""
    deliver_due_mails()
    values = {
        "slug": [SLUG, "nowhere"],
        "digest": [network().digest[:16], "old"],
        "page_token": [waiting.page_token, member.page_token, "unknown"],
        "confirm_token": [waiting.confirm_token, member.confirm_token, "unknown"],
        "case_token": ["unknown"],
        "membership_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "token": ["unknown"],
        "application_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "kind": ["application_received", "sign_in"],
        "number": ["1"],
        "entry_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "run_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "batch_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "case_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "role_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "mail_id": [str(all_of(DevInboxMail)[0].id), "0190a1b2-c3d4-7000-8000-00000000abcd"],
        "passkey_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "device_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "other_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "deputy_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "account_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "filter_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "reply_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "seat_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "organisation_id": ["0190a1b2-c3d4-7000-8000-00000000abcd"],
        "filename": ["app.css", "nowhere.css"],
    }
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        assert rule.arguments <= values.keys(), f"{rule} needs a value here"
        choices: list[dict[str, str]] = [{}]
        for argument in sorted(rule.arguments):
            choices = [c | {argument: value} for c in choices for value in values[argument]]
        for choice in choices:
            yield adapter.build(rule.endpoint, choice)


def test_no_get_changes_anything(
    app: Flask, client: FlaskClient, waiting: Applied, member: Applied
) -> None:
    case = f"/vorgang/{token_in(newest_mail(member.id))}"
    visited = [*addresses(app, waiting, member), case]
    assert len(visited) > 20
    before = dump()
    for address in visited:
        for verb in (client.get, client.head, client.options):
            with verb(f"{address}?stand=gesendet") as answer:
                assert answer.status_code in {200, 303, 404, 405}, address
    assert dump() == before


def test_no_page_sets_a_cookie_and_every_answer_is_guarded(
    app: Flask, client: FlaskClient, waiting: Applied, member: Applied
) -> None:
    case = f"/vorgang/{token_in(newest_mail(member.id))}"
    visited = [*addresses(app, waiting, member), case]
    answers = [client.get(address, buffered=True) for address in visited]
    stamp = new_stamp(client)
    answers += [
        client.post(FORM, data=PERSON | {"stamp": stamp}),
        client.post(FORM, data=PERSON),
        client.post(FORM, data=PERSON, headers={"Origin": "https://evil.example.org"}),
        client.post(FORM, data={"last_name": "x" * 5_000_000}),
        client.post(waiting.at_page("code"), data={"code": "1"}),
        client.post(waiting.at_page("adresse"), data={"email": "x"}),
        client.post(waiting.at_page("erneut")),
        client.post(waiting.confirm),
        client.delete("/"),
        client.get("/nowhere"),
    ]
    for answer in answers:
        where = f"{answer.request.method} {answer.request.path}"
        assert "Set-Cookie" not in answer.headers, where
        assert set(answer.headers.keys()) >= HEADERS, where
        if answer.mimetype == "text/html":
            assert "no-store" in answer.headers["Cache-Control"], where


def test_the_policy_lets_no_foreign_or_inline_content_in(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self'" in policy
    for loose in ("unsafe", "*", "http:", "https:"):
        assert loose not in policy


def test_pages_behind_a_secret_are_kept_by_nobody(
    client: FlaskClient, waiting: Applied, member: Applied
) -> None:
    case = f"/vorgang/{token_in(newest_mail(member.id))}"
    for address in (waiting.waiting, waiting.confirm, case, "/vorgang/unknown"):
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_style_sheet_of_conditions_may_be_kept_for_its_version_only(
    client: FlaskClient,
) -> None:
    now = client.get(f"{FORM}/{network().digest[:16]}.css")
    assert "immutable" in now.headers["Cache-Control"]
    assert '[value="organisation"]:checked' in now.text
    assert "immutable" not in client.get(f"{FORM}/old.css").headers.get("Cache-Control", "")


# Refusals in words

ENGLISH = re.compile(
    r"\b(the|not|found|error|request|method|allowed|too|many|internal|server|forbidden|bad|"
    r"entity|large|unavailable|conflict|page|please|try|again|access|denied|gateway|token)\b",
    re.IGNORECASE,
)


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    """With pages that refuse everything in every way."""

    @app.get("/abort/<int:status>")
    def refuse(status: int) -> str:
        abort(status)

    @app.get("/raise/<name>")
    def fail(name: str) -> str:
        raise {
            "changed": ChangedMeanwhile(),
            "busy": DatabaseBusy(),
            "broken": RuntimeError("secret detail mara@example.org"),
            "database": sa.exc.OperationalError("SELECT secret", {}, Exception("secret")),
        }[name]

    app.test_client_class = FlaskClient
    return app.test_client()


def assert_german(page: Page) -> None:
    assert page.heading in {title for title, _ in ERROR_TEXTS.values()}
    assert ENGLISH.findall(page.words) == []
    assert '<html lang="de">' in page.html
    assert set(page.headers.keys()) >= HEADERS


@pytest.mark.parametrize("status", [*ERROR_TEXTS, 410, 415, 501, 504])
def test_every_refusal_is_explained_in_german(broken: FlaskClient, status: int) -> None:
    if status == 429:
        return  # has its own test: it names the minutes
    page = get(broken, f"/abort/{status}")
    assert page.status == status
    assert_german(page)


@pytest.mark.parametrize(
    ("name", "status", "heading"),
    [
        ("changed", 409, "Jemand war schneller"),
        ("busy", 503, "Das hat gerade nicht geklappt"),
        ("broken", 500, "Das hat nicht geklappt"),
        ("database", 500, "Das hat nicht geklappt"),
    ],
)
def test_a_failure_of_ours_is_explained_without_details(
    broken: FlaskClient,
    caplog: pytest.LogCaptureFixture,
    name: str,
    status: int,
    heading: str,
) -> None:
    page = get(broken, f"/raise/{name}")
    assert (page.status, page.heading) == (status, heading)
    assert_german(page)
    assert "secret" not in page.html
    # Not even our log holds what the error was about.
    assert caplog.records or status == 409
    assert "secret" not in caplog.text
    assert "mara@" not in caplog.text


def test_a_real_405_and_404_are_explained(client: FlaskClient) -> None:
    for page, status in ((post(client, "/"), 405), (get(client, "/nowhere"), 404)):
        assert page.status == status
        assert_german(page)


def test_a_busy_server_says_when_to_come_back(broken: FlaskClient) -> None:
    assert get(broken, "/raise/busy").headers["Retry-After"] == "60"


# Too many from one place


@pytest.fixture
def limited(app: Flask, client: FlaskClient) -> FlaskClient:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"posts_per_client": "3 per 10 minutes"})
    return client


def from_address(address: str) -> dict[str, dict[str, str]]:
    return {"environ_overrides": {"REMOTE_ADDR": address}}


def test_too_many_forms_from_one_network_wait_and_say_how_long(limited: FlaskClient) -> None:
    with time_machine.travel(utcnow(), tick=False) as clock:
        typed = PERSON | {"stamp": new_stamp(limited)}
        for n in range(3):
            page = post(limited, FORM, typed | {"last_name": "a" * n}, **from_address("192.0.2.1"))
            assert page.status in {303, 422}
        with nothing_stored():
            page = post(limited, FORM, typed, **from_address("192.0.2.250"))
        assert (page.status, page.heading) == (429, "Zu viele Versuche")
        said = re.search(r"Bitte warten Sie (\d+) Minuten und versuchen Sie es", page.words)
        assert said
        minutes = int(said[1])
        assert 1 < minutes <= 11
        assert page.headers["Retry-After"] == str(minutes * 60)
        assert ENGLISH.findall(page.words) == []

        # Looking is never limited, and the neighbours are not either.
        assert get(limited, FORM, **from_address("192.0.2.1")).status == 200
        assert post(limited, FORM, typed, **from_address("192.0.3.1")).status == 303

        clock.shift(timedelta(minutes=minutes))
        late = typed | {"stamp": new_stamp(limited), "email": "ole@example.org"}
        assert post(limited, FORM, late, **from_address("192.0.2.1")).status == 303


def test_an_ipv6_network_counts_as_one_place(limited: FlaskClient) -> None:
    for n in range(3):
        post(limited, FORM, **from_address(f"2001:db8:1:2:{n}::1"))
    assert post(limited, FORM, **from_address("2001:db8:1:2:ffff::1")).status == 429
    assert post(limited, FORM, **from_address("2001:db8:1:3::1")).status == 422


def test_a_proxy_is_believed_only_where_one_is_set(limited: FlaskClient) -> None:
    for n in range(4):
        forged = {"X-Forwarded-For": f"198.51.{n}.1"}
        page = post(limited, FORM, headers=forged, **from_address("192.0.2.1"))
    assert page.status == 429


@pytest.mark.parametrize("verb", ["code", "erneut", "adresse"])
def test_every_form_behind_a_secret_is_limited_too(
    limited: FlaskClient, waiting: Applied, verb: str
) -> None:
    typed = {"code": "1", "email": "x"}
    statuses = [
        post(limited, waiting.at_page(verb), typed, **from_address("192.0.2.1")).status
        for _ in range(4)
    ]
    assert statuses[3] == 429
    assert 429 not in statuses[:3]


# Foreign pages, at every form


@pytest.mark.parametrize("headers", [{"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_no_form_is_taken_from_a_foreign_page(
    client: FlaskClient, waiting: Applied, headers: dict[str, str]
) -> None:
    forms = [FORM, waiting.confirm, *map(waiting.at_page, ("code", "erneut", "adresse"))]
    with nothing_stored():
        for address in forms:
            typed = {"code": waiting.code, "email": "thief@example.org"}
            assert post(client, address, typed, headers=headers).status == 403


# Machines


def test_machines_learn_whether_it_runs_and_works(client: FlaskClient) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ok\n"
    assert is_empty()


def test_the_demonstration_says_so_on_every_page(client: FlaskClient, waiting: Applied) -> None:
    for address in ("/", FORM, waiting.waiting, waiting.confirm, "/nowhere"):
        assert "Vorführung – keine echte Anmeldung" in get(client, address).words
    assert "Vorführung – keine echte Anmeldung" in str(newest_mail(waiting.id).body)
    assert apply(client).status == 303
