"""Who has looked at which data and when: for auditors alone."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from flask import Blueprint, render_template, request

from memberships.accounts.guard import requires
from memberships.accounts.queries import team_of
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.viewings.queries import PAGE_SIZE, viewings_in
from memberships.viewings.wording import PAGES

bp = Blueprint("viewings", __name__, url_prefix="/koordination")

# Largest key of the table, on PostgreSQL.
_MOST = 2**31 - 1


@bp.get("/<slug>/einsichten")
@requires(Permission.VIEW_VIEWINGS)
def list_viewings(network: Network) -> str:
    typed = request.args.get("fall", "").strip()[:80]
    account_id, application_id = _id(request.args.get("person", "")), _id(typed)
    after = request.args.get("ab", type=int)
    # What is typed and is no number of a case finds nothing, rather than everything.
    is_unknown = bool(typed) and application_id is None
    found = (
        viewings_in(
            network.id,
            account_id=account_id,
            application_id=application_id,
            after=min(max(after, 0), _MOST) if after is not None else None,
        )
        if not is_unknown
        else []
    )
    shown = found[:PAGE_SIZE]
    return render_template(
        "viewings/list.html",
        net=current_definitions()[network.slug],
        viewings=shown,
        pages=PAGES,
        team=[(str(role.account_id), role.account.shown_name) for role in team_of(network.id)],
        person=str(account_id or ""),
        case=typed,
        next_after=shown[-1].id if len(found) > len(shown) else None,
    )


def _id(typed: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(typed)
    return None
