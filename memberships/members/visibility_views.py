"""What a member shows of themselves: the public entry, the directory, and the profile questions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import render_template, request, url_for

from memberships.accounts.guard import requires_account, signed_in_account, signed_in_member
from memberships.database import unit_of_work
from memberships.members import services
from memberships.members.directory import directory_page, directory_place, directory_text
from memberships.members.entries import entry_text, entry_values, shown_entry
from memberships.members.errors import (
    MembershipChanged,
    MembershipEnded,
    MembershipRestricted,
    NothingToShow,
)
from memberships.members.mails import network_of
from memberships.members.models import ObjectionTo
from memberships.members.profile_views import (
    REFUSALS,
    bp,
    own_standing,
    own_standing_for_change,
    show_profile,
    to_profile,
)
from memberships.members.queries import Standing, entry_of
from memberships.networks.definition import Definition
from memberships.networks.services import publish_definition

NO_CHOICE = "Wählen Sie mindestens eine Angabe aus, die Ihr Eintrag zeigen soll."
NO_AGE = "Kreuzen Sie an, dass Sie mindestens 16 Jahre alt sind. Sonst geht es leider nicht."
STALE = (
    "Ihre Angaben oder der Eintrag haben sich inzwischen geändert. So sähe er jetzt aus; Ihre "
    "Auswahl ist noch da."
)


def _refusal(standing: Standing) -> Any:
    """Why nothing of this membership can be shown now; None when it can."""
    if not standing.is_living:
        return show_profile(refusal=REFUSALS[MembershipEnded]), 409
    if standing.restricted_at is not None:
        return show_profile(refusal=REFUSALS[MembershipRestricted]), 409
    return None


@bp.get("/<uuid:membership_id>/eintrag")
@requires_account
def entry(membership_id: UUID) -> Any:
    standing = own_standing(membership_id)
    net = network_of(standing.membership)
    if refused := _refusal(standing):
        return refused
    if not net.entry_labels:
        return show_profile(), 404
    typed = request.args.getlist("feld") if "ansehen" in request.args else None
    return _show_entry(standing, net, typed)


def _show_entry(
    standing: Standing,
    net: Definition,
    typed: list[str] | None,
    *,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> str:
    """The boxes as typed, or as this person agreed to; below them what the entry would look like.

    What another representative agreed to is not ticked: everybody agrees for themselves.
    """
    membership, entry = standing.membership, entry_of(standing.membership.id)
    is_own = entry is not None and entry.person is standing.person
    agreed = entry.fields if entry is not None and is_own else []
    values = entry_values(membership, standing.person, net.entry_labels, net)
    chosen = [key for key in (agreed if typed is None else typed) if key in values]
    errors = {"felder": NO_CHOICE} if typed is not None and not chosen else errors or {}
    return render_template(
        "members/entry.html",
        net=net,
        standing=standing,
        entry=entry,
        is_own=is_own,
        values=values,
        missing=[
            label
            for key, label in net.entry_labels.items()
            if key not in values and not standing.all_answers.get(key)
        ],
        never=[
            label
            for key, label in net.entry_labels.items()
            if key not in values and standing.all_answers.get(key)
        ],
        chosen=chosen,
        preview=shown_entry(membership, standing.person, chosen, net) if chosen else None,
        is_asked=typed is not None,
        text=entry_text(net, chosen),
        version=membership.version,
        errors=errors,
        notice=notice,
    )


@bp.post("/<uuid:membership_id>/eintrag")
@requires_account
def publish_entry(membership_id: UUID) -> Any:
    standing = own_standing(membership_id)
    net, typed = network_of(standing.membership), request.form.getlist("feld")
    if refused := _refusal(standing):
        return refused
    if "age" not in request.form:
        return _show_entry(standing, net, typed, errors={"age": NO_AGE}), 422
    by, seen = signed_in_member(), request.form.get("version", type=int)
    try:
        with unit_of_work():
            services.publish_entry(
                own_standing_for_change(membership_id),
                typed,
                publish_definition(net),
                net,
                account=signed_in_account(),
                seen_version=seen,
                form_url=url_for("profile.entry", membership_id=membership_id),
                by=by,
            )
    except NothingToShow:
        return _show_entry(own_standing(membership_id), net, typed), 422
    except (MembershipEnded, MembershipRestricted) as refused:
        return show_profile(refusal=REFUSALS[type(refused)]), 409
    except MembershipChanged:
        return _show_entry(own_standing(membership_id), net, typed, notice=STALE), 409
    stored = entry_of(membership_id)
    return to_profile("eintrag-neu" if stored and stored.is_public else "eintrag")


@bp.post("/<uuid:membership_id>/eintrag/entfernen")
@requires_account
def withdraw_entry(membership_id: UUID) -> Any:
    by = signed_in_member()
    with unit_of_work():
        removed = services.withdraw_entry(own_standing_for_change(membership_id), by=by)
    return to_profile("eintrag-entfernt" if removed else "")


@bp.get("/<uuid:membership_id>/verzeichnis")
@requires_account
def directory(membership_id: UUID) -> Any:
    standing = own_standing(membership_id)
    net = network_of(standing.membership)
    if refused := _refusal(standing):
        return refused
    if net.visibility.internal == "none":
        return show_profile(), 404
    # PostgreSQL takes no NUL in a text.
    asked = {key: text.replace("\0", "") for key, text in request.args.items()}
    text = asked.get("suche", "")[:200]
    return render_template(
        "members/directory.html",
        net=net,
        standing=standing,
        place=directory_place(standing, signed_in_account().id, net),
        text=text,
        page=directory_page(
            standing.membership.network_id,
            net,
            text=text,
            after=asked.get("ab", ""),
            before=asked.get("vor", ""),
        ),
    )


@bp.get("/<uuid:membership_id>/verzeichnis/zustimmen")
@requires_account
def agree_to_directory(membership_id: UUID) -> Any:
    standing = own_standing(membership_id)
    net = network_of(standing.membership)
    if refused := _refusal(standing):
        return refused
    if net.visibility.internal != "opt_in":
        return show_profile(), 404
    return render_template(
        "members/agree_to_directory.html", net=net, standing=standing, text=directory_text(net)
    )


@bp.post("/<uuid:membership_id>/verzeichnis/zustimmen")
@requires_account
def join_directory(membership_id: UUID) -> Any:
    by = signed_in_member()
    net = network_of(own_standing(membership_id).membership)
    try:
        with unit_of_work():
            joined = services.join_directory(
                own_standing_for_change(membership_id),
                publish_definition(net),
                net,
                account=signed_in_account(),
                form_url=url_for("profile.agree_to_directory", membership_id=membership_id),
                by=by,
            )
    except (MembershipEnded, MembershipRestricted) as refused:
        return show_profile(refusal=REFUSALS[type(refused)]), 409
    return to_profile("verzeichnis" if joined else "")


@bp.post("/<uuid:membership_id>/verzeichnis/widersprechen")
@requires_account
def object_to_directory(membership_id: UUID) -> Any:
    by = signed_in_member()
    try:
        with unit_of_work():
            objected = services.object_to(
                own_standing_for_change(membership_id),
                ObjectionTo.DIRECTORY,
                account=signed_in_account(),
                by=by,
            )
    except MembershipEnded:
        return show_profile(refusal=REFUSALS[MembershipEnded]), 409
    return to_profile("widersprochen" if objected else "")


@bp.post("/<uuid:membership_id>/verzeichnis/zeigen")
@requires_account
def end_directory_objection(membership_id: UUID) -> Any:
    by = signed_in_member()
    try:
        with unit_of_work():
            ended = services.take_back_objection(
                own_standing_for_change(membership_id),
                ObjectionTo.DIRECTORY,
                account=signed_in_account(),
                by=by,
            )
    except MembershipEnded:
        return show_profile(refusal=REFUSALS[MembershipEnded]), 409
    return to_profile("zugestimmt" if ended else "")


@bp.post("/<uuid:membership_id>/fragen/ablehnen")
@requires_account
def decline_questions(membership_id: UUID) -> Any:
    by = signed_in_member()
    try:
        with unit_of_work():
            declined = services.decline_questions(own_standing_for_change(membership_id), by=by)
    except MembershipEnded:
        return show_profile(refusal=REFUSALS[MembershipEnded]), 409
    return to_profile("gefragt" if declined else "")
