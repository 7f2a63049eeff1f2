"""What the office does with public entries: release the first one, refuse, look at changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, signed_in_actor
from memberships.database import unit_of_work
from memberships.members import services
from memberships.members.entries import WORK_LIST, changed_entries, entries_to_release, shown
from memberships.members.errors import (
    EntryNotWaiting,
    MembershipChanged,
    MembershipEnded,
    MembershipRestricted,
    MembershipUnknown,
)
from memberships.members.forms import RefusalForm
from memberships.members.models import Membership
from memberships.members.queries import membership_of
from memberships.members.views import bp
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.review.forms import CaseForm
from memberships.viewings.guard import shows_personal_data

DONE = {
    "freigegeben": "Der Eintrag ist öffentlich. Eine E-Mail an das Mitglied ist unterwegs.",
    "abgelehnt": "Der Eintrag wird nicht gezeigt. Eine E-Mail an das Mitglied ist unterwegs.",
    "gesehen": "Als angesehen vermerkt.",
}
LATE = (
    "Dieser Eintrag hat sich inzwischen geändert, oder jemand war schneller. Geändert wurde jetzt "
    "nichts; hier steht, was jetzt gilt."
)
REFUSED = (EntryNotWaiting, MembershipChanged, MembershipEnded, MembershipRestricted)


@bp.get("/<slug>/mitglieder/eintraege")
@requires(Permission.RELEASE_ENTRIES)
@shows_personal_data("entries")
def entries(network: Network) -> str:
    return _show_entries(network, done=DONE.get(request.args.get("stand", ""), ""))


def _show_entries(
    network: Network,
    *,
    done: str = "",
    notice: str = "",
    wrong: UUID | None = None,
    form: RefusalForm | None = None,
) -> str:
    net = current_definitions()[network.slug]
    waiting, changed = entries_to_release(network.id), changed_entries(network.id)
    return render_template(
        "members/entries.html",
        net=net,
        waiting=[(row, shown(row, net)) for row in waiting[:WORK_LIST]],
        changed=[(row, shown(row, net)) for row in changed[:WORK_LIST]],
        are_more=max(len(waiting), len(changed)) > WORK_LIST,
        done=done,
        notice=notice,
        wrong=wrong,
        form=form,
    )


def _change(
    network: Network, membership_id: UUID, version: int | None, verb: Callable[[Membership], None]
) -> None:
    try:
        with unit_of_work():
            verb(services.membership_for_change(network.id, membership_id, seen_version=version))
    except MembershipUnknown:
        abort(404)


def _back(network: Network, done: str) -> Any:
    return redirect(url_for("members.entries", slug=network.slug, stand=done), 303)


@bp.post("/<slug>/mitglieder/eintraege/<uuid:membership_id>/freigeben")
@requires(Permission.RELEASE_ENTRIES)
def release_entry(network: Network, membership_id: UUID) -> Any:
    by, version = signed_in_actor(), CaseForm().version.data
    try:
        _change(network, membership_id, version, lambda found: services.release_entry(found, by=by))
    except REFUSED:
        return _show_entries(network, notice=LATE), 409
    return _back(network, "freigegeben")


@bp.post("/<slug>/mitglieder/eintraege/<uuid:membership_id>/ablehnen")
@requires(Permission.RELEASE_ENTRIES)
def refuse_entry(network: Network, membership_id: UUID) -> Any:
    by, form = signed_in_actor(), RefusalForm()
    if membership_of(network.id, membership_id) is None:
        abort(404)
    if not form.validate():
        return _show_entries(network, wrong=membership_id, form=form), 422
    try:
        _change(
            network,
            membership_id,
            form.version.data,
            lambda found: services.refuse_entry(found, form.reason.data, by=by),
        )
    except REFUSED:
        return _show_entries(network, notice=LATE, wrong=membership_id, form=form), 409
    return _back(network, "abgelehnt")


@bp.post("/<slug>/mitglieder/eintraege/<uuid:membership_id>/gesehen")
@requires(Permission.RELEASE_ENTRIES)
def check_entry(network: Network, membership_id: UUID) -> Any:
    by, version = signed_in_actor(), CaseForm().version.data
    try:
        _change(network, membership_id, version, lambda found: services.check_entry(found, by=by))
    except REFUSED:
        return _show_entries(network, notice=LATE), 409
    return _back(network, "gesehen")
