"""Settings: every wrong one is named at once, and production refuses what is only for trying."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from memberships import create_app
from memberships.settings import DEVELOPMENT_KEY, ROOT, Settings, SettingsInvalid, load_settings

KEY = "k7Jw2nQxV9tRz4LmYb8HsDf3GpAcEu6W"
PRODUCTION = {
    "MEMBERSHIPS_ENV": "production",
    "MEMBERSHIPS_SECRET_KEY": KEY,
    "MEMBERSHIPS_PUBLIC_URL": "https://netz.example.org",
    "MEMBERSHIPS_SMTP_URL": "smtp://mail.example.org:587?tls=starttls",
    "MEMBERSHIPS_SENDER_ADDRESS": "netz@beteiligung.test",
    "MEMBERSHIPS_TRUSTED_PROXIES": "0",
}


def faults(environ: dict[str, str], **overrides: Any) -> list[str]:
    with pytest.raises(SettingsInvalid) as found:
        load_settings(environ, **overrides)
    return str(found.value).splitlines()


def test_without_any_setting_it_runs_for_trying() -> None:
    settings = load_settings({})
    assert settings.is_development
    assert not settings.is_production
    assert settings.database_url == f"sqlite:///{ROOT / 'var' / 'memberships.sqlite3'}"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.demo is True


def test_the_environment_decides_over_the_file() -> None:
    settings = load_settings(
        {
            "MEMBERSHIPS_ENV": "testing",
            "MEMBERSHIPS_DATABASE_URL": "postgresql+psycopg://db/memberships",
            "MEMBERSHIPS_TRUSTED_PROXIES": "1",
            "PORT": "9000",
            "HOME": "/nowhere",
        }
    )
    assert settings.env == "testing"
    assert settings.database_url == "postgresql+psycopg://db/memberships"
    assert settings.trusted_proxies == 1
    assert (settings.port, settings.public_url) == (9000, "http://127.0.0.1:9000")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_settings({"MEMBERSHIPS_DATA_DIR": "", "PORT": ""}) == load_settings({})


def test_data_lies_where_it_is_said(tmp_path: Path) -> None:
    settings = load_settings({"MEMBERSHIPS_DATA_DIR": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path / 'memberships.sqlite3'}"


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).port = 1  # type: ignore[misc]


def test_every_wrong_setting_is_named_at_once() -> None:
    told = "\n".join(
        faults(
            {
                "MEMBERSHIPS_ENV": "live",
                "MEMBERSHIPS_SMTP_URL": "mail.example.org",
                "MEMBERSHIPS_PUBLIC_URL": "netz.example.org",
                "MEMBERSHIPS_TRUSTED_PROXIES": "many",
                "MEMBERSHIPS_SECRET": "x",
                "MEMBERSHIPS_SMTP": "x",
                "PORT": "eighty",
            },
            form_open_hours=1,
            colour="red",
        )
    )
    for key in (
        "MEMBERSHIPS_SECRET: no such setting",
        "MEMBERSHIPS_SMTP: no such setting",
        "env",
        "smtp_url",
        "public_url",
        "trusted_proxies",
        "port",
        "form_open_hours",
        "colour",
    ):
        assert any(line.startswith(key) for line in told.splitlines()), key


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("public_url", "https://"),
        ("public_url", "ftp://netz.example.org"),
        ("public_url", "https://netz.example.org/pfad"),
        ("smtp_url", "http://mail.example.org"),
        ("smtp_url", "smtp://"),
        ("port", 0),
        ("port", 70_000),
        ("confirmation_days", 0),
        ("confirmation_days", 15),
        ("code_tries", 0),
        ("code_tries", 11),
        ("form_open_hours", 23),
        ("form_min_seconds", -1),
        ("resend_wait_minutes", 0),
        ("max_body_bytes", 1),
        ("trusted_proxies", 6),
    ],
)
def test_a_value_out_of_its_bounds_is_refused(key: str, value: object) -> None:
    (line,) = faults({"MEMBERSHIPS_ENV": "testing"}, **{key: value})
    assert line.startswith(f"{key}: ")


def test_a_good_production_starts() -> None:
    settings = load_settings(PRODUCTION)
    assert settings.is_production
    assert settings.demo is False


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MEMBERSHIPS_SECRET_KEY", ""),
        ("MEMBERSHIPS_SECRET_KEY", DEVELOPMENT_KEY),
        ("MEMBERSHIPS_SECRET_KEY", KEY[:31]),
        ("MEMBERSHIPS_SECRET_KEY", "abc" * 20),
        ("MEMBERSHIPS_PUBLIC_URL", ""),
        ("MEMBERSHIPS_PUBLIC_URL", "http://netz.example.org"),
        ("MEMBERSHIPS_SMTP_URL", ""),
    ],
)
def test_production_refuses_what_is_only_for_trying(variable: str, value: str) -> None:
    (line,) = faults(PRODUCTION | {variable: value})
    assert variable in line


def test_production_names_all_that_is_missing_beside_what_is_wrong() -> None:
    told = "\n".join(faults({"MEMBERSHIPS_ENV": "production", "PORT": "eighty"}))
    for key in ("SECRET_KEY", "PUBLIC_URL", "SMTP_URL", "port"):
        assert key in told


@pytest.mark.parametrize("file", sorted((ROOT / "config" / "networks").glob("*.toml")))
def test_production_refuses_networks_with_example_values(tmp_path: Path, file: Path) -> None:
    settings = load_settings(PRODUCTION | {"MEMBERSHIPS_DATA_DIR": str(tmp_path)})
    with pytest.raises(SettingsInvalid) as found:
        create_app(settings)
    for key in (
        "controller.email",
        "controller.address",
        "controller.represented_by",
        "controller.data_protection_contact",
        "office.email",
    ):
        assert f"{file.name}: {key}: an example" in str(found.value)


def real_networks(folder: Path) -> Path:
    shutil.copytree(ROOT / "config", folder / "config")
    networks = folder / "config" / "networks"
    for file in (*networks.glob("*.toml"), networks.parent / "controllers.toml"):
        text = file.read_text("utf-8")
        file.write_text(text.replace("example.org", "netz.de").replace("Muster", "Haupt"), "utf-8")
    return networks


def test_production_serves_real_networks(tmp_path: Path) -> None:
    settings = load_settings(
        PRODUCTION | {"MEMBERSHIPS_DATA_DIR": str(tmp_path)}, networks_dir=real_networks(tmp_path)
    )
    client = create_app(settings).test_client()
    answer = client.get("/")
    assert answer.status_code == 200
    assert "Vorführung" not in answer.text
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    # The development inbox shows everybody's mails.
    assert client.get("/postfach").status_code == 404


@pytest.mark.parametrize("arguments", [["networks", "check"], ["mails", "list"]])
def test_the_command_says_what_is_wrong_in_words(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from memberships.cli import main; main()", *arguments],
        cwd=ROOT,
        env={"MEMBERSHIPS_DATA_DIR": str(tmp_path), "MEMBERSHIPS_COLOUR": "red", "PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "MEMBERSHIPS_COLOUR: no such setting" in done.stderr
    assert "port: " in done.stderr


def test_every_setting_has_a_default_or_a_value_in_the_file() -> None:
    assert set(load_settings({}).model_dump()) == set(Settings.model_fields)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("MEMBERSHIPS_SENDER_ADDRESS", "MEMBERSHIPS_SENDER_ADDRESS must be an address of yours"),
        ("MEMBERSHIPS_TRUSTED_PROXIES", "MEMBERSHIPS_TRUSTED_PROXIES must be set"),
    ],
)
def test_production_is_told_who_sends_and_what_stands_in_front(key: str, told: str) -> None:
    (fault,) = faults({name: value for name, value in PRODUCTION.items() if name != key})
    assert told in fault


def test_a_public_address_needs_production() -> None:
    (fault,) = faults({"MEMBERSHIPS_PUBLIC_URL": "https://netz.beteiligung.de"})
    assert "MEMBERSHIPS_ENV must be production" in fault
