"""The digest tells the office how many cases wait: numbers and a link, nothing about anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
import time_machine

from memberships.database import unit_of_work
from memberships.mails.models import OutgoingMail
from memberships.review.services import send_due_digests
from memberships.settings import Settings
from tests.review.cases import CHECK, FORUM, approve, ask, case
from tests.tables import all_of, nothing_stored

# Seven o'clock in Berlin on a Monday in winter.
SEVEN = datetime(2026, 11, 23, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def settings(networks_settings: Settings, tmp_path: Path) -> Settings:
    """As before, but the forum is told at once and has a mailbox of its own for it."""
    folder = tmp_path / "config"
    copytree(networks_settings.networks_dir.parent, folder)
    file = folder / "networks" / f"{FORUM}.toml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace('digest = "daily"', 'digest = "at_once"\nmailbox = "post@example.org"'),
        "utf-8",
    )
    return networks_settings.model_copy(update={"networks_dir": folder / "networks"})


def digests() -> list[OutgoingMail]:
    return [mail for mail in all_of(OutgoingMail) if mail.kind == "office_digest"]


def send_at(when: datetime) -> int:
    with time_machine.travel(when, tick=False), unit_of_work():
        return send_due_digests()


def case_at(when: datetime, slug: str = CHECK, **changes: str):
    with time_machine.travel(when, tick=False):
        return case(slug, **changes)


def test_the_daily_digest_comes_at_seven_in_berlin_and_once_a_day(app, kim) -> None:
    case_at(SEVEN - timedelta(days=40))
    case_at(SEVEN - timedelta(hours=1))
    with time_machine.travel(SEVEN - timedelta(hours=1), tick=False):
        ask(case(), kim)
    with nothing_stored():
        assert send_at(SEVEN - SECOND) == 0
    assert send_at(SEVEN) == 1
    with nothing_stored():
        for hours in (0, 1, 16):
            assert send_at(SEVEN + timedelta(hours=hours)) == 0
    assert send_at(SEVEN + timedelta(days=1)) == 1
    first = digests()[0]
    assert first.to_address == f"{CHECK}@example.org"
    assert "1 neu seit der letzten Nachricht, 2 zu prüfen, 1 überfällig." in str(first.body)
    assert f"/koordination/{CHECK}/antraege" in str(first.body)


def test_nothing_waits_nothing_is_mailed(app, kim) -> None:
    approve(case_at(SEVEN - timedelta(days=1)), kim)
    with nothing_stored():
        assert send_at(SEVEN) == 0


def test_the_digest_names_nobody(app) -> None:
    case_at(SEVEN - timedelta(hours=1), email="joern@example.org")
    send_at(SEVEN)
    (mail,) = digests()
    for word in ("Jörn", "Müßig", "Öderan", "joern@example.org"):
        assert word not in str(mail.body) + mail.subject


def test_at_once_tells_of_each_new_case_after_a_quarter_of_an_hour_at_most(app) -> None:
    night = SEVEN - timedelta(hours=4)
    case_at(night, FORUM)
    assert send_at(night + SECOND) == 1
    case_at(night + timedelta(minutes=2), FORUM)
    with nothing_stored():
        assert send_at(night + timedelta(minutes=15)) == 0
    assert send_at(night + timedelta(minutes=15) + SECOND) == 1
    with nothing_stored():
        assert send_at(night + timedelta(minutes=45)) == 0
    assert {mail.to_address for mail in digests()} == {"post@example.org"}
    assert "1 neu seit der letzten Nachricht, 2 zu prüfen" in str(digests()[1].body)


def test_each_network_counts_its_own_cases(app) -> None:
    case_at(SEVEN - timedelta(hours=1), CHECK)
    case_at(SEVEN - timedelta(hours=1), FORUM)
    case_at(SEVEN - timedelta(hours=1), FORUM)
    assert send_at(SEVEN) == 2
    counted = {mail.to_address: mail.subject for mail in digests()}
    assert "1 wartet" in counted[f"{CHECK}@example.org"]
    assert "2 warten" in counted["post@example.org"]
