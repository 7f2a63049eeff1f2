"""Asking back and deciding: each with the exact mail before anything leaves."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import abort, redirect, render_template, request

from memberships.accounts.guard import requires, signed_in_account, signed_in_actor
from memberships.applications import services
from memberships.applications.errors import NothingPending, ReasonUnknown
from memberships.applications.models import Application
from memberships.applications.queries import answers_by_key, askable_fields
from memberships.applications.services import Decision, Outcome
from memberships.database import db, unit_of_work, utcnow
from memberships.drafts.errors import DraftTooLong
from memberships.drafts.models import Draft, DraftForm
from memberships.drafts.queries import draft_of
from memberships.drafts.services import drop_draft, save_draft
from memberships.networks.models import Network
from memberships.networks.queries import definition_of
from memberships.permissions import Permission
from memberships.replies.models import Use
from memberships.replies.queries import filled, replies_of, reply_in
from memberships.review import queries
from memberships.review.forms import (
    ApprovalForm,
    DeclineForm,
    ReopeningForm,
    fill_reasons,
    question_form,
)
from memberships.review.views import (
    REFUSED,
    back_to_case,
    bp,
    case_for_change,
    next_case,
    refused,
    to_list,
    typed_before,
)
from memberships.viewings.guard import shows_personal_data

PAGES = {
    DraftForm.QUESTION: "review/request_information.html",
    DraftForm.APPROVAL: "review/approve.html",
    DraftForm.DECLINE: "review/decline.html",
    DraftForm.REOPENING: "review/reopen.html",
}
_TYPED = {"TextAreaField", "RadioField", "BooleanField"}
# Whichever of them is sent, what was typed into the others has lost its sense.
DECIDING = tuple(PAGES)
_YOUR_QUESTION = "(Ihre Frage)"


@bp.route("/<slug>/antraege/<uuid:application_id>/rueckfrage", methods=["GET", "POST"])
@requires(Permission.REQUEST_INFORMATION)
@shows_personal_data("question")
def request_information(network: Network, application_id: UUID) -> Any:
    known = queries.case_of(network.id, application_id)
    if known is None:
        abort(404)
    askable = askable_fields(known.application)
    form = question_form(askable)
    if request.method == "GET":
        for key in set(request.args.getlist("feld")) & {field.key for field in askable}:
            form.pick(key).data = True
    return _decide(
        network,
        application_id,
        form,
        draft=DraftForm.QUESTION,
        check=services.check_askable,
        preview=lambda application: services.question_preview(
            application,
            form.question.data or ("" if form.picked else _YOUR_QUESTION),
            {key: question or _YOUR_QUESTION for key, question in form.fields.items()},
        ),
        act=lambda application: services.request_information(
            application, form.question.data, by=signed_in_actor(), fields=form.fields
        ),
        replies=(Use.QUESTION, form.question),
        askable={field.key for field in askable},
        present=answers_by_key(known.application),
    )


@bp.route("/<slug>/antraege/<uuid:application_id>/aufnehmen", methods=["GET", "POST"])
@requires(Permission.DECIDE_APPLICATIONS)
@shows_personal_data("approval")
def approve_application(network: Network, application_id: UUID) -> Any:
    form = ApprovalForm()
    return _decide(
        network,
        application_id,
        form,
        draft=DraftForm.APPROVAL,
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
@shows_personal_data("decline")
def decline_application(network: Network, application_id: UUID) -> Any:
    known = db.session.get(Application, application_id)
    if known is None or known.network_id != network.id:
        abort(404)
    form = fill_reasons(DeclineForm(), services.reasons_to_decline(known))
    return _decide(
        network,
        application_id,
        form,
        draft=DraftForm.DECLINE,
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
@shows_personal_data("reopening")
def reopen_application(network: Network, application_id: UUID) -> Any:
    form = ReopeningForm()
    return _decide(
        network,
        application_id,
        form,
        draft=DraftForm.REOPENING,
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
    draft: DraftForm,
    check: Any,
    preview: Any,
    act: Any,
    replies: tuple[Use, Any] | None = None,
    **shown: Any,
) -> Any:
    """GET and the button 'ansehen' show the exact mail, the other button acts.

    'einfuegen' puts a saved reply under what is typed; `replies` says which, and into which field.
    'beginnen', from the case, claims it where nobody has it; 'verlassen' gives that back.
    """
    pressed = request.form
    if "verlassen" in pressed:
        return _leave(network, application_id)
    try:
        if "beginnen" in pressed:
            _begin(network, application_id, check)
            # A page of its own to come back to, with what was picked.
            return redirect(request.full_path, 303)
        if _is_sent(form) and "ansehen" not in pressed:
            with unit_of_work():
                act(case_for_change(network, application_id, form.version.data))
                drop_draft(signed_in_account().id, application_id, *DECIDING)
            return next_case(network, application_id)
    except (*REFUSED, ReasonUnknown) as error:
        return refused(network, application_id, error, kept=form)
    return _show_mail(network, application_id, form, draft, check, preview, replies, shown)


def _is_sent(form: Any) -> bool:
    """Whether what is typed was sent, and is whole; the form says what is wrong."""
    return request.method == "POST" and "einfuegen" not in request.form and form.validate()


def _show_mail(
    network: Network,
    application_id: UUID,
    form: Any,
    draft: DraftForm,
    check: Any,
    preview: Any,
    replies: tuple[Use, Any] | None,
    shown: dict[str, Any],
) -> Any:
    found = queries.case_of(network.id, application_id, seen_by=signed_in_account().id)
    if found is None:
        abort(404)
    try:
        services.require_unrestricted(found.application)
        check(found.application)
    except REFUSED as error:
        return refused(network, application_id, error, kept=form)
    if "einfuegen" in request.form and replies:
        _put_in(network, found.application, _wanted_field(form, replies[1]))
    kept = (_fill_in if request.method == "GET" else _keep)(found, draft, form)
    if "expected" in form:
        form.expected.data = services.expected_outcome(found.application)
    page = render_template(
        PAGES[draft],
        net=definition_of(found.application.definition),
        case=found,
        application=found.application,
        form=form,
        mail=preview(found.application),
        own_account=signed_in_account(),
        replies=replies_of(network.id, replies[0]) if replies else [],
        draft=kept,
        draft_form=draft,
        now=utcnow(),
        **shown,
    )
    return page, 422 if form.errors else 200


def _fill_in(found: queries.Case, draft: DraftForm, form: Any) -> Draft | None:
    """What was typed before, against the case as it is now."""
    kept = found.drafts.get(draft)
    if kept:
        picked = [field for field in form if field.type == "BooleanField" and field.data]
        form.process(typed_before(kept))
        for field in picked:
            field.data = True
    form.version.data = found.application.version
    return kept


def _keep(found: queries.Case, draft: DraftForm, form: Any) -> Draft | None:
    """Whoever asks for a preview means to go on, also without the script that keeps drafts."""
    typed = {f.name: [str(f.data)] for f in form if f.data and f.type in _TYPED}
    account_id = signed_in_account().id
    with suppress(DraftTooLong), unit_of_work():
        save_draft(account_id, found.application, draft, typed, seen=None)
    return draft_of(account_id, found.application.id, draft)


def _wanted_field(form: Any, usual: Any) -> Any:
    """The question to a picked field, if that is where the reply is to go."""
    key = request.form.get("wohin", "")
    return form.ask(key) if key and key in getattr(form, "picked", ()) else usual


def _begin(network: Network, application_id: UUID, check: Any) -> None:
    with unit_of_work():
        application = case_for_change(network, application_id, None)
        check(application)
        services.begin_deciding(application, by=signed_in_actor())


def _leave(network: Network, application_id: UUID) -> Any:
    """Back to the list without deciding: who only began to decide does not keep the case."""
    with suppress(*REFUSED), unit_of_work():
        application = case_for_change(network, application_id, None)
        services.stop_deciding(application, by=signed_in_actor())
    return to_list(network)


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
