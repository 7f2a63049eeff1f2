"""Commands about outgoing mail."""

from __future__ import annotations

from collections import Counter

import click
from flask.cli import with_appcontext

from memberships.mails import queries
from memberships.mails.delivery import deliver_due_mails
from memberships.mails.models import OutgoingMail


@click.group()
def mails() -> None:
    """Outgoing mail."""


@mails.command()
@with_appcontext
def deliver() -> None:
    """Send everything that is due now, and say what became of it."""
    total: Counter[str] = Counter()
    has_more = True
    while has_more:
        delivery = deliver_due_mails()
        total += delivery.outcomes + Counter({"given back": delivery.given_back})
        has_more = delivery.has_more
    said = ", ".join(f"{count} {what}" for what, count in sorted(total.items()))
    click.echo(said or "nothing was due")


@mails.command(name="list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@with_appcontext
def list_mails(limit: int) -> None:
    """The newest mails: when, what, in which state, to whom (masked)."""
    for mail in queries.recent_mails(limit):
        click.echo(_line(mail))


def _line(mail: OutgoingMail) -> str:
    created = mail.created_at.isoformat(timespec="seconds")
    tries = f"{mail.attempts} attempts" if mail.attempts != 1 else "1 attempt"
    return f"{created}  {mail.state:9}  {tries:>11}  {mail.kind}  {masked(mail.to_address)}"


def masked(address: str) -> str:
    """Enough to recognise an address, too little to learn it: m…@example.org."""
    local_part, _, domain = address.rpartition("@")
    return f"{local_part[:1]}…@{domain}"
