from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from memberships.database import db, unit_of_work
from memberships.mails.models import MailClass
from memberships.mails.services import queue_mail
from memberships.mails.transport import Mail
from memberships.networks.models import Network
from tests.mails.cases import OFFICE, Case
from tests.smtp_servers import Inbox, smtp_server

TEMPLATES = {
    "mails/notice.txt": "{% block subject %}Hinweis{% endblock %}"
    "{% block body %}Guten Tag {{ name }},{% endblock %}",
    "mails/confirm_application.txt": "{% block subject %}Bestätigen{% endblock %}"
    "{% block body %}Guten Tag,{% endblock %}",
}


@pytest.fixture
def add_templates(app: Flask) -> Callable[[dict[str, str]], None]:
    def add(templates: dict[str, str]) -> None:
        loaders = [DictLoader(templates), app.jinja_env.loader]
        app.jinja_env.loader = ChoiceLoader([loader for loader in loaders if loader])

    add(TEMPLATES)
    return add


@pytest.fixture
def case(app: Flask) -> Case:
    with unit_of_work():
        network = Network(slug="a-network")
        db.session.add(network)
        db.session.flush()
        return Case(network.id)


@pytest.fixture
def queue(case: Case, add_templates: object) -> Callable[..., UUID]:
    """Queue one mail about the case, in a unit of work of its own; returns its id."""

    def queue_one(to: str = "person@example.org", kind: str = "notice", **context: Any) -> UUID:
        context = {"about": case, "name": "Erika Muster", "office": OFFICE} | context
        with unit_of_work():
            return queue_mail(kind, mail_class=MailClass.CASE, to=to, **context).id

    return queue_one


@pytest.fixture
def use_settings(app: Flask) -> Callable[..., None]:
    """Change settings of the running application, mail transport included."""

    def use(**changes: Any) -> None:
        app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update=changes)
        Mail().init_app(app)

    return use


@pytest.fixture
def use_server(use_settings: Callable[..., None]) -> Callable[..., None]:
    """Send to that port of this machine, patient for half a second (two for all of a mail)."""

    def use(port: int, **changes: Any) -> None:
        use_settings(
            **{"smtp_url": f"smtp://127.0.0.1:{port}", "mail_timeout_seconds": 0.5} | changes
        )

    return use


@pytest.fixture
def inbox(use_server: Callable[..., None]) -> Iterator[Inbox]:
    """A mail server that works, in use."""
    with smtp_server() as inbox:
        # Patient, as both run on one busy machine.
        use_server(inbox.port, mail_timeout_seconds=10)
        yield inbox
