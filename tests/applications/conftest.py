"""The verbs of a case are tested in networks in which the coordination decides."""

from __future__ import annotations

from tests.review.conftest import kim, networks_settings, racers, settings

__all__ = ["kim", "networks_settings", "racers", "settings"]
