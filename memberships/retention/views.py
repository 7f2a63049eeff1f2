from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from memberships.accounts.guard import requires, signed_in_actor
from memberships.database import ChangedMeanwhile, unit_of_work
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.retention import queries, services
from memberships.retention.errors import BatchChanged, BatchUnknown, ItemGone
from memberships.retention.forms import HoldForm
from memberships.retention.models import ErasureBatch
from memberships.review.forms import CaseForm
from memberships.viewings.guard import shows_personal_data

bp = Blueprint("retention", __name__, url_prefix="/koordination")

NOTICES = {
    "freigegeben": "Freigegeben. Der nächste Löschlauf löscht, was fällig ist.",
    "angeboten": "Festgehalten: dem Archiv angeboten. Drei Tage lang können Sie noch etwas herausnehmen.",  # noqa: E501 - one sentence on screen
    "zurueckgestellt": "Herausgenommen. Am genannten Tag wird es neu vorgemerkt.",
    "unveraendert": "Das war schon so. Es wurde nichts geändert.",
}
CHANGED = "Inzwischen hat jemand anderes etwas entschieden. Bitte sehen Sie den neuen Stand an."
GONE = "Dieser Eintrag ist inzwischen gelöscht oder nicht mehr fällig."


@bp.get("/<slug>/loeschung")
@requires(Permission.MANAGE_RETENTION)
def overview(network: Network) -> str:
    found = queries.erasure_log(network.id, request.args.get("ab", ""))
    shown = found[: queries.PAGE_SIZE]
    return render_template(
        "retention/overview.html",
        net=current_definitions()[network.slug],
        open=queries.open_batches(network.id),
        log=shown,
        exports=queries.exports_of_batches(shown),
        next_after=str(shown[-1].id) if len(found) > len(shown) else "",
        notice=NOTICES.get(request.args.get("stand", ""), ""),
    )


@bp.get("/<slug>/loeschung/<uuid:batch_id>")
@requires(Permission.MANAGE_RETENTION)
@shows_personal_data("retention")
def batch(network: Network, batch_id: UUID) -> Any:
    return _show(network, batch_id)


def _show(network: Network, batch_id: UUID, **state: Any) -> str:
    found = queries.batch_state(network.id, batch_id)
    if found is None:
        abort(404)
    items = queries.items_of(batch_id, request.args.get("ab", ""))
    shown = items[: queries.PAGE_SIZE]
    defaults = {
        "form": HoldForm(formdata=None),
        "chosen": None,
        "refusal": "",
        "notice": NOTICES.get(request.args.get("stand", ""), ""),
    }
    return render_template(
        "retention/batch.html",
        net=current_definitions()[network.slug],
        state=found,
        items=shown,
        names=queries.named(found.batch.kind, [item.subject_id for item in shown]),
        exports=list(queries.exports_of_batches([found.batch]).values()),
        next_after=str(shown[-1].id) if len(items) > len(shown) else "",
        **(defaults | state),
    )


@bp.post("/<slug>/loeschung/<uuid:batch_id>/freigeben")
@requires(Permission.MANAGE_RETENTION, fresh=True)
def release_batch(network: Network, batch_id: UUID) -> Any:
    return _decide(network, batch_id, services.release_batch, "freigegeben")


@bp.post("/<slug>/loeschung/<uuid:batch_id>/archiv")
@requires(Permission.MANAGE_RETENTION)
def offer_to_archive(network: Network, batch_id: UUID) -> Any:
    return _decide(network, batch_id, services.offer_to_archive, "angeboten")


def _decide(
    network: Network, batch_id: UUID, decide: Callable[..., bool], done: str
) -> tuple[str, int] | Response:
    actor, version = signed_in_actor(), CaseForm().version.data
    try:
        with unit_of_work():
            is_done = decide(_for_change(network.id, batch_id, version), by=actor)
    except (BatchChanged, ChangedMeanwhile):
        return _show(network, batch_id, refusal=CHANGED), 409
    return _back(network, batch_id, done if is_done else "unveraendert")


def _for_change(network_id: int, batch_id: UUID, version: int | None) -> ErasureBatch:
    """No version is one that nobody has seen."""
    try:
        return services.batch_for_change(batch_id, network_id=network_id, seen_version=version or 0)
    except BatchUnknown:
        abort(404)


def _back(network: Network, batch_id: UUID, stand: str) -> Response:
    if queries.batch_state(network.id, batch_id) is None:
        return redirect(url_for(".overview", slug=network.slug, stand=stand), 303)
    return redirect(url_for(".batch", slug=network.slug, batch_id=batch_id, stand=stand), 303)


@bp.post("/<slug>/loeschung/<uuid:batch_id>/herausnehmen")
@requires(Permission.MANAGE_RETENTION)
def hold_batch(network: Network, batch_id: UUID) -> Any:
    return _hold(network, batch_id, None)


@bp.post("/<slug>/loeschung/<uuid:batch_id>/<uuid:item_id>/herausnehmen")
@requires(Permission.MANAGE_RETENTION)
def hold_item(network: Network, batch_id: UUID, item_id: UUID) -> Any:
    return _hold(network, batch_id, item_id)


def _hold(network: Network, batch_id: UUID, item_id: UUID | None) -> Any:
    form = HoldForm()
    if not form.validate():
        return _show(network, batch_id, form=form, chosen=item_id or "all"), 422
    reason, until, actor = form.reason.data, form.until.data, signed_in_actor()
    try:
        with unit_of_work():
            found = _for_change(network.id, batch_id, form.version.data)
            if item_id is None:
                services.hold_batch(found, reason, until, by=actor)
            else:
                services.hold_item(found, item_id, reason, until, by=actor)
    except (BatchChanged, ChangedMeanwhile, ItemGone) as error:
        refusal = GONE if isinstance(error, ItemGone) else CHANGED
        return _show(network, batch_id, form=form, chosen=item_id or "all", refusal=refusal), 409
    return _back(network, batch_id, "zurueckgestellt")
