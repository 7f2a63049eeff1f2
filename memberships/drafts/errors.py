"""Why a draft is not kept."""


class DraftChanged(Exception):
    """Another window has written on since this one was opened."""


class DraftTooLong(Exception):
    """More than any form of a case can hold."""
