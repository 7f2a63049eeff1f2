"""The public list of a network's members: what they agreed to show, and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request

from memberships.members.entries import public_entry, public_page, shown
from memberships.networks.definition import Definition
from memberships.permissions import public
from memberships.territory.models import LAENDER
from memberships.web import network_or_404

bp = Blueprint("directory", __name__)


@bp.after_request
def _keep_out_of_caches(response: Response) -> Response:
    # Withdrawn is gone at once: a search engine or a cache would go on showing it.
    response.headers["X-Robots-Tag"] = "noindex, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response


def _network_with_entries(slug: str) -> Definition:
    net = network_or_404(slug)
    if not net.entry_labels:
        abort(404)
    return net


@bp.get("/netzwerke/<slug>/mitglieder")
@public
def entries(slug: str) -> str:
    net = _network_with_entries(slug)
    # PostgreSQL takes no NUL in a text.
    asked = {key: text.replace("\0", "") for key, text in request.args.items()}
    text, state = asked.get("suche", "")[:200], asked.get("land", "")
    state = state if state in LAENDER else ""
    page = public_page(
        net, text=text, state=state, after=asked.get("ab", ""), before=asked.get("vor", "")
    )
    kept = {key: value for key, value in (("suche", text), ("land", state)) if value}
    return render_template(
        "members/public_list.html",
        net=net,
        entries=[(row.id, shown(row, net)) for row in page.rows],
        page=page,
        text=text,
        state=state,
        laender=LAENDER,
        kept=kept,
    )


@bp.get("/netzwerke/<slug>/mitglieder/<uuid:entry_id>")
@public
def entry(slug: str, entry_id: UUID) -> Any:
    net = _network_with_entries(slug)
    found = public_entry(slug, entry_id)
    if found is None:
        abort(404)
    return render_template("members/public_entry.html", net=net, entry=shown(found, net))
