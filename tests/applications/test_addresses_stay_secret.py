"""Nobody learns from any answer whether an address is known here."""

from __future__ import annotations

import re
from collections.abc import Callable
from statistics import median
from time import perf_counter

import pytest
from flask.testing import FlaskClient

from memberships.mails.models import OutgoingMail
from memberships.stamps import new_stamp as stamp_of
from tests.factories import PERSON, confirmed, network, submitted
from tests.pages import FORM, Page, get, post
from tests.tables import all_of, statements

ROUNDS, PARTS = 200, 4
MEMBERS = [f"member{n}@example.org" for n in range(5)]


def known(n: int) -> str:
    return MEMBERS[n % len(MEMBERS)]


def unknown(n: int) -> str:
    return f"nobody{n}@example.org"


def told_by(page: Page) -> tuple[object, ...]:
    """Everything of an answer but the random secrets in it and the times."""
    text = re.sub(r"/antrag/[\w-]{22,}", "/antrag/…", page.html)
    text = re.sub(r'name="stamp" value="[^"]+"', "stamp", re.sub(r"\d\d:\d\d Uhr", "… Uhr", text))
    headers = [(name, re.sub(r"/antrag/[\w-]{22,}", "…", value)) for name, value in page.headers]
    return page.status, text, headers


def apply(client: FlaskClient, address: str) -> list[Page]:
    stamp = stamp_of(network()).signed
    return [post(client, FORM, PERSON | {"email": address, "stamp": stamp})]


def apply_and_wait(client: FlaskClient, address: str) -> list[Page]:
    (sent,) = apply(client, address)
    return [sent, get(client, sent.headers["Location"])]


@pytest.fixture
def members(client: FlaskClient) -> None:
    for address in MEMBERS:
        confirmed(email=address, newsletter=True)


def observed(
    client: FlaskClient, act: Callable[[FlaskClient, str], list[Page]], address: str
) -> tuple[object, list[str], float]:
    with statements() as sent:
        began = perf_counter()
        pages = act(client, address)
        seconds = perf_counter() - began
    return [told_by(page) for page in pages], sent, seconds


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize("part", range(PARTS))
def test_applying_with_a_known_address_answers_as_with_an_unknown_one(
    client: FlaskClient, record_property: Callable[[str, object], None], part: int
) -> None:
    expected, asked, _ = observed(client, apply, unknown(-1))
    seconds: dict[Callable[[int], str], list[float]] = {known: [], unknown: []}
    for n in range(part, ROUNDS, PARTS):
        for address in (known, unknown) if n % 8 < 4 else (unknown, known):
            answer, sent, took = observed(client, apply, address(n))
            assert answer == expected
            # Equal questions to the database, one by one: so the time is equal by construction.
            assert sent == asked
            seconds[address].append(took)
    medians = [median(took) for took in seconds.values()]
    record_property("median seconds, known and unknown", medians)
    assert max(medians) < 5 * min(medians)


@pytest.mark.usefixtures("members")
def test_the_page_after_sending_is_the_same_for_known_and_unknown(client: FlaskClient) -> None:
    expected, asked, _ = observed(client, apply_and_wait, unknown(-1))
    for n in range(10):
        for address in (known(n), unknown(n)):
            assert observed(client, apply_and_wait, address)[:2] == (expected, asked)


@pytest.mark.usefixtures("members")
def test_correcting_to_a_known_address_answers_as_to_an_unknown_one(client: FlaskClient) -> None:
    def correct(client: FlaskClient, address: str) -> list[Page]:
        answer = post(client, next(pages).at_page("adresse"), {"email": address})
        return [answer, get(client, answer.headers["Location"])]

    pages = iter([submitted() for _ in range(21)])
    expected, asked, _ = observed(client, correct, unknown(-1))
    for n in range(10):
        for address in (known(n), unknown(n)):
            assert observed(client, correct, address)[:2] == (expected, asked)


@pytest.mark.usefixtures("members")
def test_known_and_unknown_addresses_get_the_same_mail(client: FlaskClient) -> None:
    """What differs reaches only whoever proves the address: a mail after the confirmation."""
    mails = []
    for address in (known(1), unknown(1)):
        apply(client, address)
        mail = next(m for m in reversed(all_of(OutgoingMail)) if m.to_address == address)
        text = re.sub(
            r"/antrag/\S+|\d{3} \d{3}$|\d\d:\d\d", "…", str(mail.body), flags=re.MULTILINE
        )
        mails.append((mail.kind, mail.subject, mail.from_name, mail.reply_to, text))
    assert mails[0] == mails[1]
    assert mails[0][0] == "confirm_application"


@pytest.mark.usefixtures("members")
def test_pages_of_links_differ_by_nothing_but_the_address_itself(client: FlaskClient) -> None:
    shown = [
        get(client, submitted(email=address).confirm).html.replace(address, "…")
        for address in (known(1), unknown(1))
    ]
    texts = [re.sub(r"/antrag/[\w-]+|\d\d:\d\d", "…", text) for text in shown]
    assert texts[0] == texts[1]
