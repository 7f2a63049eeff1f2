"""Many people at once, in processes of their own: all have their page open, then all press.

Run as a program, it is one of these processes: for each line it reads what each of its people is
about to send, opens their pages, says that it is ready, waits for the word, sends everything at
once and prints the answers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask

from memberships import create_app
from memberships.database import db
from memberships.settings import ROOT, Settings, load_settings
from tests.pages import Page, get, post
from tests.review.cases import Staff, session_cookie

PROCESSES = 3


@dataclass(frozen=True)
class Move:
    """One person's button: the page that it is on, which form, and what is typed."""

    page: str
    ending: str
    typed: dict[str, str] = field(default_factory=dict)
    cookie: str = ""


@dataclass(frozen=True)
class Answer:
    """What that person then saw."""

    status: int
    words: str


def staff_move(app: Flask, person: Staff, page: str, **typed: str) -> Move:
    return Move(page, page.rsplit("/", 1)[1], typed, session_cookie(app, person.account_id))


class Racers:
    """The processes. They live as long as the tests, and open a new application for each race."""

    def __init__(self) -> None:
        environment = {n: v for n, v in os.environ.items() if "MEMBERSHIPS" not in n}
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.review.racing"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(PROCESSES)
        ]

    def race(self, app: Flask, moves: Sequence[Move]) -> list[Answer]:
        """What each saw, in the order of the moves; neighbours are in different processes."""
        for n, process in enumerate(self.processes):
            share = [asdict(move) for move in moves[n::PROCESSES]]
            _tell(process, [_overrides(app.config["SETTINGS"]), share])
        for process in self.processes:
            assert process.stdout.readline() == "ready\n"
        for process in self.processes:
            _tell(process, "go")
        told = [json.loads(process.stdout.readline()) for process in self.processes]
        return [Answer(**told[n % PROCESSES][n // PROCESSES]) for n in range(len(moves))]

    def end(self) -> None:
        for process in self.processes:
            with process:
                process.stdin.close()
                process.wait(20)


def _overrides(settings: Settings) -> dict[str, Any]:
    return {
        "env": settings.env,
        "data_dir": str(settings.data_dir),
        "database_url": settings.database_url,
        "networks_dir": str(settings.networks_dir),
        "grace_minutes": settings.grace_minutes,
        "posts_per_client": settings.posts_per_client,
    }


def _tell(process: subprocess.Popen[str], message: object) -> None:
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


def main() -> None:
    for line in sys.stdin:
        overrides, moves = json.loads(line)
        overrides["networks_dir"] = Path(overrides["networks_dir"])
        app = create_app(load_settings({}, **overrides))
        people = [_Person(app, Move(**move)) for move in moves]
        print("ready", flush=True)  # noqa: T201 - the protocol
        sys.stdin.readline()
        threads = [threading.Thread(target=person.press) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with app.app_context():
            db.engine.dispose()
        print(json.dumps([asdict(p.answer) for p in people]), flush=True)  # noqa: T201


class _Person:
    answer = Answer(0, "no answer")

    def __init__(self, app: Flask, move: Move) -> None:
        self.browser: Any = app.test_client()
        if move.cookie:
            self.browser.set_cookie(app.config["SESSION_COOKIE_NAME"], move.cookie)
        page = get(self.browser, move.page)
        try:
            form = page.form(move.ending)
        except StopIteration:
            raise AssertionError(f"no {move.ending} on {move.page}: {page.words[:300]}") from None
        self.action, self.typed = form.action, form.fields | move.typed

    def press(self) -> None:
        page: Page = post(self.browser, self.action, self.typed)
        self.answer = Answer(page.status, page.words)


if __name__ == "__main__":
    main()
