"""The form stamp: signed proof of when, and for which version, a form was opened.

It takes the place of a session cookie on public pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer

from memberships.database import utcnow
from memberships.networks.definition import Definition
from memberships.settings import current_settings
from memberships.tokens import new_token

_AGAIN = "Ihre Eingaben sind noch da. Bitte senden Sie das Formular erneut ab."


@dataclass(frozen=True)
class Stamp:
    """`nonce` names this opened form; `fault` says in German what is wrong, or is empty."""

    nonce: str
    digest: str
    signed: str
    fault: str = ""


def stamped_digest(signed: str) -> str:
    """The beginning of the digest that a stamp names, however old; empty for a faulty one."""
    try:
        _, digest = _serializer().loads(signed)
    except (BadData, ValueError, TypeError):
        return ""
    return str(digest)


def new_stamp(definition: Definition, *, nonce: str = "", fault: str = "") -> Stamp:
    """A stamp for a form that is opened now."""
    nonce, digest = nonce or new_token(), definition.digest[:16]
    return Stamp(nonce, digest, _serializer().dumps([nonce, digest]), fault)


def check_stamp(signed: str, definition: Definition) -> Stamp:
    """Read a stamp that came back with the form.

    A faulty one comes back as a fresh stamp with `fault` set, so that sending the same form again
    works. One that came back too fast is returned as it is: the second try is late enough.
    """
    settings = current_settings()
    try:
        (nonce, digest), signed_at = _serializer().loads(signed, return_timestamp=True)
    except (BadData, ValueError, TypeError):
        return new_stamp(definition, fault=f"Das Formular war nicht mehr gültig. {_AGAIN}")
    age = utcnow() - signed_at
    if age > timedelta(hours=settings.form_open_hours):
        return new_stamp(
            definition, nonce=nonce, fault=f"Das Formular war sehr lange offen. {_AGAIN}"
        )
    if digest != definition.digest[:16]:
        fault = f"Das Formular hat sich inzwischen geändert. {_AGAIN}"
        return new_stamp(definition, nonce=nonce, fault=fault)
    if age < timedelta(seconds=settings.form_min_seconds):
        return Stamp(nonce, digest, signed, f"Das ging sehr schnell. {_AGAIN}")
    return Stamp(nonce, digest, signed)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().secret_key, salt="form-stamp")
