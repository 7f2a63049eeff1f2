"""Protokoll: what happened in a network, when, and who did it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from memberships.accounts.guard import requires, signed_in_actor
from memberships.audit import queries
from memberships.audit.queries import LogFilter
from memberships.audit.wording import GROUP_WORDS, Group, acted, said
from memberships.calendar import BERLIN
from memberships.database import unit_of_work
from memberships.events.models import Event
from memberships.members import files
from memberships.members.errors import SheetFull
from memberships.members.forms import FileForm
from memberships.members.models import ExportContent, ExportFormat
from memberships.members.services import record_export
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission

bp = Blueprint("audit", __name__, url_prefix="/koordination")

_HEAD = ["Wann", "Was", "Wer", "Kennung", "Ereignis"]


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
        said=said,
        acted=acted,
        team=queries.team_of(network.id),
        stone=queries.tombstone_of(network.id, wanted.subject) if wanted.subject else None,
        signed_for=queries.newest_anchor(),
    )


@bp.route("/<slug>/protokoll/export", methods=["GET", "POST"])
@requires(Permission.VIEW_LOG, fresh=True)
def export_log(network: Network) -> Any:
    form = FileForm()
    if request.method == "GET" or not form.validate():
        return _show_export(network, form), 200 if request.method == "GET" else 422
    try:
        return _exported(network, form)
    except SheetFull:
        return _show_export(network, form, is_full=True), 422


def _show_export(network: Network, form: FileForm, *, is_full: bool = False) -> str:
    return render_template(
        "audit/export.html",
        net=current_definitions()[network.slug],
        form=form,
        is_full=is_full,
        count=queries.event_count(network.id, _wanted()),
        counted_to=queries.COUNTED_TO,
        filter_words=_filter_words(_wanted()),
        arguments=_arguments(),
    )


def _exported(network: Network, form: FileForm) -> Response:
    """Write the file, then that it was made, then send it; nothing is sent that is not recorded."""
    wanted, format_ = _wanted(), ExportFormat(form.format.data)
    rows = (_row(event, names) for event, names in queries.all_events(network.id, wanted))
    file, count = files.written(format_, _HEAD, rows, sheet="Protokoll")
    words = _filter_words(wanted)
    with unit_of_work():
        record_export(
            network.id,
            content=ExportContent.LOG,
            format=format_,
            purpose=form.purpose.data,
            wanted={"log": words} if words else {},
            columns=_HEAD,
            row_count=count,
            by=signed_in_actor(),
        )
    return files.sent(file, format_, f"protokoll-{network.slug}")


def _row(event: Event, names: Mapping[UUID, str]) -> list[str]:
    at = event.at.astimezone(BERLIN)
    who = acted(event, names)
    return [f"{at:%d.%m.%Y %H:%M:%S}", said(event), who, str(event.subject_id), event.tag]


def _filter_words(wanted: LogFilter) -> str:
    """How the log was narrowed, without any name."""
    words = [
        GROUP_WORDS[wanted.group] if wanted.group else "",
        "von einer Person des Teams" if wanted.actor else "",
        "zu einer Kennung" if wanted.subject else "",
        f"ab {wanted.since:%d.%m.%Y}" if wanted.since else "",
        f"bis {wanted.until:%d.%m.%Y}" if wanted.until else "",
    ]
    return ", ".join(filter(None, words))


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
