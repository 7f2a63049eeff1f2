"""Membership applications for citizen-participation networks."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from memberships import health, web
from memberships.accounts import address_views as _address_pages  # noqa: F401 - adds its routes
from memberships.accounts import factor_views as _factor_pages  # noqa: F401 - adds its routes
from memberships.accounts import guard
from memberships.accounts import passkey_views as _passkey_pages  # noqa: F401 - adds its routes
from memberships.accounts import views as account_views
from memberships.applications import case_views as _own_pages  # noqa: F401 - adds its routes
from memberships.applications import question_views as _question_pages  # noqa: F401 - so do these
from memberships.applications import views as application_views
from memberships.audit import views as audit_views
from memberships.bulk import views as bulk_views
from memberships.database import db
from memberships.drafts import views as draft_views
from memberships.extensions import csrf, login, mail
from memberships.feedback import views as feedback_views
from memberships.figures import views as figure_views
from memberships.mails import views as mail_views
from memberships.members import entry_views as _entry_pages  # noqa: F401 - adds its routes
from memberships.members import profile_views, public_views
from memberships.members import views as member_views
from memberships.members import visibility_views as _visibility_pages  # noqa: F401 - adds its routes
from memberships.networks import text_views
from memberships.networks import views as network_views
from memberships.networks.loading import load_definitions
from memberships.notices import views as notice_views
from memberships.organisations import views as organisation_views
from memberships.replies import views as reply_views
from memberships.retention import views as retention_views
from memberships.review import data_views as _data_pages  # noqa: F401 - adds its routes
from memberships.review import deciding_views as _deciding_pages  # noqa: F401 - adds its routes
from memberships.review import filter_views as _filter_pages  # noqa: F401 - adds its routes
from memberships.review import meeting_views as _meeting_pages  # noqa: F401 - adds its routes
from memberships.review import membership_views as _membership_pages  # noqa: F401 - adds its routes
from memberships.review import organisation_views as _organisation_pages  # noqa: F401 - adds its routes
from memberships.review import views as review_views
from memberships.rights import views as rights_views
from memberships.routing import LateRule
from memberships.seats import data_views as _seat_data  # noqa: F401 - adds its routes
from memberships.seats import deputy_views as _deputies  # noqa: F401 - adds its routes
from memberships.seats import office_views as _seat_office  # noqa: F401 - adds its routes
from memberships.seats import views as seat_views
from memberships.settings import ROOT, Settings, SettingsInvalid, load_settings
from memberships.territory.loading import require_tables
from memberships.viewings import views as viewing_views


def create_app(settings: Settings | None = None) -> Flask:
    """The application, ready to serve.

    Raises SettingsInvalid or DefinitionsInvalid, each naming every mistake at once, and
    TerritoryTablesMissing when set-up was not finished.
    """
    settings = settings or load_settings(os.environ)
    app = Flask(
        __name__,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(settings.data_dir),
    )
    app.url_rule_class = LateRule
    _configure(app, settings)
    _install_extensions(app, settings)
    app.register_blueprint(network_views.bp)
    app.register_blueprint(text_views.bp)
    app.register_blueprint(feedback_views.bp)
    app.register_blueprint(application_views.bp)
    app.register_blueprint(account_views.bp)
    app.register_blueprint(member_views.bp)
    app.register_blueprint(public_views.bp)
    app.register_blueprint(profile_views.bp)
    app.register_blueprint(review_views.bp)
    app.register_blueprint(bulk_views.bp)
    app.register_blueprint(organisation_views.bp)
    app.register_blueprint(notice_views.bp)
    app.register_blueprint(reply_views.bp)
    app.register_blueprint(draft_views.bp)
    app.register_blueprint(audit_views.bp)
    app.register_blueprint(seat_views.bp)
    app.register_blueprint(figure_views.bp)
    app.register_blueprint(rights_views.bp)
    app.register_blueprint(retention_views.bp)
    app.register_blueprint(viewing_views.bp)
    app.register_blueprint(health.bp)
    if settings.is_development:
        app.register_blueprint(mail_views.bp)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    definitions = load_definitions(settings.networks_dir)
    if settings.is_production:
        _refuse_placeholders(definitions)
    if any("postal_code" in definition.conditions for definition in definitions.values()):
        require_tables()
    app.extensions["networks"] = definitions
    app.config |= {
        "SETTINGS": settings,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # Personal data never reaches a log through an error message.
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},
        "MAX_CONTENT_LENGTH": settings.max_body_bytes,
        **_session_cookie(settings),
        # The guard checks the token of every POST of the signed-in; it lives as long as they are.
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined


def _session_cookie(settings: Settings) -> dict[str, Any]:
    """Only the signed-in have one; browsers take the name's prefix as a promise, and check it."""
    is_secure = settings.public_url.startswith("https://")
    return {
        "SESSION_COOKIE_NAME": "__Host-session" if is_secure else "session",
        "SESSION_COOKIE_SECURE": is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
    }


def _refuse_placeholders(definitions: dict[str, Any]) -> None:
    faults = [
        f"{slug}.toml: {key}: an example, production needs the real one"
        for slug, definition in definitions.items()
        for key in definition.placeholders
    ]
    if faults:
        raise SettingsInvalid("\n".join(faults))


def _install_extensions(app: Flask, settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    mail.init_app(app)
    csrf.init_app(app)
    login.init_app(app, add_context_processor=False)
    guard.install(app)
    web.install(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask's documented way
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]  # Flask's documented way
        app.wsgi_app,
        root=str(ROOT / "static"),
        prefix="static/",
        max_age=86_400,
        autorefresh=settings.is_development,
        allow_all_origins=False,
        add_headers_function=web.guard_static_file,
    )
