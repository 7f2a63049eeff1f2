"""What the office does on demand with the data of somebody on a seat.

Whoever came by a hand-over has no case from which it could be done.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, signed_in_actor
from memberships.database import unit_of_work
from memberships.members.errors import MembershipChanged, MembershipUnknown
from memberships.members.models import Seat
from memberships.members.queries import Standing
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.retention.errors import NotErasable
from memberships.retention.queries import needs_archive
from memberships.review.forms import (
    NOT_INFORMED,
    NOT_OFFERED,
    CaseForm,
    ErasureForm,
    RestrictionForm,
)
from memberships.rights import services
from memberships.seats import queries
from memberships.seats.office_views import refused, seat_or_404
from memberships.seats.views import bp
from memberships.viewings.guard import shows_personal_data

_STOPPED = (MembershipChanged, MembershipUnknown)


def _person(network: Network, seat_id: UUID, account_id: UUID) -> tuple[Seat, Standing]:
    seat = seat_or_404(network, seat_id)
    standing = queries.person_on(seat, account_id)
    if standing is None:
        abort(404)
    return seat, standing


def _as_seen(
    standing: Standing, account_id: UUID, form: CaseForm
) -> tuple[services.Party, Standing]:
    """The person's part, locked, as the office saw it."""
    account = queries.account_of(account_id)
    party = services.party_of_membership(account, standing.membership.id)
    if party.standing is None or party.standing.membership.version != form.version.data:
        raise MembershipChanged
    return party, party.standing


@bp.route(
    "/koordination/<slug>/sitze/<uuid:seat_id>/personen/<uuid:account_id>/einschraenken",
    methods=["GET", "POST"],
)
@requires(Permission.RESTRICT_DATA)
@shows_personal_data("restriction")
def restrict_person(network: Network, seat_id: UUID, account_id: UUID) -> Any:
    form, (seat, standing) = RestrictionForm(), _person(network, seat_id, account_id)
    is_restricted = standing.restricted_at is not None
    if request.method == "GET" or not form.validate():
        return _show_restriction(network, seat, standing, form)
    if is_restricted and not form.informed.data:
        form.informed.errors = (NOT_INFORMED,)
        return _show_restriction(network, seat, standing, form), 422
    change, by = (
        services.lift_restriction if is_restricted else services.restrict,
        signed_in_actor(),
    )
    try:
        with unit_of_work():
            party, _ = _as_seen(standing, account_id, form)
            change(party, by=by)
    except _STOPPED as error:
        return refused(network, seat_id, error)
    return redirect(url_for(".seat", slug=network.slug, seat_id=seat_id), 303)


def _show_restriction(
    network: Network, seat: Seat, standing: Standing, form: RestrictionForm
) -> str:
    return _show(
        "review/restrict.html",
        network,
        seat,
        standing,
        form=form,
        lifts=standing.restricted_at is not None,
        found_in="die Person danach auf der Seite dieses Sitzes und unter Sitze, „Eingeschränkt“",
    )


@bp.route(
    "/koordination/<slug>/sitze/<uuid:seat_id>/personen/<uuid:account_id>/loeschen",
    methods=["GET", "POST"],
)
@requires(Permission.MANAGE_RETENTION, fresh=True)
@shows_personal_data("erasure")
def erase_person(network: Network, seat_id: UUID, account_id: UUID) -> Any:
    form, (seat, standing) = ErasureForm(), _person(network, seat_id, account_id)
    if request.method == "GET" or not form.validate():
        return _show_erasing(network, seat, standing, form)
    if needs_archive(network) and not form.archive_offered.data:
        form.archive_offered.errors = (NOT_OFFERED,)
        return _show_erasing(network, seat, standing, form), 422
    by = signed_in_actor()
    try:
        with unit_of_work():
            _, found = _as_seen(standing, account_id, form)
            services.erase_standing(found, by=by, archive_offered=form.archive_offered.data)
    except (*_STOPPED, NotErasable) as error:
        return refused(network, seat_id, error)
    return redirect(url_for(".seat", slug=network.slug, seat_id=seat_id), 303)


def _show_erasing(network: Network, seat: Seat, standing: Standing, form: ErasureForm) -> str:
    return _show(
        "review/erase.html",
        network,
        seat,
        standing,
        form=form,
        erased="alles, was von dieser Person auf diesem Sitz noch gespeichert ist,",
        needs_archive=needs_archive(network),
    )


def _show(template: str, network: Network, seat: Seat, standing: Standing, **more: Any) -> str:
    return render_template(
        template,
        net=current_definitions()[network.slug],
        leads_back=(
            f"Sitz von {queries.organisation_of(seat).name}",
            url_for(".seat", slug=network.slug, seat_id=seat.id),
        ),
        full_name=standing.full_name,
        version=standing.membership.version,
        **more,
    )
