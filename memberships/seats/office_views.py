"""The office's list of seats: vacant ones, those on their way, those that somebody objects to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, role_in, signed_in_actor
from memberships.accounts.queries import account_by_email
from memberships.database import ChangedMeanwhile, unit_of_work, utcnow
from memberships.members.errors import MembershipRestricted
from memberships.members.models import Seat
from memberships.members.queries import (
    living_membership,
    living_representatives,
    membership_of,
    names_of,
)
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission, may
from memberships.seats import queries, services
from memberships.seats.errors import (
    HandoverChanged,
    HandoverOpen,
    HandoverUnknown,
    InvitedHoldsIt,
    SeatHeld,
)
from memberships.seats.forms import DecisionForm, ProposalForm
from memberships.seats.models import Handover
from memberships.seats.views import bp

HOLDS_IT = "Diese Person hat den Sitz schon. Geben Sie die Adresse einer anderen ein."
REFUSALS: dict[type[Exception], str] = {
    HandoverOpen: "Für diesen Sitz läuft schon eine Übergabe. Geändert wurde jetzt nichts.",
    HandoverUnknown: "Diese Übergabe ist inzwischen beendet. Geändert wurde jetzt nichts.",
    HandoverChanged: (
        "Während Sie die Seite offen hatten, hat sich die Übergabe geändert. Prüfen Sie bitte, ob "
        "es bei Ihrer Entscheidung bleibt."
    ),
    ChangedMeanwhile: "Im selben Augenblick hat sich etwas geändert. Versuchen Sie es noch einmal.",
    MembershipRestricted: (
        "Die Daten der Person auf diesem Sitz werden nur aufbewahrt (Art. 18 DSGVO). Übergeben "
        "werden kann er, wenn die Einschränkung aufgehoben ist."
    ),
    SeatHeld: "Der Sitz ist besetzt oder wird gerade übergeben. Geschlossen wurde nichts.",
}


@bp.get("/koordination/<slug>/sitze")
@requires(Permission.VIEW_MEMBERS)
def list_seats(network: Network) -> str:
    return render_template(
        "seats/list.html",
        net=current_definitions()[network.slug],
        vacant=queries.vacant_seats(network.id),
        handovers=[
            (handover, queries.organisation_of(handover.seat))
            for handover in queries.open_handovers(network.id)
        ],
        most=queries.PAGE_SIZE,
        now=utcnow(),
    )


def _seat(network: Network, seat_id: UUID) -> Seat:
    seat = queries.seat_in(network.id, seat_id)
    if seat is None:
        abort(404)
    return seat


@bp.get("/koordination/<slug>/mitgliedschaften/<uuid:membership_id>/sitz")
@requires(Permission.VIEW_MEMBERS)
def seat_of_membership(network: Network, membership_id: UUID) -> Any:
    membership = membership_of(network.id, membership_id)
    seat = queries.seat_of(membership) if membership else None
    if seat is None:
        abort(404)
    return redirect(url_for(".seat", slug=network.slug, seat_id=seat.id), 302)


@bp.get("/koordination/<slug>/sitze/<uuid:seat_id>")
@requires(Permission.VIEW_MEMBERS)
def seat(network: Network, seat_id: UUID) -> str:
    return _show(network, _seat(network, seat_id))


def _show(network: Network, seat: Seat, **state: Any) -> str:
    membership, handover = queries.holding_membership(seat), queries.open_handover_of(seat)
    version = handover.version if handover else None
    forms = {
        "refusal": "",
        "form": ProposalForm(formdata=None),
        "decision": DecisionForm(formdata=None, version=version),
    }
    return render_template(
        "seats/seat.html",
        net=current_definitions()[network.slug],
        seat=seat,
        organisation=queries.organisation_of(seat),
        membership=membership,
        names=names_of([membership])[membership.id] if membership else [],
        deputies=queries.deputies_of(seat),
        representatives=living_representatives(membership.id) if membership else [],
        handover=handover,
        holds_another=handover is not None and _holds_another(network, handover),
        events=queries.events_of(seat),
        may_manage=may(role_in(network.id), Permission.MANAGE_SEATS),
        now=utcnow(),
        **(forms | state),
    )


def _holds_another(network: Network, handover: Handover) -> bool:
    account = account_by_email(handover.email) if handover.email else None
    if account is None or not queries.has_person_seats(current_definitions()[network.slug]):
        return False
    return living_membership(account, network.id) is not None


def _to(network: Network, seat: Seat) -> Any:
    return redirect(url_for(".seat", slug=network.slug, seat_id=seat.id), 303)


@bp.post("/koordination/<slug>/sitze/<uuid:seat_id>/vorschlagen")
@requires(Permission.MANAGE_SEATS)
def propose_successor(network: Network, seat_id: UUID) -> Any:
    form, seat, by = ProposalForm(), _seat(network, seat_id), signed_in_actor()
    if not form.validate():
        return _show(network, seat, form=form), 422
    try:
        with unit_of_work():
            services.propose_successor(
                seat,
                form.invited,
                by=by,
                reason=form.reason.data or "",
                representative_id=form.leaving_id,
            )
    except InvitedHoldsIt:
        form.email.errors = (HOLDS_IT,)
        return _show(network, _seat(network, seat_id), form=form), 422
    except (ChangedMeanwhile, HandoverOpen, MembershipRestricted) as refused:
        said = REFUSALS[type(refused)]
        return _show(network, _seat(network, seat_id), form=form, refusal=said), 409
    return _to(network, seat)


@bp.post("/koordination/<slug>/uebergaben/<uuid:handover_id>/entscheiden")
@requires(Permission.MANAGE_SEATS)
def decide_handover(network: Network, handover_id: UUID) -> Any:
    form, by = DecisionForm(), signed_in_actor()
    found = queries.handover_in(network.id, handover_id)
    if found is None:
        abort(404)
    seat_id = found.seat_id
    if not form.validate():
        return _show(network, _seat(network, seat_id), decision=form), 422
    decide = (
        services.carry_out_handover if "durchfuehren" in request.form else services.refuse_handover
    )
    try:
        with unit_of_work():
            handover = services.handover_for_decision(
                network.id, handover_id, seen_version=form.version.data
            )
            decide(handover, form.reason.data, by=by)
    except (ChangedMeanwhile, HandoverChanged, HandoverUnknown, MembershipRestricted) as refused:
        seat, said = _seat(network, seat_id), REFUSALS[type(refused)]
        current = queries.open_handover_of(seat)
        form.version.data = current.version if current else None
        return _show(network, seat, decision=form, refusal=said), 409
    return redirect(url_for(".seat", slug=network.slug, seat_id=seat_id), 303)


@bp.post("/koordination/<slug>/sitze/<uuid:seat_id>/schliessen")
@requires(Permission.MANAGE_SEATS)
def close_seat(network: Network, seat_id: UUID) -> Any:
    seat, by = _seat(network, seat_id), signed_in_actor()
    try:
        with unit_of_work():
            services.close_seat(seat, by=by)
    except (ChangedMeanwhile, SeatHeld) as refused:
        return _show(network, _seat(network, seat_id), refusal=REFUSALS[type(refused)]), 409
    return _to(network, seat)
