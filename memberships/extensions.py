"""Flask extensions that are shared by the whole application."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_migrate import Migrate

from memberships.mails.transport import Mail
from memberships.web import client_prefix

limiter = Limiter(key_func=client_prefix, storage_uri="memory://", headers_enabled=False)
mail = Mail()
migrate = Migrate()
