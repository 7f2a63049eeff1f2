"""The same networks as reviewing: some in which the coordination decides."""

from tests.review.conftest import kim, networks_settings, settings

__all__ = ["kim", "networks_settings", "settings"]
