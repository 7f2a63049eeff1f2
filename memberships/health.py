"""For machines: is the process up, can it work."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from memberships.database import db
from memberships.permissions import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def readyz() -> Response:
    try:
        db.session.execute(sa.text("SELECT count(*) FROM event_anchors"))
    except SQLAlchemyError:
        return Response(
            "the database does not answer or is not migrated\n", 503, mimetype="text/plain"
        )
    return Response("ok\n", mimetype="text/plain")
