"""Meine Benachrichtigungen: how often, and who stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for

from memberships.accounts.guard import (
    requires,
    requires_staff,
    signed_in_account,
    staff_networks,
)
from memberships.accounts.models import StaffRole
from memberships.database import db, unit_of_work
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.notices import services
from memberships.notices.errors import DeputyUnknown
from memberships.notices.forms import NoticeForm, notice_form
from memberships.notices.models import Rhythm
from memberships.notices.queries import Colleague, colleagues_of
from memberships.permissions import Permission, may

bp = Blueprint("notices", __name__, url_prefix="/koordination")

DEPUTY_GONE = "Diese Person entscheidet hier nicht mehr. Wählen Sie jemand anderen aus."


@dataclass(frozen=True)
class _Room:
    """One of the person's networks, with what they chose for it."""

    network: Network
    form: NoticeForm


@bp.get("/benachrichtigungen")
@requires_staff
def my_notices() -> str:
    return _show()


def _show(typed: _Room | None = None) -> str:
    rooms = [
        typed
        if typed and typed.network.id == network.id
        else _Room(network, notice_form(network.slug, *_mine(network), typed=False))
        for network, role in staff_networks()
        if may(role, Permission.DECIDE_APPLICATIONS)
    ]
    return render_template(
        "notices/mine.html",
        net=None,
        rooms=rooms,
        faulty=typed,
        definitions=current_definitions(),
        saved=request.args.get("gespeichert", ""),
    )


def _mine(network: Network) -> tuple[Colleague, list[Colleague]]:
    colleagues = list(colleagues_of(network.id))
    own = signed_in_account().id
    mine = next((one for one in colleagues if one.held.account_id == own), None)
    if mine is None:
        abort(404)
    return mine, colleagues


@bp.post("/<slug>/benachrichtigungen")
@requires(Permission.DECIDE_APPLICATIONS)
def choose_notices(network: Network) -> Any:
    mine, colleagues = _mine(network)
    form = notice_form(network.slug, mine, colleagues, typed=True)
    if not form.validate():
        return _show(_Room(network, form)), 422
    deputy = UUID(form.deputy.data) if form.deputy.data else None
    try:
        with unit_of_work():
            held = db.session.get_one(StaffRole, mine.held.id)
            services.choose_notices(held, Rhythm(form.rhythm.data), deputy)
    except DeputyUnknown:
        form.deputy.errors = (DEPUTY_GONE,)
        return _show(_Room(network, form)), 422
    return redirect(url_for(".my_notices", gespeichert=network.slug), 303)
