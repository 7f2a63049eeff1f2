from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, signed_in_actor
from memberships.database import ChangedMeanwhile, unit_of_work
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.organisations import services
from memberships.organisations.errors import (
    MergeBuried,
    MergeUndone,
    NameKnown,
    NameUnknown,
    NoOwnInterest,
    NotMergeable,
    OrganisationsAreOne,
    SeatsCollideElsewhere,
)
from memberships.organisations.forms import KINDS, MergeForm, NameForm
from memberships.organisations.listing import organisation_seen_by, registry_page, shown
from memberships.organisations.merges import plan_merge
from memberships.organisations.models import NameKind, Organisation
from memberships.organisations.queries import organisations_named
from memberships.permissions import Permission
from memberships.review.forms import CaseForm
from memberships.viewings.guard import shows_personal_data

bp = Blueprint("organisations", __name__, url_prefix="/koordination")

REFUSED = (
    ChangedMeanwhile,
    MergeBuried,
    MergeUndone,
    NameUnknown,
    NoOwnInterest,
    NotMergeable,
    OrganisationsAreOne,
    SeatsCollideElsewhere,
)
NOTICES: dict[type[Exception], str] = {
    ChangedMeanwhile: "Die Organisation hat sich inzwischen geändert. Bitte prüfen Sie sie "
    "noch einmal.",
    MergeBuried: "Die Organisation wurde danach selbst zusammengeführt. Machen Sie das zuerst "
    "rückgängig.",
    MergeUndone: "Die Zusammenführung ist schon rückgängig gemacht.",
    NameUnknown: "Diesen Namen gibt es hier nicht mehr.",
    NoOwnInterest: "Ihr Netzwerk hat kein Mitglied und keinen Antrag dieser Organisationen. Bitten "
    "Sie den Betrieb der Plattform.",
    NotMergeable: "Eine Organisation, die alle Netzwerke kennen, kann nicht in einer aufgehen, die "
    "nur Ihres kennt. Führen Sie umgekehrt zusammen.",
    OrganisationsAreOne: "Das ist schon dieselbe Organisation.",
    SeatsCollideElsewhere: "Diese beiden kann nur der Betrieb der Plattform zusammenführen.",
}


@bp.get("/<slug>/organisationen")
@requires(Permission.VIEW_APPLICATIONS)
def registry(network: Network) -> str:
    text = request.args.get("suche", "").strip()
    return render_template(
        "organisations/list.html",
        net=current_definitions()[network.slug],
        page=registry_page(network, text=text, after=request.args.get("ab", type=UUID)),
        text=text,
    )


@bp.get("/<slug>/organisationen/<uuid:organisation_id>")
@requires(Permission.VIEW_APPLICATIONS)
@shows_personal_data("organisation")
def organisation(network: Network, organisation_id: UUID) -> Any:
    found = _seen(network, organisation_id)
    if found.id != organisation_id:
        return _to_organisation(network, found.id)
    return _show(network, found)


def _seen(network: Network, organisation_id: UUID) -> Organisation:
    found = organisation_seen_by(network, organisation_id)
    if found is None:
        abort(404)
    return found


def _to_organisation(network: Network, organisation_id: UUID) -> Any:
    return redirect(
        url_for(".organisation", slug=network.slug, organisation_id=organisation_id), 303
    )


def _show(network: Network, found: Organisation, **state: Any) -> str:
    form = NameForm(formdata=None, version=found.version)
    return render_template(
        "organisations/organisation.html",
        net=current_definitions()[network.slug],
        network_id=network.id,
        shown=shown(network, found),
        kinds=KINDS,
        **({"form": form, "notice": ""} | state),
    )


def _refused(network: Network, organisation_id: UUID, error: Exception, **state: Any) -> Any:
    found = _seen(network, organisation_id)
    return _show(network, found, notice=NOTICES[type(error)], **state), 409


def _for_change(network: Network, organisation_id: UUID, version: int | None) -> Organisation:
    found = services.organisation_for_change(network.slug, organisation_id, seen_version=version)
    if found is None:
        abort(404)
    if not shown(network, found).is_of_interest:
        raise NoOwnInterest
    return found


@bp.post("/<slug>/organisationen/<uuid:organisation_id>/namen")
@requires(Permission.MANAGE_ORGANISATIONS)
def add_name(network: Network, organisation_id: UUID) -> Any:
    form, actor = NameForm(), signed_in_actor()
    found = _seen(network, organisation_id)
    if not form.validate():
        return _show(network, found, form=form), 422
    try:
        with unit_of_work():
            services.add_name(
                _for_change(network, organisation_id, form.version.data),
                form.name.data or "",
                NameKind(form.kind.data),
                network_id=network.id,
                by=actor,
            )
    except NameKnown:
        form.name.errors = ("Unter diesem Namen ist sie schon bekannt.",)
        return _show(network, _seen(network, organisation_id), form=form), 422
    except REFUSED as error:
        return _refused(network, organisation_id, error, form=form)
    return _to_organisation(network, organisation_id)


@bp.post("/<slug>/organisationen/<uuid:organisation_id>/namen/<uuid:name_id>/entfernen")
@requires(Permission.MANAGE_ORGANISATIONS)
def remove_name(network: Network, organisation_id: UUID, name_id: UUID) -> Any:
    form, actor = CaseForm(), signed_in_actor()
    _seen(network, organisation_id)
    try:
        with unit_of_work():
            services.remove_name(
                _for_change(network, organisation_id, form.version.data),
                name_id,
                network_id=network.id,
                by=actor,
            )
    except REFUSED as error:
        return _refused(network, organisation_id, error)
    return _to_organisation(network, organisation_id)


@bp.get("/<slug>/organisationen/<uuid:organisation_id>/zusammenfuehren")
@requires(Permission.MANAGE_ORGANISATIONS, fresh=True)
def choose_other(network: Network, organisation_id: UUID) -> str:
    keep = _seen(network, organisation_id)
    text = request.args.get("suche", "").strip()
    named = organisations_named(text, network.slug) if text else []
    return render_template(
        "organisations/choose.html",
        net=current_definitions()[network.slug],
        keep=keep,
        text=text,
        found=[one for one in named if one.id != keep.id],
    )


@bp.route(
    "/<slug>/organisationen/<uuid:organisation_id>/zusammenfuehren/<uuid:other_id>",
    methods=["GET", "POST"],
)
@requires(Permission.MANAGE_ORGANISATIONS, fresh=True)
@shows_personal_data("organisation")
def merge(network: Network, organisation_id: UUID, other_id: UUID) -> Any:
    keep, drop = _seen(network, organisation_id), _seen(network, other_id)
    if keep.id == drop.id:
        return _to_organisation(network, keep.id)
    form, actor = MergeForm(), signed_in_actor()
    if request.method == "GET" or not form.validate():
        return _show_merge(network, keep, drop, form), 422 if form.errors else 200
    seen = {organisation_id: form.version.data, other_id: form.other_version.data}
    try:
        with unit_of_work():
            services.merge_organisations(
                organisation_id,
                other_id,
                network=network,
                by=actor,
                reason=form.reason.data or "",
                seen_versions=seen,
            )
    except REFUSED as error:
        keep, drop = _seen(network, organisation_id), _seen(network, other_id)
        notice = NOTICES[type(error)]
        return _show_merge(network, keep, drop, form, notice=notice), 409
    return _to_organisation(network, organisation_id)


def _show_merge(
    network: Network, keep: Organisation, drop: Organisation, form: MergeForm, notice: str = ""
) -> str:
    return render_template(
        "organisations/merge.html",
        net=current_definitions()[network.slug],
        plan=plan_merge(keep, drop, network),
        form=form,
        notice=notice,
    )


@bp.post(
    "/<slug>/organisationen/<uuid:organisation_id>/zusammenfuehrungen/<uuid:merge_id>/rueckgaengig"
)
@requires(Permission.MANAGE_ORGANISATIONS, fresh=True)
def undo_merge(network: Network, organisation_id: UUID, merge_id: UUID) -> Any:
    _seen(network, organisation_id)
    actor = signed_in_actor()
    try:
        with unit_of_work():
            services.undo_merge(merge_id, network=network, by=actor)
    except REFUSED as error:
        return _refused(network, organisation_id, error)
    return _to_organisation(network, organisation_id)
