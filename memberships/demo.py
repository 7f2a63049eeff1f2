"""A little demonstration data, made by the same services as real data. All people are invented."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Person:
    first_name: str
    last_name: str
    relation: str
    organisation: tuple[str, str] | None = None
    newsletter: bool = False
    confirmed: bool = True


_PEOPLE = [
    _Person("Mara", "Hofmann", "interested", newsletter=True),
    _Person("Jörg", "Pfister", "running", ("Gemeinde Lindenau am Bach", "municipality")),
    _Person(
        "Nilgün", "Şahin", "planning", ("Bürgerstiftung Talheim", "foundation"), newsletter=True
    ),
    _Person("Ben", "Okafor", "researching"),
    _Person("Siobhán", "O’Connor-Weiß", "researching", ("Institut für Dialog", "university")),
    _Person("Łukasz", "Brenner", "planning", ("Initiative Grüner Hof", "informal_initiative")),
    _Person("Thi Mai", "Nguyen", "interested", newsletter=True, confirmed=False),
    _Person("Ole", "Jansen", "planning", ("Stadt Ellerbach", "municipality"), confirmed=False),
]


@click.command()
@with_appcontext
def demo() -> None:
    """Fill an empty database with a few invented applications and members."""
    if current_settings().is_production:
        raise click.ClickException(
            "this is a production installation; it gets no demonstration data"
        )
    if db.session.scalar(sa.select(Application.id).limit(1)) is not None:
        click.echo("Demonstration data: already there")
        return
    for number, person in enumerate(_PEOPLE):
        with unit_of_work():
            _apply(number, person)
    click.echo(f"Demonstration data: {len(_PEOPLE)} applications to Netzwerk Bürgerhaushalt")


def _apply(number: int, person: _Person) -> None:
    answers = {
        "applicant_kind": "person",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": f"person{number}@example.org",
        "budget_relation": person.relation,
    }
    if person.organisation:
        name, kind = person.organisation
        answers |= {
            "applicant_kind": "organisation",
            "organisation_name": name,
            "organisation_kind": kind,
        }
    consents = {"newsletter_consent"} if person.newsletter else set()
    key = submission_key(f"demo-{number}", answers, consents)
    net = current_definitions()["buergerhaushalt"]
    application = submit_application(net, answers, consents, key=key)
    if person.confirmed:
        confirm_application(application, proof="demo", channel="demo", newsletter=person.newsletter)
