"""Filters that somebody keeps for the list of cases: each person their own."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import redirect, render_template, request, url_for

from memberships.accounts.guard import requires, signed_in_account
from memberships.database import unit_of_work
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.review import services
from memberships.review.errors import FilterNameTaken, FilterUnknown, TooManyFilters
from memberships.review.forms import FilterNameForm
from memberships.review.models import MOST_FILTERS
from memberships.review.queries import saved_filters
from memberships.review.views import bp
from memberships.review.wording import arguments_of, filter_of

TAKEN = "Einen Filter mit diesem Namen haben Sie schon. Wählen Sie einen anderen Namen."
TOO_MANY = f"Sie haben schon {MOST_FILTERS} Filter gespeichert. Löschen Sie zuerst einen anderen."
GONE = "Diesen Filter gibt es nicht mehr."


@bp.get("/<slug>/filter")
@requires(Permission.VIEW_APPLICATIONS)
def list_filters(network: Network) -> str:
    return _show(network)


def _show(network: Network, **state: Any) -> str:
    defaults: dict[str, Any] = {"form": None, "changed": None, "query": "", "refusal": ""}
    return render_template(
        "review/filters.html",
        net=current_definitions()[network.slug],
        saved=saved_filters(network.id, signed_in_account().id),
        **(defaults | state),
    )


@bp.post("/<slug>/filter")
@requires(Permission.VIEW_APPLICATIONS)
def save_filter(network: Network) -> Any:
    form, account_id = FilterNameForm(), signed_in_account().id
    query = request.form.get("filter", "")[:2000]
    wanted = filter_of(dict(parse_qsl(query)), account_id)
    if not form.validate():
        return _show(network, form=form, query=query), 422
    try:
        with unit_of_work():
            services.save_filter(network.id, account_id, form.name.data, arguments_of(wanted))
    except FilterNameTaken:
        form.name.errors = (TAKEN,)
        return _show(network, form=form, query=query), 422
    except TooManyFilters:
        return _show(network, form=form, query=query, refusal=TOO_MANY), 409
    return redirect(url_for(".queue", slug=network.slug, **arguments_of(wanted)), 303)  # type: ignore[arg-type]


@bp.post("/<slug>/filter/<uuid:filter_id>")
@requires(Permission.VIEW_APPLICATIONS)
def change_filter(network: Network, filter_id: UUID) -> Any:
    form, account_id = FilterNameForm(), signed_in_account().id
    removes = "loeschen" in request.form
    if not removes and not form.validate():
        return _show(network, form=form, changed=filter_id), 422
    try:
        with unit_of_work():
            found = services.filter_for_change(network.id, account_id, filter_id)
            if removes:
                services.remove_filter(found)
            else:
                services.rename_filter(found, form.name.data)
    except FilterNameTaken:
        form.name.errors = (TAKEN,)
        return _show(network, form=form, changed=filter_id), 422
    except FilterUnknown:
        return _show(network, refusal=GONE), 404
    return redirect(url_for(".list_filters", slug=network.slug), 303)
