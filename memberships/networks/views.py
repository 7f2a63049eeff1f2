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


@bp.get("/netzwerke/<slug>/barrierefreiheit")
@public
def accessibility(slug: str) -> str:
    return render_template("networks/accessibility.html", net=network_or_404(slug))


@bp.get("/impressum")
@public
def all_imprint() -> str:
    return _of_all("Impressum", "networks.imprint")


@bp.get("/datenschutz")
@public
def all_privacy() -> str:
    return _of_all("Datenschutzhinweise", "networks.privacy")


@bp.get("/barrierefreiheit")
@public
def all_accessibility() -> str:
    return _of_all("Erklärung zur Barrierefreiheit", "networks.accessibility")


def _of_all(title: str, endpoint: str) -> str:
    """Each network answers for itself; this page leads to the right one."""
    return render_template("networks/of_all.html", title=title, endpoint=endpoint)
