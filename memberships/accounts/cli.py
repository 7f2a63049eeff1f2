from __future__ import annotations

from collections.abc import Callable

import click
from email_validator import EmailNotValidError
from flask.cli import with_appcontext

from memberships.accounts import queries, services
from memberships.accounts.errors import AlreadyOnTeam, LastLead, RoleNotOfNetwork
from memberships.accounts.models import StaffRole
from memberships.accounts.services import addresses
from memberships.accounts.services.answering import answer_requests
from memberships.applications.validators import parse_address
from memberships.database import unit_of_work, utcnow
from memberships.events.models import SYSTEM
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.networks.services import publish_definition
from memberships.permissions import Role, permissions_table

_BATCH = 20


def answer_sign_in_requests() -> bool:
    """What the worker does in every round: answer open requests; True when more may wait."""
    if not queries.has_open_requests(utcnow()):
        return False
    with unit_of_work():
        return answer_requests(_BATCH) == _BATCH


def answer_address_changes() -> bool:
    """What the worker does in every round: answer asked-for changes; True when more may wait."""
    if not queries.has_unanswered_changes(utcnow()):
        return False
    with unit_of_work():
        return addresses.answer_address_changes(_BATCH) == _BATCH


def erase_old_requests() -> int:
    """Erase all sign-in requests older than a day, and address changes that are over.

    A hundred per transaction.
    """
    return sum(map(_erase_all, (services.erase_old_requests, addresses.erase_old_address_changes)))


def _erase_all(erase: Callable[[], int]) -> int:
    erased = 0
    while True:
        with unit_of_work():
            batch = erase()
        erased += batch
        if not batch:
            return erased


@click.group()
def staff() -> None:
    """Who coordinates which network."""


@staff.command()
@click.argument("email")
@click.option("--network", "slug", help="Slug of the network; none for an operator.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", default="", help="The name that colleagues read.")
@with_appcontext
def invite(email: str, slug: str | None, role: str, name: str) -> None:
    """Give an address a role, and mail it how to sign in."""
    address = _address(email)
    try:
        with unit_of_work():
            held = services.invite_staff(
                address,
                name=" ".join(name.split()),
                role=Role(role),
                network=_published(slug),
                by=SYSTEM,
            )
            line = _line(held)
    except AlreadyOnTeam:
        raise click.ClickException(f"{address} holds a role there; see: staff list") from None
    except RoleNotOfNetwork:
        raise click.ClickException(
            "an operator has no network, every other role needs --network"
        ) from None
    click.echo(f"Invited: {line}")


@staff.command(name="list")
@with_appcontext
def list_staff() -> None:
    """Every role of every network."""
    roles = queries.all_roles()
    for held in roles:
        click.echo(_line(held))
    if not roles:
        click.echo("Nobody holds a role. Begin with: staff invite EMAIL --network SLUG --role lead")


@staff.command()
@click.argument("email")
@click.option("--network", "slug", help="Slug of the network; none for an operator.")
@with_appcontext
def remove(email: str, slug: str | None) -> None:
    """Take a role back and end the sessions of its holder."""
    address = _address(email)
    with unit_of_work():
        held = next((h for h in queries.all_roles() if _fits(h, address, slug)), None)
        if held is None:
            raise click.ClickException(f"{address} holds no role there; see: staff list")
        line = _line(held)
        try:
            services.remove_staff(held, by=SYSTEM)
        except LastLead:
            raise click.ClickException("the last lead stays; invite another one first") from None
    click.echo(f"Removed: {line}")


@staff.command(name="reset-second-factor")
@click.argument("email")
@with_appcontext
def reset_second_factor(email: str) -> None:
    """Take every second factor from somebody who lost all; the next sign-in sets up a new one."""
    address = _address(email)
    with unit_of_work():
        held = next((h for h in queries.all_roles() if h.account.email == address), None)
        if held is None:
            raise click.ClickException(f"{address} holds no role; see: staff list")
        services.reset_factors(held.account_id, by=SYSTEM)
    click.echo(f"Reset: {address} sets up a new second factor at the next sign-in")


@staff.command()
def permissions() -> None:
    """Print the table of roles and permissions, as it stands in docs/permissions.md."""
    click.echo(permissions_page(), nl=False)


def permissions_page() -> str:
    """The whole text of docs/permissions.md."""
    return (
        "# Roles and permissions\n\n"
        "Printed by `memberships staff permissions` from `memberships/permissions.py`; a test "
        "compares.\nEvery route names a permission or is public. A role counts in its own network "
        "only; an operator\nhas none and sees no application.\n\n"
        f"{permissions_table()}\n"
    )


def _address(email: str) -> str:
    try:
        return parse_address(email)
    except EmailNotValidError as error:
        raise click.ClickException(f"{email}: {error}") from None


def _published(slug: str | None) -> Network | None:
    definitions = current_definitions()
    if slug is None:
        # An operator's invitation stands in the log of every network, so all are made known.
        for definition in definitions.values():
            publish_definition(definition)
        return None
    if slug not in definitions:
        raise click.ClickException(f"no network {slug}; there are: {', '.join(definitions)}")
    return publish_definition(definitions[slug]).network


def _fits(held: StaffRole, address: str, slug: str | None) -> bool:
    there = held.network.slug if held.network else None
    return held.account.email == address and there == slug


def _line(held: StaffRole) -> str:
    there = held.network.slug if held.network else "(installation)"
    return f"{there:24}  {held.role:12}  {held.account.email}  {held.account.name}".rstrip()
