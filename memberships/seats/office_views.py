"""The office's list of seats: vacant ones, those on their way, those that somebody objects to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, role_in, signed_in_actor
from memberships.accounts.queries import account_by_email
from memberships.applications.queries import answers_in_words
from memberships.database import ChangedMeanwhile, unit_of_work, utcnow
from memberships.members.errors import (
    MembershipChanged,
    MembershipEnded,
    MembershipRestricted,
    MembershipUnknown,
)
from memberships.members.models import EndReason, Membership, Seat
from memberships.members.queries import (
    asked_of,
    living_membership,
    living_representatives,
    membership_of,
    names_of,
)
from memberships.members.services import check_membership as note_checked
from memberships.members.services import end_membership as end_now
from memberships.members.services import end_preview, membership_for_change
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission, may
from memberships.retention.errors import NotErasable
from memberships.review.forms import EndForm
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
from memberships.viewings.guard import shows_personal_data

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
    MembershipChanged: (
        "Während Sie die Seite offen hatten, hat sich die Mitgliedschaft geändert. Geändert wurde "
        "jetzt nichts."
    ),
    MembershipUnknown: "Diese Person ist inzwischen gelöscht. Geändert wurde jetzt nichts.",
    NotErasable: (
        "Gelöscht wird erst, wenn die Mitgliedschaft beendet und keine Verarbeitung eingeschränkt "
        "ist. Geändert wurde jetzt nichts."
    ),
    MembershipEnded: "Diese Mitgliedschaft ist inzwischen beendet. Geändert wurde jetzt nichts.",
    SeatHeld: "Der Sitz ist besetzt oder wird gerade übergeben. Geschlossen wurde nichts.",
}


@bp.get("/koordination/<slug>/sitze")
@requires(Permission.VIEW_MEMBERS)
@shows_personal_data("seat_list")
def list_seats(network: Network) -> str:
    return render_template(
        "seats/list.html",
        net=current_definitions()[network.slug],
        vacant=queries.vacant_seats(network.id),
        handovers=[
            (handover, queries.organisation_of(handover.seat))
            for handover in queries.open_handovers(network.id)
        ],
        restricted=queries.restricted_seats(network.id),
        most=queries.PAGE_SIZE,
        now=utcnow(),
    )


def seat_or_404(network: Network, seat_id: UUID) -> Seat:
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
@shows_personal_data("seat")
def seat(network: Network, seat_id: UUID) -> str:
    return _show(network, seat_or_404(network, seat_id))


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
        answers=answers_in_words(membership.answers, asked_of(membership)) if membership else [],
        people=queries.people_on(seat),
        may_end=may(role_in(network.id), Permission.END_MEMBERSHIPS),
        may_restrict=may(role_in(network.id), Permission.RESTRICT_DATA),
        may_erase=may(role_in(network.id), Permission.MANAGE_RETENTION),
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


def refused(network: Network, seat_id: UUID, error: Exception) -> Any:
    """409 on the seat as it is now, with what came between."""
    return _show(network, seat_or_404(network, seat_id), refusal=REFUSALS[type(error)]), 409


def _to(network: Network, seat: Seat) -> Any:
    return redirect(url_for(".seat", slug=network.slug, seat_id=seat.id), 303)


@bp.post("/koordination/<slug>/sitze/<uuid:seat_id>/vorschlagen")
@requires(Permission.MANAGE_SEATS)
def propose_successor(network: Network, seat_id: UUID) -> Any:
    form, seat, by = ProposalForm(), seat_or_404(network, seat_id), signed_in_actor()
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
        return _show(network, seat_or_404(network, seat_id), form=form), 422
    except (ChangedMeanwhile, HandoverOpen, MembershipRestricted) as error:
        said = REFUSALS[type(error)]
        return _show(network, seat_or_404(network, seat_id), form=form, refusal=said), 409
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
        return _show(network, seat_or_404(network, seat_id), decision=form), 422
    decide = (
        services.carry_out_handover if "durchfuehren" in request.form else services.refuse_handover
    )
    try:
        with unit_of_work():
            handover = services.handover_for_decision(
                network.id, handover_id, seen_version=form.version.data
            )
            decide(handover, form.reason.data, by=by)
    except (ChangedMeanwhile, HandoverChanged, HandoverUnknown, MembershipRestricted) as error:
        seat, said = seat_or_404(network, seat_id), REFUSALS[type(error)]
        current = queries.open_handover_of(seat)
        form.version.data = current.version if current else None
        return _show(network, seat, decision=form, refusal=said), 409
    return redirect(url_for(".seat", slug=network.slug, seat_id=seat_id), 303)


@bp.post("/koordination/<slug>/sitze/<uuid:seat_id>/schliessen")
@requires(Permission.MANAGE_SEATS)
def close_seat(network: Network, seat_id: UUID) -> Any:
    seat, by = seat_or_404(network, seat_id), signed_in_actor()
    try:
        with unit_of_work():
            services.close_seat(seat, by=by)
    except (ChangedMeanwhile, SeatHeld) as error:
        return refused(network, seat_id, error)
    return _to(network, seat)


_STOPPED = (ChangedMeanwhile, MembershipChanged, MembershipEnded, MembershipRestricted)


def _held(network: Network, seat_id: UUID) -> tuple[Seat, Membership]:
    seat = seat_or_404(network, seat_id)
    membership = queries.holding_membership(seat)
    if membership is None:
        abort(404)
    return seat, membership


@bp.post("/koordination/<slug>/sitze/<uuid:seat_id>/geprueft")
@requires(Permission.END_MEMBERSHIPS)
def check_membership(network: Network, seat_id: UUID) -> Any:
    seat, membership = _held(network, seat_id)
    version, by, membership_id = (
        request.form.get("version", type=int),
        signed_in_actor(),
        membership.id,
    )
    try:
        with unit_of_work():
            found = membership_for_change(network.id, membership_id, seen_version=version)
            note_checked(found, by=by)
    except _STOPPED as error:
        return refused(network, seat_id, error)
    return _to(network, seat)


@bp.route("/koordination/<slug>/sitze/<uuid:seat_id>/beenden", methods=["GET", "POST"])
@requires(Permission.END_MEMBERSHIPS)
@shows_personal_data("ending")
def end_membership(network: Network, seat_id: UUID) -> Any:
    """For whoever came by a hand-over: there is no case to end it from."""
    form, (seat, membership) = EndForm(), _held(network, seat_id)
    valid = request.method == "POST" and form.validate()
    if not valid or "ansehen" in request.form:
        return _show_ending(network, membership, form), 422 if form.errors else 200
    by, membership_id = signed_in_actor(), membership.id
    try:
        with unit_of_work():
            end_now(
                membership_for_change(network.id, membership_id, seen_version=form.version.data),
                EndReason(form.reason.data),
                by=by,
                message=form.message.data or "",
            )
    except _STOPPED as error:
        return refused(network, seat_id, error)
    return _to(network, seat)


def _show_ending(network: Network, membership: Membership, form: EndForm) -> str:
    chosen = form.reason.data if form.reason.data in set(EndReason) else None
    return render_template(
        "review/end_membership.html",
        net=current_definitions()[network.slug],
        application=None,
        membership=membership,
        names=names_of([membership])[membership.id],
        form=form,
        mails=end_preview(membership, EndReason(chosen), form.message.data or "") if chosen else [],
    )
