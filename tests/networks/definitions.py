"""A small, good definition, and how to spoil it."""

from __future__ import annotations

import copy
import shutil
import tomllib
from pathlib import Path
from typing import Any

from memberships.networks.loading import DefinitionsInvalid, load_definitions
from memberships.settings import ROOT

CONFIG = ROOT / "config"
COMMON_FILES = ("fields.toml", "vocabularies.toml", "decline_reasons.toml", "controllers.toml")


def bipar() -> dict[str, Any]:
    """The network bipar as its file says, to be changed."""
    return tomllib.loads((CONFIG / "networks" / "bipar.toml").read_text("utf-8"))


def field_of(raw: dict[str, Any], key: str) -> dict[str, Any]:
    """The field of that key, in place."""
    return next(f for section in raw["sections"] for f in section["fields"] if f["key"] == key)


def write(raw: dict[str, Any], folder: Path) -> Path:
    """The folder of networks that holds only this one, as bipar.toml."""
    networks = folder / "networks"
    networks.mkdir(parents=True)
    for name in COMMON_FILES:
        shutil.copyfile(CONFIG / name, folder / name)
    lines = [f"{key} = {_toml(value)}" for key, value in copy.deepcopy(raw).items()]
    (networks / "bipar.toml").write_text("\n".join(lines), "utf-8")
    return networks


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            inner = ", ".join(f'"{key}" = {_toml(item)}' for key, item in value.items())
            return f"{{ {inner} }}"
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{escaped}"'
    return str(value)


def mistakes_in(raw: dict[str, Any], folder: Path) -> list[str]:
    """Every mistake that is told about it, without the file's name."""
    try:
        load_definitions(write(raw, folder))
    except DefinitionsInvalid as error:
        return [str(mistake).removeprefix("bipar.toml: ") for mistake in error.mistakes]
    return []
