from __future__ import annotations

import os
from pathlib import Path

import click

from memberships.networks.loading import DefinitionsInvalid, load_definitions
from memberships.settings import load_settings


@click.group()
def networks() -> None:
    """Networks and their definitions."""


@networks.command()
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
def check(folder: Path | None) -> None:
    """Check every definition; report every mistake with file, key and what would be right."""
    try:
        definitions = load_definitions(folder or load_settings(os.environ).networks_dir)
    except DefinitionsInvalid as error:
        for mistake in error.mistakes:
            click.echo(str(mistake))
        raise SystemExit(1) from None
    for definition in definitions.values():
        fields = len(definition.fields)
        click.echo(f"{definition.slug}.toml: good, {fields} fields, {definition.digest[:16]}")
