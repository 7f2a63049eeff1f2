"""Who begins to decide has the case, colleagues see it; each chooses what to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.person import new_address
from tests.journeys.server import Product, served
from tests.journeys.staff import (
    CHECK,
    COORDINATOR,
    LEAD,
    Colleague,
    family_name,
    join_team,
    networks_dir,
)

pytestmark = pytest.mark.timeout(300)

SIZES: list[dict[str, Any]] = [{"width": 1280}, {"width": 390, "java_script_enabled": False}]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Two colleagues and nothing else."""
    folder = tmp_path_factory.mktemp("begun")
    with served(folder, MEMBERSHIPS_NETWORKS_DIR=networks_dir(folder)) as product:
        join_team(product, COORDINATOR, "coordinator", CHECK)
        join_team(product, LEAD, "lead", CHECK)
        yield product


@pytest.fixture(scope="module")
def open_sessions() -> dict[str, Any]:
    """Sessions of the other office do not hold here."""
    return {}


@pytest.mark.parametrize("wishes", SIZES)
def test_a_case_is_begun_seen_by_a_colleague_and_given_back(
    colleague: Callable[..., Colleague], wishes: dict[str, Any]
) -> None:
    name = family_name()
    first, second = colleague(COORDINATOR, **wishes), colleague(LEAD, **wishes)
    case = first.enters(name, new_address())
    first.clicks("Aufnehmen – Mail ansehen")
    first.sees(f"Käthe {name} aufnehmen", state="begun")
    second.opens(case)
    expect(second.page.get_by_text("entscheidet gerade über diesen Fall")).to_be_visible()
    second.looks_right("begun by a colleague")
    second.clicks("Ablehnen – Mail ansehen")
    second.sees(f"Käthe {name} ablehnen", state="begun by a colleague decide")
    expect(second.page.get_by_role("button", name="Zurück zur Liste")).to_have_count(0)
    first.clicks("Zurück zur Liste")
    first.sees("Anträge")
    first.opens(case)
    expect(first.page.get_by_text("Noch niemand")).to_be_visible()


@pytest.mark.parametrize("wishes", SIZES)
def test_somebody_chooses_what_to_be_told(
    colleague: Callable[..., Colleague], wishes: dict[str, Any]
) -> None:
    staff = colleague(COORDINATOR, **wishes)
    page = staff.page
    staff.opens("/koordination/benachrichtigungen")
    staff.sees("Meine Benachrichtigungen", state="notices")
    room = page.get_by_role("region", name="Stadtrunde")
    room.get_by_role("radio", name="Wöchentlich").check()
    room.get_by_role("button", name="Speichern").click()
    expect(page.get_by_text("Gespeichert für: Stadtrunde")).to_be_visible()
    staff.looks_right("notices saved")
    expect(room.get_by_role("radio", name="Wöchentlich")).to_be_checked()
