"""The `memberships` command."""

from __future__ import annotations

import sys

import click
from flask.cli import ScriptInfo

from memberships import create_app
from memberships.accounts.cli import staff
from memberships.applications.cli import applications
from memberships.demo import demo
from memberships.events.cli import audit
from memberships.mails.cli import mails
from memberships.networks.cli import networks
from memberships.networks.loading import DefinitionsInvalid
from memberships.organisations.cli import organisations
from memberships.retention.cli import retention
from memberships.serve import database, serve, worker
from memberships.settings import SettingsInvalid
from memberships.territory.cli import territory
from memberships.territory.errors import TerritoryTablesMissing

cli = click.Group(
    "memberships",
    help="Membership applications for citizen-participation networks.",
    commands=[
        applications,
        audit,
        database,
        demo,
        mails,
        networks,
        organisations,
        retention,
        serve,
        staff,
        territory,
        worker,
    ],
    context_settings={"obj": ScriptInfo(create_app=create_app)},
)


def main() -> None:
    try:
        cli()
    except (SettingsInvalid, DefinitionsInvalid, TerritoryTablesMissing) as error:
        click.echo(f"This installation cannot start:\n{error}", err=True)
        sys.exit(2)
