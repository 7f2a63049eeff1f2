"""Drafts are of cases, which need the networks of reviewing."""

from tests.review.conftest import kim, networks_settings, settings

__all__ = ["kim", "networks_settings", "settings"]
