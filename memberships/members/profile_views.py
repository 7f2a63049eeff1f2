"""The member's own side: everything here is for whoever is signed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from memberships.accounts.guard import (
    holds_role,
    requires_account,
    signed_in_account,
    signed_in_member,
)
from memberships.database import unit_of_work, utcnow
from memberships.members import queries, services
from memberships.members.errors import (
    AlreadyMember,
    MembershipChanged,
    MembershipEnded,
    MembershipRestricted,
    MembershipUnknown,
    NotReturnable,
    RepresentativesChanged,
    SeatTaken,
)
from memberships.members.forms import ChangeForm
from memberships.members.mails import network_of
from memberships.members.profile import (
    answers_on_request,
    card_of,
    is_last_representative,
    names_behind,
)
from memberships.members.queries import Standing, asked_of
from memberships.members.questions import proposed_answers
from memberships.networks.queries import definition_of

STALE = (
    "Die Angaben haben sich inzwischen geändert, zum Beispiel in einem anderen Fenster. "
    "Ihre Eingaben sind noch da. Prüfen Sie sie bitte und speichern Sie noch einmal."
)

bp = Blueprint("profile", __name__, url_prefix="/profil")

NOTICES = {
    "verlassen": "Das ist erledigt. Eine E-Mail, die es bestätigt, ist unterwegs.",
    "zurueck": "Willkommen zurück. Was Sie freiwillig erlaubt hatten, bleibt widerrufen.",
    "widerrufen": "Ihre Einwilligung ist widerrufen.",
    "adresse": "Ihre E-Mail-Adresse ist geändert. Auf anderen Geräten sind Sie abgemeldet.",
    "gespeichert": "Ihre Angaben sind gespeichert.",
    "eingeschraenkt": "Ihre Angaben werden nur noch aufbewahrt. Eine E-Mail ist unterwegs.",
    "aufgehoben": "Ihre Angaben werden wieder verwendet. Eine E-Mail ist unterwegs.",
    "keine-mailings": "Wir schreiben Ihnen keine Einladungen und Rundbriefe mehr.",
    "mailings": "Einladungen zur Mitgliedschaft erhalten Sie wieder.",
    "beendet": "Diese Mitgliedschaft ist schon beendet. Geändert wurde jetzt nichts.",
    "gefragt": "Wir fragen nicht mehr danach. Ergänzen können Sie es jederzeit.",
    "widersprochen": "Sie stehen nicht mehr im Verzeichnis für Mitglieder.",
    "zugestimmt": "Ihr Widerspruch ist zurückgenommen.",
    "verzeichnis": "Sie stehen jetzt im Verzeichnis für Mitglieder.",
    "eintrag": "Ihr Eintrag ist gespeichert. Er wird öffentlich, sobald er freigegeben ist.",
    "eintrag-neu": "Ihr Eintrag ist geändert.",
    "eintrag-entfernt": "Ihr öffentlicher Eintrag ist entfernt.",
}
REFUSALS: dict[type[Exception], str] = {
    MembershipEnded: "Diese Mitgliedschaft ist schon beendet. Geändert wurde jetzt nichts.",
    NotReturnable: (
        "Zurückkommen ist hier nicht mehr möglich. Sie können sich beim Netzwerk neu anmelden."
    ),
    AlreadyMember: "Sie sind inzwischen neu beigetreten. Geändert wurde jetzt nichts.",
    SeatTaken: (
        "Der Sitz Ihrer Organisation ist inzwischen besetzt. Zurückkommen ist deshalb hier nicht "
        "möglich. Fragen Sie bitte die Stelle, die das Netzwerk koordiniert."
    ),
    MembershipRestricted: (
        "Ihre Angaben sind zurzeit nur aufbewahrt und werden niemandem gezeigt. Geändert wurde "
        "jetzt nichts."
    ),
    RepresentativesChanged: (
        "Während Sie die Seite offen hatten, hat sich geändert, wer die Organisation vertritt. "
        "Geändert wurde jetzt nichts. Lesen Sie bitte noch einmal, was das Beenden bedeutet."
    ),
}


@bp.after_request
def _keep_to_ourselves(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("")
@requires_account
def profile() -> str:
    return show_profile(notice=NOTICES.get(request.args.get("stand", ""), ""))


def show_profile(*, notice: str = "", refusal: str = "") -> str:
    account = signed_in_account()
    standings = queries.standings_of(account.id)
    return render_template(
        "members/profile.html",
        account=account,
        cards=[card_of(standing, account) for standing in standings],
        deputyships=queries.deputyships_of(account.id),
        names=names_behind(account, standings),
        has_tasks=holds_role(),
        now=utcnow(),
        notice=notice,
        refusal=refusal,
    )


def own_standing(membership_id: UUID) -> Standing:
    standing = queries.standing_of(signed_in_account().id, membership_id)
    if standing is None or not standing.is_shown(utcnow()):
        abort(404)
    return standing


def own_standing_for_change(membership_id: UUID) -> Standing:
    try:
        return services.own_membership_for_change(signed_in_account().id, membership_id)
    except MembershipUnknown:
        abort(404)


def to_profile(done: str) -> AnyResponse:
    return redirect(url_for("profile.profile", stand=done), 303)


@bp.get("/<uuid:membership_id>/verlassen")
@requires_account
def leave(membership_id: UUID) -> Any:
    standing = own_standing(membership_id)
    if not standing.is_living:
        return show_profile(refusal=REFUSALS[MembershipEnded]), 409
    return _show_leaving(standing)


def _show_leaving(standing: Standing, refusal: str = "") -> str:
    return render_template(
        "members/leave.html",
        card=card_of(standing, signed_in_account()),
        is_last=is_last_representative(standing),
        refusal=refusal,
    )


@bp.post("/<uuid:membership_id>/verlassen")
@requires_account
def leave_network(membership_id: UUID) -> Any:
    by = signed_in_member()
    try:
        with unit_of_work():
            services.leave_network(
                own_standing_for_change(membership_id),
                account=signed_in_account(),
                by=by,
                ends_organisation="ends_organisation" in request.form,
            )
    except RepresentativesChanged as refused:
        return _show_leaving(own_standing(membership_id), REFUSALS[type(refused)]), 409
    except MembershipEnded as refused:
        return show_profile(refusal=REFUSALS[type(refused)]), 409
    return to_profile("verlassen")


@bp.post("/<uuid:membership_id>/zurueckkommen")
@requires_account
def return_to_network(membership_id: UUID) -> Any:
    by = signed_in_member()
    try:
        with unit_of_work():
            services.return_to_network(
                own_standing_for_change(membership_id), account=signed_in_account(), by=by
            )
    except (AlreadyMember, NotReturnable, SeatTaken) as refused:
        return show_profile(refusal=REFUSALS[type(refused)]), 409
    return to_profile("zurueck")


@bp.post("/<uuid:membership_id>/einwilligungen/<purpose>/widerrufen")
@requires_account
def withdraw_consent(membership_id: UUID, purpose: str) -> Any:
    by = signed_in_member()
    with unit_of_work():
        withdrawn = services.withdraw_own_consent(
            own_standing_for_change(membership_id), purpose, account=signed_in_account(), by=by
        )
    return to_profile("widerrufen" if withdrawn else "")


@bp.get("/<uuid:membership_id>/angaben")
@requires_account
def change(membership_id: UUID) -> Any:
    standing = own_standing(membership_id)
    if not standing.is_living:
        return show_profile(refusal=REFUSALS[MembershipEnded]), 409
    known = proposed_answers(standing) | _stored(standing)
    return _show_change(standing, ChangeForm(asked_of(standing.membership), known))


def _stored(standing: Standing) -> dict[str, Any]:
    return {**standing.all_answers, "email": signed_in_account().email}


def _show_change(standing: Standing, form: ChangeForm, notice: str = "") -> str:
    return render_template(
        "members/change.html",
        net=form.definition,
        joined_with=definition_of(standing.membership.definition),
        today=network_of(standing.membership),
        standing=standing,
        form=form,
        on_request=answers_on_request(standing),
        version=standing.membership.version,
        notice=notice,
    )


@bp.post("/<uuid:membership_id>/angaben")
@requires_account
def change_answers(membership_id: UUID) -> Any:
    standing = own_standing(membership_id)
    form = ChangeForm(asked_of(standing.membership), _stored(standing), request.form)
    if not form.validate():
        return _show_change(standing, form), 422
    by, seen = signed_in_member(), request.form.get("version", type=int)
    try:
        with unit_of_work():
            changed = services.change_answers(
                own_standing_for_change(membership_id), form.answers, seen_version=seen, by=by
            )
    except MembershipEnded as refused:
        return show_profile(refusal=REFUSALS[type(refused)]), 409
    except MembershipChanged:
        return _show_change(own_standing(membership_id), form, notice=STALE), 409
    return to_profile("gespeichert" if changed else "")
