"""Handing a seat over: by whoever holds it, and by link by the two people concerned."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, url_for

from memberships.accounts.guard import requires_account, signed_in_account, signed_in_member
from memberships.database import db, unit_of_work, utcnow
from memberships.limiting import limited
from memberships.members.errors import MembershipRestricted, MembershipUnknown
from memberships.members.queries import Standing, standing_of
from memberships.members.services import own_membership_for_change
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import public
from memberships.seats import mails, queries, services
from memberships.seats.errors import (
    HandoverOpen,
    HandoverUnknown,
    InvitedHoldsIt,
    SeatUnknown,
)
from memberships.seats.forms import AcceptForm, InvitedForm, ObjectionForm
from memberships.seats.models import Handover, Stage

bp = Blueprint("seats", __name__)

OWN_ADDRESS = "Das ist Ihre eigene Adresse. Geben Sie die Adresse der Person ein, die Ihnen folgt."
ON_ITS_WAY = "Der Sitz wird schon übergeben. Nehmen Sie das zuerst zurück."
RESTRICTED = "Zurzeit werden diese Angaben nur aufbewahrt. Geändert wurde jetzt nichts."


@bp.after_request
def _keep_to_ourselves(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response


def own_standing(membership_id: UUID) -> Standing:
    standing = standing_of(signed_in_account().id, membership_id)
    if standing is None or not standing.is_living or standing.membership.organisation_id is None:
        abort(404)
    return standing


def own_for_change(membership_id: UUID) -> Standing:
    try:
        return own_membership_for_change(signed_in_account().id, membership_id)
    except MembershipUnknown:
        abort(404)


@bp.get("/profil/<uuid:membership_id>/uebergeben")
@requires_account
def hand_over(membership_id: UUID) -> str:
    return _show_own(own_standing(membership_id), InvitedForm(formdata=None))


def _show_own(standing: Standing, form: InvitedForm, refusal: str = "") -> str:
    seat = queries.seat_of(standing.membership)
    if seat is None:
        abort(404)
    return render_template(
        "seats/hand_over.html",
        net=net_of(standing.membership.network_id),
        standing=standing,
        organisation=queries.organisation_of(seat),
        handover=queries.open_handover_of(seat),
        form=form,
        refusal=refusal,
        is_person=standing.representative is None,
    )


def net_of(network_id: int) -> Definition:
    return current_definitions()[db.session.get_one(Network, network_id).slug]


@bp.post("/profil/<uuid:membership_id>/uebergeben")
@requires_account
@limited
def propose_own_successor(membership_id: UUID) -> Any:
    form, standing, by = InvitedForm(), own_standing(membership_id), signed_in_member()
    if not form.validate():
        return _show_own(standing, form), 422
    try:
        with unit_of_work():
            services.hand_over_own_seat(own_for_change(membership_id), form.invited, by=by)
    except InvitedHoldsIt:
        form.email.errors = (OWN_ADDRESS,)
        return _show_own(own_standing(membership_id), form), 422
    except HandoverOpen:
        return _show_own(own_standing(membership_id), form, ON_ITS_WAY), 409
    except MembershipRestricted:
        return _show_own(own_standing(membership_id), form, RESTRICTED), 409
    except SeatUnknown:
        abort(404)
    return redirect(url_for(".hand_over", membership_id=membership_id), 303)


@bp.post("/profil/<uuid:membership_id>/uebergeben/zuruecknehmen")
@requires_account
def withdraw_own_handover(membership_id: UUID) -> Any:
    standing, by = own_standing(membership_id), signed_in_member()
    seat = queries.seat_of(standing.membership)
    handover = queries.open_handover_of(seat) if seat else None
    if handover is None or not _is_own(handover, standing):
        return _show_own(standing, InvitedForm(formdata=None), _GONE), 409
    try:
        with unit_of_work():
            services.withdraw_handover(handover, by=by)
    except HandoverUnknown:
        return _show_own(own_standing(membership_id), InvitedForm(formdata=None), _GONE), 409
    except MembershipRestricted:
        return _show_own(own_standing(membership_id), InvitedForm(formdata=None), RESTRICTED), 409
    return redirect(url_for(".hand_over", membership_id=membership_id), 303)


_GONE = "Diese Übergabe ist inzwischen beendet. Geändert wurde jetzt nichts."


def _is_own(handover: Handover, standing: Standing) -> bool:
    mine = standing.representative.id if standing.representative else None
    return handover.origin.value == "holder" and handover.representative_id == mine


@bp.get("/uebergabe/<token>")
@public
def invitation(token: str) -> Any:
    handover = queries.handover_by_token(token)
    if handover is None:
        return _page("invitation", "dead"), 404
    if handover.stage is Stage.DONE:
        return _page("invitation", "done", handover)
    if handover.expires_at <= utcnow():
        return _page("invitation", "dead"), 404
    if handover.accepted_at is not None:
        return _page("invitation", "waiting", handover)
    form = AcceptForm(formdata=None, first_name=handover.first_name, last_name=handover.last_name)
    return _page("invitation", "open", handover, token=token, form=form)


@bp.post("/uebergabe/<token>")
@public
@limited
def accept_handover(token: str) -> Any:
    form, found = AcceptForm(), queries.handover_by_token(token)
    if found is not None and found.settled_at is None and not form.validate():
        return _page("invitation", "open", found, token=token, form=form), 422
    answers = {"role_in_organisation": form.role.data} if form.role.data else {}
    try:
        with unit_of_work():
            services.accept_handover(token, form.first_name.data, form.last_name.data, answers)
    except (HandoverUnknown, MembershipRestricted):
        return _after("invitation", queries.handover_by_token(token))
    return redirect(url_for(".invitation", token=token), 303)


def _after(page: str, handover: Handover | None) -> Any:
    """What a click shows that came too late: that it is done, or that the link has ended."""
    if handover is not None and handover.stage is Stage.DONE:
        return _page(page, "done", handover)
    return _page(page, "dead"), 404


@bp.post("/uebergabe/<token>/ablehnen")
@public
@limited
def decline_handover(token: str) -> Any:
    found = queries.handover_by_token(token)
    net = mails.network_of(found) if found is not None else None
    try:
        with unit_of_work():
            services.decline_handover(token)
    except (HandoverUnknown, MembershipRestricted):
        return _after("invitation", queries.handover_by_token(token))
    return render_template("seats/invitation.html", state="declined", handover=None, net=net)


@bp.get("/sitz/<token>")
@public
def announced(token: str) -> Any:
    handover = queries.handover_by_objection_token(token)
    if handover is None:
        return _page("announced", "dead"), 404
    return _page(
        "announced", _state_for_holder(handover), handover, token=token, form=ObjectionForm()
    )


def _state_for_holder(handover: Handover) -> str:
    if handover.stage is Stage.DONE:
        return "done"
    if handover.stage is Stage.CONTESTED:
        return "contested"
    return "cleared" if handover.cleared_at is not None else "open"


@bp.post("/sitz/<token>/zustimmen")
@public
@limited
def confirm_handover(token: str) -> Any:
    try:
        with unit_of_work():
            services.confirm_handover(token)
    except (HandoverUnknown, MembershipRestricted):
        return _after("announced", queries.handover_by_objection_token(token))
    return redirect(url_for(".announced", token=token), 303)


@bp.post("/sitz/<token>/widersprechen")
@public
@limited
def object_to_handover(token: str) -> Any:
    form, found = ObjectionForm(), queries.handover_by_objection_token(token)
    if found is not None and found.settled_at is None and not form.validate():
        state = _state_for_holder(found)
        return _page("announced", state, found, token=token, form=form), 422
    try:
        with unit_of_work():
            services.object_to_handover(token, form.objection.data or "")
    except (HandoverUnknown, MembershipRestricted):
        handover = queries.handover_by_objection_token(token)
        if handover is not None and handover.settled_at is None:
            return _page("announced", "cleared", handover), 409
        return _after("announced", handover)
    return redirect(url_for(".announced", token=token), 303)


def _page(page: str, state: str, handover: Handover | None = None, **more: Any) -> str:
    known: dict[str, Any] = {"net": None, "organisation": None}
    if handover is not None:
        known = {
            "net": mails.network_of(handover),
            "organisation": queries.organisation_of(handover.seat),
        }
    return render_template(
        f"seats/{page}.html",
        state=state,
        handover=handover,
        **known,
        **more,
    )
