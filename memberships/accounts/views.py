from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from memberships.accounts import queries, services
from memberships.accounts.errors import (
    AlreadyOnTeam,
    LastLead,
    OwnRole,
    SignInLinkUnknown,
    SignInLinkUsed,
)
from memberships.accounts.forms import InvitationForm, SignInForm, parse_role
from memberships.accounts.guard import (
    checked_target,
    device_cookie,
    end_session,
    has_second_factor,
    holds_role,
    is_operator,
    requires,
    requires_account,
    sign_target,
    signed_in_account,
    signed_in_actor,
    signed_in_or_none,
    staff_networks,
    start_session,
    trust_known_device,
    works_in_a_network,
)
from memberships.accounts.models import Account, SignInRequest, StaffRole
from memberships.database import ChangedMeanwhile, unit_of_work, utcnow
from memberships.limiting import limited
from memberships.members.queries import has_profile
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import NETWORK_ROLES, Permission, Role, public
from memberships.settings import current_settings

bp = Blueprint("accounts", __name__)

# Where staff and members begin.
HOME_OF_STAFF = "review.today"
HOME_OF_MEMBERS = "profile.profile"

CODE_WRONG = "Der Code stimmt nicht. Geben Sie die sechs Ziffern aus der neuesten E-Mail ein."
CODE_DEAD = (
    "Dieser Code gilt nicht mehr. Benutzen Sie den Link aus der E-Mail, "
    "oder lassen Sie sich eine neue senden."
)
TEAM_NOTICES = {
    "eingeladen": "Die Einladung ist unterwegs.",
    "geaendert": "Die Rolle ist geändert. Wer sie hat, meldet sich neu an.",
    "zurueckgesetzt": "Der zweite Faktor ist zurückgesetzt. Die Sitzungen der Person sind beendet.",
    "entfernt": "Die Person gehört nicht mehr zum Team. Ihre Sitzungen sind beendet.",
}
OWN_FACTOR = "Ihren eigenen zweiten Faktor ändern Sie unter „Mein Zugang“."
TEAM_REFUSALS: dict[type[Exception], str] = {
    AlreadyOnTeam: "Diese Adresse gehört schon zum Team. Ändern Sie bei Bedarf unten die Rolle.",
    OwnRole: "Die eigene Rolle ändert jemand anderes aus der Leitung.",
    LastLead: "Das Netzwerk braucht eine Leitung. Geben Sie diese Rolle erst jemand anderem.",
    ChangedMeanwhile: "Jemand war schneller: Das Team hat sich geändert. Bitte sehen Sie nach.",
}


@bp.after_request
def _keep_tokens_to_ourselves(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/zugang")
@public
def sign_in() -> str | AnyResponse:
    weiter = request.args.get("weiter", "")
    target = checked_target(weiter)
    if signed_in_or_none() is None:
        return _show_sign_in(SignInForm(), target)
    return redirect(target, 303) if target else _show_account()


def _show_sign_in(form: SignInForm, target: str) -> str:
    return render_template(
        "accounts/sign_in.html",
        form=form,
        weiter=sign_target(target) if target else "",
        notice="Sie sind abgemeldet." if request.args.get("stand") == "abgemeldet" else "",
    )


def _show_account() -> str:
    return render_template(
        "accounts/account.html",
        account=signed_in_account(),
        mine=staff_networks(),
        is_operator=is_operator(),
        is_staff=holds_role(),
        has_second_factor=has_second_factor(),
        has_profile=has_profile(signed_in_account().id),
    )


@bp.post("/zugang")
@public
@limited
def request_sign_in() -> tuple[str, int] | AnyResponse:
    form = SignInForm(request.form)
    target = checked_target(request.form.get("weiter", ""))
    if not form.validate():
        return _show_sign_in(form, target), 422
    with unit_of_work():
        page_token = services.request_sign_in(form.address, target=target)
    return redirect(url_for(".waiting", page_token=page_token), 303)


@bp.get("/zugang/warten/<page_token>")
@public
def waiting(page_token: str) -> str | tuple[str, int]:
    asked = queries.request_by_page_token(page_token)
    if asked is None or not asked.is_open(utcnow()):
        return _link_is_dead()
    return _show_waiting(page_token)


def _show_waiting(page_token: str, **state: Any) -> str:
    settings = current_settings()
    return render_template(
        "accounts/waiting.html",
        page_token=page_token,
        valid_minutes=settings.sign_in_minutes,
        sender=settings.sender_address,
        **({"code_error": "", "code_dead": False} | state),
    )


@bp.post("/zugang/warten/<page_token>")
@public
@limited
def enter_code(page_token: str) -> tuple[str, int] | AnyResponse:
    code = "".join(filter(str.isdigit, request.form.get("code", "")))
    try:
        with unit_of_work():
            asked, outcome = services.enter_code(page_token, code)
    except SignInLinkUsed:
        return _link_was_used(queries.request_by_page_token(page_token))
    except SignInLinkUnknown:
        return _link_is_dead()
    if outcome is services.CodeOutcome.RIGHT:
        return _begin_session(asked)
    dead = outcome is services.CodeOutcome.DEAD
    error = CODE_DEAD if dead else CODE_WRONG
    return _show_waiting(page_token, code_error=error, code_dead=dead), 422


@bp.get("/zugang/<token>")
@public
def link(token: str) -> str | tuple[str, int] | AnyResponse:
    asked = queries.request_by_token(token)
    if asked is not None and asked.used_at is not None:
        return _link_was_used(asked)
    if asked is None or asked.account is None or not asked.is_open(utcnow()):
        return _link_is_dead()
    return render_template("accounts/link.html", token=token, address=asked.account.email)


@bp.post("/zugang/<token>")
@public
@limited
def open_link(token: str) -> tuple[str, int] | AnyResponse:
    try:
        with unit_of_work():
            asked = services.open_link(token)
    except SignInLinkUsed:
        return _link_was_used(queries.request_by_token(token))
    except SignInLinkUnknown:
        return _link_is_dead()
    return _begin_session(asked)


def _begin_session(asked: SignInRequest) -> AnyResponse:
    if asked.account is None:
        raise RuntimeError("a link without an account")
    start_session(asked.account)
    if queries.is_known_device(asked.account, request.cookies.get(device_cookie(), "")):
        trust_known_device()
    return redirect(asked.target or home_of(asked.account), 303)


def home_of(account: Account) -> str:
    if works_in_a_network():
        return url_for(HOME_OF_STAFF)
    return url_for(HOME_OF_MEMBERS if has_profile(account.id) else ".sign_in")


def _link_was_used(asked: SignInRequest | None) -> tuple[str, int] | AnyResponse:
    """A double click lands where the first one led; anybody else is told."""
    account = signed_in_or_none()
    if asked is not None and account is not None and account.id == asked.account_id:
        return redirect(asked.target or home_of(account), 303)
    return render_template("accounts/link_used.html"), 410


def _link_is_dead() -> tuple[str, int]:
    return render_template("accounts/link_dead.html"), 404


@bp.post("/abmelden")
@public
def sign_out() -> AnyResponse:
    end_session()
    return redirect(url_for(".sign_in", stand="abgemeldet"), 303)


@bp.post("/abmelden/ueberall")
@requires_account
def sign_out_everywhere() -> AnyResponse:
    actor = signed_in_actor()
    with unit_of_work():
        services.sign_out_everywhere(signed_in_account().id, by=actor)
    end_session()
    return redirect(url_for(".sign_in", stand="abgemeldet"), 303)


@bp.get("/koordination/<slug>/team")
@requires(Permission.MANAGE_STAFF, fresh=True)
def team(network: Network) -> str:
    return _show_team(network, notice=TEAM_NOTICES.get(request.args.get("stand", ""), ""))


def _show_team(network: Network, **state: Any) -> str:
    return render_template(
        "accounts/team.html",
        net=current_definitions()[network.slug],
        network=network,
        team=queries.team_of(network.id),
        roles=NETWORK_ROLES,
        me=signed_in_account(),
        **({"form": InvitationForm(), "notice": "", "refusal": ""} | state),
    )


@bp.post("/koordination/<slug>/team")
@requires(Permission.MANAGE_STAFF, fresh=True)
def invite_staff(network: Network) -> tuple[str, int] | AnyResponse:
    form = InvitationForm(request.form)
    role = parse_role(form.role.data)
    if not form.validate() or role is None:
        return _show_team(network, form=form), 422
    actor, inviter = signed_in_actor(), signed_in_account().shown_name
    try:
        with unit_of_work():
            services.invite_staff(
                form.address,
                name=form.name.data or "",
                role=role,
                network=network,
                by=actor,
                inviter=inviter,
            )
    except AlreadyOnTeam as refused:
        return _show_team(network, form=form, refusal=TEAM_REFUSALS[type(refused)]), 409
    return redirect(url_for(".team", slug=network.slug, stand="eingeladen"), 303)


@bp.post("/koordination/<slug>/team/<uuid:role_id>/rolle")
@requires(Permission.MANAGE_STAFF, fresh=True)
def change_role(network: Network, role_id: UUID) -> tuple[str, int] | AnyResponse:
    actor = signed_in_actor()
    try:
        with unit_of_work():
            colleague = _colleague(network, role_id)
            role, seen = _sent_role("role"), _sent_role("seen")
            services.change_role(colleague, role, seen=seen, by=actor)
    except (OwnRole, LastLead, ChangedMeanwhile) as refused:
        return _show_team(network, refusal=TEAM_REFUSALS[type(refused)]), 409
    stand = "geaendert" if role is not seen else None
    return redirect(url_for(".team", slug=network.slug, stand=stand), 303)


def _sent_role(name: str) -> Role:
    role = parse_role(request.form.get(name))
    if role is None:
        abort(422)
    return role


@bp.post("/koordination/<slug>/team/<uuid:role_id>/entfernen")
@requires(Permission.MANAGE_STAFF, fresh=True)
def remove_staff(network: Network, role_id: UUID) -> tuple[str, int] | AnyResponse:
    actor = signed_in_actor()
    try:
        with unit_of_work():
            services.remove_staff(_colleague(network, role_id), by=actor)
    except (OwnRole, LastLead, ChangedMeanwhile) as refused:
        return _show_team(network, refusal=TEAM_REFUSALS[type(refused)]), 409
    return redirect(url_for(".team", slug=network.slug, stand="entfernt"), 303)


@bp.post("/koordination/<slug>/team/<uuid:role_id>/zweiter-faktor")
@requires(Permission.MANAGE_STAFF, fresh=True)
def reset_second_factor(network: Network, role_id: UUID) -> tuple[str, int] | AnyResponse:
    actor = signed_in_actor()
    try:
        with unit_of_work():
            colleague = _colleague(network, role_id)
            services.reset_factors(colleague.account_id, by=actor)
    except OwnRole:
        return _show_team(network, refusal=OWN_FACTOR), 409
    return redirect(url_for(".team", slug=network.slug, stand="zurueckgesetzt"), 303)


def _colleague(network: Network, role_id: UUID) -> StaffRole:
    held = queries.role_in_network(network.id, role_id)
    if held is None:
        abort(404)
    return held
