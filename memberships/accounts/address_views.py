"""Another address for one's account: asked for when signed in, confirmed or stopped by mail."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from memberships.accounts import queries
from memberships.accounts.errors import AddressLinkUnknown, AddressTaken, TooManyAddressChanges
from memberships.accounts.forms import AddressForm
from memberships.accounts.guard import (
    requires_account,
    signed_in_account,
    signed_in_or_none,
    start_session,
)
from memberships.accounts.models import Account
from memberships.accounts.services import addresses
from memberships.accounts.views import bp
from memberships.database import db, unit_of_work, utcnow
from memberships.limiting import limited
from memberships.permissions import public

SAME = "Das ist die Adresse, die Sie jetzt haben."
TOO_OFTEN = (
    "Sie haben das heute schon mehrmals angefordert. Versuchen Sie es bitte morgen noch einmal."
)


@bp.get("/profil/adresse")
@requires_account
def address() -> str:
    return _show_form(AddressForm(), is_asked=request.args.get("stand") == "unterwegs")


def _show_form(form: AddressForm, **state: Any) -> str:
    return render_template(
        "accounts/address.html",
        account=signed_in_account(),
        form=form,
        **({"is_asked": False} | state),
    )


@bp.post("/profil/adresse")
@requires_account
@limited
def request_address_change() -> Any:
    form = AddressForm(request.form)
    if not form.validate():
        return _show_form(form), 422
    if form.address == signed_in_account().email:
        return _refuse(form, SAME)
    try:
        with unit_of_work():
            addresses.request_address_change(signed_in_account().id, form.address)
    except TooManyAddressChanges:
        return _refuse(form, TOO_OFTEN)
    return redirect(url_for(".address", stand="unterwegs"), 303)


def _refuse(form: AddressForm, error: str) -> tuple[str, int]:
    form.email.errors = (error,)
    return _show_form(form), 422


@bp.get("/adresse/<token>/bestaetigen")
@public
def confirm_address(token: str) -> Any:
    change = queries.address_change_by_token(token)
    if change is not None and change.changed_at is not None:
        return _page("changed")
    if change is None or not change.is_open(utcnow()):
        return _page("dead"), 404
    return _page("confirm", token=token, new_email=change.new_email)


@bp.post("/adresse/<token>/bestaetigen")
@public
@limited
def change_address(token: str) -> Any:
    signed_in = signed_in_or_none()
    own_id = signed_in.id if signed_in else None
    try:
        with unit_of_work():
            account_id = addresses.change_address(token).account_id
    except AddressLinkUnknown:
        return _page("dead"), 404
    except AddressTaken:
        return _page("taken"), 409
    if own_id != account_id:
        return _page("changed")
    # All sessions have ended with the old address; this one begins anew.
    start_session(db.session.get_one(Account, account_id))
    return redirect(url_for("profile.profile", stand="adresse"), 303)


@bp.get("/adresse/<token>/stoppen")
@public
def stop_address(token: str) -> Any:
    change = queries.address_change_by_stop_token(token)
    if change is not None and change.stopped_at is not None:
        return _page("stopped")
    if change is None or not change.is_open(utcnow()):
        return _page("too_late"), 404
    return _page("stop", token=token, new_email="")


@bp.post("/adresse/<token>/stoppen")
@public
@limited
def stop_address_change(token: str) -> Any:
    try:
        with unit_of_work():
            addresses.stop_address_change(token)
    except AddressLinkUnknown:
        return _page("too_late"), 404
    return _page("stopped")


def _page(state: str, *, token: str = "", new_email: str = "") -> str:
    return render_template(
        "accounts/address_link.html", state=state, token=token, new_email=new_email
    )
