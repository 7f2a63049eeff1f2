"""What the office does with somebody's data on their demand, and the proof of their consents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, signed_in_actor
from memberships.applications.models import Application
from memberships.database import unit_of_work, utcnow
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.retention.errors import NotErasable
from memberships.retention.queries import needs_archive
from memberships.review import queries
from memberships.review.forms import (
    NOT_INFORMED,
    NOT_OFFERED,
    AddressForm,
    ErasureForm,
    RestrictionForm,
)
from memberships.review.queries import Case
from memberships.review.views import REFUSED, back_to_case, bp, case_for_change, refused
from memberships.rights import services
from memberships.rights.queries import proof_of_consents
from memberships.viewings.guard import shows_personal_data


@bp.route("/<slug>/antraege/<uuid:application_id>/einschraenken", methods=["GET", "POST"])
@requires(Permission.RESTRICT_DATA)
@shows_personal_data("restriction")
def restrict_case(network: Network, application_id: UUID) -> Any:
    form, case = RestrictionForm(), _case(network, application_id)
    is_restricted = case.application.restricted_at is not None
    if request.method == "GET" or not form.validate():
        return _show_restriction(case, form)
    if is_restricted and not form.informed.data:
        form.informed.errors = (NOT_INFORMED,)
        return _show_restriction(case, form), 422
    actor = signed_in_actor()
    try:
        with unit_of_work():
            application = case_for_change(
                network,
                application_id,
                form.version.data,
                even_restricted=True,
                even_pending=True,
            )
            party = services.party_of_case(application)
            if is_restricted:
                services.lift_restriction(party, by=actor)
            else:
                services.restrict(party, by=actor)
    except REFUSED as error:
        return refused(network, application_id, error)
    return back_to_case(network, application_id)


def _case(network: Network, application_id: UUID) -> Case:
    case = queries.case_of(network.id, application_id)
    if case is None:
        abort(404)
    return case


def _show_restriction(case: Case, form: RestrictionForm) -> str:
    application = case.application
    return render_template(
        "review/restrict.html",
        net=current_definitions()[application.network.slug],
        leads_back=_leads_back(application),
        full_name=application.full_name,
        version=application.version,
        lifts=application.restricted_at is not None,
        found_in="den Fall danach unter Anträge, „Eingeschränkt“",
        form=form,
    )


def _leads_back(application: Application) -> tuple[str, str]:
    slug = application.network.slug
    return (
        application.organisation_name or application.full_name,
        url_for(".case", slug=slug, application_id=application.id),
    )


@bp.get("/<slug>/antraege/<uuid:application_id>/einwilligungen")
@requires(Permission.VIEW_APPLICATIONS)
@shows_personal_data("consents")
def consents_of_case(network: Network, application_id: UUID) -> str:
    application = _case(network, application_id).application
    return _show_proof(network, application.email, application.full_name)


def _show_proof(network: Network, email: str, full_name: str = "", **state: Any) -> str:
    return render_template(
        "review/consents.html",
        net=current_definitions()[network.slug],
        email=email,
        full_name=full_name,
        proofs=proof_of_consents(network.id, email),
        now=utcnow(),
        **({"form": None} | state),
    )


@bp.route("/<slug>/einwilligungen", methods=["GET", "POST"])
@requires(Permission.VIEW_LOG)
@shows_personal_data("consents", method="POST")
def consents_of_address(network: Network) -> Any:
    """By POST, so that no address stands in a log; only that something was looked up is stored."""
    form = AddressForm()
    if request.method == "GET" or not form.validate():
        net = current_definitions()[network.slug]
        page = render_template("review/consents_search.html", net=net, form=form)
        return page, 422 if form.errors else 200
    return _show_proof(network, form.email.data.lower(), form=form)


@bp.route("/<slug>/antraege/<uuid:application_id>/loeschen", methods=["GET", "POST"])
@requires(Permission.MANAGE_RETENTION, fresh=True)
@shows_personal_data("erasure")
def erase_case(network: Network, application_id: UUID) -> Any:
    form, case = ErasureForm(), _case(network, application_id)
    if request.method == "GET" or not form.validate():
        return _show_erasing(network, case, form)
    if needs_archive(network) and not form.archive_offered.data:
        form.archive_offered.errors = (NOT_OFFERED,)
        return _show_erasing(network, case, form), 422
    actor = signed_in_actor()
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, form.version.data)
            services.erase_party(application, by=actor, archive_offered=form.archive_offered.data)
    except (*REFUSED, NotErasable) as error:
        return refused(network, application_id, error)
    return redirect(url_for(".queue", slug=network.slug, geloescht="ja"), 303)


def _show_erasing(network: Network, case: Case, form: ErasureForm) -> str:
    what = "den Fall mit der Mitgliedschaft, die daraus wurde," if case.membership else "den Fall"
    return render_template(
        "review/erase.html",
        net=current_definitions()[network.slug],
        leads_back=_leads_back(case.application),
        full_name=case.application.full_name,
        version=case.application.version,
        erased=what,
        needs_archive=needs_archive(network),
        form=form,
    )
