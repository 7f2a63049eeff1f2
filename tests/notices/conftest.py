from __future__ import annotations

from tests.review.conftest import kim, networks_settings, settings

__all__ = ["kim", "networks_settings", "settings"]
