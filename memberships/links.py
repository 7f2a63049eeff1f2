"""Addresses of our own pages as they stand in mails."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app

from memberships.settings import current_settings
from memberships.tokens import consent_token


def public_url_for(endpoint: str, **values: str) -> str:
    """The full address of a page under the public URL; needs no request."""
    public = urlsplit(current_settings().public_url)
    adapter = current_app.url_map.bind(public.netloc, url_scheme=public.scheme)
    return adapter.build(endpoint, values, force_external=True)


def consents_url(subject_id: UUID, email: str) -> str:
    """Where the owner of the address withdraws consents, without signing in (Art. 7(3) GDPR)."""
    return public_url_for("rights.consents", token=consent_token(subject_id, email))
