from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from memberships.accounts.guard import requires, signed_in_actor
from memberships.database import unit_of_work
from memberships.members import files, listing, services
from memberships.members.columns import (
    NAME_COLUMNS,
    Column,
    chosen_columns,
    columns_of,
    kinds_of,
)
from memberships.members.errors import SheetFull
from memberships.members.forms import ExportForm
from memberships.members.listing import MemberFilter, Order
from memberships.members.models import ExportContent, ExportFormat, Holder
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.territory.models import LAENDER
from memberships.territory.queries import districts_of
from memberships.viewings.guard import shows_personal_data

bp = Blueprint("members", __name__, url_prefix="/koordination")

_YES_OR_NO = {"ja": True, "nein": False}


def _wanted_filter() -> MemberFilter:
    # PostgreSQL takes no NUL in a text.
    asked = {key: text.replace("\0", "") for key, text in request.args.items()}
    holder, order = asked.get("wer", ""), asked.get("sortierung", "")
    return MemberFilter(
        text=asked.get("suche", "")[:200],
        holder=Holder(holder) if holder in set(Holder) else None,
        kind=asked.get("art", "")[:40],
        state=asked.get("land", "")[:2],
        district=asked.get("kreis", "")[:120],
        since=_day(asked.get("von", "")),
        until=_day(asked.get("bis", "")),
        circular=_YES_OR_NO.get(asked.get("rundbrief", "")),
        ended="beendete" in asked,
        restricted="eingeschraenkte" in asked,
        to_check="zu_pruefen" in asked,
        order=Order(order) if order in set(Order) else Order.NAME,
        after=asked.get("ab", ""),
        before=asked.get("vor", ""),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # At the edge of the calendar there is no day after, and no other time zone.
    return day if 1900 <= day.year <= 9000 else None


def _kept() -> dict[str, list[str]]:
    """What the address says of filter and columns, to go on with; not the page."""
    return {key: values for key, values in request.args.lists() if key not in {"ab", "vor"}}


def _chosen(net: Definition, wanted: MemberFilter) -> list[Column]:
    return chosen_columns(columns_of(net, ended=wanted.ended), request.args.getlist("spalten"))


def _district_names(net: Definition, wanted: MemberFilter) -> list[str]:
    states = net.territory.states if net.territory else ()
    chosen = (wanted.state,) if wanted.state else states
    return [district.label for state in chosen for district in districts_of(state)]


@bp.get("/<slug>/mitglieder")
@requires(Permission.VIEW_MEMBERS)
@shows_personal_data("member_list")
def list_members(network: Network) -> str:
    net = current_definitions()[network.slug]
    wanted = _wanted_filter()
    return render_template(
        "members/list.html",
        net=net,
        page=listing.member_page(network.id, wanted),
        count=listing.member_count(network.id, wanted),
        counted_to=listing.COUNTED_TO,
        wanted=wanted,
        kept=_kept(),
        known=columns_of(net),
        columns=_chosen(net, wanted),
        kinds=kinds_of(net),
        laender=LAENDER,
        districts=_district_names(net, wanted),
    )


@bp.route("/<slug>/mitglieder/export", methods=["GET", "POST"])
@requires(Permission.EXPORT_MEMBERS, fresh=True)
def export_members(network: Network) -> Any:
    net = current_definitions()[network.slug]
    if _wanted_filter().restricted:
        abort(404)
    form = ExportForm()
    if request.method == "GET" or not form.validate():
        return _show_export(network, net, form), 200 if request.method == "GET" else 422
    try:
        return _exported(network, net, form)
    except SheetFull:
        return _show_export(network, net, form, is_full=True), 422


def _show_export(
    network: Network, net: Definition, form: ExportForm, *, is_full: bool = False
) -> str:
    wanted = _wanted_filter()
    return render_template(
        "members/export.html",
        net=net,
        form=form,
        is_full=is_full,
        count=listing.member_count(network.id, wanted),
        counted_to=listing.COUNTED_TO,
        columns=[column.label for column in (*NAME_COLUMNS, *_chosen(net, wanted))],
        filter_words=filter_words(wanted.without_names, net),
        kept=_kept(),
    )


def _exported(network: Network, net: Definition, form: ExportForm) -> Response:
    """Write the file, then that it was made, then send it; nothing is sent that is not recorded."""
    wanted, content = _wanted_filter(), ExportContent(form.content.data)
    is_list, network_id = content is ExportContent.MEMBERS, network.id
    columns = [*NAME_COLUMNS, *_chosen(net, wanted)]
    head = [column.label for column in columns] if is_list else ["E-Mail", "Name", "Anrede"]
    rows = (
        _member_rows(network_id, wanted, columns)
        if is_list
        else _recipient_rows(network_id, content)
    )
    format_ = ExportFormat(form.format.data)
    file, count = files.written(format_, head, rows)
    with unit_of_work():
        services.record_export(
            network_id,
            content=content,
            format=format_,
            purpose=form.purpose.data,
            wanted=wanted.without_names if is_list else {},
            columns=head,
            row_count=count,
            by=signed_in_actor(),
        )
    return files.sent(file, format_, f"{'mitglieder' if is_list else 'adressen'}-{net.slug}")


def _member_rows(
    network_id: int, wanted: MemberFilter, columns: Iterable[Column]
) -> Iterable[list[str]]:
    for row in listing.all_members(network_id, wanted):
        yield ["; ".join(line for line in column.cell(row) if line) for column in columns]


def _recipient_rows(network_id: int, content: ExportContent) -> Iterable[list[str]]:
    people = (
        listing.case_recipients(network_id)
        if content is ExportContent.CASE_MAILING
        else listing.recipients(network_id, news=content is ExportContent.NEWS_MAILING)
    )
    for person in people:
        yield [person.email, person.name, f"Guten Tag {person.name}"]


@bp.get("/<slug>/exporte")
@requires(Permission.VIEW_LOG)
def exports(network: Network) -> str:
    net = current_definitions()[network.slug]
    found = listing.exports_of(network.id, request.args.get("ab", ""))
    shown = found[: listing.PAGE_SIZE]
    return render_template(
        "members/exports.html",
        net=net,
        exports=[(export, filter_words(export.filter, net)) for export in shown],
        next_after=str(shown[-1].id) if len(found) > len(shown) else "",
    )


def filter_words(parts: Mapping[str, Any], net: Definition) -> str:
    """How a list was filtered, in words; empty for all living members."""
    holders = {"person": "Personen", "organisation": "Organisationen"}
    words: dict[str, Callable[[Any], str]] = {
        "text": lambda _: "nach einem Suchwort",
        "holder": lambda value: holders[value],
        "kind": lambda value: kinds_of(net).get(value, value),
        "state": lambda value: LAENDER.get(value, value),
        "district": lambda value: f"Kreis {value}",
        "since": lambda value: f"Mitglied ab {date.fromisoformat(value):%d.%m.%Y}",
        "until": lambda value: f"Mitglied bis {date.fromisoformat(value):%d.%m.%Y}",
        "circular": lambda value: "mit Rundbrief" if value else "ohne Rundbrief",
        "ended": lambda _: "beendete Mitgliedschaften",
        "to_check": lambda _: "zu prüfen",
        "restricted": lambda _: "eingeschränkte Mitgliedschaften",
        "log": str,
    }
    return ", ".join(say(parts[key]) for key, say in words.items() if key in parts)
