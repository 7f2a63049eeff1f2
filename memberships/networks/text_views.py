"""Texte und Kontakt: what an office edits in the browser; and the record of processing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, signed_in_actor
from memberships.applications.services import text_preview
from memberships.calendar import BERLIN
from memberships.database import unit_of_work, utcnow
from memberships.mails.wording import (
    EDITABLE,
    MailText,
    default_text,
    needed_in,
    placeholders_of,
)
from memberships.networks import services
from memberships.networks.definition import Definition
from memberships.networks.describing import processing_record as record_of
from memberships.networks.editing import LABELS, PAUSE, contradictions, pause_in, value_in
from memberships.networks.errors import EditUnknown, TextsChanged, TextsInvalid
from memberships.networks.forms import KEYS, MailWordsForm, PauseForm, SeenForm, TextsForm
from memberships.networks.models import Network
from memberships.networks.queries import (
    current_definitions,
    edit_of,
    edits_of,
    file_definitions,
    follow_edits,
    in_force_with,
    newest_edit,
)
from memberships.permissions import Permission

bp = Blueprint("texts", __name__, url_prefix="/koordination")
SAVED = {
    "gespeichert": "Gespeichert. Auf allen Seiten gilt das in wenigen Sekunden.",
    "gleich": "Es hat sich nichts geändert, also ist nichts Neues gespeichert.",
}


def _stored(network: Network) -> tuple[int, dict[str, Any], Definition]:
    """The newest edit as the database has it now, and the definition with it."""
    number, edits = newest_edit(network.slug)
    return number, edits, in_force_with(file_definitions()[network.slug], edits)


def _edit(network: Network, changes: dict[str, Any], seen: int) -> str:
    """Store the changes; says what became of them."""
    actor, slug = signed_in_actor(), network.slug
    with unit_of_work():
        edit = services.edit_texts(slug, changes, seen=seen, by=actor)
    follow_edits(at_once=True)
    return "gespeichert" if edit else "gleich"


@bp.get("/<slug>/texte")
@requires(Permission.EDIT_TEXTS)
def overview(network: Network) -> str:
    return _show_texts(network)


def _show_texts(network: Network, **state: Any) -> str:
    number, edits, net = _stored(network)
    pause = pause_in(edits)
    defaults: dict[str, Any] = {
        "form": TextsForm(net, formdata=None, version=number),
        "pause_form": PauseForm(
            formdata=None,
            version=number,
            until=pause.until if pause else None,
            text=pause.text if pause else "",
        ),
        "refused": None,
        "notice": SAVED.get(request.args.get("stand", ""), ""),
    }
    return render_template(
        "networks/texts.html",
        net=net,
        number=number,
        edits=edits,
        keys=KEYS,
        file=file_definitions()[network.slug],
        value_in=value_in,
        labels=LABELS,
        mails=EDITABLE,
        pause=pause,
        is_paused=pause is not None and pause.until >= utcnow().astimezone(BERLIN).date(),
        contradictions=list(contradictions(net)),
        **(defaults | state),
    )


@bp.post("/<slug>/texte")
@requires(Permission.EDIT_TEXTS)
def edit_texts(network: Network) -> Any:
    _, _, net = _stored(network)
    form = TextsForm(net)
    if (name := request.form.get("standard", "")) in KEYS:
        form.process(formdata=request.form)
        _put_default(form, name, file_definitions()[network.slug])
        notice = "Der Standardtext steht im Feld. Gespeichert ist noch nichts."
        return _show_texts(network, form=form, notice=notice)
    if not form.validate():
        return _show_texts(network, form=form), 422
    try:
        stand = _edit(network, form.changes, form.version.data)
    except TextsInvalid as error:
        form.add_faults(error.keys)
        return _show_texts(network, form=form), 422
    except TextsChanged as error:
        return _stale(network, form, error, _show_texts)
    return redirect(url_for(".overview", slug=network.slug, stand=stand), 303)


def _put_default(form: TextsForm, name: str, file: Definition) -> None:
    value = value_in(file, KEYS[name])
    form[name].data = ("ja" if value else "nein") if isinstance(value, bool) else value


def _stale(network: Network, form: SeenForm, error: TextsChanged, show: Any, **more: Any) -> Any:
    """409 with what differs and what was typed; sent again, it is stored over it."""
    number, _ = newest_edit(network.slug)
    form.version.data = number
    return show(network, form=form, refused=error, **more), 409


@bp.post("/<slug>/texte/pause")
@requires(Permission.EDIT_TEXTS)
def pause_admission(network: Network) -> Any:
    form = PauseForm()
    is_ending = "beenden" in request.form
    if not is_ending and not form.validate():
        return _show_texts(network, pause_form=form), 422
    pause = (
        None if is_ending else {"until": form.until.data.isoformat(), "text": form.text.data or ""}
    )
    try:
        stand = _edit(network, {PAUSE: pause}, form.version.data or 0)
    except TextsChanged as error:
        form.version.data, _ = newest_edit(network.slug)
        return _show_texts(network, pause_form=form, refused=error), 409
    return redirect(url_for(".overview", slug=network.slug, stand=stand), 303)


@bp.get("/<slug>/texte/mails/<kind>")
@requires(Permission.EDIT_TEXTS)
def mail_words(network: Network, kind: str) -> str:
    _require_kind(kind)
    number, _, net = _stored(network)
    text = net.mail_text(kind) or default_text(kind)
    form = MailWordsForm(kind, formdata=None, version=number, subject=text.subject, body=text.body)
    return _show_mail(network, form=form)


def _require_kind(kind: str) -> None:
    if kind not in EDITABLE:
        abort(404)


def _show_mail(network: Network, *, form: MailWordsForm, **state: Any) -> str:
    _, _, net = _stored(network)
    text = MailText(form.subject.data or "", form.body.data or "")
    can_preview = not form.errors and text.subject and text.body
    defaults = {"refused": None, "notice": SAVED.get(request.args.get("stand", ""), "")}
    return render_template(
        "networks/mail_words.html",
        net=net,
        kind=form.kind,
        title=EDITABLE[form.kind],
        form=form,
        labels=LABELS,
        placeholders=placeholders_of(form.kind),
        needed=needed_in(form.kind),
        is_own=form.kind in net.mails,
        mail=text_preview(form.kind, network, net, text) if can_preview else None,
        **(defaults | state),
    )


def _standard(network: Network, kind: str) -> MailText:
    return file_definitions()[network.slug].mail_text(kind) or default_text(kind)


@bp.post("/<slug>/texte/mails/<kind>")
@requires(Permission.EDIT_TEXTS)
def edit_mail_words(network: Network, kind: str) -> Any:
    _require_kind(kind)
    form = MailWordsForm(kind)
    if "standard" in request.form:
        text = _standard(network, kind)
        form.subject.data, form.body.data = text.subject, text.body
        notice = "Der Standardtext steht im Feld. Gespeichert ist noch nichts."
        return _show_mail(network, form=form, notice=notice)
    valid = form.validate()
    if not valid or "ansehen" in request.form:
        return _show_mail(network, form=form), 200 if valid else 422
    typed = MailText(form.subject.data, form.body.data)
    words = None if typed == _standard(network, kind) else typed._asdict()
    try:
        stand = _edit(network, {f"mails.{kind}": words}, form.version.data)
    except TextsChanged as error:
        return _stale(network, form, error, _show_mail)
    return redirect(url_for(".mail_words", slug=network.slug, kind=kind, stand=stand), 303)


@bp.get("/<slug>/texte/fassungen")
@requires(Permission.EDIT_TEXTS)
def edits(network: Network) -> str:
    before = request.args.get("vor", type=int)
    found = edits_of(network.slug, before=before)
    contents = {edit.version: edit.content for edit, _ in found}
    return render_template(
        "networks/edits.html",
        net=current_definitions()[network.slug],
        edits=found,
        changed=lambda edit: _changed(
            contents.get(edit.version - 1, _content(network, edit.version - 1)), edit.content
        ),
        older=found[-1][0].version if found and found[-1][0].version > 1 else None,
        labels=LABELS,
    )


def _content(network: Network, number: int) -> dict[str, Any]:
    edit = edit_of(network.slug, number) if number > 0 else None
    return edit.content if edit else {}


def _changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [key for key in LABELS if before.get(key) != now.get(key)]


@bp.get("/<slug>/texte/fassungen/<int:number>")
@requires(Permission.EDIT_TEXTS)
def edit(network: Network, number: int) -> str:
    return _show_edit(network, number)


def _show_edit(network: Network, number: int, **state: Any) -> str:
    found = edit_of(network.slug, number)
    if found is None:
        abort(404)
    before, newest = _content(network, number - 1), newest_edit(network.slug)[0]
    return render_template(
        "networks/edit.html",
        net=current_definitions()[network.slug],
        edit=found,
        before=before,
        changed=_changed(before, found.content),
        labels=LABELS,
        newest=newest,
        **({"refused": None} | state),
    )


@bp.post("/<slug>/texte/fassungen/<int:number>/wiederherstellen")
@requires(Permission.EDIT_TEXTS)
def restore_texts(network: Network, number: int) -> Any:
    form, actor, slug = SeenForm(), signed_in_actor(), network.slug
    if not form.validate():
        abort(400)
    try:
        with unit_of_work():
            done = services.restore_texts(slug, number, seen=form.version.data, by=actor)
    except EditUnknown:
        abort(404)
    except (TextsChanged, TextsInvalid) as error:
        return _show_edit(network, number, refused=error), 409
    follow_edits(at_once=True)
    stand = "gespeichert" if done else "gleich"
    return redirect(url_for(".overview", slug=slug, stand=stand), 303)


@bp.get("/<slug>/verarbeitungsverzeichnis")
@requires(Permission.VIEW_PROCESSING_RECORD)
def processing_record(network: Network) -> str:
    net = current_definitions()[network.slug]
    return render_template(
        "networks/processing_record.html", net=net, record=record_of(net), now=utcnow()
    )
