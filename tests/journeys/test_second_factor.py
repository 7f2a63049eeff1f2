"""Staff give a second factor: codes of an app, printed codes, and a passkey in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, expect

from tests.journeys.person import new_address
from tests.journeys.server import Product, served_with_a_name
from tests.journeys.staff import BIPAR, Colleague, fill_with_demonstration, join_team, networks_dir

pytestmark = pytest.mark.timeout(300)

FACTOR = "/zugang/zweiter-faktor"
ASKED = "Bitte bestätigen Sie, dass Sie es sind"
SET_UP = "Zweiten Faktor einrichten"


class Remembered(Colleague):
    """Whoever asks not to be asked again is given a second cookie."""

    cookies = frozenset({"session", "known-device"})

    def follows_link(self, email: str, *, number: int = 1) -> None:
        self.opens("/zugang")
        self.asks_for_access(email)
        self.opens(self.sign_in_link(email, number=number))
        self.clicks("Bereich öffnen")
        self.page.get_by_role("heading", name="Ihren Bereich öffnen").wait_for(state="detached")

    def signs_out(self) -> None:
        self.opens("/zugang")
        self.clicks("Abmelden")

    def printed_codes(self) -> list[str]:
        return self.page.get_by_role("listitem").locator("code").all_inner_texts()


@pytest.fixture(params=[{"width": 1280}, {"width": 390, "java_script_enabled": False}])
def staff(request: pytest.FixtureRequest, browser: Any, office: Product) -> Iterator[Remembered]:
    window = Remembered(browser, office, **request.param)
    yield window
    window.leaves()


def test_an_app_a_known_device_and_a_printed_code(staff: Remembered, office: Product) -> None:
    page, email = staff.page, new_address("colleague")
    join_team(office, email, "lead")
    staff.follows_link(email)
    staff.sees(SET_UP, state="second factor new")
    staff.clicks("Einrichten")
    expect(page.get_by_role("link", name="Der Code passt nicht")).to_be_visible()
    staff.looks_right("second factor new wrong")
    staff.types_shown_code("Einrichten")
    staff.sees("Ihre Wiederherstellungscodes", state="recovery codes")
    codes = staff.printed_codes()
    assert len(set(codes)) == 10
    staff.clicks("Ich habe die Codes, weiter", role="link")
    staff.sees("Heute")

    # The next day the browser is asked, and not any more after that.
    staff.signs_out()
    staff.follows_link(email, number=2)
    staff.sees(ASKED, state="second factor asked")
    page.get_by_label("Code aus der App").fill("12")
    staff.clicks("Bestätigen")
    expect(page.get_by_role("link", name="Dieser Code gilt nicht")).to_be_visible()
    staff.looks_right("second factor wrong")
    page.get_by_label("Auf diesem Gerät").check()
    staff.types_shown_code("Bestätigen")
    staff.sees("Heute")
    staff.signs_out()
    staff.follows_link(email, number=3)
    staff.sees("Heute")
    staff.opens(f"{BIPAR}/team")
    staff.sees(ASKED, state="second factor asked again")

    # The phone is gone: a printed code sets up another.
    staff.clicks("Wiederherstellungscode eingeben", role="link")
    staff.sees("Wiederherstellungscode eingeben", state="recovery")
    page.get_by_label("Einer Ihrer ausgedruckten Codes").fill(codes[4])
    staff.clicks("Code benutzen")
    staff.sees(SET_UP)
    staff.types_shown_code("Einrichten")
    staff.sees("Ihre Wiederherstellungscodes")
    assert not set(codes) & set(staff.printed_codes())
    staff.clicks("Ich habe die Codes, weiter", role="link")
    staff.sees("Team")
    staff.opens(f"{FACTOR}/uebersicht")
    staff.sees("Mein zweiter Faktor", state="second factor overview")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("named")
    with served_with_a_name(folder, MEMBERSHIPS_NETWORKS_DIR=networks_dir(folder)) as product:
        fill_with_demonstration(product)
        yield product


@pytest.fixture(params=[1280, 390])
def window(request: pytest.FixtureRequest, browser: Any, named: Product) -> Iterator[Remembered]:
    window = Remembered(browser, named, width=request.param)
    yield window
    window.leaves()


def authenticator(window: Remembered) -> tuple[CDPSession, str]:
    """A device that holds passkeys and finds its owner present."""
    device = window.context.new_cdp_session(window.page)
    device.send("WebAuthn.enable")
    made = device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return device, str(made["authenticatorId"])


def test_a_passkey_is_made_and_used(window: Remembered, named: Product) -> None:
    page, email = window.page, new_address("colleague")
    join_team(named, email, "lead")
    device, id_ = authenticator(window)
    window.follows_link(email)
    window.sees(SET_UP)
    window.clicks("Passkey einrichten", role="link")
    window.sees("Passkey einrichten", state="passkey new")
    page.get_by_label("Name des Passkeys").fill("Mein Telefon")
    window.clicks("Passkey einrichten")
    window.sees("Ihre Wiederherstellungscodes")
    window.clicks("Ich habe die Codes, weiter", role="link")
    window.sees("Heute")
    assert len(device.send("WebAuthn.getCredentials", {"authenticatorId": id_})["credentials"]) == 1

    window.signs_out()
    window.follows_link(email, number=2)
    window.sees(ASKED, state="passkey asked")
    window.clicks("Passkey benutzen")
    window.sees("Heute")

    window.opens(f"{FACTOR}/uebersicht")
    window.sees("Mein zweiter Faktor", state="passkey overview")
    page.get_by_role("button", name="Mein Telefon").click()
    expect(page.get_by_text("Das ist Ihr einziger zweiter Faktor")).to_be_visible()
    window.looks_right("passkey last")


def test_a_device_without_the_passkey_is_refused(window: Remembered, named: Product) -> None:
    page, email = window.page, new_address("colleague")
    join_team(named, email, "coordinator")
    device, id_ = authenticator(window)
    window.follows_link(email)
    window.clicks("Passkey einrichten", role="link")
    window.clicks("Passkey einrichten")
    window.clicks("Ich habe die Codes, weiter", role="link")
    window.signs_out()
    window.follows_link(email, number=2)
    device.send("WebAuthn.clearCredentials", {"authenticatorId": id_})

    window.clicks("Passkey benutzen")

    expect(page.get_by_role("alert")).to_have_text(
        "Der Passkey wurde nicht benutzt. Versuchen Sie es bitte noch einmal."
    )
    window.looks_right("passkey refused")
    window.opens("/koordination/")
    window.sees(ASKED)
