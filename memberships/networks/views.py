from __future__ import annotations

from flask import Blueprint, render_template, request

from memberships.members.queries import has_public_entries
from memberships.permissions import public
from memberships.web import network_or_404

bp = Blueprint("networks", __name__)


@bp.get("/")
@public
def start() -> str:
    who = request.args.get("als", "")
    who = who if who in {"person", "organisation"} else ""
    return render_template("networks/start.html", who=who)


@bp.get("/netzwerke/<slug>")
@public
def network(slug: str) -> str:
    net = network_or_404(slug)
    return render_template("networks/network.html", net=net, has_entries=has_public_entries(net))


@bp.get("/netzwerke/<slug>/impressum")
@public
def imprint(slug: str) -> str:
    return render_template("networks/imprint.html", net=network_or_404(slug))


@bp.get("/netzwerke/<slug>/datenschutz")
@public
def privacy(slug: str) -> str:
    return render_template("networks/privacy.html", net=network_or_404(slug))
