"""A real Chromium before the real product; one of each per worker, one window per person."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.chromium import usable_chromium
from tests.journeys.person import Person
from tests.journeys.server import Product, served
from tests.journeys.staff import Colleague, fill_with_demonstration, networks_dir

# No sandbox: tests also run as root, in containers. The others keep Chromium off the network.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# Dangerous acts ask again ten minutes after the second factor; no journey takes half of that.
FRESH_SECONDS = 300

Arrives = Callable[..., Person]


@pytest.fixture(scope="session")
def chromium() -> str:
    # `make test` names it; the slower search is for a person who runs pytest alone.
    path = shutil.which(os.environ.get("CHROMIUM", "")) or usable_chromium()
    if path is None:
        pytest.fail("no usable Chromium here; bring it with: .venv/bin/python scripts/chromium.py")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with served(tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """With the demonstration's data, and a network in which the coordination decides."""
    folder = tmp_path_factory.mktemp("office")
    with served(folder, MEMBERSHIPS_NETWORKS_DIR=networks_dir(folder)) as product:
        fill_with_demonstration(product)
        yield product


@pytest.fixture(scope="session")
def open_sessions() -> dict[str, Any]:
    """What a browser keeps of each colleague who has signed in; mails for it are few an hour."""
    return {}


@pytest.fixture
def colleague(
    browser: Browser, office: Product, open_sessions: dict[str, Any]
) -> Iterator[Callable[..., Colleague]]:
    """Somebody of the team in a window of their own: colleague(LEAD, width=390)."""
    windows: list[Colleague] = []

    def begin(email: str, **wishes: Any) -> Colleague:
        at, state = open_sessions.get(email, (0.0, None))
        if time.monotonic() - at > FRESH_SECONDS:
            first = Colleague(browser, office, storage_state=state)
            if state is None:
                first.signs_in(email)
            else:
                first.gives_second_factor_again()
            state = first.context.storage_state()
            open_sessions[email] = (time.monotonic(), state)
            first.leaves()
        windows.append(Colleague(browser, office, storage_state=state, **wishes))
        return windows[-1]

    yield begin
    for window in windows:
        window.leaves()


@pytest.fixture
def arrives_at_work(browser: Browser, office: Product) -> Iterator[Callable[..., Colleague]]:
    """Somebody of the team who is not signed in yet: arrives_at_work(width=390)."""
    windows: list[Colleague] = []

    def arrive(**wishes: Any) -> Colleague:
        windows.append(Colleague(browser, office, **wishes))
        return windows[-1]

    yield arrive
    for window in windows:
        window.leaves()


@pytest.fixture
def arrives(browser: Browser) -> Iterator[Arrives]:
    """Somebody new, in a window of their own: arrives(product, width=390)."""
    people: list[Person] = []

    def arrive(product: Product, **wishes: Any) -> Person:
        people.append(Person(browser, product, **wishes))
        return people[-1]

    yield arrive
    for person in people:
        person.leaves()


@pytest.fixture(params=[1280, 390])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def person(arrives: Arrives, product: Product) -> Person:
    """Applicants come by phone. What a page looks like elsewhere, test_every_page sees."""
    return arrives(product, width=390, color_scheme="dark")
