"""Protokoll: what happened in a network, when, and who did it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from memberships.accounts.guard import requires
from memberships.audit import queries
from memberships.audit.queries import LogFilter
from memberships.audit.wording import GROUP_WORDS, WORDS, Group
from memberships.events.models import EventTag
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission

bp = Blueprint("audit", __name__, url_prefix="/koordination")


@bp.get("/<slug>/protokoll")
@requires(Permission.VIEW_LOG)
def show_log(network: Network) -> str:
    wanted, arguments = _wanted(), _arguments()
    return render_template(
        "audit/log.html",
        net=current_definitions()[network.slug],
        page=queries.log_page(network.id, wanted),
        wanted=wanted,
        arguments=arguments,
        groups=GROUP_WORDS,
        said=lambda event: WORDS[EventTag(event.tag)],
        team=queries.team_of(network.id),
        stone=queries.tombstone_of(network.id, wanted.subject) if wanted.subject else None,
        signed_for=queries.newest_anchor(),
    )


def _wanted() -> LogFilter:
    args = request.args
    return LogFilter(
        group=Group(args["was"]) if args.get("was") in set(Group) else None,
        actor=_id(args.get("wer", "")),
        subject=_id(args.get("fall", "").rstrip("/").rpartition("/")[2]),
        since=_day(args.get("von", "")),
        until=_day(args.get("bis", "")),
        after=args.get("ab", type=int),
    )


def _arguments() -> dict[str, Any]:
    names = ("was", "wer", "fall", "von", "bis")
    return {name: request.args[name][:200] for name in names if request.args.get(name)}


def _id(typed: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(typed.strip())
    return None


def _day(typed: str) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(typed)
        return day if date(2000, 1, 1) <= day <= date(2999, 12, 31) else None
    return None
