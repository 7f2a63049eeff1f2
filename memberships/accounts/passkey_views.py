"""Making and using a passkey; the browser's part is static/passkey.js."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, current_app, render_template, request, url_for

from memberships.accounts import queries
from memberships.accounts.errors import FactorThere, LastFactor, PasskeyRefused
from memberships.accounts.factor_views import (
    begin_anew,
    go_on,
    keep_known,
    may_add,
    show_codes,
    show_second_factor,
    target,
    to_factors,
    to_second_factor,
)
from memberships.accounts.guard import (
    confirm_second_factor,
    holds_role,
    is_fresh,
    is_recovering,
    requires_account,
    sign_target,
    signed_in_account,
    signed_in_actor,
)
from memberships.accounts.services import factors, passkeys
from memberships.accounts.views import bp
from memberships.database import unit_of_work
from memberships.limiting import limited

PASSKEY_WRONG = "Der Passkey wurde nicht angenommen. Versuchen Sie es bitte noch einmal."
NOT_MADE = "Der Passkey wurde nicht eingerichtet. Versuchen Sie es bitte noch einmal."


@bp.get("/zugang/zweiter-faktor/passkey/einrichten")
@requires_account
def set_up_passkey() -> Any:
    if not may_add():
        return to_second_factor(back=request.full_path.rstrip("?"))
    return _show_set_up()


def _show_set_up(fault: str = "") -> str:
    return render_template(
        "accounts/passkey_new.html",
        fault=fault,
        weiter=sign_target(target()) if target() else "",
        is_possible=passkeys.are_passkeys_possible(),
        name=request.form.get("name", ""),
    )


@bp.post("/zugang/zweiter-faktor/passkey/angebot")
@requires_account
@limited
def offer_passkey() -> Any:
    if not may_add():
        return to_second_factor()
    account_id = signed_in_account().id
    with unit_of_work():
        options = passkeys.registration_options(account_id)
    return _json(options)


@bp.post("/zugang/zweiter-faktor/passkey/einrichten")
@requires_account
@limited
def add_passkey() -> Any:
    if not may_add():
        return to_second_factor()
    account_id, actor = signed_in_account().id, signed_in_actor()
    try:
        with unit_of_work():
            passkeys.add_passkey(
                account_id,
                request.form.get("credential", ""),
                request.form.get("name", ""),
                beside=is_fresh() or is_recovering(),
                replaces=is_recovering(),
                by=actor,
            )
            codes = factors.first_recovery_codes(account_id, by=actor)
    except PasskeyRefused:
        return _show_set_up(NOT_MADE), 422
    except FactorThere:
        return to_second_factor()
    begin_anew(account_id)
    return show_codes(codes) if codes else to_factors("passkey")


@bp.post("/zugang/zweiter-faktor/passkey/aufgabe")
@requires_account
@limited
def ask_passkey() -> Any:
    if not holds_role():
        return to_second_factor()
    account_id = signed_in_account().id
    with unit_of_work():
        options = passkeys.authentication_options(account_id)
    return _json(options)


@bp.post("/zugang/zweiter-faktor/passkey")
@requires_account
@limited
def enter_passkey() -> Any:
    if not holds_role():
        return to_second_factor()
    account_id = signed_in_account().id
    with unit_of_work():
        is_right = passkeys.use_passkey(account_id, request.form.get("credential", ""))
    if not is_right:
        return show_second_factor(passkey_fault=PASSKEY_WRONG), 422
    confirm_second_factor()
    return keep_known(go_on())


@bp.post("/zugang/zweiter-faktor/passkeys/<uuid:passkey_id>/entfernen")
@requires_account
def remove_passkey(passkey_id: UUID) -> Any:
    if not is_fresh() or not holds_role():
        return to_second_factor(back=url_for(".factors"))
    account_id, actor = signed_in_account().id, signed_in_actor()
    if not any(key.id == passkey_id for key in queries.passkeys_of(account_id)):
        return to_factors()
    try:
        with unit_of_work():
            passkeys.remove_passkey(account_id, passkey_id, by=actor)
    except LastFactor:
        return to_factors("letzter")
    begin_anew(account_id)
    return to_factors("entfernt")


def _json(options: str) -> Response:
    return current_app.response_class(options, mimetype="application/json")
