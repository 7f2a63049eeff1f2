"""Tracebacks for the log: where it failed, never with what."""

from __future__ import annotations

import traceback


def trace_without_values(error: BaseException) -> str:
    """The kinds of the error and of its causes, and the lines that raised them.

    Left out are the messages: those of a database quote the values of a row, those of a mail server
    the address.
    """
    parts = []
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        kind = f"{type(cause).__module__}.{type(cause).__qualname__}"
        parts.append(f"{kind}\n{''.join(traceback.format_tb(cause.__traceback__))}")
        cause = cause.__cause__ or cause.__context__
    return "caused by ".join(parts)
