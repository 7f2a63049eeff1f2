"""Saying which organisation a case is of, and granting it one more seat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request

from memberships.accounts.guard import requires, signed_in_actor
from memberships.applications import services
from memberships.applications.errors import OrganisationUnknown
from memberships.applications.models import Application
from memberships.database import unit_of_work
from memberships.networks.models import Network
from memberships.organisations.errors import OrganisationKnown
from memberships.permissions import Permission
from memberships.review.forms import (
    NEW_ORGANISATION,
    OrganisationForm,
    RuleOutForm,
    SeatForm,
    UnitForm,
)
from memberships.review.views import (
    REFUSED,
    back_to_case,
    bp,
    case_for_change,
    refused,
    show_case,
)

KNOWN = (
    "Eine Organisation mit diesem Namen und Ort gibt es schon. "
    "Nennen Sie einen Ort, der sie unterscheidet, zum Beispiel den Ortsteil."
)
UNKNOWN = "Diese Organisation kennt das Netzwerk nicht. Wählen Sie eine andere."


@bp.post("/<slug>/antraege/<uuid:application_id>/organisation")
@requires(Permission.DECIDE_APPLICATIONS)
def link_organisation(network: Network, application_id: UUID) -> Any:
    form = OrganisationForm()
    if not form.validate_on_submit():
        return show_case(network, application_id, organisation_form=form), 422
    try:
        with unit_of_work():
            _link(case_for_change(network, application_id, form.version.data), form)
    except OrganisationKnown:
        form.city.errors = (KNOWN,)
        return show_case(network, application_id, organisation_form=form), 422
    except OrganisationUnknown:
        form.organisation.errors = (UNKNOWN,)
        return show_case(network, application_id, organisation_form=form), 422
    except REFUSED as error:
        return refused(network, application_id, error)
    return back_to_case(network, application_id, "organisation")


def _link(application: Application, form: OrganisationForm) -> None:
    chosen, by = form.organisation.data, signed_in_actor()
    if chosen == NEW_ORGANISATION:
        services.link_new_organisation(application, by=by, city=form.city.data or "")
    else:
        services.link_organisation(application, UUID(chosen), by=by)


@bp.post("/<slug>/antraege/<uuid:application_id>/jemand-anderes")
@requires(Permission.DECIDE_APPLICATIONS)
def rule_out_organisation(network: Network, application_id: UUID) -> Any:
    form = RuleOutForm()
    if not form.validate_on_submit():
        return _choose_again(network, application_id, form.organisation.errors)
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, form.version.data)
            organisation_id = UUID(form.organisation.data)
            services.rule_out_organisation(application, organisation_id, by=signed_in_actor())
    except OrganisationUnknown:
        return _choose_again(network, application_id, (UNKNOWN,))
    except REFUSED as error:
        return refused(network, application_id, error)
    return back_to_case(network, application_id, "organisation")


def _choose_again(network: Network, application_id: UUID, errors: Sequence[str]) -> Any:
    form = OrganisationForm(formdata=None)
    form.organisation.errors = tuple(errors)
    return show_case(network, application_id, organisation_form=form), 422


@bp.post("/<slug>/antraege/<uuid:application_id>/andere-einheit")
@requires(Permission.DECIDE_APPLICATIONS)
def link_other_unit(network: Network, application_id: UUID) -> Any:
    form = UnitForm()
    if not form.validate_on_submit():
        if form.organisation.errors:
            return _choose_again(network, application_id, form.organisation.errors)
        return show_case(network, application_id, unit_form=form), 422
    try:
        with unit_of_work():
            services.link_other_unit(
                case_for_change(network, application_id, form.version.data),
                UUID(form.organisation.data),
                form.seat_reason.data,
                by=signed_in_actor(),
            )
    except OrganisationUnknown:
        return _choose_again(network, application_id, (UNKNOWN,))
    except REFUSED as error:
        return refused(network, application_id, error, kept=form)
    return back_to_case(network, application_id, "organisation")


@bp.post("/<slug>/antraege/<uuid:application_id>/uebergabe")
@requires(Permission.DECIDE_APPLICATIONS)
def begin_succession(network: Network, application_id: UUID) -> Any:
    version = request.form.get("version", type=int)
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, version)
            services.begin_succession(application, by=signed_in_actor())
    except REFUSED as error:
        return refused(network, application_id, error)
    return back_to_case(network, application_id, "organisation")


@bp.post("/<slug>/antraege/<uuid:application_id>/sitz")
@requires(Permission.DECIDE_APPLICATIONS)
def grant_another_seat(network: Network, application_id: UUID) -> Any:
    form = SeatForm()
    if not form.validate_on_submit():
        return show_case(network, application_id, seat_form=form), 422
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, form.version.data)
            services.grant_another_seat(application, form.seat_reason.data, by=signed_in_actor())
    except REFUSED as error:
        return refused(network, application_id, error, seat_form=form)
    return back_to_case(network, application_id, "organisation")
