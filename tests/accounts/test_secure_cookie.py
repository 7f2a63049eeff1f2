"""Over HTTPS the cookie carries the prefix that browsers check."""

from __future__ import annotations

import pytest
from flask import Flask

from memberships.settings import Settings
from tests.accounts.cases import asked_and_answered, browser, cookies, invited


@pytest.fixture
def settings(migrated: Settings) -> Settings:
    return migrated.model_copy(update={"public_url": "https://netz.example.org"})


def test_the_cookie_is_bound_to_this_host_and_to_https(app: Flask) -> None:
    invited()
    client = browser(app)
    _, link, _ = asked_and_answered(client)

    (cookie,) = cookies(client.post(link, base_url="https://netz.example.org"))

    name, *rest = cookie.split("; ")
    assert name.startswith("__Host-session=")
    assert sorted(rest) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
