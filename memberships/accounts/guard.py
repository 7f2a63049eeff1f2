"""Who may open a view: every view is @public or asks for a permission. And who is signed in.

The only place, beside views, that knows the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import islice
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError
from itsdangerous import BadData, URLSafeSerializer

from memberships.accounts.models import Account, StaffRole
from memberships.accounts.queries import account_with_roles, roles_of
from memberships.database import utcnow
from memberships.events.models import Actor, ActorKind
from memberships.extensions import csrf, login
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Access, Permission, Role, View, may, public
from memberships.settings import current_settings
from memberships.web import SAFE_METHODS

__all__ = [
    "public",
    "requires",
    "requires_account",
    "requires_staff",
    "role_in",
    "signed_in_account",
    "signed_in_actor",
    "signed_in_member",
    "signed_in_or_none",
    "staff_networks",
]

# What a session holds beside Flask-Login's own: when it began and when it was last used.
_BEGAN, _SEEN = "began", "seen"
# When the second factor was given (0: never here, but on a known device), and a printed code.
_SECOND, _RECOVERS = "second", "recovers"
_FRESH_SECONDS, _RECOVERY_SECONDS = 600, 1800
# How exactly the last use is kept; a cookie on every answer would be noise.
_SEEN_EVERY_SECONDS = 60
_LONGEST_TARGET = 500
# A meeting's list has three fields a case; what is longer than this nobody has typed.
_MOST_FIELDS = 1600
# Keys, numbers and ids that a form carries along: nothing that a person has typed.
_IS_TECHNICAL = re.compile(r"[a-z0-9_-]*")


def requires(permission: Permission, *, fresh: bool = False) -> Callable[[View], View]:
    """Let only those in who hold the permission.

    With `<slug>` in the address the view is given `network` in its place: the account needs a role
    there (otherwise 404, as for a network that does not exist) that holds the permission (otherwise
    403). Without, any of its roles may hold it. A POST needs the token of its session.

    Whoever holds a role needs the second factor, too; `fresh`: given within the last ten minutes.
    """

    def check(arguments: dict[str, Any]) -> None:
        if "slug" in arguments:
            network, role = _network_of_mine(arguments.pop("slug"))
            arguments["network"] = network
            allowed = may(role, permission)
        else:
            allowed = any(may(held.role, permission) for held in _my_roles())
        if not allowed:
            abort(_not_permitted())

    return _guard(permission, check, fresh=fresh)


def requires_staff(view: View) -> View:
    """Let everybody in who holds a role in any network."""

    def check(_arguments: dict[str, Any]) -> None:
        if not staff_networks():
            abort(_not_permitted())

    return _guard(Access.STAFF, check)(view)


def requires_account(view: View) -> View:
    """Let everybody in who is signed in."""
    return _guard(Access.ACCOUNT, lambda _arguments: None)(view)


def _guard(
    access: Permission | Access, check: Callable[[dict[str, Any]], None], *, fresh: bool = False
) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> Any:
            if signed_in_or_none() is None:
                return _ask_to_sign_in()
            if access is not Access.ACCOUNT and holds_role() and not has_second_factor():
                return _ask_for_second_factor()
            check(arguments)
            if fresh and not is_fresh():
                return _ask_for_second_factor()
            try:
                csrf.protect()
            except CSRFError:
                return _signed_out_page(400)
            return view(**arguments)

        guarded.is_fresh = fresh  # type: ignore[attr-defined]  # read by the test of all routes
        guarded.access = access  # type: ignore[attr-defined]  # read by the test of all routes
        return cast(View, guarded)

    return decorate


def signed_in_account() -> Account:
    """Who is signed in; only inside a guarded view."""
    account = signed_in_or_none()
    if account is None:
        raise RuntimeError("nobody is signed in")
    return account


def signed_in_or_none() -> Account | None:
    """Who is signed in, also on a public page; asking reads the session."""
    account = cast(Any, current_user)._get_current_object()  # noqa: SLF001 - werkzeug's documented way
    return account if isinstance(account, Account) else None


def signed_in_actor() -> Actor:
    """Who is signed in, as the log names them."""
    return Actor(ActorKind.STAFF, signed_in_account().id)


def signed_in_member() -> Actor:
    """Who is signed in and acts for themselves, as the log names them."""
    return Actor(ActorKind.MEMBER, signed_in_account().id)


def role_in(network_id: int) -> Role | None:
    """What the signed-in account is in this network."""
    return next((held.role for held in _my_roles() if held.network_id == network_id), None)


def staff_networks() -> list[tuple[Network, Role]]:
    """The networks of the signed-in account, as their definitions are ordered, with its roles."""
    mine = {held.network.slug: (held.network, held.role) for held in _my_roles() if held.network}
    return [mine[slug] for slug in current_definitions() if slug in mine]


def may_here(net: Definition | None, permission: str) -> bool:
    """For templates: whether a page of this network is open to the signed-in account."""
    role = next((role for own, role in staff_networks() if net and own.slug == net.slug), None)
    return may(role, Permission(permission))


def install(app: Flask) -> None:
    """Give the templates of staff pages what they show of who is signed in."""
    app.jinja_env.globals |= {
        "may_here": may_here,
        "signed_in_account": signed_in_account,
        "staff_networks": staff_networks,
    }


def is_operator() -> bool:
    """Whether the signed-in account keeps the installation running."""
    return any(held.role is Role.OPERATOR for held in _my_roles())


def _my_roles() -> Sequence[StaffRole]:
    """What the account is to others; nothing while only its mailbox is proven."""
    return _held_roles() if has_second_factor() else ()


def holds_role() -> bool:
    """Whether the account is somebody's staff, and so needs a second factor."""
    return bool(_held_roles())


def has_second_factor() -> bool:
    """Whether this session has given the second factor, or runs on a known device."""
    return _SECOND in session


def is_fresh() -> bool:
    """Whether this session has given the second factor itself within the last ten minutes."""
    return _is_recent(_SECOND, _FRESH_SECONDS)


def confirm_second_factor() -> None:
    """Note that the second factor was given now, by whoever holds this session."""
    session[_SECOND] = int(utcnow().timestamp())
    session.pop(_RECOVERS, None)


def trust_known_device() -> None:
    """Let this session work without a second factor, but for what asks for a fresh one."""
    session[_SECOND] = 0


def begin_recovery() -> None:
    """Note that a printed code was used: for some minutes a new factor can be set up."""
    session[_RECOVERS] = int(utcnow().timestamp())


def is_recovering() -> bool:
    """Whether a printed code was used in this session just now."""
    return _is_recent(_RECOVERS, _RECOVERY_SECONDS)


def _is_recent(what: str, seconds: int) -> bool:
    at: int = session.get(what, 0)
    return int(utcnow().timestamp()) - at <= seconds


def works_in_a_network() -> bool:
    """Whether the account has a role in any network, with or without its second factor."""
    return any(held.network_id is not None for held in _held_roles())


def device_cookie() -> str:
    """The name of the cookie of a known device; browsers check what its prefix promises."""
    is_secure = current_app.config["SESSION_COOKIE_SECURE"]
    return "__Host-known-device" if is_secure else "known-device"


def _held_roles() -> Sequence[StaffRole]:
    """Loaded with the account; asked for only by the request that signs in."""
    if "staff_roles" not in g:
        account = signed_in_or_none()
        g.staff_roles = roles_of(account.id) if account else ()
    roles: Sequence[StaffRole] = g.staff_roles
    return roles


def _network_of_mine(slug: str) -> tuple[Network, Role]:
    found = next((row for row in staff_networks() if row[0].slug == slug), None)
    if found is None:
        abort(404)
    return found


def start_session(account: Account) -> None:
    """Sign this browser in. The cookie holds the account's id and epoch and two times, no more."""
    session.clear()
    login_user(account)
    # Hashes of the browser's address and name: of no use here, and personal data.
    session.pop("_id", None)
    session[_BEGAN] = session[_SEEN] = int(utcnow().timestamp())
    g.pop("staff_roles", None)


def end_session() -> None:
    """Sign this browser out."""
    logout_user()
    session.clear()


@login.user_loader  # type: ignore[untyped-decorator]  # Flask-Login carries no types
def load_account(session_id: str) -> Account | None:
    """The account of a session that is neither ended by its epoch nor too old."""
    account_id, _, epoch = session_id.partition(":")
    account, roles = account_with_roles(UUID(account_id)) if _is_in_time() else (None, ())
    if account is None or str(account.session_epoch) != epoch:
        session.clear()
        return None
    g.staff_roles = roles
    return account


def _is_in_time() -> bool:
    now, settings = int(utcnow().timestamp()), current_settings()
    began, seen = session.get(_BEGAN, 0), session.get(_SEEN, 0)
    if now - began >= settings.session_hours * 3600:
        return False
    if now - seen >= settings.session_idle_minutes * 60:
        return False
    if now - seen >= _SEEN_EVERY_SECONDS:
        session[_SEEN] = now
    return True


def _ask_to_sign_in() -> Any:
    if request.method in SAFE_METHODS:
        target = request.full_path.rstrip("?")
        return redirect(url_for("accounts.sign_in", weiter=sign_target(target)), 303)
    return _signed_out_page(401)


def sign_target(path: str) -> str:
    """A path to go on to after signing in, so that only we can have named it."""
    return str(_targets().dumps(path))


def checked_target(signed: str) -> str:
    """The path that we signed; empty for anything else, and for what would leave this site."""
    try:
        path = _targets().loads(signed)
    except BadData:
        return ""
    return path if isinstance(path, str) and _is_our_path(path) else ""


def _ask_for_second_factor() -> Any:
    """A page comes back after it; of a form nothing was done, and all of it can be sent again."""
    if request.method in SAFE_METHODS:
        target = request.full_path.rstrip("?")
        return redirect(url_for("accounts.second_factor", weiter=sign_target(target)), 303)
    factor_url = url_for("accounts.second_factor", weiter=sign_target(_form_of_post()))
    return _signed_out_page(403, second_factor_url=factor_url)


def _form_of_post() -> str:
    """The page that a form was sent from, as the browser says; the start page if it does not."""
    came_from = urlsplit(request.referrer or "")
    path = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    is_ours = came_from.netloc in {request.host, urlsplit(current_settings().public_url).netloc}
    return path if is_ours and _is_our_path(path) else "/koordination/"


def _is_our_path(path: str) -> bool:
    parts = urlsplit(path)
    is_local = not parts.scheme and not parts.netloc and path.startswith("/")
    is_plain = "\\" not in path and path.isprintable() and not path.startswith("//")
    return is_local and is_plain and len(path) <= _LONGEST_TARGET


def _targets() -> URLSafeSerializer:
    return URLSafeSerializer(current_settings().secret_key, salt="sign-in-target")


def _signed_out_page(status: int, *, second_factor_url: str = "") -> tuple[str, int]:
    """Nothing that was typed is lost: the page holds it all, to be sent again."""
    fields = [
        (name, value, _IS_TECHNICAL.fullmatch(value) is None)
        for name, value in islice(request.form.items(multi=True), _MOST_FIELDS)
        if name != current_app.config["WTF_CSRF_FIELD_NAME"]
    ]
    page = render_template(
        "accounts/signed_out.html",
        action=request.full_path.rstrip("?"),
        hidden=[(name, value) for name, value, is_typed in fields if not is_typed],
        typed=[(name, value) for name, value, is_typed in fields if is_typed],
        is_signed_in=status != 401,
        second_factor_url=second_factor_url,
    )
    return page, status


def _not_permitted() -> Any:
    page = render_template(
        "errors/error.html",
        status=403,
        title="Das ist in Ihrer Rolle nicht vorgesehen",
        lead="Fragen Sie bitte die Leitung Ihres Netzwerks, wenn Sie das für Ihre Arbeit brauchen.",
        paragraphs=[],
    )
    return current_app.make_response((page, 403))
