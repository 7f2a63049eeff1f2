"""Deputies: the holder's list, the link of the invitation, and what a deputy can do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, url_for

from memberships.accounts.guard import requires_account, signed_in_account, signed_in_member
from memberships.database import unit_of_work, utcnow
from memberships.limiting import limited
from memberships.members.errors import MembershipRestricted
from memberships.members.models import Deputy
from memberships.members.queries import Standing
from memberships.permissions import public
from memberships.seats import mails, queries, services
from memberships.seats.errors import (
    DeputiesFull,
    DeputyUnknown,
    HandoverOpen,
    InvitedHoldsIt,
    SeatUnknown,
)
from memberships.seats.forms import InvitedForm, NameForm
from memberships.seats.views import (
    ON_ITS_WAY,
    RESTRICTED,
    bp,
    net_of,
    own_for_change,
    own_standing,
)

FULL = "Zwei Vertretungen gibt es schon. Entfernen Sie zuerst eine."
KNOWN = "Diese Person hat den Sitz, oder sie ist schon Vertretung oder eingeladen."
HOLDS_IT = "Diese Person hat den Sitz schon. Geben Sie die Adresse einer anderen ein."


@bp.get("/profil/<uuid:membership_id>/vertretungen")
@requires_account
def deputies(membership_id: UUID) -> str:
    return _show(own_standing(membership_id), InvitedForm(formdata=None))


def _show(standing: Standing, form: InvitedForm, refusal: str = "") -> str:
    seat = queries.seat_of(standing.membership)
    if seat is None:
        abort(404)
    return render_template(
        "seats/deputies.html",
        net=net_of(standing.membership.network_id),
        standing=standing,
        organisation=queries.organisation_of(seat),
        deputies=queries.deputies_of(seat),
        form=form,
        refusal=refusal,
    )


@bp.post("/profil/<uuid:membership_id>/vertretungen")
@requires_account
@limited
def invite_deputy(membership_id: UUID) -> Any:
    form, standing, by = InvitedForm(), own_standing(membership_id), signed_in_member()
    if not form.validate():
        return _show(standing, form), 422
    try:
        with unit_of_work():
            services.invite_deputy(own_for_change(membership_id), form.invited, by=by)
    except InvitedHoldsIt:
        form.email.errors = (KNOWN,)
        return _show(own_standing(membership_id), form), 422
    except DeputiesFull:
        return _show(own_standing(membership_id), form, FULL), 409
    except SeatUnknown:
        abort(404)
    return redirect(url_for(".deputies", membership_id=membership_id), 303)


@bp.post("/profil/<uuid:membership_id>/vertretungen/<uuid:deputy_id>/entfernen")
@requires_account
def remove_deputy(membership_id: UUID, deputy_id: UUID) -> Any:
    standing, by = own_standing(membership_id), signed_in_member()
    seat, deputy = queries.seat_of(standing.membership), queries.deputy_by_id(deputy_id)
    if seat is not None and deputy is not None and deputy.seat_id == seat.id:
        try:
            with unit_of_work():
                services.end_deputyship(deputy, by=by)
        except DeputyUnknown:
            pass  # somebody else was faster: it is gone, as was wished
    return redirect(url_for(".deputies", membership_id=membership_id), 303)


@bp.get("/vertretung/<token>")
@public
def deputyship(token: str) -> Any:
    deputy = queries.deputy_by_token(token)
    if deputy is None or (deputy.accepted_at is None and deputy.expires_at <= utcnow()):
        return _page("dead"), 404
    if deputy.accepted_at is not None:
        return _page("done", deputy)
    form = NameForm(formdata=None, first_name=deputy.first_name, last_name=deputy.last_name)
    return _page("open", deputy, token=token, form=form)


@bp.post("/vertretung/<token>")
@public
@limited
def accept_deputyship(token: str) -> Any:
    form, deputy = NameForm(), queries.deputy_by_token(token)
    if deputy is not None and deputy.accepted_at is None and not form.validate():
        return _page("open", deputy, token=token, form=form), 422
    try:
        with unit_of_work():
            services.accept_deputyship(token, form.first_name.data, form.last_name.data)
    except DeputyUnknown:
        return _page("dead"), 404
    return redirect(url_for(".deputyship", token=token), 303)


@bp.post("/vertretung/<token>/ablehnen")
@public
@limited
def decline_deputyship(token: str) -> Any:
    try:
        with unit_of_work():
            services.decline_deputyship(token)
    except DeputyUnknown:
        return _page("dead"), 404
    return _page("declined")


def _page(state: str, deputy: Deputy | None = None, **more: Any) -> str:
    return render_template(
        "seats/deputyship.html",
        state=state,
        deputy=deputy,
        net=mails.network_of(deputy) if deputy else None,
        organisation=queries.organisation_of(deputy.seat) if deputy else None,
        **more,
    )


def _own_deputyship(deputy_id: UUID) -> Deputy:
    deputy = queries.deputy_by_id(deputy_id)
    if deputy is None or deputy.account_id != signed_in_account().id:
        abort(404)
    return deputy


@bp.get("/profil/vertretung/<uuid:deputy_id>")
@requires_account
def act_as_deputy(deputy_id: UUID) -> str:
    return _show_acting(_own_deputyship(deputy_id), InvitedForm(formdata=None))


def _show_acting(deputy: Deputy, form: InvitedForm, refusal: str = "") -> str:
    return render_template(
        "seats/act_as_deputy.html",
        net=mails.network_of(deputy),
        deputy=deputy,
        organisation=queries.organisation_of(deputy.seat),
        handover=queries.open_handover_of(deputy.seat),
        is_vacant=queries.holding_membership(deputy.seat) is None,
        form=form,
        refusal=refusal,
    )


@bp.post("/profil/vertretung/<uuid:deputy_id>/vorschlagen")
@requires_account
@limited
def propose_as_deputy(deputy_id: UUID) -> Any:
    form, deputy, by = InvitedForm(), _own_deputyship(deputy_id), signed_in_member()
    if not form.validate():
        return _show_acting(deputy, form), 422
    try:
        with unit_of_work():
            services.propose_as_deputy(deputy, form.invited, by=by)
    except InvitedHoldsIt:
        form.email.errors = (HOLDS_IT,)
        return _show_acting(_own_deputyship(deputy_id), form), 422
    except HandoverOpen:
        return _show_acting(_own_deputyship(deputy_id), form, ON_ITS_WAY), 409
    except MembershipRestricted:
        return _show_acting(_own_deputyship(deputy_id), form, RESTRICTED), 409
    except DeputyUnknown:
        abort(404)
    return redirect(url_for(".act_as_deputy", deputy_id=deputy_id), 303)


@bp.post("/profil/vertretung/<uuid:deputy_id>/beenden")
@requires_account
def end_own_deputyship(deputy_id: UUID) -> Any:
    deputy, by = _own_deputyship(deputy_id), signed_in_member()
    try:
        with unit_of_work():
            services.end_deputyship(deputy, by=by)
    except DeputyUnknown:
        pass  # somebody else was faster: it is gone, as was wished
    return redirect(url_for("networks.start"), 303)
