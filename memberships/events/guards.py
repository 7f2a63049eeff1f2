"""Triggers by which the database itself keeps the log from being changed.

Attached to the schema, so that one made from the models has them; the migrations hold the same text,
and a test compares both.
"""

from __future__ import annotations

from sqlalchemy import DDL, event

from memberships.database import Model

_ERASED = "EXISTS (SELECT 1 FROM event_tombstones WHERE subject_id = {row}.subject_id)"

SQLITE = [
    "CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events "
    "BEGIN SELECT RAISE(ABORT, 'events never change'); END",
    f"CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events WHEN NOT {_ERASED.format(row='OLD')} "
    "BEGIN SELECT RAISE(ABORT, 'events are deleted only with a tombstone'); END",
    f"CREATE TRIGGER events_refuse_insert BEFORE INSERT ON events WHEN {_ERASED.format(row='NEW')} "
    "BEGIN SELECT RAISE(ABORT, 'an erased chain cannot grow'); END",
    *(
        f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} never change'); END"
        for table in ("event_tombstones", "event_anchors")
        for verb in ("UPDATE", "DELETE")
    ),
]

POSTGRESQL = [
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION '% never change', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
    "END $$",
    "CREATE FUNCTION refuse_unless_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF {_ERASED.format(row='OLD')} THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION 'events are deleted only with a tombstone' "
    "USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE FUNCTION refuse_when_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF NOT {_ERASED.format(row='NEW')} THEN RETURN NEW; END IF; "
    "RAISE EXCEPTION 'an erased chain cannot grow' "
    "USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events "
    "FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased()",
    "CREATE TRIGGER events_refuse_insert BEFORE INSERT ON events "
    "FOR EACH ROW EXECUTE FUNCTION refuse_when_erased()",
    *(
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("events", "event_tombstones", "event_anchors")
    ),
    *(
        f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in ("event_tombstones", "event_anchors")
        for verb in ("UPDATE", "DELETE")
    ),
]


for _dialect, _statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
    for _statement in _statements:
        _ddl = DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect)
        event.listen(Model.metadata, "after_create", _ddl)
