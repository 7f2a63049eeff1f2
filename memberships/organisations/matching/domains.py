"""Web domains: what is left of an address, and which ones tell nothing of an organisation."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from memberships.organisations.matching import words

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@lru_cache(maxsize=4096)
def bare_domain(text: str) -> str:
    """The host of a web or mail address in ASCII and lower case, without www; "" for anything else.

    Never raises: a path, a port or spaces around are left out, an IDN is encoded.
    """
    text = text.strip()[:500].strip(".,;<>()")
    try:
        host = (urlsplit(text if _SCHEME.match(text) else f"//{text}").hostname or "").rstrip(".")
        host = host.replace("\u3002", ".")
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    host = host.removeprefix("www.")
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        return ""
    return "" if labels[-1].isdigit() else host


def is_public_mail_domain(domain: str) -> bool:
    """Whether anybody can have an address or a page there: a mail provider, a shared host."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in words.PUBLIC_DOMAINS for start in range(len(labels) - 1))


def telling_domains(domains: tuple[str, ...]) -> frozenset[str]:
    """Those that tell of the organisation."""
    bare = (bare_domain(domain) for domain in domains)
    return frozenset(domain for domain in bare if domain and not is_public_mail_domain(domain))


def registered(domain: str) -> str:
    """The part that somebody has registered: the last two labels, three where those are shared."""
    labels = domain.split(".")
    two = ".".join(labels[-2:])
    return ".".join(labels[-3:]) if two in words.SHARED_DOMAINS and len(labels) > 2 else two
