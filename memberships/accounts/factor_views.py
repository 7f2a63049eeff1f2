"""The second factor: asking for it, setting it up, printing codes, what is known of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from memberships.accounts import queries
from memberships.accounts.errors import CodeRefused, FactorThere, LastFactor
from memberships.accounts.guard import (
    begin_recovery,
    checked_target,
    confirm_second_factor,
    device_cookie,
    has_second_factor,
    holds_role,
    is_fresh,
    is_recovering,
    requires_account,
    sign_target,
    signed_in_account,
    signed_in_actor,
    start_session,
)
from memberships.accounts.models import Account
from memberships.accounts.services import factors as services
from memberships.accounts.views import bp, home_of
from memberships.database import db, unit_of_work
from memberships.limiting import limited
from memberships.settings import current_settings

CODE_WRONG = (
    "Dieser Code gilt nicht. Geben Sie den Code ein, den Ihre App jetzt zeigt; jeder gilt nur "
    "einmal. Nach fünf Fehlversuchen warten Sie bitte 15 Minuten."
)
NEW_CODE_WRONG = (
    "Der Code passt nicht zu diesem Schlüssel. Geben Sie den Code ein, den Ihre App jetzt zeigt."
)
RECOVERY_CODE_WRONG = (
    "Dieser Wiederherstellungscode gilt nicht. Jeder gilt nur einmal. Nach fünf Fehlversuchen "
    "warten Sie bitte 15 Minuten."
)
OFFER_OVER = "Diese Seite war zu lange offen. Scannen Sie bitte den neuen Schlüssel."
NOTICES = {
    "entfernt": "Der zweite Faktor ist entfernt. Ihre anderen Sitzungen sind beendet.",
    "passkey": "Der Passkey ist eingerichtet. Ihre anderen Sitzungen sind beendet.",
    "vergessen": "Das Gerät ist vergessen. Dort fragen wir das nächste Mal wieder.",
}
REFUSALS = {
    "letzter": "Das ist Ihr einziger zweiter Faktor. Richten Sie erst einen anderen ein.",
}


def target() -> str:
    """Where to go on to, if we have named it."""
    return checked_target(request.values.get("weiter", ""))


def _weiter() -> str:
    return sign_target(target()) if target() else ""


def go_on() -> AnyResponse:
    return redirect(target() or home_of(signed_in_account()), 303)


def to_second_factor(*, back: str = "") -> AnyResponse:
    weiter = sign_target(back) if back else _weiter()
    return redirect(url_for("accounts.second_factor", weiter=weiter or None), 303)


def may_add() -> bool:
    """Whether this session may set up a factor: the first, after a printed code, or freshly asked.

    Nobody with the mailbox alone can add one beside those that are there.
    """
    return (
        is_recovering() or is_fresh() or not queries.has_factor(signed_in_account().id)
    ) and holds_role()


def begin_anew(account_id: UUID) -> None:
    """Go on in this browser after all sessions of the account have ended."""
    account = db.session.get(Account, account_id)
    if account is not None:
        start_session(account)
        confirm_second_factor()


def keep_known(response: AnyResponse) -> AnyResponse:
    """Make this browser a known device where the person has asked for it."""
    if not request.form.get("remember"):
        return response
    account_id = signed_in_account().id
    with unit_of_work():
        token = services.remember_device(account_id, _browser_name())
    response.set_cookie(
        device_cookie(),
        token,
        max_age=services.DEVICE_DAYS * 86_400,
        httponly=True,
        secure=device_cookie().startswith("__Host-"),
        samesite="Lax",
        path="/",
    )
    return response


def _browser_name() -> str:
    """What a person recognises: the browser and the system, no more of what it says."""
    said = request.headers.get("User-Agent", "")
    browsers = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {
        "Android": "Android", "iPhone": "iPhone", "iPad": "iPad",
        "Windows": "Windows", "Mac OS": "Mac", "Linux": "Linux",
    }  # fmt: skip
    browser = next((name for part, name in browsers.items() if part in said), "Browser")
    system = next((name for part, name in systems.items() if part in said), "")
    return f"{browser}, {system}" if system else browser


@bp.get("/zugang/zweiter-faktor")
@requires_account
def second_factor() -> str | AnyResponse:
    if not holds_role():
        return redirect(url_for("accounts.sign_in"), 303)
    if not queries.has_factor(signed_in_account().id):
        return redirect(url_for(".set_up_totp", weiter=_weiter() or None), 303)
    return show_second_factor()


def show_second_factor(fault: str = "", passkey_fault: str = "") -> str:
    account = signed_in_account()
    factor = queries.second_factor_of(account.id)
    return render_template(
        "accounts/second_factor.html",
        weiter=_weiter(),
        fault=fault,
        passkey_fault=passkey_fault,
        has_totp=bool(factor and factor.totp_sealed),
        has_passkey=bool(queries.passkeys_of(account.id)),
        asks_again=has_second_factor(),
        days=services.DEVICE_DAYS,
        shown_code=services.demonstration_code(account.id),
    )


@bp.post("/zugang/zweiter-faktor")
@requires_account
@limited
def enter_second_factor() -> Any:
    if not holds_role():
        return to_second_factor()
    account = signed_in_account()
    with unit_of_work():
        is_right = services.enter_totp(account.id, request.form.get("code", ""))
    if not is_right:
        return show_second_factor(CODE_WRONG), 422
    confirm_second_factor()
    return keep_known(go_on())


@bp.get("/zugang/zweiter-faktor/einrichten")
@requires_account
def set_up_totp() -> str | AnyResponse:
    if not may_add():
        return to_second_factor(back=request.full_path.rstrip("?"))
    return _show_set_up(*services.offer_totp(signed_in_account().id))


def _show_set_up(secret: str, offer: str, fault: str = "") -> str:
    account = signed_in_account()
    issuer = current_settings().platform_name
    uri = services.totp_uri(secret, account.email, issuer)
    return render_template(
        "accounts/second_factor_new.html",
        weiter=_weiter(),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        offer=offer,
        fault=fault,
        has_factor=queries.has_factor(account.id),
        qr=segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff"),
        shown_code=services.demonstration_code_of(secret),
    )


@bp.post("/zugang/zweiter-faktor/einrichten")
@requires_account
@limited
def add_totp() -> Any:
    if not may_add():
        return to_second_factor()
    account_id, actor = signed_in_account().id, signed_in_actor()
    offer = request.form.get("offer", "")
    secret = services.offered_secret(account_id, offer)
    if secret is None:
        return _show_set_up(*services.offer_totp(account_id), OFFER_OVER), 422
    try:
        with unit_of_work():
            services.add_totp(
                account_id,
                secret,
                request.form.get("code", ""),
                beside=is_fresh() or is_recovering(),
                replaces=is_recovering(),
                by=actor,
            )
            codes = services.first_recovery_codes(account_id, by=actor)
    except CodeRefused:
        return _show_set_up(secret, offer, NEW_CODE_WRONG), 422
    except FactorThere:
        return to_second_factor()
    begin_anew(account_id)
    return show_codes(codes) if codes else go_on()


def show_codes(codes: list[str]) -> str:
    return render_template(
        "accounts/recovery_codes.html",
        codes=codes,
        on_url=target() or home_of(signed_in_account()),
        address=signed_in_account().email,
    )


@bp.get("/zugang/zweiter-faktor/wiederherstellen")
@requires_account
def recover() -> str:
    return _show_recover()


def _show_recover(fault: str = "") -> str:
    return render_template("accounts/recover.html", weiter=_weiter(), fault=fault)


@bp.post("/zugang/zweiter-faktor/wiederherstellen")
@requires_account
@limited
def use_recovery_code() -> Any:
    if not holds_role():
        return to_second_factor()
    account_id, actor = signed_in_account().id, signed_in_actor()
    with unit_of_work():
        is_right = services.use_recovery_code(
            account_id, request.form.get("recovery_code", ""), by=actor
        )
    if not is_right:
        return _show_recover(RECOVERY_CODE_WRONG), 422
    begin_recovery()
    return redirect(url_for(".set_up_totp", weiter=_weiter() or None), 303)


@bp.get("/zugang/zweiter-faktor/uebersicht")
@requires_account
def factors() -> str | AnyResponse:
    if not has_second_factor() or not holds_role():
        return to_second_factor(back=url_for(".factors"))
    stand = request.args.get("stand", "")
    account = signed_in_account()
    return render_template(
        "accounts/factors.html",
        factor=queries.second_factor_of(account.id),
        passkeys=queries.passkeys_of(account.id),
        codes_left=queries.recovery_codes_left(account.id),
        devices=queries.known_devices_of(account),
        notice=NOTICES.get(stand, ""),
        refusal=REFUSALS.get(stand, ""),
    )


def to_factors(stand: str = "") -> AnyResponse:
    return redirect(url_for("accounts.factors", stand=stand or None), 303)


@bp.post("/zugang/zweiter-faktor/codes")
@requires_account
def make_recovery_codes() -> Any:
    if not is_fresh() or not holds_role():
        return to_second_factor(back=url_for(".factors"))
    account_id, actor = signed_in_account().id, signed_in_actor()
    with unit_of_work():
        codes = services.make_recovery_codes(account_id, by=actor)
    return show_codes(codes)


@bp.post("/zugang/zweiter-faktor/entfernen")
@requires_account
def remove_totp() -> Any:
    if not is_fresh() or not holds_role():
        return to_second_factor(back=url_for(".factors"))
    account_id, actor = signed_in_account().id, signed_in_actor()
    try:
        with unit_of_work():
            services.remove_totp(account_id, by=actor)
    except LastFactor:
        return to_factors("letzter")
    begin_anew(account_id)
    return to_factors("entfernt")


@bp.post("/zugang/zweiter-faktor/geraete/<uuid:device_id>/vergessen")
@requires_account
def forget_device(device_id: UUID) -> AnyResponse:
    if not has_second_factor():
        return to_second_factor(back=url_for(".factors"))
    account_id = signed_in_account().id
    with unit_of_work():
        services.forget_device(account_id, device_id)
    return to_factors("vergessen")
