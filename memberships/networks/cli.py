from __future__ import annotations

import os
from pathlib import Path

import click

from memberships.networks.definition import Definition
from memberships.networks.describing import describe as description_of
from memberships.networks.faults import near
from memberships.networks.loading import DefinitionsInvalid, load_definitions
from memberships.settings import load_settings


@click.group()
def networks() -> None:
    """Networks and their definitions."""


_folder = click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@networks.command()
@_folder
def check(folder: Path | None) -> None:
    """Check every definition; report every mistake with file, key and what would be right."""
    for definition in _load(folder).values():
        fields = len(definition.fields)
        click.echo(f"{definition.slug}.toml: good, {fields} fields, {definition.digest[:16]}")


@networks.command()
@click.argument("slug")
@_folder
def describe(slug: str, folder: Path | None) -> None:
    """Print form, rules, texts and record of processing of one network, to be signed off."""
    definitions = _load(folder)
    if slug not in definitions:
        known = ", ".join(sorted(definitions))
        raise click.ClickException(
            " ".join(
                filter(None, [f"no network {slug};", near(slug, definitions), f"known: {known}"])
            )
        )
    click.echo(description_of(definitions[slug]), nl=False)


def _load(folder: Path | None) -> dict[str, Definition]:
    try:
        return load_definitions(folder or load_settings(os.environ).networks_dir)
    except DefinitionsInvalid as error:
        for mistake in error.mistakes:
            click.echo(str(mistake))
        raise SystemExit(1) from None
