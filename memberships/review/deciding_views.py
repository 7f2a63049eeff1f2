"""Asking back and deciding: each with the exact mail before anything leaves."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import abort, render_template, request

from memberships.accounts.guard import requires, signed_in_actor
from memberships.applications import services
from memberships.applications.errors import NothingPending, ReasonUnknown
from memberships.applications.models import Application
from memberships.applications.services import Decision, Outcome
from memberships.database import db, unit_of_work, utcnow
from memberships.networks.models import Network
from memberships.networks.queries import definition_of
from memberships.permissions import Permission
from memberships.replies.models import Use
from memberships.replies.queries import filled, replies_of, reply_in
from memberships.review import queries
from memberships.review.forms import (
    ApprovalForm,
    DeclineForm,
    QuestionForm,
    ReopeningForm,
    fill_reasons,
)
from memberships.review.views import (
    REFUSED,
    back_to_case,
    bp,
    case_for_change,
    next_case,
    refused,
)


@bp.route("/<slug>/antraege/<uuid:application_id>/rueckfrage", methods=["GET", "POST"])
@requires(Permission.REQUEST_INFORMATION)
def request_information(network: Network, application_id: UUID) -> Any:
    form = QuestionForm()
    return _decide(
        network,
        application_id,
        form,
        template="review/request_information.html",
        check=services.check_askable,
        preview=lambda application: services.question_preview(
            application, form.question.data or "(Ihre Frage)"
        ),
        act=lambda application: services.request_information(
            application, form.question.data, by=signed_in_actor()
        ),
        replies=(Use.QUESTION, form.question),
    )


@bp.route("/<slug>/antraege/<uuid:application_id>/aufnehmen", methods=["GET", "POST"])
@requires(Permission.DECIDE_APPLICATIONS)
def approve_application(network: Network, application_id: UUID) -> Any:
    form = ApprovalForm()
    return _decide(
        network,
        application_id,
        form,
        template="review/approve.html",
        check=services.check_approvable,
        preview=lambda application: services.approval_preview(application, form.message.data or ""),
        act=lambda application: services.decide(
            application,
            Decision(Outcome.APPROVE, form.message.data or "", expected=form.expected.data or ""),
            by=signed_in_actor(),
        ),
        replies=(Use.APPROVAL, form.message),
    )


@bp.route("/<slug>/antraege/<uuid:application_id>/ablehnen", methods=["GET", "POST"])
@requires(Permission.DECIDE_APPLICATIONS)
def decline_application(network: Network, application_id: UUID) -> Any:
    known = db.session.get(Application, application_id)
    if known is None or known.network_id != network.id:
        abort(404)
    form = fill_reasons(DeclineForm(), services.reasons_to_decline(known))
    return _decide(
        network,
        application_id,
        form,
        template="review/decline.html",
        check=services.check_decidable,
        preview=lambda application: services.decline_preview(
            application, form.reason.data or "", form.message.data or ""
        ),
        act=lambda application: services.decide(
            application,
            Decision(Outcome.DECLINE, form.message.data or "", form.reason.data),
            by=signed_in_actor(),
        ),
        replies=(Use.DECLINE, form.message),
    )


@bp.route("/<slug>/antraege/<uuid:application_id>/wieder-aufnehmen", methods=["GET", "POST"])
@requires(Permission.REOPEN_APPLICATIONS)
def reopen_application(network: Network, application_id: UUID) -> Any:
    form = ReopeningForm()
    return _decide(
        network,
        application_id,
        form,
        template="review/reopen.html",
        check=services.check_reopenable,
        preview=services.reopening_preview,
        act=lambda application: services.reopen_application(
            application, form.reason.data, by=signed_in_actor()
        ),
    )


def _decide(
    network: Network,
    application_id: UUID,
    form: Any,
    *,
    template: str,
    check: Any,
    preview: Any,
    act: Any,
    replies: tuple[Use, Any] | None = None,
) -> Any:
    """GET and the button 'ansehen' show the exact mail, the other button acts.

    'einfuegen' puts a saved reply under what is typed; `replies` says which, and into which field.
    """
    puts_in = request.method == "POST" and "einfuegen" in request.form
    valid = request.method == "POST" and not puts_in and form.validate()
    if valid and "ansehen" not in request.form:
        try:
            with unit_of_work():
                act(case_for_change(network, application_id, form.version.data))
        except (*REFUSED, ReasonUnknown) as error:
            return refused(network, application_id, error, kept=form)
        return next_case(network, application_id)
    found = queries.case_of(network.id, application_id)
    if found is None:
        abort(404)
    try:
        services.require_unrestricted(found.application)
        check(found.application)
    except REFUSED as error:
        return refused(network, application_id, error, kept=form)
    if request.method == "GET":
        form.version.data = found.application.version
    if "expected" in form:
        form.expected.data = services.expected_outcome(found.application)
    if puts_in and replies:
        _put_in(network, found.application, replies[1])
    page = render_template(
        template,
        net=definition_of(found.application.definition),
        case=found,
        application=found.application,
        form=form,
        mail=preview(found.application),
        replies=replies_of(network.id, replies[0]) if replies else [],
        now=utcnow(),
    )
    return page, 422 if form.errors else 200


def _put_in(network: Network, application: Application, field: Any) -> None:
    """The chosen reply, as it reads in this case, under what is typed already."""
    with suppress(ValueError):
        reply = reply_in(network.id, UUID(request.form.get("baustein", "")))
        if reply is not None:
            field.data = "\n\n".join(filter(None, (field.data, filled(reply, application))))


@bp.post("/<slug>/antraege/<uuid:application_id>/zuruecknehmen")
@requires(Permission.DECIDE_APPLICATIONS)
def take_back_decision(network: Network, application_id: UUID) -> Any:
    try:
        with unit_of_work():
            application = case_for_change(network, application_id, None, even_pending=True)
            services.take_back_decision(application, by=signed_in_actor())
    except (*REFUSED, NothingPending) as error:
        return refused(network, application_id, error)
    return back_to_case(network, application_id, "entscheidung")
