"""The script of a case keeps what is typed; a button throws it away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, jsonify, redirect, request, url_for

from memberships.accounts.guard import requires, signed_in_account
from memberships.applications.models import Application, ApplicationStatus
from memberships.calendar import BERLIN
from memberships.database import db, unit_of_work, utcnow
from memberships.drafts.errors import DraftChanged, DraftTooLong
from memberships.drafts.models import DraftForm
from memberships.drafts.services import drop_draft, save_draft
from memberships.networks.models import Network
from memberships.permissions import Permission

bp = Blueprint("drafts", __name__, url_prefix="/koordination")

# What a form carries beside what a person types.
NOT_TYPED = {"csrf_token", "version", "expected", "baustein", "wohin", "stamp"}


def typed() -> dict[str, list[str]]:
    """What the request's form holds that a person has typed or chosen."""
    return {
        name: values for name, values in request.form.lists() if name[:80] == name not in NOT_TYPED
    }


@bp.post("/<slug>/antraege/<uuid:application_id>/entwurf/<form>")
@requires(Permission.WRITE_NOTES)
def keep_draft(network: Network, application_id: UUID, form: str) -> Any:
    account_id, kind = signed_in_account().id, _form(form)
    try:
        with unit_of_work():
            application = _case(network, application_id)
            stamp = save_draft(
                account_id, application, kind, typed(), seen=request.form.get("stamp", "")
            )
    except DraftChanged:
        return jsonify(said="In einem anderen Fenster wurde weitergeschrieben."), 409
    except DraftTooLong:
        return jsonify(said="Der Text ist zu lang für einen Entwurf."), 422
    at = f"{utcnow().astimezone(BERLIN):%H:%M} Uhr"
    return jsonify(stamp=stamp, said=f"Entwurf gesichert, {at}" if stamp else "")


@bp.post("/<slug>/antraege/<uuid:application_id>/entwurf/<form>/verwerfen")
@requires(Permission.WRITE_NOTES)
def throw_draft_away(network: Network, application_id: UUID, form: str) -> Any:
    account_id, kind = signed_in_account().id, _form(form)
    with unit_of_work():
        drop_draft(account_id, _case(network, application_id).id, kind)
    return redirect(url_for("review.case", slug=network.slug, application_id=application_id), 303)


def _form(name: str) -> DraftForm:
    try:
        return DraftForm(name)
    except ValueError:
        abort(404)


def _case(network: Network, application_id: UUID) -> Application:
    """A case of this network; what is restricted is kept and nothing else (Art. 18 GDPR)."""
    found = db.session.get(Application, application_id)
    if found is None or found.network_id != network.id:
        abort(404)
    if found.status is ApplicationStatus.UNCONFIRMED or found.restricted_at is not None:
        abort(404)
    return found
