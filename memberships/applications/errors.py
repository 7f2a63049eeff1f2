"""What can stand in the way of an application."""

from __future__ import annotations

from memberships.database import conflict


@conflict("uq_applications_submission_key")
@conflict("uq_applications_page_token_hash")
class AlreadySubmitted(Exception):
    """The same form with the same answers was already stored: a double click."""


class LinkUnknown(Exception):
    """No living link of this kind: never made, expired, or erased."""


class AlreadyConfirmed(Exception):
    """The address was proven before; nothing was changed."""


class AddressAlreadyCorrected(Exception):
    """The address can be corrected once."""


class ResendTooEarly(Exception):
    """The cool-down between two confirmation mails has not passed, or all are used up."""
