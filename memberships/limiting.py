"""How many forms one place may send: counted in each process, in windows of fixed length."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from flask import current_app, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from memberships.settings import current_settings

P = ParamSpec("P")
R = TypeVar("R")

_COUNTS = "posts_by_client"
_parsed = lru_cache(parse)


class TooManyPosts(Exception):
    """This place has sent too many forms; `seconds` says how long it has to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def limited(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse what is more than `posts_per_client`, each view counted by itself; looking is free.

    Raises TooManyPosts. Without that setting nothing is counted.
    """

    @wraps(view)
    def counted(*args: P.args, **kwargs: P.kwargs) -> R:
        wanted = current_settings().posts_per_client
        if wanted and request.method == "POST":
            _count(_parsed(wanted), str(request.endpoint), client_prefix())
        return view(*args, **kwargs)

    return counted


def _count(limit: RateLimitItem, *key: str) -> None:
    counts = _counts()
    if not counts.hit(limit, *key):
        raise TooManyPosts(counts.get_window_stats(limit, *key).reset_time - time.time())


def _counts() -> FixedWindowRateLimiter:
    known: FixedWindowRateLimiter | None = current_app.extensions.get(_COUNTS)
    if known is None:
        known = FixedWindowRateLimiter(MemoryStorage())
        known = current_app.extensions.setdefault(_COUNTS, known)
    return known


def client_prefix() -> str:
    """The /24 or /64 network that a request comes from."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))
