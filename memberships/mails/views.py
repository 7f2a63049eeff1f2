from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, render_template

from memberships.mails import queries
from memberships.permissions import public

bp = Blueprint("mails", __name__)


@bp.get("/postfach")
@public
def inbox() -> str:
    return render_template("mails/inbox.html", mails=queries.dev_inbox(limit=200))


@bp.get("/postfach/<uuid:mail_id>")
@public
def inbox_mail(mail_id: UUID) -> str:
    mail = queries.dev_inbox_mail(mail_id)
    if mail is None:
        abort(404)
    return render_template("mails/inbox_mail.html", mail=mail)
