from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for

from memberships.accounts.guard import public, requires, signed_in_actor
from memberships.database import ChangedMeanwhile, unit_of_work, utcnow
from memberships.feedback import queries, services
from memberships.feedback.errors import AlreadyReported, FeedbackClosed, FeedbackUnknown
from memberships.feedback.forms import AnswerForm, BarrierForm, local_path
from memberships.limiting import limited
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.stamps import Stamp, check_stamp, new_stamp
from memberships.viewings.guard import shows_personal_data
from memberships.web import network_or_404

bp = Blueprint("feedback", __name__)

TRAPPED = (
    "Ein verstecktes Feld war ausgefüllt. Das macht manchmal ein Programm im Browser. "
    "Ihre Eingaben sind noch da. Bitte senden Sie das Formular erneut ab."
)
CLOSED = "Diese Meldung ist schon beantwortet. Von Ihnen ist nichts gespeichert oder gesendet."
CHANGED = "Diese Meldung hat sich inzwischen geändert. Bitte prüfen Sie sie noch einmal."


@bp.get("/netzwerke/<slug>/barriere-melden")
@public
def report(slug: str) -> str:
    net = network_or_404(slug)
    form = BarrierForm(page=local_path(request.args.get("seite", "")))
    return _show_report(net, form, new_stamp(net))


def _show_report(net: Definition, form: BarrierForm, stamp: Stamp, notice: str = "") -> str:
    return render_template(
        "feedback/report.html", net=net, form=form, stamp=stamp.signed, notice=notice
    )


@bp.post("/netzwerke/<slug>/barriere-melden")
@public
@limited
def report_barrier(slug: str) -> Any:
    net = network_or_404(slug)
    form = BarrierForm(request.form)
    stamp = check_stamp(request.form.get("stamp", ""), net)
    notice = stamp.fault or (TRAPPED if request.form.get("feld_b7") else "")
    if not form.validate() or notice:
        return _show_report(net, form, stamp, notice), 422
    words = {
        "page": form.page.data,
        "text": form.text.data,
        "email": form.address,
        "name": form.name.data,
    }
    with suppress(AlreadyReported), unit_of_work():
        services.report_barrier(net, **words, key=services.report_key(stamp.nonce, *words.values()))
    return redirect(url_for(".reported", slug=slug), 303)


@bp.get("/netzwerke/<slug>/barriere-melden/danke")
@public
def reported(slug: str) -> str:
    return render_template("feedback/reported.html", net=network_or_404(slug))


@bp.get("/koordination/<slug>/barrieren")
@requires(Permission.ANSWER_FEEDBACK)
@shows_personal_data("feedback_list")
def list_cases(network: Network) -> str:
    is_closed = "beantwortete" in request.args
    cases, following = queries.feedback_page(
        network.id, closed=is_closed, after=request.args.get("ab", type=int)
    )
    return render_template(
        "feedback/list.html",
        net=current_definitions()[network.slug],
        cases=cases,
        following=following,
        is_closed=is_closed,
        now=utcnow(),
    )


@bp.get("/koordination/<slug>/barrieren/<uuid:case_id>")
@requires(Permission.ANSWER_FEEDBACK)
@shows_personal_data("feedback")
def case(network: Network, case_id: UUID) -> str:
    return _show_case(network, case_id)


def _show_case(network: Network, case_id: UUID, **state: Any) -> str:
    found = queries.feedback_case(network.id, case_id)
    if found is None:
        abort(404)
    form = AnswerForm(formdata=None, version=found.version)
    return render_template(
        "feedback/case.html",
        net=current_definitions()[network.slug],
        case=found,
        now=utcnow(),
        **({"form": form, "notice": ""} | state),
    )


@bp.post("/koordination/<slug>/barrieren/<uuid:case_id>")
@requires(Permission.ANSWER_FEEDBACK)
def close_case(network: Network, case_id: UUID) -> Any:
    form, actor, network_id = AnswerForm(), signed_in_actor(), network.id
    net = current_definitions()[network.slug]
    if not form.validate():
        return _show_case(network, case_id, form=form), 422
    try:
        with unit_of_work():
            found = services.feedback_for_change(
                network_id, case_id, seen_version=form.version.data
            )
            services.close_feedback(found, net, form.answer.data, by=actor)
    except FeedbackUnknown:
        abort(404)
    except FeedbackClosed:
        return _show_case(network, case_id, form=form, notice=CLOSED), 409
    except ChangedMeanwhile:
        return _show_case(network, case_id, form=form, notice=CHANGED), 409
    return redirect(url_for(".case", slug=net.slug, case_id=case_id), 303)
