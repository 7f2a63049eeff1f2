"""The applicant's own page, opened by a link from a mail; nobody signs in here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from memberships.applications import queries, services
from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    ApplicationRestricted,
    LinkUnknown,
    NothingAsked,
    NotWithdrawable,
)
from memberships.applications.forms import ApplicationForm
from memberships.applications.models import Application
from memberships.applications.question_forms import typed_answers
from memberships.applications.validators import UNWANTED, clean_text, has_unwanted_characters
from memberships.applications.views import bp, link_is_unknown
from memberships.database import db, unit_of_work, utcnow
from memberships.events.models import EventTag
from memberships.events.queries import events_about
from memberships.limiting import limited
from memberships.members.models import Membership
from memberships.members.queries import account_of, standing_of
from memberships.networks.definition import Definition
from memberships.networks.queries import definition_of, words_today
from memberships.permissions import public
from memberships.privacy.models import NEWSLETTER
from memberships.privacy.queries import confirmed_since
from memberships.rights.queries import OWN_STEPS, own_data, own_data_in_words
from memberships.tokens import consent_token
from memberships.web import network_or_404

LONGEST_ANSWER = 4000
STALE = "Ihre Angaben haben sich inzwischen geändert. Bitte prüfen Sie sie noch einmal."
DECIDED = "Darüber ist inzwischen entschieden. Ändern lässt sich hier nichts mehr."
RESTRICTED = (
    "Die Verarbeitung ist eingeschränkt. Heben Sie das zuerst auf; gespeichert wurde nichts."
)


@bp.get("/vorgang/<case_token>")
@public
def case(case_token: str) -> Any:
    application = queries.application_by_case_token(case_token)
    return _show_case(application, case_token) if application else link_is_unknown()


def _show_case(application: Application, case_token: str, **state: Any) -> str:
    net = words_today(application.definition)
    membership_id = application.membership_id
    membership = db.session.get(Membership, membership_id) if membership_id else None
    question = queries.open_question(application)
    defaults = {"answer_error": "", "typed_answer": "", "notice": ""}
    return render_template(
        "applications/case.html",
        net=net,
        application=application,
        case_token=case_token,
        membership=membership,
        ended_at=_ended_at(application, membership),
        already_member=application.is_repeated,
        answers=queries.answers_as_asked(application, net),
        newsletter_since=confirmed_since(application.id, NEWSLETTER),
        question=question,
        asked=queries.asked_in_words(question, net) if question else [],
        timeline=_steps(application),
        now=utcnow(),
        consent_token=consent_token(application.id, application.email),
        may_correct=application.status.is_decidable and application.restricted_at is None,
        may_withdraw=application.status.may_be_withdrawn,
        **(defaults | state),
    )


def _ended_at(application: Application, membership: Membership | None) -> datetime | None:
    """When the membership ended, or the applicant's part in it; None while it lives."""
    account = account_of(application.email)
    standing = standing_of(account.id, membership.id) if account and membership else None
    return standing.ended_at if standing else membership.ended_at if membership else None


def _steps(application: Application) -> list[tuple[Any, str]]:
    return [
        (event.at, OWN_STEPS[EventTag(event.tag)])
        for event in events_about(application.id)
        if event.tag in OWN_STEPS
    ]


def case_for_change(case_token: str) -> Application:
    application = queries.application_by_case_token(case_token, for_change=True)
    if application is None:
        raise LinkUnknown
    return application


@bp.post("/vorgang/<case_token>/antwort")
@public
@limited
def answer(case_token: str) -> Any:
    typed = clean_text(request.form.get("answer"))
    error = answer_error(typed)
    if error:
        return case_again(case_token, 422, answer_error=error, typed_answer=typed)
    try:
        with unit_of_work():
            services.receive_information(case_for_change(case_token), typed)
    except LinkUnknown:
        return link_is_unknown()
    except ApplicationRestricted:
        return case_again(case_token, 409, notice=RESTRICTED, typed_answer=typed)
    except NothingAsked:
        notice = "Diese Frage ist schon beantwortet oder braucht keine Antwort mehr."
        return case_again(case_token, 409, notice=notice, typed_answer=typed)
    return redirect(url_for(".case", case_token=case_token), 303)


def answer_error(typed: str) -> str:
    if not typed:
        return "Schreiben Sie Ihre Antwort."
    if has_unwanted_characters(typed):
        return UNWANTED
    over = len(typed) - LONGEST_ANSWER
    if over > 0:
        return f"Der Text ist {over} Zeichen zu lang. Möglich sind {LONGEST_ANSWER} Zeichen."
    return ""


def case_again(case_token: str, status: int, **state: Any) -> Any:
    application = queries.application_by_case_token(case_token)
    if application is None:
        return link_is_unknown()
    return _show_case(application, case_token, **state), status


@bp.get("/vorgang/<case_token>/angaben")
@public
def correct(case_token: str) -> Any:
    application = queries.application_by_case_token(case_token)
    if application is None:
        return link_is_unknown()
    if not application.status.is_decidable:
        return _show_case(application, case_token, notice=DECIDED), 409
    if application.restricted_at is not None:
        return _show_case(application, case_token, notice=RESTRICTED), 409
    return _show_correction(application, case_token, _form_of(application))


def _form_of(application: Application) -> ApplicationForm:
    return ApplicationForm(_own_definition(application), typed_answers(application.all_answers))


def _own_definition(application: Application) -> Definition:
    return definition_of(application.definition)


def _show_correction(
    application: Application, case_token: str, form: ApplicationForm, notice: str = ""
) -> str:
    return render_template(
        "applications/own_form.html",
        net=_own_definition(application),
        application=application,
        case_token=case_token,
        form=form,
        revision=queries.answer_revision(application),
        notice=notice,
    )


@bp.post("/vorgang/<case_token>/angaben")
@public
@limited
def correct_answers(case_token: str) -> Any:
    application = queries.application_by_case_token(case_token)
    return _correct(application, case_token) if application else link_is_unknown()


def _correct(application: Application, case_token: str) -> Any:
    typed = MultiDict(request.form)
    typed.setlist("email", [application.email])
    form = ApplicationForm(_own_definition(application), typed)
    if not form.validate():
        return _show_correction(application, case_token, form), 422
    seen = request.form.get("revision", type=int)
    try:
        with unit_of_work():
            services.correct_answers(case_for_change(case_token), form.answers, seen_revision=seen)
    except LinkUnknown:
        return link_is_unknown()
    except ApplicationChanged:
        return _show_correction(application, case_token, form, notice=STALE), 409
    except ApplicationRestricted:
        return _show_correction(application, case_token, form, notice=RESTRICTED), 409
    except ApplicationNotDecidable:
        return case_again(case_token, 409, notice=DECIDED)
    return redirect(url_for(".case", case_token=case_token), 303)


@bp.get("/vorgang/<case_token>/zurueckziehen")
@public
def withdraw(case_token: str) -> Any:
    application = queries.application_by_case_token(case_token)
    if application is None:
        return link_is_unknown()
    if not application.status.may_be_withdrawn:
        return _show_case(application, case_token, notice=DECIDED), 409
    return render_template(
        "applications/withdraw.html",
        net=_own_definition(application),
        application=application,
        case_token=case_token,
    )


@bp.post("/vorgang/<case_token>/zurueckziehen")
@public
@limited
def withdraw_application(case_token: str) -> Any:
    try:
        with unit_of_work():
            application = case_for_change(case_token)
            slug = application.network.slug
            services.withdraw_application(application)
    except LinkUnknown:
        return link_is_unknown()
    except NotWithdrawable:
        return case_again(case_token, 409, notice=DECIDED)
    return redirect(url_for(".withdrawn", slug=slug), 303)


@bp.get("/netzwerke/<slug>/zurueckgezogen")
@public
def withdrawn(slug: str) -> str:
    return render_template("applications/withdrawn.html", net=network_or_404(slug))


@bp.get("/vorgang/<case_token>/daten")
@public
def my_data(case_token: str) -> Any:
    application = queries.application_by_case_token(case_token)
    if application is None:
        return link_is_unknown()
    net = _own_definition(application)
    return render_template(
        "applications/my_data.html",
        net=net,
        application=application,
        case_token=case_token,
        sections=own_data_in_words(application, net),
    )


@bp.get("/vorgang/<case_token>/daten.json")
@public
def my_data_json(case_token: str) -> Response | tuple[str, int]:
    application = queries.application_by_case_token(case_token)
    if application is None:
        return link_is_unknown()
    response = jsonify(own_data(application))
    response.headers["Content-Disposition"] = "attachment; filename=meine-angaben.json"
    return response
