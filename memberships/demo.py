"""A little demonstration data, made by the same services as real data. All people are invented."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from memberships.applications.models import Application
from memberships.applications.services import (
    confirm_application,
    submission_key,
    submit_application,
)
from memberships.database import db, unit_of_work
from memberships.networks.queries import current_definitions
from memberships.settings import current_settings

# first name, last name, organisation and its kind, relation, circular, confirmed
_PEOPLE: list[tuple[str, str, str, str, str, bool, bool]] = [
    ("Mara", "Hofmann", "", "", "interested", True, True),
    ("Jörg", "Pfister", "Gemeinde Lindenau am Bach", "municipality", "running", False, True),
    ("Nilgün", "Şahin", "Bürgerstiftung Talheim", "foundation", "planning", True, True),
    ("Ben", "Okafor", "", "", "researching", False, True),
    ("Siobhán", "O’Connor-Weiß", "Institut für Dialog und Planung", "university", "researching", True, True),
    ("Łukasz", "Brenner", "Initiative Grüner Hof", "informal_initiative", "planning", False, True),
    ("Thi Mai", "Nguyen", "", "", "interested", True, False),
    ("Ole", "Jansen", "Stadt Ellerbach", "municipality", "planning", False, False),
]


@click.command()
@with_appcontext
def demo() -> None:
    """Fill an empty database with a few invented applications and members."""
    if current_settings().is_production:
        raise click.ClickException("this is a production installation; it gets no demonstration data")
    if db.session.scalar(sa.select(Application.id).limit(1)) is not None:
        click.echo("Demonstration data: already there")
        return
    for number, person in enumerate(_PEOPLE):
        with unit_of_work():
            _apply(number, *person)
    click.echo(f"Demonstration data: {len(_PEOPLE)} applications to Netzwerk Bürgerhaushalt")


def _apply(
    number: int,
    first_name: str,
    last_name: str,
    organisation: str,
    kind: str,
    relation: str,
    newsletter: bool,
    confirmed: bool,
) -> None:
    answers = {
        "applicant_kind": "organisation" if organisation else "person",
        "first_name": first_name,
        "last_name": last_name,
        "email": f"person{number}@example.org",
        "budget_relation": relation,
        **({"organisation_name": organisation, "organisation_kind": kind} if organisation else {}),
    }
    consents = {"newsletter_consent"} if newsletter else set()
    key = submission_key(f"demo-{number}", answers, consents)
    net = current_definitions()["buergerhaushalt"]
    application = submit_application(net, answers, consents, key=key)
    if confirmed:
        confirm_application(application, proof="demo", channel="demo", newsletter=newsletter)
