"""Flask extensions that are shared by the whole application."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from memberships.mails.transport import Mail
from memberships.web import client_prefix

# The guard asks it about every POST of the signed-in; public forms have their own check.
csrf = CSRFProtect()
limiter = Limiter(key_func=client_prefix, storage_uri="memory://", headers_enabled=False)
login = LoginManager()
# Ending a session when the address changes would throw out everybody behind a changing proxy; the
# cookie is HttpOnly, ends after idle and absolute time, and with the account's epoch.
login.session_protection = None  # type: ignore[assignment]  # documented, untyped
mail = Mail()
migrate = Migrate()
