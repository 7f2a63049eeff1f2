"""Many applications at once, past the services but in the shape that they leave."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from benchmarks import apps
from benchmarks.serving import Place
from memberships.applications.models import Application
from memberships.database import Model, db
from memberships.mails.models import OutgoingMail
from memberships.permissions import Role
from tests.applications.joining import ANSWERS
from tests.factories import confirmed
from tests.review.cases import session_cookie, staff

ID = {
    "sqlite": "'{head}0000000070008000' || printf('%012x', i)",
    "postgresql": "('{head}0000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid",
}
LATER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', due_at, (i || ' seconds'))",
    "postgresql": "due_at + i * interval '1 second'",
}
STATUS = (
    "CASE i % 10 WHEN 0 THEN 'information_requested' WHEN 1 THEN 'unconfirmed' ELSE 'in_review' END"
)


def fill(where: Place, slug: str, size: int) -> None:
    """Add applications, each with one sent mail, until there are so many."""
    with apps.ours().app_context():
        known = db.session.scalar(sa.select(sa.func.count()).select_from(Application)) or 0
        if not known:
            confirmed(ANSWERS[slug] | {"participation": "active"}, slug=slug)
        db.session.rollback()
        head = ID[where.engine].format(head="019a")
        mail = ID[where.engine].format(head="019b")
        applications = {
            "id": head,
            "submission_key": "'s' || i",
            "page_token_hash": "'p' || i",
            "email": "'person' || i || '@example.org'",
            "last_name": "'Müßig ' || i",
            "status": STATUS,
            "clock_stopped_at": "CASE WHEN i % 10 = 0 THEN submitted_at END",
            "confirmed_at": "CASE WHEN i % 10 <> 1 THEN submitted_at END",
            "due_at": LATER[where.engine],
        }
        mails = {
            "id": mail,
            "subject_id": head,
            "message_id": "'m' || i",
            "state": "'sent'",
            "body": "NULL",
            "lease": "NULL",
            "finished_at": "created_at",
        }
        with db.engine.begin() as connection:
            span = {"first": max(known, 1), "last": size - 1}
            connection.execute(copies(Application, applications), span)
            connection.execute(copies(OutgoingMail, mails), span)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            vacuum = "VACUUM ANALYZE" if where.engine == "postgresql" else "ANALYZE"
            connection.exec_driver_sql(vacuum)
            if where.engine == "postgresql":
                # What the filling left to do in the background would count as the pages' time.
                connection.exec_driver_sql("ALTER SYSTEM SET autovacuum = off")
                connection.exec_driver_sql("SELECT pg_reload_conf()")
                connection.exec_driver_sql("CHECKPOINT")
        db.engine.dispose()


def copies(model: type[Model], changes: dict[str, str]) -> Any:
    """Insert copies of the newest row, one for each i from :first to :last, with these changes."""
    table = model.__table__
    columns = [column.name for column in table.columns]
    values = ", ".join(changes.get(name, f"model.{name}") for name in columns)
    return sa.text(
        f"INSERT INTO {table.name} ({', '.join(columns)}) "  # noqa: S608 - our own names
        "WITH RECURSIVE n(i) AS (SELECT CAST(:first AS integer) "
        "UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
        f"SELECT {values} FROM n, (SELECT * FROM {table.name} ORDER BY id DESC LIMIT 1) AS model"
    )


def new_staff(slug: str) -> str:
    """The cookie of a coordinator who has just signed in."""
    app = apps.ours()
    with app.app_context():
        cookie = session_cookie(app, staff(Role.COORDINATOR, slug).account_id)
        db.engine.dispose()
    return f"{app.config['SESSION_COOKIE_NAME']}={cookie}"
