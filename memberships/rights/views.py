"""What somebody does about their own data, signed in or with the link from a mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for

from memberships.accounts.guard import requires_account, signed_in_account, signed_in_member
from memberships.applications.models import Application
from memberships.applications.queries import application_by_case_token
from memberships.database import unit_of_work
from memberships.events.models import APPLICANT
from memberships.limiting import limited
from memberships.members.errors import MembershipEnded, MembershipUnknown
from memberships.members.models import ObjectionTo
from memberships.members.queries import Standing, standing_of
from memberships.members.services import (
    object_to,
    own_membership_for_change,
    take_back_objection,
)
from memberships.networks.definition import Definition
from memberships.networks.queries import current_definitions, definition_of
from memberships.permissions import public
from memberships.retention.errors import ArchiveNotOffered, NotErasable
from memberships.retention.services import erase_on_request
from memberships.rights import services
from memberships.rights.queries import (
    ConsentLink,
    consent_link,
    consents_that_hold,
    person_data,
    person_data_in_words,
)
from memberships.web import network_or_404

bp = Blueprint("rights", __name__)


@bp.after_request
def _keep_to_ourselves(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/profil/daten")
@requires_account
def my_data() -> str:
    return render_template("rights/my_data.html", parts=person_data_in_words(signed_in_account()))


@bp.get("/profil/daten.json")
@requires_account
def my_data_json() -> Response:
    response = jsonify(person_data(signed_in_account()))
    response.headers["Content-Disposition"] = "attachment; filename=meine-daten.json"
    return response


def _own_standing(membership_id: UUID) -> Standing:
    standing = standing_of(signed_in_account().id, membership_id)
    if standing is None:
        abort(404)
    return standing


def _net_of(about: Any) -> Definition:
    then = definition_of(about.definition)
    return current_definitions().get(then.slug, then)


def _to_profile(done: str) -> Any:
    return redirect(url_for("profile.profile", stand=done), 303)


@bp.get("/profil/<uuid:membership_id>/einschraenken")
@requires_account
def restrict_own(membership_id: UUID) -> str:
    standing = _own_standing(membership_id)
    return render_template(
        "rights/restrict.html",
        net=_net_of(standing.membership),
        is_restricted=standing.restricted_at is not None,
        with_session=True,
        back_to=url_for("profile.profile"),
    )


@bp.post("/profil/<uuid:membership_id>/einschraenken")
@requires_account
def restrict_membership(membership_id: UUID) -> Any:
    account, by = signed_in_account(), signed_in_member()
    is_lifted = "aufheben" in request.form
    try:
        with unit_of_work():
            party = services.party_of_membership(account, membership_id)
            if is_lifted:
                services.lift_restriction(party, by=by)
            else:
                services.restrict(party, by=by)
    except MembershipUnknown:
        abort(404)
    return _to_profile("aufgehoben" if is_lifted else "eingeschraenkt")


@bp.post("/profil/<uuid:membership_id>/widerspruch")
@requires_account
def object_to_mailings(membership_id: UUID) -> Any:
    by, is_taken_back = signed_in_member(), "zuruecknehmen" in request.form
    change = take_back_objection if is_taken_back else object_to
    try:
        with unit_of_work():
            account = signed_in_account()
            standing = own_membership_for_change(account.id, membership_id)
            change(standing, ObjectionTo.MAILING, account=account, by=by)
    except MembershipUnknown:
        abort(404)
    except MembershipEnded:
        return _to_profile("beendet")
    return _to_profile("mailings" if is_taken_back else "keine-mailings")


@bp.get("/vorgang/<case_token>/einschraenken")
@public
def restrict_case(case_token: str) -> Any:
    application = application_by_case_token(case_token)
    if application is None:
        return _link_is_unknown()
    return render_template(
        "rights/restrict.html",
        net=definition_of(application.definition),
        is_restricted=application.restricted_at is not None,
        with_session=False,
        back_to=url_for("applications.case", case_token=case_token),
    )


@bp.post("/vorgang/<case_token>/einschraenken")
@public
@limited
def restrict_application(case_token: str) -> Any:
    application: Application | None
    with unit_of_work():
        application = application_by_case_token(case_token, for_change=True)
        if application is not None:
            party = services.party_of_case(application)
            if "aufheben" in request.form:
                services.lift_restriction(party, by=APPLICANT)
            else:
                services.restrict(party, by=APPLICANT)
    if application is None:
        return _link_is_unknown()
    return redirect(url_for("applications.case", case_token=case_token), 303)


def _link_is_unknown() -> tuple[str, int]:
    return render_template("applications/link_unknown.html"), 404


ARCHIVE_FIRST = (
    "Dieses Netzwerk muss Ihre Angaben zuerst einem Archiv anbieten. Schreiben Sie bitte der "
    "Koordination, dass sie gelöscht werden sollen."
)
NOT_ERASABLE = (
    "Löschen geht erst, wenn die Mitgliedschaft oder der Vorgang beendet und nichts eingeschränkt "
    "ist. Gelöscht wurde jetzt nichts."
)


def _show_erasing(about: Any, back_to: str, *, with_session: bool, refusal: str = "") -> str:
    return render_template(
        "rights/erase.html",
        net=_net_of(about),
        with_session=with_session,
        back_to=back_to,
        refusal=refusal,
    )


@bp.route("/profil/<uuid:membership_id>/loeschen", methods=["GET", "POST"])
@requires_account
def erase_membership(membership_id: UUID) -> Any:
    standing, by = _own_standing(membership_id), signed_in_member()
    membership, back_to = standing.membership, url_for("profile.profile")
    slug = membership.definition.network.slug
    if request.method == "GET":
        return _show_erasing(membership, back_to, with_session=True)
    try:
        with unit_of_work():
            services.erase_standing(_own_standing(membership_id), by=by)
    except (ArchiveNotOffered, NotErasable) as refused:
        refusal = ARCHIVE_FIRST if isinstance(refused, ArchiveNotOffered) else NOT_ERASABLE
        about = _own_standing(membership_id).membership
        return _show_erasing(about, back_to, with_session=True, refusal=refusal), 409
    return redirect(url_for(".erased", slug=slug), 303)


@bp.route("/vorgang/<case_token>/loeschen", methods=["GET", "POST"])
@public
@limited
def erase_case(case_token: str) -> Any:
    application = application_by_case_token(case_token)
    if application is None:
        return _link_is_unknown()
    back_to = url_for("applications.case", case_token=case_token)
    if request.method == "GET":
        return _show_erasing(application, back_to, with_session=False)
    slug = application.network.slug
    try:
        with unit_of_work():
            found = application_by_case_token(case_token, for_change=True)
            if found is not None:
                erase_on_request(found, by=APPLICANT)
    except (ArchiveNotOffered, NotErasable) as refused:
        refusal = ARCHIVE_FIRST if isinstance(refused, ArchiveNotOffered) else NOT_ERASABLE
        about = application_by_case_token(case_token)
        if about is None:
            return _link_is_unknown()
        return _show_erasing(about, back_to, with_session=False, refusal=refusal), 409
    return redirect(url_for(".erased", slug=slug), 303)


@bp.get("/netzwerke/<slug>/geloescht")
@public
def erased(slug: str) -> str:
    return render_template("rights/erased.html", net=network_or_404(slug))


@bp.get("/widerruf/<token>")
@public
def consents(token: str) -> Any:
    link = consent_link(token)
    return _show_consents(link, token) if link else _link_is_unknown()


def _show_consents(link: ConsentLink, token: str) -> str:
    net = _net_of(link.about)
    titles = {f"{purpose.key}_consent": purpose.title for purpose in net.purposes}
    holding = {step.purpose: step for step in consents_that_hold(link.network_id, link.email)}
    return render_template(
        "rights/consents.html",
        net=net,
        token=token,
        consents=[(titles.get(key, "Einwilligung"), step) for key, step in holding.items()],
        is_done="widerrufen" in request.args,
    )


@bp.post("/widerruf/<token>")
@public
@limited
def withdraw_consent(token: str) -> Any:
    with unit_of_work():
        link = consent_link(token)
        if link is not None:
            services.withdraw_by_link(link, request.form.get("zweck", "")[:40])
    if link is None:
        return _link_is_unknown()
    return redirect(url_for(".consents", token=token, widerrufen="ja"), 303)
