from __future__ import annotations

from datetime import timedelta
from typing import Any

from email_validator import EmailNotValidError
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from memberships.applications import queries, services
from memberships.applications.conditions import conditions_css as css_of
from memberships.applications.errors import (
    AddressAlreadyCorrected,
    AlreadyConfirmed,
    AlreadySubmitted,
    LinkUnknown,
    ResendTooEarly,
)
from memberships.applications.forms import ApplicationForm
from memberships.applications.models import Application
from memberships.applications.validators import clean_line, parse_address
from memberships.database import DatabaseBusy, unit_of_work, utcnow
from memberships.limiting import limited
from memberships.networks.definition import Definition
from memberships.networks.errors import AdmissionPaused
from memberships.networks.queries import (
    current_definitions,
    current_pause,
    earlier_definition,
    follow_edits,
    words_today,
)
from memberships.permissions import public
from memberships.privacy.queries import has_ordered_newsletter
from memberships.settings import current_settings
from memberships.stamps import Stamp, check_stamp, new_stamp, stamped_digest
from memberships.tokens import token_hash
from memberships.web import network_or_404

bp = Blueprint("applications", __name__)

TRY_AGAIN = (
    "Das hat nicht geklappt. Ihre Eingaben sind noch da. Bitte senden Sie das Formular erneut ab."
)
TRAPPED = (
    "Ein verstecktes Feld war ausgefüllt. Das macht manchmal ein Programm im Browser. "
    "Ihre Eingaben sind noch da. Bitte senden Sie das Formular erneut ab."
)
PAUSED = (
    "Während Sie das Formular ausgefüllt haben, wurde die Aufnahme unterbrochen. Gespeichert ist "
    "nichts. Ihre Eingaben sind noch da, solange Sie diese Seite offen lassen."
)
CODE_WRONG = "Der Code stimmt nicht. Geben Sie die sechs Ziffern aus der neuesten E-Mail ein."
CODE_DEAD = (
    "Dieser Code gilt nicht mehr. Benutzen Sie den Link aus der E-Mail, "
    "oder lassen Sie eine neue E-Mail senden."
)
INCOMPLETE_ADDRESS = (
    "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."
)


@bp.after_request
def _keep_tokens_to_ourselves(response: Response) -> Response:
    if request.view_args and "slug" not in request.view_args:
        response.headers["X-Robots-Tag"] = "noindex"
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/netzwerke/<slug>/antrag")
@public
def form(slug: str) -> str:
    net = network_or_404(slug)
    if pause := current_pause(slug):
        return render_template("applications/paused.html", net=net, pause=pause)
    prefilled = {"applicant_kind": request.args.get("applicant_kind", "")}
    return _show_form(ApplicationForm.fresh(net, prefilled), new_stamp(net))


@bp.post("/netzwerke/<slug>/antrag")
@public
@limited
def submit_application(slug: str) -> tuple[str, int] | AnyResponse:
    net = _opened_with(request.form.get("stamp", ""), network_or_404(slug))
    form = ApplicationForm(net, request.form)
    stamp = check_stamp(request.form.get("stamp", ""), net)
    notice = stamp.fault or (TRAPPED if request.form.get("feld_b7") else "")
    if not form.validate() or notice:
        return _show_form(form, stamp, notice=notice), 422
    answers, consents = form.answers, form.consents
    key = services.submission_key(stamp.nonce, answers, consents)
    try:
        with unit_of_work():
            services.submit_application(net, answers, consents, key=key)
    except AlreadySubmitted:
        pass
    except AdmissionPaused:
        follow_edits(at_once=True)
        return _show_form(form, stamp, notice=PAUSED), 409
    except (DatabaseBusy, SQLAlchemyError):
        return _show_form(form, stamp, notice=TRY_AGAIN), 503
    return redirect(url_for(".waiting", page_token=services.page_token_of(key)), 303)


def _opened_with(signed: str, net: Definition) -> Definition:
    """The version that the person had before them, if only texts were edited since.

    What is promised on an open form holds, and nobody has to send it twice for a new phone number.
    """
    digest = stamped_digest(signed)
    if not digest or net.digest.startswith(digest):
        return net
    earlier = earlier_definition(net.slug, digest)
    is_same_form = earlier is not None and earlier.form_digest == net.form_digest
    return earlier if earlier and is_same_form else net


def _show_form(form: ApplicationForm, stamp: Stamp, notice: str = "") -> str:
    return render_template(
        "applications/form.html", net=form.definition, form=form, stamp=stamp.signed, notice=notice
    )


@bp.get("/netzwerke/<slug>/antrag/<digest>.css")
@public
def conditions_css(slug: str, digest: str) -> Response:
    net = network_or_404(slug)
    if digest != net.digest[:16]:
        net = earlier_definition(slug, digest) or abort(404)
    response = Response(css_of(net), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@bp.get("/antrag/<page_token>/warten")
@public
def waiting(page_token: str) -> str | tuple[str, int]:
    application = queries.application_by_page_token(page_token)
    if application is None or not application.is_confirmable(utcnow()):
        return _page_is_done()
    notices = {
        "gesendet": "Die E-Mail ist noch einmal unterwegs.",
        "geaendert": "Die E-Mail an die neue Adresse ist unterwegs.",
    }
    stand = request.args.get("stand", "")
    return _show_waiting(
        application, page_token, notice=notices.get(stand, ""), too_early=stand == "zu_frueh"
    )


def _show_waiting(application: Application, page_token: str, **state: Any) -> str:
    settings = current_settings()
    from_when = application.confirmation_mailed_at + timedelta(minutes=settings.resend_wait_minutes)
    defaults = {
        "code_error": "",
        "code_dead": False,
        "address_error": "",
        "typed_address": "",
        "notice": "",
        "too_early": False,
    }
    return render_template(
        "applications/waiting.html",
        net=words_today(application.definition),
        page_token=page_token,
        sender=settings.sender_address,
        expires_at=application.expires_at,
        resend_from=from_when if utcnow() < from_when else None,
        resends_left=settings.confirmation_mails_per_application - application.confirmation_mails,
        may_correct=application.address_corrected_at is None,
        newsletter=has_ordered_newsletter(application.id),
        **(defaults | state),
    )


def _page_is_done() -> tuple[str, int]:
    """The same answer for confirmed, expired, erased and unknown: a dead token tells nothing."""
    return render_template("applications/page_done.html"), 404


@bp.post("/antrag/<page_token>/code")
@public
@limited
def enter_code(page_token: str) -> tuple[str, int] | AnyResponse:
    code = "".join(filter(str.isdigit, request.form.get("code", "")))
    services.get_ready()
    with unit_of_work():
        application = queries.application_by_page_token(page_token, for_change=True)
        if application is None:
            return _page_is_done()
        try:
            outcome = services.enter_code(
                application, code, newsletter="no_newsletter" not in request.form
            )
        except LinkUnknown:
            return _page_is_done()
        if outcome is services.CodeOutcome.RIGHT:
            token = services.open_case(application, purpose="confirmed_here")
            return redirect(url_for(".case", case_token=token), 303)
    if not application.is_confirmable(utcnow()):
        return _page_is_done()
    dead = outcome is services.CodeOutcome.DEAD
    error = CODE_DEAD if dead else CODE_WRONG
    return _show_waiting(application, page_token, code_error=error, code_dead=dead), 422


@bp.post("/antrag/<page_token>/erneut")
@public
@limited
def resend(page_token: str) -> tuple[str, int] | AnyResponse:
    stand = "gesendet"
    try:
        with unit_of_work():
            services.resend_confirmation(_for_change(page_token))
    except LinkUnknown:
        return _page_is_done()
    except ResendTooEarly:
        stand = "zu_frueh"
    return redirect(url_for(".waiting", page_token=page_token, stand=stand), 303)


@bp.post("/antrag/<page_token>/adresse")
@public
@limited
def correct_address(page_token: str) -> tuple[str, int] | AnyResponse:
    typed = clean_line(request.form.get("email"))
    try:
        address = parse_address(typed)
        with unit_of_work():
            services.correct_address(_for_change(page_token), address)
    except EmailNotValidError:
        return _waiting_again(page_token, address_error=INCOMPLETE_ADDRESS, typed_address=typed)
    except AddressAlreadyCorrected:
        return _waiting_again(page_token, notice="Die Adresse lässt sich nur einmal ändern.")
    except LinkUnknown:
        return _page_is_done()
    return redirect(url_for(".waiting", page_token=page_token, stand="geaendert"), 303)


def _for_change(page_token: str) -> Application:
    application = queries.application_by_page_token(page_token, for_change=True)
    if application is None:
        raise LinkUnknown
    return application


def _waiting_again(page_token: str, **state: Any) -> tuple[str, int]:
    application = queries.application_by_page_token(page_token)
    if application is None or not application.is_confirmable(utcnow()):
        return _page_is_done()
    return _show_waiting(application, page_token, **state), 422


@bp.get("/antrag/<confirm_token>/bestaetigen")
@public
def confirm(confirm_token: str) -> str | tuple[str, int]:
    application = queries.application_by_confirm_token(confirm_token)
    if application is None:
        return link_is_unknown()
    if application.confirmed_at is not None:
        return _show_confirmed(application, confirm_token)
    if not application.is_confirmable(utcnow()):
        return link_is_unknown()
    return render_template(
        "applications/confirm.html",
        net=words_today(application.definition),
        confirm_token=confirm_token,
        application=application,
        newsletter=has_ordered_newsletter(application.id),
    )


@bp.post("/antrag/<confirm_token>/bestaetigen")
@public
@limited
def confirm_application(confirm_token: str) -> str | tuple[str, int] | AnyResponse:
    services.get_ready()
    with unit_of_work():
        application = queries.application_by_confirm_token(confirm_token, for_change=True)
        if application is None:
            return link_is_unknown()
        if application.confirmed_at and not application.is_just_confirmed(utcnow()):
            return _show_confirmed(application, confirm_token)
        try:
            services.confirm_application(
                application,
                proof=token_hash(confirm_token),
                channel="link",
                newsletter="no_newsletter" not in request.form,
            )
        except LinkUnknown:
            return link_is_unknown()
        except AlreadyConfirmed:
            pass
        token = services.open_case(application, purpose="confirmed_here")
    return redirect(url_for(".case", case_token=token), 303)


def _show_confirmed(application: Application, confirm_token: str) -> str:
    return render_template(
        "applications/already_confirmed.html",
        net=words_today(application.definition),
        confirmed_at=application.confirmed_at,
        confirm_token=confirm_token if application.is_just_confirmed(utcnow()) else "",
    )


def link_is_unknown() -> tuple[str, int]:
    definitions = list(current_definitions().values())
    net = definitions[0] if len(definitions) == 1 else None
    return render_template("applications/link_unknown.html", net=net), 404
