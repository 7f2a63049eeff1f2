"""Sammelvorgänge: many cases at once, shown before anything happens, with progress and an end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from memberships.accounts.guard import requires, role_in, signed_in_account, signed_in_actor
from memberships.applications import services as cases
from memberships.applications.models import Application
from memberships.bulk import columns, queries, services
from memberships.bulk.errors import NothingChosen, RunUnknown, TooMany
from memberships.bulk.forms import DeclineForm, FileForm, MessageForm, StartForm
from memberships.bulk.models import Action, BulkRun, ItemState, RunState
from memberships.bulk.running import look_at
from memberships.database import unit_of_work
from memberships.members import files
from memberships.members.errors import SheetFull
from memberships.members.models import ExportContent, ExportFormat
from memberships.members.services import record_export
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission, may
from memberships.replies.models import Use
from memberships.replies.queries import PLACEHOLDERS, fill_in, replies_of, reply_in
from memberships.review.queries import MOST_AT_ONCE, ids_of
from memberships.review.wording import filter_of
from memberships.viewings.guard import shows_personal_data

bp = Blueprint("bulk", __name__, url_prefix="/koordination")

RELOAD_SECONDS = 4
_OFFERED = [Action.APPROVE, Action.DECLINE, Action.CLAIM, Action.EXPORT]
_USES = {Action.APPROVE: Use.APPROVAL, Action.DECLINE: Use.DECLINE}
# What is listed first, as far as there is any.
_LISTED = {
    "nicht": (ItemState.IMPOSSIBLE, ItemState.SKIPPED),
    "bereit": (ItemState.READY,),
    "erledigt": (ItemState.DONE,),
}


@bp.get("/<slug>/sammelvorgaenge")
@requires(Permission.VIEW_APPLICATIONS)
def list_runs(network: Network) -> str:
    runs = queries.runs_of(network.id, signed_in_account().id)
    return render_template(
        "bulk/list.html",
        net=current_definitions()[network.slug],
        runs=runs,
        tallies=queries.tallies([run.id for run in runs]),
        me=signed_in_account().id,
    )


@bp.post("/<slug>/sammelvorgaenge")
@requires(Permission.VIEW_APPLICATIONS)
def plan_run(network: Network) -> Any:
    """Prepare what was chosen in the list; the address carries the list's filter."""
    action = request.form.get("aktion", "")
    if action not in _OFFERED:
        return _not_chosen(network, "aktion")
    _require(network, Action(action))
    ids = _chosen(network)
    try:
        with unit_of_work():
            run = services.plan_run(
                network.id, Action(action), ids, wanted=_told_filter(), by=signed_in_actor()
            )
            run_id = run.id
    except NothingChosen:
        return _not_chosen(network, "faelle")
    except TooMany:
        return _not_chosen(network, "zu_viele")
    look_at(run_id)
    return _to(network, run_id)


def _chosen(network: Network) -> Sequence[UUID]:
    match request.form.get("umfang", ""):
        case "alle":
            return ids_of(network.id, filter_of(request.args, signed_in_account().id))
        case "seite":
            return _uuids(request.form.get("seite", "").split(","))
        case _:
            return _uuids(request.form.getlist("fall"))


def _uuids(texts: Sequence[str]) -> list[UUID]:
    found: dict[UUID, None] = {}
    for text in texts[: MOST_AT_ONCE + 1]:
        with suppress(ValueError):
            found[UUID(text)] = None
    return list(found)


def _told_filter() -> dict[str, Any]:
    """How the list was filtered, without a word that somebody searched for."""
    if request.form.get("umfang") != "alle":
        return {}
    told: dict[str, Any] = {"ansicht": request.args.get("ansicht", "offen")[:40]}
    return told | ({"text": True} if request.args.get("suche") else {})


def _not_chosen(network: Network, what: str) -> tuple[str, int]:
    page = render_template(
        "bulk/not_chosen.html",
        net=current_definitions()[network.slug],
        what=what,
        most=MOST_AT_ONCE,
        back_to=f"{url_for('review.queue', slug=network.slug)}?{_query()}",
    )
    return page, 422


def _query() -> str:
    return request.query_string.decode("latin-1")


def _require(network: Network, action: Action) -> None:
    if not may(role_in(network.id), action.needs):
        _refuse()


def _refuse() -> NoReturn:
    abort(403)


def _to(network: Network, run_id: UUID) -> Response:
    return redirect(url_for(".show_run", slug=network.slug, run_id=run_id), 303)


@bp.get("/<slug>/sammelvorgaenge/<uuid:run_id>")
@requires(Permission.VIEW_APPLICATIONS)
@shows_personal_data("bulk_run")
def show_run(network: Network, run_id: UUID) -> Any:
    run = _run(network, run_id)
    answer = make_response(_show(network, run, _form_of(run)))
    if run.state.is_busy and "ruhig" not in request.args:
        # No script reloads; whoever finds it unquiet turns it off with a link.
        answer.headers["Refresh"] = str(RELOAD_SECONDS)
    return answer


def _run(network: Network, run_id: UUID) -> BulkRun:
    run = queries.run_in(network.id, run_id)
    if run is None or (run.state.is_plan and not _is_mine(run)):
        abort(404)
    return run


def _is_mine(run: BulkRun) -> bool:
    return run.account_id == signed_in_account().id


def _show(network: Network, run: BulkRun, form: Any, **state: Any) -> str:
    net = current_definitions()[network.slug]
    tally = queries.tallies([run.id])[run.id]
    lists = {key: sum(tally[state] for state in states) for key, states in _LISTED.items()}
    listed = _listed(lists)
    items = queries.items_of(run.id, _LISTED[listed], request.args.get("ab", -1, type=int))
    example = queries.first_ready(run.id) if run.state is RunState.PLANNED else None
    defaults: dict[str, Any] = {"refusal": ""}
    return render_template(
        "bulk/run.html",
        net=net,
        run=run,
        tally=tally,
        reasons=queries.reasons_of(run.id),
        form=_with_reasons(form, example),
        listed=listed,
        lists=lists,
        outcomes=queries.outcomes_of(run.id) if example else {},
        items=items[: queries.PAGE_SIZE],
        next_after=items[queries.PAGE_SIZE - 1].position if len(items) > queries.PAGE_SIZE else -1,
        example=example,
        mail=_mail(run, example, form),
        replies=replies_of(network.id, _USES[run.action]) if example and run.action.decides else [],
        placeholders=PLACEHOLDERS,
        pending=len(queries.still_pending(run.id)) if run.action.decides else 0,
        columns=columns.columns_of(net) if run.action is Action.EXPORT else [],
        is_mine=_is_mine(run),
        may_act=may(role_in(network.id), run.action.needs),
        is_quiet="ruhig" in request.args,
        **(defaults | state),
    )


def _listed(lists: dict[str, int]) -> str:
    wanted = request.args.get("zeigen", "")
    return wanted if wanted in lists else next((key for key in lists if lists[key]), "bereit")


def _form_of(run: BulkRun, formdata: Any = None) -> Any:
    """The form that belongs to the action; empty for a page that is only looked at."""
    if run.action is Action.EXPORT:
        net = current_definitions()[run.network.slug]
        form: Any = FileForm(formdata=formdata, columns=sorted(columns.PRESET))
        form.columns.choices = [(one.key, one.label) for one in columns.columns_of(net)]
        return form
    kinds: dict[Action, Any] = {Action.APPROVE: MessageForm, Action.DECLINE: DeclineForm}
    kind: Any = kinds.get(run.action, StartForm)
    return kind(formdata=formdata)


def _with_reasons(form: Any, example: Application | None) -> Any:
    if "reason" in form:
        reasons = cases.reasons_to_decline(example) if example else ()
        form.reason.choices = [(reason.key, reason.label) for reason in reasons]
    return form


def _mail(run: BulkRun, example: Application | None, form: Any) -> tuple[str, str] | None:
    """The mail to the first of them, exactly as it would leave."""
    if example is None or not run.action.decides:
        return None
    message = fill_in(form.message.data or "", example)
    if run.action is Action.APPROVE:
        return cases.approval_preview(example, message)
    return cases.decline_preview(example, form.reason.data or "", message)


@bp.post("/<slug>/sammelvorgaenge/<uuid:run_id>/beginnen")
@requires(Permission.VIEW_APPLICATIONS, fresh=True)
def start_run(network: Network, run_id: UUID) -> Any:
    """'ansehen' shows the mail anew, 'einfuegen' puts a saved reply in, the other button begins."""
    run = _own_run(network, run_id)
    if run.state is not RunState.PLANNED or run.action is Action.EXPORT:
        return _to(network, run_id)
    form = _with_reasons(_form_of(run, request.form), queries.first_ready(run.id))
    if "einfuegen" in request.form:
        _put_in(network, form.message)
        return _show(network, run, form)
    if not form.validate() or "ansehen" in request.form:
        return _show(network, run, form), 422 if form.errors else 200
    try:
        with unit_of_work():
            services.start_run(
                services.run_for_change(network.id, run_id),
                message=form.message.data or "" if run.action.decides else "",
                reason=form.reason.data if run.action is Action.DECLINE else "",
                with_claimed=form.with_claimed.data,
                by=signed_in_actor(),
            )
    except NothingChosen:
        run = _run(network, run_id)
        return _show(network, run, form, refusal="Es bleibt kein Fall, mit dem das geht."), 422
    except RunUnknown:
        abort(404)
    return _to(network, run_id)


def _put_in(network: Network, field: Any) -> None:
    """The chosen reply, with its placeholders: each case fills them in for itself."""
    with suppress(ValueError):
        reply = reply_in(network.id, UUID(request.form.get("baustein", "")))
        if reply is not None:
            field.data = "\n\n".join(filter(None, (field.data, reply.text)))


def _own_run(network: Network, run_id: UUID) -> BulkRun:
    """Only who prepared a run begins it, or goes on with it."""
    run = _run(network, run_id)
    if not _is_mine(run):
        _refuse()
    _require(network, run.action)
    return run


@bp.post("/<slug>/sammelvorgaenge/<uuid:run_id>/anhalten")
@requires(Permission.VIEW_APPLICATIONS)
def stop_run(network: Network, run_id: UUID) -> Any:
    """Whoever could do it to one case can stop it, whoever began it."""
    _require(network, _run(network, run_id).action)
    return _changed(network, run_id, services.stop_run)


@bp.post("/<slug>/sammelvorgaenge/<uuid:run_id>/fortsetzen")
@requires(Permission.VIEW_APPLICATIONS)
def continue_run(network: Network, run_id: UUID) -> Any:
    _own_run(network, run_id)
    return _changed(network, run_id, services.continue_run)


@bp.post("/<slug>/sammelvorgaenge/<uuid:run_id>/verwerfen")
@requires(Permission.VIEW_APPLICATIONS)
def give_up_run(network: Network, run_id: UUID) -> Any:
    is_plan = _own_run(network, run_id).state.is_plan
    done = _changed(network, run_id, services.give_up_run)
    return redirect(url_for("review.queue", slug=network.slug), 303) if is_plan else done


def _changed(network: Network, run_id: UUID, act: Any) -> Response:
    """A click that came too late changes nothing; the page says how it stands."""
    try:
        with unit_of_work():
            act(services.run_for_change(network.id, run_id), by=signed_in_actor())
    except RunUnknown:
        abort(404)
    return _to(network, run_id)


@bp.post("/<slug>/sammelvorgaenge/<uuid:run_id>/zuruecknehmen")
@requires(Permission.DECIDE_APPLICATIONS)
def take_back_run(network: Network, run_id: UUID) -> Any:
    run = _run(network, run_id)
    try:
        with unit_of_work():
            run = services.run_for_change(network.id, run_id)
            new = services.take_back_run(run, by=signed_in_actor()).id
    except NothingChosen:
        run = _run(network, run_id)
        words = "Zurückzunehmen ist hier nichts mehr: Alles gilt schon oder ist zurückgenommen."
        return _show(network, run, _form_of(run), refusal=words), 409
    except RunUnknown:
        abort(404)
    return _to(network, new)


@bp.post("/<slug>/sammelvorgaenge/<uuid:run_id>/datei")
@requires(Permission.VIEW_APPLICATIONS, fresh=True)
def export_run(network: Network, run_id: UUID) -> Any:
    """Write the file, then that it was made, then send it; nothing is sent that is not recorded."""
    run = _own_run(network, run_id)
    if run.action is not Action.EXPORT or run.state is RunState.CHECKING:
        return _to(network, run_id)
    form = _form_of(run, request.form)
    if not form.validate():
        return _show(network, run, form), 422
    net = current_definitions()[network.slug]
    chosen = [one for one in columns.columns_of(net) if one.key in form.columns.data]
    head, format_ = [one.label for one in chosen], ExportFormat(form.format.data)
    rows = ([one.cell(case) for one in chosen] for case in queries.exported_cases(run_id))
    try:
        file, count = files.written(format_, head, rows, sheet="Anträge")
    except SheetFull:
        return _show(network, run, form, refusal="Für Excel ist es zu viel. Nehmen Sie CSV."), 422
    told = run.filter
    with unit_of_work():
        services.finish_export(services.run_for_change(network.id, run_id))
        record_export(
            network.id,
            content=ExportContent.APPLICATIONS,
            format=format_,
            purpose=form.purpose.data,
            wanted=told,
            columns=head,
            row_count=count,
            by=signed_in_actor(),
        )
    return files.sent(file, format_, f"antraege-{net.slug}")
