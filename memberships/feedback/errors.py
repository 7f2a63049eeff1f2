"""What can stand in the way of a report about a barrier."""

from __future__ import annotations

from memberships.database import conflict


@conflict("uq_feedback_cases_submission_key")
class AlreadyReported(Exception):
    """The same form with the same words was already stored: a double click."""


class FeedbackUnknown(Exception):
    """This network has no such report."""


class FeedbackClosed(Exception):
    """Somebody has answered and closed it already; nothing was stored or mailed."""
