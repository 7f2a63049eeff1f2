"""The mark of a view that shows personal data to staff: whoever saw it is recorded afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from flask import current_app, request
from sqlalchemy.exc import SQLAlchemyError

from memberships.accounts.guard import signed_in_account, staff_networks
from memberships.database import ChangedMeanwhile, DatabaseBusy, unit_of_work
from memberships.permissions import Permission, View, may
from memberships.traces import trace_without_values
from memberships.viewings.services import record_viewing
from memberships.viewings.wording import PAGES

log = logging.getLogger(__name__)

# What a page can be about beside a case or a membership; none of them is a person.
_OTHERS = ("seat_id", "organisation_id", "run_id", "case_id", "batch_id")


def shows_personal_data(page: str, *, method: str = "GET") -> Callable[[View], View]:
    """Record who was shown this page, in a transaction of its own once it is rendered.

    Stands below `@requires`, so that only those are recorded who were let in, and only answers with
    status 200 to that method. If recording fails, the page is shown all the same and the log has an
    error.
    """
    if page not in PAGES:
        raise ValueError(f"{page} has no words in memberships.viewings.wording")

    def decorate(view: View) -> View:
        @wraps(view)
        def recorded(**arguments: Any) -> Any:
            answer = view(**arguments)
            if request.method != method:
                return answer
            response = current_app.make_response(answer)
            if response.status_code == 200:
                _record(page, arguments)
            return response

        recorded.shows = page  # type: ignore[attr-defined]  # read by the test of all routes
        return cast(View, recorded)

    return decorate


def _record(page: str, arguments: Mapping[str, Any]) -> None:
    account_id, network_ids = signed_in_account().id, _networks(arguments)
    try:
        with unit_of_work():
            record_viewing(
                account_id,
                network_ids,
                page,
                application_id=arguments.get("application_id"),
                membership_id=arguments.get("membership_id"),
                other_id=next((arguments[key] for key in _OTHERS if key in arguments), None),
            )
    except (SQLAlchemyError, DatabaseBusy, ChangedMeanwhile) as error:
        log.error("viewing of %s not recorded: %s", page, trace_without_values(error))  # noqa: TRY400 - no values


def _networks(arguments: Mapping[str, Any]) -> list[int]:
    """The one that the page is about; of a page over several, those whose cases it lists."""
    if "network" in arguments:
        return [arguments["network"].id]
    mine = {n.slug: n.id for n, role in staff_networks() if may(role, Permission.VIEW_APPLICATIONS)}
    chosen = request.args.get("netzwerk", "")
    return [mine[chosen]] if chosen in mine else list(mine.values())
