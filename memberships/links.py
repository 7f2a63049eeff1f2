"""Addresses of our own pages as they stand in mails."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app

from memberships.settings import current_settings
from memberships.tokens import consent_token


def legal_links(slug: str) -> dict[str, Any]:
    """What every mail about a network links at its end: the network's own legal pages."""
    pages = ("privacy", "imprint", "accessibility")
    return {f"{page}_url": public_url_for(f"networks.{page}", slug=slug) for page in pages}


def all_legal_links() -> dict[str, Any]:
    """What every other mail links: the pages that lead to the legal pages of all networks."""
    pages = ("privacy", "imprint", "accessibility")
    return {f"{page}_url": public_url_for(f"networks.all_{page}") for page in pages}


def public_url_for(endpoint: str, **values: str) -> str:
    """The full address of a page under the public URL; needs no request."""
    public = urlsplit(current_settings().public_url)
    adapter = current_app.url_map.bind(public.netloc, url_scheme=public.scheme)
    return adapter.build(endpoint, values, force_external=True)


def consents_url(subject_id: UUID, email: str) -> str:
    """Where the owner of the address withdraws consents, without signing in (Art. 7(3) GDPR)."""
    return public_url_for("rights.consents", token=consent_token(subject_id, email))
