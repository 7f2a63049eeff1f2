"""Answering a question about single fields, opened by the link in its mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from memberships.applications import queries, services
from memberships.applications.case_views import (
    RESTRICTED,
    STALE,
    answer_error,
    case_again,
    case_for_change,
)
from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationRestricted,
    LinkUnknown,
    NothingAsked,
)
from memberships.applications.models import Application, InformationRequest
from memberships.applications.question_forms import ANSWER, QUESTION, REVISION, AskedForm
from memberships.applications.validators import clean_text, has_unwanted_characters
from memberships.applications.views import bp, link_is_unknown
from memberships.database import unit_of_work
from memberships.limiting import limited
from memberships.networks.queries import definition_of
from memberships.permissions import public

NOT_ASKED = "Diese Frage ist schon beantwortet oder braucht keine Antwort mehr."
CHANGED = f"{STALE} Was Sie eben eingegeben haben, steht noch da; gespeichert ist es nicht."


@dataclass(frozen=True)
class _Sent:
    """A question with what was typed into its form."""

    application: Application
    case_token: str
    question: InformationRequest
    form: AskedForm
    answer: str


@bp.get("/vorgang/<case_token>/rueckfrage")
@public
def answer_fields(case_token: str) -> Any:
    application = queries.application_by_case_token(case_token)
    if application is None:
        return link_is_unknown()
    question = queries.open_question(application)
    if question is None or not question.fields:
        return redirect(url_for(".case", case_token=case_token), 303)
    if application.restricted_at is not None:
        return case_again(case_token, 409, notice=RESTRICTED)
    draft: MultiDict[str, str] = MultiDict(question.draft or {})
    form = _form_of(application, question, draft)
    return _show(_Sent(application, case_token, question, form, draft.get(ANSWER, "")))


def _form_of(application: Application, question: InformationRequest, typed: Any) -> AskedForm:
    return AskedForm(
        definition_of(application.definition),
        application.all_answers,
        {field["key"]: field["question"] for field in question.fields or () if field["question"]},
        typed,
    )


def _show(sent: _Sent, **state: Any) -> str:
    return render_template(
        "applications/asked_fields.html",
        net=definition_of(sent.application.definition),
        case_token=sent.case_token,
        question=sent.question,
        form=sent.form,
        typed_answer=sent.answer,
        before=queries.answers_by_key(sent.application),
        revision=queries.answer_revision(sent.application),
        **({"answer_error": "", "notice": ""} | state),
    )


@bp.post("/vorgang/<case_token>/rueckfrage")
@public
@limited
def receive_fields(case_token: str) -> Any:
    application = queries.application_by_case_token(case_token)
    if application is None:
        return link_is_unknown()
    question = _question_sent(application)
    if question is None:
        return _too_late(application, case_token)
    form, typed = _form_of(application, question, request.form), request.form.get(ANSWER)
    sent = _Sent(application, case_token, question, form, clean_text(typed))
    if question.answered_at is not None and _is_double_click(sent):
        return redirect(url_for(".case", case_token=case_token), 303)
    if question.answered_at is not None or question.ended_at is not None:
        return _too_late(application, case_token)
    if "zwischenspeichern" in request.form and not _has_unwanted_characters():
        return _keep_draft(sent)
    return _receive(sent)


def _keep_draft(sent: _Sent) -> Any:
    draft = {**sent.form.draft, ANSWER: [sent.answer]}
    return _stored(
        sent,
        lambda locked: services.keep_draft(locked, draft, question_id=sent.question.id),
        then=".answer_fields",
    )


def _receive(sent: _Sent) -> Any:
    error = answer_error(sent.answer) if sent.answer or sent.question.question else ""
    if not sent.form.validate() or error:
        return _show(sent, answer_error=error), 422
    return _stored(
        sent,
        lambda locked: services.receive_fields(
            locked,
            sent.form.answers,
            question_id=sent.question.id,
            seen_revision=request.form.get(REVISION, type=int),
            answer=sent.answer,
        ),
        then=".case",
    )


def _stored(sent: _Sent, act: Callable[[Application], None], *, then: str) -> Any:
    try:
        with unit_of_work():
            act(case_for_change(sent.case_token))
    except LinkUnknown:
        return link_is_unknown()
    except ApplicationChanged:
        return _show(sent, notice=CHANGED), 409
    except ApplicationRestricted:
        return _too_late(sent.application, sent.case_token, notice=RESTRICTED)
    except NothingAsked:
        return _too_late(sent.application, sent.case_token)
    return redirect(url_for(then, case_token=sent.case_token), 303)


def _too_late(application: Application, case_token: str, notice: str = NOT_ASKED) -> Any:
    return case_again(case_token, 409, notice=notice, typed_answer=_in_words(application))


def _question_sent(application: Application) -> InformationRequest | None:
    """The question whose form was sent, answered or not."""
    sent = request.form.get(QUESTION)
    found = queries.questions_of(application)
    return next((one for one in found if one.fields and str(one.id) == sent), None)


def _is_double_click(sent: _Sent) -> bool:
    """Whether the very same came before."""
    came = {one["key"]: one["after"] for one in sent.question.fields or () if "after" in one}
    same = all((sent.form.answers.get(key) or None) == (came[key] or None) for key in came)
    return bool(came) and same and sent.answer == sent.question.answer


def _has_unwanted_characters() -> bool:
    return any(has_unwanted_characters(value) for _key, value in request.form.items(multi=True))


def _in_words(application: Application) -> str:
    """What was typed, for whoever could not send it."""
    rows = [
        f"{field.label}: {queries.answer_in_words(field, request.form.getlist(field.key))}"
        if field.type == "multi_choice"
        else f"{field.label}: {queries.answer_in_words(field, request.form[field.key])}"
        for field in definition_of(application.definition).fields
        if request.form.get(field.key)
    ]
    return "\n".join([*rows, clean_text(request.form.get(ANSWER))]).strip()
