"""Flask extensions that are shared by the whole application."""

from __future__ import annotations

from flask_login import LoginManager
from flask_wtf import CSRFProtect

from memberships.mails.transport import Mail

# The guard asks it about every POST of the signed-in; public forms have their own check.
csrf = CSRFProtect()
login = LoginManager()
# Ending a session when the address changes would throw out everybody behind a changing proxy; the
# cookie is HttpOnly, ends after idle and absolute time, and with the account's epoch.
login.session_protection = None  # type: ignore[assignment]  # documented, untyped
mail = Mail()
