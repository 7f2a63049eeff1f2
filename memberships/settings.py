"""Settings: config/default.toml and the environment, parsed once into one frozen object."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from flask import current_app
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT_KEY = "only-for-development-and-tests-not-a-secret"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TESTING = "testing"
    PRODUCTION = "production"


class SettingsInvalid(Exception):
    """The settings cannot be used; the message names every wrong one."""


class Settings(BaseModel):
    """Everything an operator can set. Durations carry their unit in the name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: Environment = Environment.DEVELOPMENT
    secret_key: str = DEVELOPMENT_KEY
    data_dir: Path = ROOT / "var"
    database_url: str = ""
    smtp_url: str = ""
    public_url: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    trusted_proxies: Annotated[int | None, Field(ge=0, le=5)] = None
    networks_dir: Path = ROOT / "config" / "networks"

    platform_name: str
    sender_address: str
    demo: bool | None = None
    max_body_bytes: Annotated[int, Field(ge=16_384)]
    form_open_hours: Annotated[int, Field(ge=24)]
    form_min_seconds: Annotated[float, Field(ge=0)]
    confirmation_days: Annotated[int, Field(ge=1, le=14)]
    resend_wait_minutes: Annotated[int, Field(ge=1)]
    confirmation_mails_per_application: Annotated[int, Field(ge=1)]
    confirmation_mails_per_address_a_day: Annotated[int, Field(ge=1)]
    code_tries: Annotated[int, Field(ge=1, le=10)]
    grace_minutes: Annotated[int, Field(ge=0, le=1440)]
    case_link_days: Annotated[int, Field(ge=1)]
    sign_in_minutes: Annotated[int, Field(ge=5, le=120)]
    sign_in_mails_an_hour: Annotated[int, Field(ge=1)]
    session_idle_minutes: Annotated[int, Field(ge=5)]
    session_hours: Annotated[int, Field(ge=1, le=24)]
    posts_per_client: Annotated[str, Field(pattern=r"^(\d+ per (\d+ )?(second|minute|hour)s?)?$")]
    mail_timeout_seconds: Annotated[float, Field(gt=0)]
    mail_lease_seconds: Annotated[int, Field(ge=10)]
    mail_retry_days: Annotated[int, Field(ge=1)]

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/")
        ):
            raise ValueError("must be like https://netz.example.org, without a path")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: str) -> str:
        if value and (
            urlsplit(value).scheme not in {"smtp", "smtps"} or not urlsplit(value).hostname
        ):
            raise ValueError("must be like smtp://user:password@host:587?tls=starttls")
        return value

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: dict[str, Any]) -> dict[str, Any]:
        data_dir = Path(values.get("data_dir") or ROOT / "var").absolute()
        values["data_dir"] = data_dir
        if not values.get("database_url"):
            values["database_url"] = f"sqlite:///{data_dir / 'memberships.sqlite3'}"
        if not values.get("public_url"):
            values["public_url"] = f"http://127.0.0.1:{values.get('port') or 8000}"
        if values.get("demo") is None:
            values["demo"] = values.get("env") != Environment.PRODUCTION.value
        return values

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def is_development(self) -> bool:
        return self.env is Environment.DEVELOPMENT


_FROM_ENVIRONMENT = {
    "env",
    "secret_key",
    "data_dir",
    "database_url",
    "smtp_url",
    "public_url",
    "demo",
    "trusted_proxies",
    "grace_minutes",
    "networks_dir",
    "platform_name",
    "sender_address",
}


def load_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Read config/default.toml, then the environment, then `overrides`.

    Raises SettingsInvalid with one line per wrong setting.
    """
    values = tomllib.loads((ROOT / "config" / "default.toml").read_text("utf-8"))
    for key in _FROM_ENVIRONMENT:
        if environ.get(f"MEMBERSHIPS_{key.upper()}"):
            values[key] = environ[f"MEMBERSHIPS_{key.upper()}"]
    if environ.get("PORT"):
        values["port"] = environ["PORT"]
    unknown = [
        f"MEMBERSHIPS_{name}: no such setting"
        for name in (
            key.removeprefix("MEMBERSHIPS_") for key in environ if key.startswith("MEMBERSHIPS_")
        )
        if name.lower() not in _FROM_ENVIRONMENT
    ]
    values |= overrides
    faults = unknown + _faults_of_place(values)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        faults += [
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()
        ]
    if faults:
        raise SettingsInvalid("\n".join(faults))
    return settings


def _faults_of_place(values: Mapping[str, Any]) -> list[str]:
    """What must be set where real people apply, whatever else is wrong."""
    host = urlsplit(str(values.get("public_url", ""))).hostname
    env = values.get("env", Environment.DEVELOPMENT)
    if env == Environment.DEVELOPMENT and host not in {None, "localhost", "127.0.0.1", "::1"}:
        # Everybody could read everybody's mails and sign in with the published key.
        return ["MEMBERSHIPS_ENV must be production where others reach MEMBERSHIPS_PUBLIC_URL"]
    if env != Environment.PRODUCTION:
        return []
    key = str(values.get("secret_key", ""))
    faults = []
    if len(key) < 32 or len(set(key)) < 10 or key == DEVELOPMENT_KEY:
        faults.append("MEMBERSHIPS_SECRET_KEY must be set to at least 32 random characters")
    if not str(values.get("public_url", "")).startswith("https://"):
        faults.append("MEMBERSHIPS_PUBLIC_URL must be set and begin with https://")
    if not values.get("smtp_url"):
        faults.append("MEMBERSHIPS_SMTP_URL must be set")
    if "example." in str(values.get("sender_address", "")):
        faults.append("MEMBERSHIPS_SENDER_ADDRESS must be an address of yours")
    if values.get("trusted_proxies") is None:
        # Behind a proxy that is not counted, all visitors share one limit.
        faults.append("MEMBERSHIPS_TRUSTED_PROXIES must be set: how many stand in front, or 0")
    return faults


def current_settings() -> Settings:
    """The settings of the running application. Needs an application context."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings
