"""How many forms one place may send: counted in each process, in windows of fixed length."""

from __future__ import annotations

import ipaddress
import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from flask import current_app, request

from memberships.database import utcnow
from memberships.settings import current_settings

P = ParamSpec("P")
R = TypeVar("R")

_COUNTS = "posts_by_client"
_UNITS = {"second": 1, "minute": 60, "hour": 3600}


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
            counts: _Counts = current_app.extensions.setdefault(_COUNTS, _Counts())
            counts.add(wanted, f"{request.endpoint} {client_prefix()}")
        return view(*args, **kwargs)

    return counted


class _Counts:
    """What came in the window that runs now; forgotten as a whole when it ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._posts: Counter[str] = Counter()
        self._ends: datetime | None = None

    def add(self, wanted: str, key: str) -> None:
        most, window = _parsed(wanted)
        now = utcnow()
        with self._lock:
            if self._ends is None or now >= self._ends:
                self._posts.clear()
                self._ends = now + window
            self._posts[key] += 1
            if self._posts[key] > most:
                raise TooManyPosts((self._ends - now).total_seconds())


@lru_cache
def _parsed(wanted: str) -> tuple[int, timedelta]:
    """Of "60 per 10 minutes" the number and the window. Raises ValueError for anything else."""
    said = re.fullmatch(r"(\d+) per (?:(\d+) )?(second|minute|hour)s?", wanted)
    if not said:
        raise ValueError(f"not a limit: {wanted}")
    return int(said[1]), timedelta(seconds=int(said[2] or 1) * _UNITS[said[3]])


def client_prefix() -> str:
    """The /24 or /64 network that a request comes from."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))
