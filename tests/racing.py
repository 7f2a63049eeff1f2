"""Several real processes that do the same thing at the same moment.

    answers = race(app, [("click_confirm", token)] * 20)

Each process is a server of its own: it was forked before the database was touched, waits for all
the others, and then does its one thing. `answers` holds what each said, in their order.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import time_machine
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from memberships import create_app
from memberships.applications.cli import erase_expired
from memberships.applications.services import get_ready
from memberships.database import ChangedMeanwhile, db, unit_of_work, utcnow
from memberships.events.models import SYSTEM, Actor, ActorKind
from memberships.networks.models import Network
from memberships.networks.services import edit_texts
from memberships.organisations.errors import MergeUndone, OrganisationsAreOne
from memberships.organisations.models import Merge
from memberships.organisations.services import merge_organisations, undo_merge
from memberships.settings import ROOT, Settings
from memberships.web import german_date
from tests.pages import FORM, post


def race(app: Flask, racers: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Each racer is the name of one of the functions below, and its arguments."""
    db.session.rollback()
    cache = app.jinja_env.bytecode_cache
    templates = cache.directory if isinstance(cache, FileSystemBytecodeCache) else ""
    done = subprocess.run(
        [sys.executable, "-m", "tests.racing", templates],
        input=json.dumps([app.config["SETTINGS"].model_dump(mode="json"), racers]),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def send_form(app: Flask, stamp: str, **typed: str) -> list[Any]:
    page = post(app.test_client(), FORM, {"stamp": stamp} | typed)
    return [page.status, page.headers.get("Location", page.words)]


def click_confirm(app: Flask, token: str, at: str = "") -> int:
    with time_machine.travel(datetime.fromisoformat(at) if at else utcnow()):
        return post(app.test_client(), f"/antrag/{token}/bestaetigen").status


def type_code(app: Flask, page_token: str, code: str) -> int:
    return post(app.test_client(), f"/antrag/{page_token}/code", {"code": code}).status


def click_resend(app: Flask, page_token: str) -> int:
    with time_machine.travel(utcnow() + timedelta(minutes=6)):
        return post(app.test_client(), f"/antrag/{page_token}/erneut").status


def correct_address(app: Flask, page_token: str, email: str) -> int:
    return post(app.test_client(), f"/antrag/{page_token}/adresse", {"email": email}).status


def erase(app: Flask, at: str) -> int:
    with app.app_context(), time_machine.travel(datetime.fromisoformat(at)):
        return erase_expired()


def edit_lead(app: Flask, slug: str, account_id: str, text: str) -> str:
    by = Actor(ActorKind.STAFF, UUID(account_id))
    with app.app_context(), unit_of_work():
        edit_texts(slug, {"texts.lead": text}, seen=0, by=by)
    return "stored"


def merge_two(app: Flask, slug: str, keep_id: str, drop_id: str) -> str:
    with app.app_context():
        network = db.session.scalars(sa.select(Network).where(Network.slug == slug)).one()
        try:
            with unit_of_work():
                merge_organisations(
                    UUID(keep_id),
                    UUID(drop_id),
                    network=network,
                    by=SYSTEM,
                    reason="Umbenannt.",
                    is_operator=True,
                )
        except (ChangedMeanwhile, OrganisationsAreOne) as error:
            return type(error).__name__
    return "merged"


def undo_newest_merge(app: Flask) -> str:
    with app.app_context():
        found = db.session.scalar(sa.select(Merge).order_by(Merge.id.desc()).limit(1))
        if found is None:
            return "nothing"
        network, merge_id = db.session.get_one(Network, found.network_id), found.id
        try:
            with unit_of_work():
                undo_merge(merge_id, network=network, by=SYSTEM, is_operator=True)
        except (ChangedMeanwhile, MergeUndone) as error:
            return type(error).__name__
    return "undone"


RACERS: dict[str, Callable[..., Any]] = {
    racer.__name__: racer
    for racer in (
        send_form,
        click_confirm,
        type_code,
        click_resend,
        correct_address,
        erase,
        edit_lead,
        merge_two,
        undo_newest_merge,
    )
}


def _run(app: Flask, number: int, racer: Sequence[Any], start: Any, answers: Any) -> None:
    name, *arguments = racer
    typed = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
    start.wait()
    try:
        answer = RACERS[name](app, *arguments, **typed)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is the answer
        answer = repr(error)
    answers.put((number, answer))


def _main(templates: str) -> None:
    get_ready()
    settings, racers = json.load(sys.stdin)
    app = create_app(Settings.model_validate(settings))
    # What a server has done long ago is done once, before the fork, not once per racer.
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(templates)
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    german_date(utcnow())
    processes = get_context("fork")
    start, answers = processes.Barrier(len(racers)), processes.SimpleQueue()
    children = [
        processes.Process(target=_run, args=(app, number, racer, start, answers))
        for number, racer in enumerate(racers)
    ]
    for child in children:
        child.start()
    found = dict(answers.get() for _ in children)
    for child in children:
        child.join()
    sys.stdout.write(json.dumps([found[number] for number in range(len(racers))]))


if __name__ == "__main__":
    _main(*sys.argv[1:])
