"""What every page shares: headers, the check of where a request comes from, errors, helpers."""

from __future__ import annotations

import hashlib
import logging
import math
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from babel.dates import format_date, format_time
from flask import Flask, Response, abort, current_app, render_template, request, url_for
from werkzeug.exceptions import Forbidden, HTTPException, RequestEntityTooLarge

from memberships.calendar import BERLIN
from memberships.database import ChangedMeanwhile, DatabaseBusy
from memberships.limiting import TooManyPosts
from memberships.networks.definition import Definition
from memberships.networks.queries import current_definitions, current_pause, follow_edits
from memberships.networks.wording import asked_when
from memberships.permissions import Permission
from memberships.settings import ROOT, current_settings
from memberships.traces import trace_without_values

STATIC = ROOT / "static"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types app"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# How much of an oversized body is read and dropped, so that the browser sees our answer at all.
_DRAIN_LIMIT = 64 * 1024 * 1024

log = logging.getLogger(__name__)


def german_date(at: date) -> str:
    """23. November 2026; of a time the day in Berlin."""
    day = at.astimezone(BERLIN) if isinstance(at, datetime) else at
    return _spelled(day.year, day.month, day.day)


@lru_cache(maxsize=1024)
def _spelled(*day: int) -> str:
    return format_date(date(*day), "d. MMMM y", locale="de")


def german_time(at: datetime) -> str:
    """13:52, in Berlin."""
    return format_time(at, "HH:mm", tzinfo=BERLIN, locale="de")


def static_url(name: str) -> str:
    """The address of one of our files; changes when its content does."""
    url = url_for("static", filename=name)
    return f"{url}?v={_file_version(name)}"


@lru_cache(maxsize=128)
def _file_version(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else "0"


def reported_page() -> str | None:
    """The address of this page for a report about it, which may be anonymous.

    Never one that holds a secret, or tells whose profile it is.
    """
    is_plain = request.endpoint is not None and not {
        name
        for name in (request.view_args or {})
        if name.endswith("token") or name == "membership_id"
    }
    return request.path if is_plain else None


def has_vendor() -> bool:
    """Whether set-up brought the third-party style sheet and fonts."""
    return (STATIC / "vendor" / "kern" / "kern.min.css").exists()


def network_or_404(slug: str) -> Definition:
    """The network that a page is about."""
    definition = current_definitions().get(slug)
    if definition is None:
        abort(404)
    return definition


def install(app: Flask) -> None:
    """Give an application our headers, error pages, filters and globals."""
    app.before_request(_refuse_foreign_posts)
    app.before_request(_follow_edits)
    app.after_request(_set_headers)
    app.jinja_env.filters |= {
        "asked_when": asked_when,
        "german_date": german_date,
        "german_time": german_time,
    }
    app.jinja_env.globals |= {
        "P": Permission,
        "static_url": static_url,
        "has_vendor": has_vendor(),
        "reported_page": reported_page,
    }
    app.context_processor(
        lambda: {
            "settings": current_settings(),
            "networks": current_definitions(),
            "net": None,
            "pause_of": current_pause,
        }
    )
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(TooManyPosts, _too_many)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(DatabaseBusy, _busy)
    app.register_error_handler(ChangedMeanwhile, _changed)
    app.register_error_handler(Exception, _broken)


def _follow_edits() -> None:
    """Offices edit texts in one process; all others take them over between two requests."""
    if request.blueprint != "health":
        follow_edits()


def _refuse_foreign_posts() -> None:
    """Public forms carry no cookie and no token; the browser says where a POST comes from."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    ours = {urlsplit(current_settings().public_url).netloc, request.host}
    if site not in {None, "same-origin", "none"} or (
        origin is not None and urlsplit(origin).netloc not in ours
    ):
        raise Forbidden


def _set_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if current_settings().public_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def guard_static_file(headers: Headers, path: str, url: str) -> None:
    """Files are answered before Flask is asked; they get the same headers."""
    for name, value in _HEADERS.items():
        headers[name] = value


ERROR_TEXTS: dict[int, tuple[str, str]] = {
    400: (
        "Diese Anfrage war nicht lesbar",
        "Bitte gehen Sie zurück und versuchen Sie es noch einmal.",
    ),
    403: (
        "Das ist hier nicht erlaubt",
        (
            "Die Anfrage kam nicht von unserer eigenen Seite. Öffnen Sie bitte das Formular "
            "hier neu und senden Sie es von dort ab."
        ),
    ),
    404: (
        "Diese Seite gibt es nicht",
        (
            "Vielleicht ist die Adresse unvollständig, etwa weil Ihr Mailprogramm sie "
            "umgebrochen hat. Kopieren Sie sie dann bitte ganz in die Adresszeile."
        ),
    ),
    405: (
        "So lässt sich diese Seite nicht öffnen",
        "Gehen Sie bitte zurück und benutzen Sie die Schaltfläche auf der Seite.",
    ),
    409: (
        "Jemand war schneller",
        (
            "Während Sie die Seite offen hatten, hat sich etwas geändert. Laden Sie sie bitte"
            " neu; gespeichert wurde nichts."
        ),
    ),
    413: (
        "Das war zu viel Text",
        (
            "Gehen Sie zurück: Ihre Eingaben sind noch da. Kürzen Sie bitte den längsten Text"
            " und senden Sie das Formular erneut ab."
        ),
    ),
    422: ("Diese Angaben passen nicht", "Gehen Sie bitte zurück und prüfen Sie Ihre Angaben."),
    429: ("Zu viele Versuche", "Bitte warten Sie {minutes} und versuchen Sie es dann noch einmal."),
    500: (
        "Das hat nicht geklappt",
        (
            "Der Fehler liegt bei uns. Gehen Sie zurück: Ihre Eingaben sind noch da. Bitte "
            "versuchen Sie es noch einmal."
        ),
    ),
    503: (
        "Das hat gerade nicht geklappt",
        (
            "Wir sind im Augenblick überlastet. Gehen Sie zurück: Ihre Eingaben sind noch da."
            " Bitte versuchen Sie es in einer Minute noch einmal."
        ),
    ),
}


def error_page(status: int, **words: Any) -> tuple[str, int]:
    """The page that explains a refusal, in the product's voice."""
    title, lead = ERROR_TEXTS.get(status, ERROR_TEXTS[500 if status >= 500 else 400])
    page = render_template(
        "errors/error.html", status=status, title=title, lead=lead.format(**words), paragraphs=[]
    )
    return page, status


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    return error_page(error.code)


def _too_many(error: TooManyPosts) -> Any:
    minutes = max(1, math.ceil(error.seconds / 60))
    page, status = error_page(429, minutes="eine Minute" if minutes == 1 else f"{minutes} Minuten")
    return page, status, {"Retry-After": str(minutes * 60)}


def _too_large(error: RequestEntityTooLarge) -> Any:
    body, left = request.environ["wsgi.input"], _DRAIN_LIMIT
    while left > 0 and (chunk := body.read(min(65536, left))):
        left -= len(chunk)
    return error_page(413)


def _busy(error: DatabaseBusy) -> Any:
    log.warning("the database was busy: %s", type(error.__cause__).__name__)
    page, status = error_page(503)
    return page, status, {"Retry-After": "60"}


def _changed(error: ChangedMeanwhile) -> Any:
    return error_page(409)


def _broken(error: Exception) -> Any:
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    log.error("a request failed at %s\n%s", request.endpoint, trace_without_values(error))
    return error_page(500)
