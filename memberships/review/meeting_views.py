"""What a body decided in its meeting, entered case by case."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, role_in, signed_in_actor
from memberships.applications import services
from memberships.applications.errors import ApplicationUnknown, ReasonUnknown
from memberships.applications.queries import answers_as_asked
from memberships.applications.services import Decision, Outcome
from memberships.database import unit_of_work, utcnow
from memberships.networks.definition import Policy
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions, definition_of
from memberships.permissions import Permission, may
from memberships.review import queries
from memberships.review.forms import MeetingForm
from memberships.review.views import REFUSED, bp
from memberships.viewings.guard import shows_personal_data


@bp.get("/<slug>/sitzung")
@requires(Permission.VIEW_APPLICATIONS)
@shows_personal_data("meeting")
def meeting(network: Network) -> Any:
    _require_body(network)
    body = current_definitions()[network.slug].decision.body
    return _show_meeting(network, MeetingForm(formdata=None, body=body))


def _require_body(network: Network) -> None:
    """A body decides here; or it did when a case was opened that still waits for it."""
    rules = current_definitions()[network.slug].admission
    if all(rule.policy is not Policy.BODY_DECISION for rule in rules) and not any(
        map(services.body_decides, queries.applications_for_meeting(network.id))
    ):
        abort(404)


def _show_meeting(network: Network, form: MeetingForm, **state: Any) -> str:
    net = current_definitions()[network.slug]
    defaults: dict[str, Any] = {"faults": {}, "refused": [], "typed": {}}
    return render_template(
        "review/meeting.html",
        net=net,
        form=form,
        cases=[
            (application, answers_as_asked(application, definition_of(application.definition)))
            for application in queries.applications_for_meeting(network.id)
            if services.body_decides(application)
        ],
        may=lambda permission: may(role_in(network.id), permission),
        now=utcnow(),
        **(defaults | state),
    )


@bp.post("/<slug>/sitzung")
@requires(Permission.RECORD_BODY_DECISIONS)
def record_body_decisions(network: Network) -> Any:
    _require_body(network)
    form = MeetingForm()
    results = _typed_results()
    faults = {
        id_: "Wählen Sie einen Grund aus."
        for id_, (outcome, reason, _) in results.items()
        if outcome == Outcome.DECLINE and not reason
    }
    if not form.validate_on_submit() or faults:
        return _show_meeting(network, form, faults=faults, typed=request.form), 422
    refused = []
    for id_, (outcome, reason, version) in results.items():
        decision = Decision(
            Outcome(outcome), reason=reason, body=form.body.data, decided_on=form.decided_on.data
        )
        try:
            with unit_of_work():
                application = services.application_for_change(network.id, id_, seen_version=version)
                services.decide(application, decision, by=signed_in_actor())
        except (*REFUSED, ApplicationUnknown, ReasonUnknown):
            refused.append(id_)
    if refused:
        return _show_meeting(network, form, refused=refused, typed=request.form), 409
    return redirect(url_for(".queue", slug=network.slug, eingetragen=len(results)), 303)


def _typed_results() -> dict[UUID, tuple[str, str, int]]:
    """Per case the outcome, the reason, and the version seen; undecided ones are left out."""
    results = {}
    for name, outcome in request.form.items():
        prefix, _, id_ = name.partition("-")
        if prefix == "ergebnis" and outcome in set(Outcome):
            with suppress(ValueError):
                results[UUID(id_)] = (
                    outcome,
                    request.form.get(f"grund-{id_}", ""),
                    request.form.get(f"version-{id_}", 0, type=int),
                )
    return results
