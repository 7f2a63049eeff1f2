"""What the office does with a membership, from the case that led to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, render_template, request

from memberships.accounts.guard import requires, signed_in_actor
from memberships.database import unit_of_work
from memberships.members import services
from memberships.members.errors import (
    MembershipChanged,
    MembershipEnded,
    MembershipRestricted,
    MembershipUnknown,
)
from memberships.members.models import EndReason, Membership
from memberships.members.queries import names_of
from memberships.networks.models import Network
from memberships.networks.queries import definition_of
from memberships.permissions import Permission
from memberships.review import queries
from memberships.review.forms import CaseForm, EndForm
from memberships.review.queries import Case
from memberships.review.views import back_to_case, bp, refused
from memberships.viewings.guard import shows_personal_data

REFUSED = (MembershipChanged, MembershipEnded, MembershipRestricted)


@bp.route("/<slug>/antraege/<uuid:application_id>/beenden", methods=["GET", "POST"])
@requires(Permission.END_MEMBERSHIPS)
@shows_personal_data("ending")
def end_membership(network: Network, application_id: UUID) -> Any:
    form, (case, membership) = EndForm(), _membership_of(network, application_id)
    valid = request.method == "POST" and form.validate()
    if not membership.is_living:
        return refused(network, application_id, MembershipEnded(), kept=form)
    if membership.restricted_at is not None:
        return refused(network, application_id, MembershipRestricted(), kept=form)
    if not valid or "ansehen" in request.form:
        return _show_ending(case, membership, form), 422 if form.errors else 200
    actor, membership_id = signed_in_actor(), membership.id
    try:
        with unit_of_work():
            services.end_membership(
                _for_change(network, membership_id, form.version.data),
                EndReason(form.reason.data),
                by=actor,
                message=form.message.data or "",
            )
    except REFUSED as error:
        return refused(network, application_id, error, kept=form)
    return back_to_case(network, application_id, "mitgliedschaft")


def _membership_of(network: Network, application_id: UUID) -> tuple[Case, Membership]:
    case = queries.case_of(network.id, application_id)
    if case is None or case.membership is None:
        abort(404)
    return case, case.membership


def _for_change(network: Network, membership_id: UUID, version: int | None) -> Membership:
    try:
        return services.membership_for_change(network.id, membership_id, seen_version=version)
    except MembershipUnknown:
        abort(404)


def _show_ending(case: Case, membership: Membership, form: EndForm) -> str:
    chosen = form.reason.data if form.reason.data in set(EndReason) else None
    message = form.message.data or ""
    return render_template(
        "review/end_membership.html",
        net=definition_of(case.application.definition),
        application=case.application,
        membership=membership,
        names=names_of([membership])[membership.id],
        form=form,
        mails=services.end_preview(membership, EndReason(chosen), message) if chosen else [],
    )


@bp.post("/<slug>/antraege/<uuid:application_id>/geprueft")
@requires(Permission.END_MEMBERSHIPS)
def check_membership(network: Network, application_id: UUID) -> Any:
    form, (_, membership) = CaseForm(), _membership_of(network, application_id)
    actor, membership_id = signed_in_actor(), membership.id
    try:
        with unit_of_work():
            services.check_membership(
                _for_change(network, membership_id, form.version.data), by=actor
            )
    except REFUSED as error:
        return refused(network, application_id, error)
    return back_to_case(network, application_id, "mitgliedschaft")
