from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Blueprint, abort, make_response, render_template, request
from werkzeug.wrappers import Response

from memberships.accounts.guard import requires
from memberships.calendar import BERLIN
from memberships.database import utcnow
from memberships.figures import exporting, queries, report
from memberships.figures.errors import NotCounted
from memberships.figures.numbers import Figures, figures_at, outside
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.web import german_date, german_time

bp = Blueprint("figures", __name__, url_prefix="/koordination")

NO_DATE = "Geben Sie einen Tag ein, zum Beispiel {example}."
IN_FUTURE = "Dieser Tag liegt in der Zukunft. Geben Sie heute oder einen früheren Tag ein."
TOO_EARLY = "Geben Sie einen Tag ab dem 1. Januar 2000 ein."
_FIRST = date(2000, 1, 1)
_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Version(StrEnum):
    """For whom the figures are: the office, others, or the funder on paper."""

    INSIDE = ""
    OUTSIDE = "aussen"
    REPORT = "bericht"


@dataclass(frozen=True)
class Asked:
    """What the address asks for; `error` says why the day is none."""

    version: Version
    typed: str
    day: date
    error: str = ""


def _asked() -> Asked:
    wanted = request.args.get("fassung", "")
    if wanted not in set(Version):
        abort(404)
    typed = request.args.get("stichtag", "").strip()[:40]
    today = utcnow().astimezone(BERLIN).date()
    day = _day(typed) if typed else today
    error = ""
    if day is None:
        error = NO_DATE.format(example=today.strftime("%d.%m.%Y"))
    elif day > today:
        error = IN_FUTURE
    elif day < _FIRST:
        error = TOO_EARLY
    return Asked(Version(wanted), typed, day or today, error)


def _day(typed: str) -> date | None:
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(typed, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _figures(network: Network, net: Definition, asked: Asked) -> tuple[Figures, datetime]:
    tally, counted_at = queries.tally_for(network.id, net, asked.day)
    figures = report.arranged(figures_at(tally, asked.day), net)
    return figures, counted_at


def _told(figures: Figures, asked: Asked) -> Figures:
    return figures if asked.version is Version.INSIDE else outside(figures)


@bp.get("/<slug>/uebersicht")
@requires(Permission.VIEW_FIGURES)
def overview(network: Network) -> Any:
    net, asked = current_definitions()[network.slug], _asked()
    if asked.error:
        return render_template("figures/overview.html", net=net, asked=asked, figures=None), 422
    try:
        figures, counted_at = _figures(network, net, asked)
    except NotCounted:
        return render_template("figures/overview.html", net=net, asked=asked, figures=None)
    told = _told(figures, asked)
    return render_template(
        "figures/overview.html",
        net=net,
        asked=asked,
        figures=told,
        is_empty=figures.is_empty,
        chapters=report.chapters_of(told, net),
        counted_at=counted_at,
        is_old=utcnow() - counted_at > timedelta(hours=1),
        kept={"stichtag": asked.day.isoformat(), "fassung": asked.version or None},
    )


def _download(network: Network, ending: str) -> Response:
    net, asked = current_definitions()[network.slug], _asked()
    if asked.error:
        abort(404)
    try:
        figures, counted_at = _figures(network, net, asked)
    except NotCounted:
        abort(404)
    chapters = report.chapters_of(_told(figures, asked), net)
    about = _about(net, asked, counted_at)
    is_csv = ending == "csv"
    content = (exporting.as_csv if is_csv else exporting.as_xlsx)(about, chapters)
    answer = make_response(content)
    answer.headers["Content-Type"] = _CSV if is_csv else _XLSX
    name = f"zahlen-{net.slug}-{asked.day}{'-aussen' if asked.version else ''}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _about(net: Definition, asked: Asked, counted_at: datetime) -> list[tuple[str, str]]:
    return [
        ("Netzwerk", net.name),
        ("Stichtag", asked.day.strftime("%d.%m.%Y")),
        ("Gezählt", f"{german_date(counted_at)}, {german_time(counted_at)} Uhr"),
        ("Fassung", "nach außen" if asked.version else "für die Koordination"),
    ]


@bp.get("/<slug>/uebersicht.csv")
@requires(Permission.VIEW_FIGURES)
def csv_file(network: Network) -> Response:
    return _download(network, "csv")


@bp.get("/<slug>/uebersicht.xlsx")
@requires(Permission.VIEW_FIGURES)
def xlsx_file(network: Network) -> Response:
    return _download(network, "xlsx")
