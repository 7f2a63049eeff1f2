"""Triggers by which the database itself keeps the log from being changed.

Attached to the schema, so that one made from the models has them; the migrations hold the same
text, and a test compares both.
"""

from __future__ import annotations

from sqlalchemy import DDL, event

from memberships.database import Model

_ERASED = "EXISTS (SELECT 1 FROM event_tombstones WHERE subject_id = {row}.subject_id)"
_FOREVER = [(t, v) for t in ("event_tombstones", "event_anchors") for v in ("UPDATE", "DELETE")]


def _sqlite(table: str, verb: str, words: str, when: str = "") -> str:
    return (
        f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )


SQLITE = [
    _sqlite("events", "UPDATE", "events never change"),
    _sqlite(
        "events",
        "DELETE",
        "events are deleted only with a tombstone",
        f"WHEN NOT {_ERASED.format(row='OLD')}",
    ),
    _sqlite("events", "INSERT", "an erased chain cannot grow", f"WHEN {_ERASED.format(row='NEW')}"),
    *(_sqlite(table, verb, f"{table} never change") for table, verb in _FOREVER),
]


def _function(name: str, words: str, unless: str = "") -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {unless} "
        f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )


def _postgresql(table: str, verb: str, function: str) -> str:
    each = "STATEMENT" if verb == "TRUNCATE" else "ROW"
    return (
        f"CREATE TRIGGER {table}_refuse_{verb.lower()} BEFORE {verb} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION {function}()"
    )


POSTGRESQL = [
    _function("refuse_change", "the log never changes"),
    _function(
        "refuse_unless_erased",
        "events are deleted only with a tombstone",
        f"IF {_ERASED.format(row='OLD')} THEN RETURN OLD; END IF;",
    ),
    _function(
        "refuse_when_erased",
        "an erased chain cannot grow",
        f"IF NOT {_ERASED.format(row='NEW')} THEN RETURN NEW; END IF;",
    ),
    _postgresql("events", "UPDATE", "refuse_change"),
    _postgresql("events", "DELETE", "refuse_unless_erased"),
    _postgresql("events", "INSERT", "refuse_when_erased"),
    *(
        _postgresql(table, "TRUNCATE", "refuse_change")
        for table in ("events", "event_tombstones", "event_anchors")
    ),
    *(_postgresql(table, verb, "refuse_change") for table, verb in _FOREVER),
]

for _dialect, _statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
    for _statement in _statements:
        _ddl = DDL(_statement).execute_if(dialect=_dialect)
        event.listen(Model.metadata, "after_create", _ddl)
