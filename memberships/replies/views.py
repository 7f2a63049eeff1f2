"""Textbausteine: what an office writes again and again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for

from memberships.accounts.guard import requires, signed_in_actor
from memberships.database import unit_of_work
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.permissions import Permission
from memberships.replies import services
from memberships.replies.errors import ReplyChanged, ReplyUnknown, TitleTaken, TooManyReplies
from memberships.replies.forms import USES, ReplyForm
from memberships.replies.models import Use
from memberships.replies.queries import PLACEHOLDERS, replies_of, reply_in

bp = Blueprint("replies", __name__, url_prefix="/koordination")

TAKEN = "Einen Baustein mit diesem Titel gibt es dafür schon. Wählen Sie einen anderen Titel."
TOO_MANY = "Mehr als hundert Bausteine findet niemand wieder. Löschen Sie zuerst andere."
CHANGED = (
    "Während Sie die Seite offen hatten, hat jemand diesen Baustein geändert. Ihr Text steht noch "
    "im Feld; gespeichert ist er nicht. Speichern Sie noch einmal, wenn er gelten soll."
)
GONE = "Diesen Baustein hat inzwischen jemand gelöscht. Ihr Text steht noch im Feld."


@bp.get("/<slug>/bausteine")
@requires(Permission.EDIT_TEXTS)
def list_replies(network: Network) -> str:
    return _show(network, ReplyForm(formdata=None))


def _show(network: Network, form: ReplyForm, **state: Any) -> str:
    defaults: dict[str, Any] = {"reply": None, "refusal": ""}
    return render_template(
        "replies/list.html",
        net=current_definitions()[network.slug],
        replies=replies_of(network.id),
        uses=USES,
        placeholders=PLACEHOLDERS,
        form=form,
        **(defaults | state),
    )


@bp.post("/<slug>/bausteine")
@requires(Permission.EDIT_TEXTS)
def save_reply(network: Network) -> Any:
    form, by = ReplyForm(), signed_in_actor()
    if not form.validate():
        return _show(network, form), 422
    try:
        with unit_of_work():
            services.save_reply(network, Use(form.use.data), form.title.data, form.text.data, by=by)
    except TitleTaken:
        form.title.errors = (TAKEN,)
        return _show(network, form), 422
    except TooManyReplies:
        return _show(network, form, refusal=TOO_MANY), 409
    return _to_list(network)


def _to_list(network: Network) -> Any:
    return redirect(url_for(".list_replies", slug=network.slug), 303)


@bp.route("/<slug>/bausteine/<uuid:reply_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_TEXTS)
def change_reply(network: Network, reply_id: UUID) -> Any:
    found = reply_in(network.id, reply_id)
    if request.method == "GET":
        if found is None:
            abort(404)
        return _show(network, ReplyForm(formdata=None, obj=found), reply=found)
    form, by = ReplyForm(), signed_in_actor()
    if not form.validate():
        return _show(network, form, reply=found), 422
    try:
        with unit_of_work():
            reply = services.reply_for_change(network.id, reply_id, seen_version=form.version.data)
            if "loeschen" in request.form:
                services.remove_reply(reply, by=by)
            else:
                services.change_reply(reply, form.title.data, form.text.data, by=by)
    except TitleTaken:
        form.title.errors = (TAKEN,)
        return _show(network, form, reply=reply_in(network.id, reply_id)), 422
    except ReplyUnknown:
        return _show(network, form, refusal=GONE), 409
    except ReplyChanged:
        found = reply_in(network.id, reply_id)
        form.version.data = found.version if found else None
        return _show(network, form, reply=found, refusal=CHANGED), 409
    return _to_list(network)
