"""Merging and undoing at the command line, for the operator."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask

from memberships.organisations.cli import organisations
from memberships.organisations.models import Merge
from tests.organisations.registry import (
    BRIDGE,
    MILL,
    merged,
    network_of,
    registered,
    row,
    told_apart,
)
from tests.tables import nothing_stored, only


@pytest.fixture
def both(app: Flask) -> tuple[UUID, UUID]:
    network_of("avd")
    return registered(MILL), registered(BRIDGE)


def run(app: Flask, *words: object, typed: str = "") -> tuple[int, str]:
    done = app.test_cli_runner().invoke(organisations, [str(word) for word in words], input=typed)
    return done.exit_code, done.output


def test_the_command_shows_what_moves_asks_and_can_be_undone(app: Flask, both) -> None:
    keep, drop = both
    code, said = run(app, "merge", keep, drop, "--network", "avd", typed="Umbenannt.\ny\n")
    assert code == 0, said
    assert "Verein Brückenschlag Talheim (Stuttgart) leads to Bürgerwerkstatt Mühlental" in said
    assert "of avd: 0 memberships, 0 cases; 0 get another seat number" in said
    merge = only(Merge)
    assert (merge.kept_id, merge.dropped_id, merge.reason) == (keep, drop, "Umbenannt.")
    assert f"memberships organisations undo {merge.id}" in said
    assert run(app, "undo", merge.id) == (0, "undone\n")
    assert row(drop).merged_into_id is None
    with nothing_stored():
        code, said = run(app, "undo", merge.id)
    assert (code, "not undone: MergeUndone" in said) == (1, True)


def test_who_says_no_has_changed_nothing(app: Flask, both) -> None:
    with nothing_stored():
        code, said = run(app, "merge", *both, "--network", "avd", typed="Doppelt.\nn\n")
    assert (code, "Aborted" in said) == (1, True)


def test_what_was_told_apart_is_said(app: Flask, both) -> None:
    told_apart(*both)
    _, said = run(app, "merge", *both, "--network", "avd", typed="Doppelt.\nn\n")
    assert "Somebody has said that these two are not the same." in said


def test_what_cannot_be_merged_is_refused(app: Flask, both) -> None:
    keep, drop = both
    options = ("--network", "avd", "--reason", "Doppelt.", "--yes")
    merged(keep, drop)
    with nothing_stored():
        for one, other, said in (
            (keep, drop, "not merged"),
            (keep, uuid4(), "no such organisation"),
        ):
            code, answer = run(app, "merge", one, other, *options)
            assert (code, said in answer) == (1, True), answer
        code, answer = run(app, "merge", keep, drop, "--network", "nowhere", "--yes")
        assert (code, "no such network" in answer) == (2, True), answer
        code, answer = run(app, "undo", uuid4())
        assert (code, "no such merge" in answer) == (1, True), answer
