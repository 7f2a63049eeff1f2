"""Every role on every route, every network against every other; generated from the routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from memberships.accounts.cli import permissions_page
from memberships.networks.queries import current_definitions
from memberships.permissions import NETWORK_ROLES, PERMISSIONS, Access, Permission, Role, may
from memberships.settings import ROOT
from tests.accounts.cases import LEAD, SLUG, browser, cookies, csrf, invited, signed_in
from tests.factories import confirmed

NOBODY = UUID(int=0)


def _guarded(app: Flask) -> Iterator[tuple[Rule, str, Access | Permission]]:
    """Rule, method and what it asks for, of every route that is not for everybody."""
    for rule in app.url_map.iter_rules():
        access = _access(app, rule)
        if rule.endpoint != "static" and access is not Access.PUBLIC:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, access


def _access(app: Flask, rule: Rule) -> Any:
    return getattr(app.view_functions[rule.endpoint], "access", None)


def _address(app: Flask, rule: Rule, slug: str = SLUG, id_: UUID = NOBODY) -> str:
    """An address of the route; ids are those of nothing unless one is given."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        kind = type(rule._converters[name]).__name__
        values[name] = {"UUIDConverter": id_, "IntegerConverter": 1}.get(kind, "x")
    if "slug" in values:
        values["slug"] = slug
    with app.test_request_context():
        return str(app.url_map.bind("127.0.0.1").build(rule.endpoint, values))


def _open(app: Flask, email: str, address: str, method: str) -> int:
    """The answer to somebody who has just signed in."""
    client = signed_in(app, email)
    data = csrf(app) if method != "GET" else None
    answer = client.open(address, method=method, data=data)
    assert answer.status_code < 500, f"{method} {address}"
    to_sign_in = answer.headers.get("Location", "").startswith("/zugang?weiter=")
    return 401 if to_sign_in else answer.status_code


def test_every_route_is_public_or_names_a_permission(app: Flask) -> None:
    unmarked = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not isinstance(_access(app, rule), Access | Permission)
    ]

    assert unmarked == []


def test_staff_pages_are_never_public(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/koordination", "/verwaltung")):
            assert _access(app, rule) is not Access.PUBLIC, rule.rule
            assert "slug" in rule.arguments or _access(app, rule) is Access.STAFF, rule.rule


@pytest.mark.parametrize("role", Role)
def test_every_role_on_every_route(app: Flask, role: Role) -> None:
    invited(LEAD, role)
    wrong = []
    for rule, method, access in _guarded(app):
        status = _open(app, LEAD, _address(app, rule), method)
        if access is Access.ACCOUNT and {"membership_id", "deputy_id"} & rule.arguments:
            is_right = status == 404
        elif access is Access.ACCOUNT or (access is Access.STAFF and role in NETWORK_ROLES):
            is_right = status not in {401, 403, 404}
        elif role is Role.OPERATOR and "slug" in rule.arguments:
            is_right = status == 404
        elif isinstance(access, Permission) and may(role, access):
            is_right = status not in {401, 403}
        else:
            is_right = status == 403
        if not is_right:
            wrong.append(f"{role} {method} {rule.rule}: {status}")

    assert wrong == []


def test_nobody_gets_in_without_signing_in(app: Flask) -> None:
    for rule, method, _ in _guarded(app):
        answer = browser(app).open(_address(app, rule), method=method)

        assert answer.status_code == (303 if method == "GET" else 401), rule.rule
        assert cookies(answer) == []


def test_nobody_posts_without_the_token_of_the_session(app: Flask) -> None:
    invited()
    for rule, method, access in _guarded(app):
        if method == "GET" or (isinstance(access, Permission) and not may(Role.LEAD, access)):
            continue
        answer = signed_in(app).open(_address(app, rule), method=method, data={"text": "Mein Text"})

        assert answer.status_code == 400, rule.rule
        assert "Mein Text" in answer.text


def test_every_network_against_every_other(app: Flask) -> None:
    slugs = list(current_definitions())
    assert len(slugs) > 1
    for slug in slugs:
        invited(f"{slug}@example.org", Role.LEAD, slug)
    routes = [(rule, method) for rule, method, _ in _guarded(app) if "slug" in rule.arguments]
    crossed = [
        f"{own} opened {method} {address}"
        for own in slugs
        for other in slugs
        for rule, method in routes
        if own != other
        and _open(app, f"{own}@example.org", address := _address(app, rule, other), method) != 404
    ]

    assert crossed == []


def test_cases_and_roles_of_one_network_do_not_exist_in_another(app: Flask) -> None:
    own, other = SLUG, next(slug for slug in current_definitions() if slug != SLUG)
    case = confirmed(slug=own)
    foreign = {
        "application_id": case.id,
        "membership_id": case.row.membership_id,
        "role_id": invited(slug=own),
    }
    invited("other@example.org", Role.LEAD, other)
    crossed = [
        f"{method} {rule.rule}: {status}"
        for rule, method, _ in _guarded(app)
        for name, id_ in foreign.items()
        if name in rule.arguments
        for address in [_address(app, rule, other, id_)]
        if (status := _open(app, "other@example.org", address, method)) != 404
    ]

    assert crossed == []


def test_a_membership_of_one_account_does_not_exist_for_another(app: Flask) -> None:
    membership_id = confirmed(email="mara@example.org").row.membership_id
    confirmed(email="ben@example.org")
    assert membership_id is not None
    routes = [r for r in _guarded(app) if "membership_id" in r[0].arguments and "slug" not in
              r[0].arguments]  # fmt: skip
    assert len(routes) > 3
    for rule, method, _ in routes:
        address = _address(app, rule, id_=membership_id)
        assert _open(app, "ben@example.org", address, method) == 404, f"{method} {rule.rule}"


def test_public_pages_set_no_cookie(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if _access(app, rule) is Access.PUBLIC and "GET" in (rule.methods or ()):
            assert cookies(browser(app).get(_address(app, rule))) == [], rule.rule


def test_the_printed_table_is_the_one_in_force() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text("utf-8")

    assert text == permissions_page(), "print it anew: memberships staff permissions"


def test_the_table_is_what_was_decided() -> None:
    everything = set(Permission)
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.READER] == {
        Permission.VIEW_APPLICATIONS,
        Permission.VIEW_MEMBERS,
        Permission.VIEW_FIGURES,
        Permission.VIEW_PROCESSING_RECORD,
    }
    assert PERMISSIONS[Role.AUDITOR] == {
        Permission.VIEW_FIGURES,
        Permission.VIEW_LOG,
        Permission.VIEW_PROCESSING_RECORD,
        Permission.VIEW_VIEWINGS,
    }
    assert PERMISSIONS[Role.OPERATOR] == {Permission.OPERATE}
    assert PERMISSIONS[Role.LEAD] == everything - {
        Permission.OPERATE,
        Permission.VIEW_VIEWINGS,
    }
    assert PERMISSIONS[Role.COORDINATOR] | PERMISSIONS[Role.DECIDER] == PERMISSIONS[Role.LEAD] - {
        Permission.VIEW_LOG,
        Permission.REOPEN_APPLICATIONS,
        Permission.MANAGE_ORGANISATIONS,
        Permission.MANAGE_RETENTION,
        Permission.EDIT_TEXTS,
        Permission.MANAGE_STAFF,
    }
    assert not may(None, Permission.VIEW_APPLICATIONS)


@pytest.mark.parametrize("role", Role)
def test_only_the_lead_runs_the_team(role: Role) -> None:
    assert may(role, Permission.MANAGE_STAFF) is (role is Role.LEAD)
