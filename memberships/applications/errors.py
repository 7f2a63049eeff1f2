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


class ApplicationUnknown(Exception):
    """This network has no such application."""


class ApplicationNotDecidable(Exception):
    """The application is not waiting for a decision (any more); nothing was stored or mailed."""


class ApplicationRestricted(ApplicationNotDecidable):
    """Its data is kept and nothing else, until the restriction is lifted (Art. 18 GDPR)."""


class DecisionPending(ApplicationNotDecidable):
    """It is decided, but can still be taken back; before that nothing else can be done."""


class NothingPending(Exception):
    """No decision waits to take effect: it has, or it was taken back."""


class ApplicationChanged(Exception):
    """Something changed after the person opened the page; nothing was stored or mailed.

    `changes` holds (question, answer as seen, answer now); it is empty when only the work on the
    case changed, such as who has claimed it.
    """

    def __init__(self, changes: list[tuple[str, str, str]]) -> None:
        super().__init__("the application changed meanwhile")
        self.changes = changes


class BodyDecides(Exception):
    """A body decides about applications of this network; nobody decides alone."""


class OrganisationUndecided(Exception):
    """Nobody has said yet which organisation it is; only then can it be approved."""


class NoSeatToGrant(Exception):
    """Another seat is granted only where a person holds the organisation's seat already."""


class HoldsAnotherSeat(Exception):
    """The applicant holds the seat of another organisation in this network."""


class OrganisationUnknown(Exception):
    """This network knows no such organisation."""


class ReasonUnknown(Exception):
    """The network does not know this reason for declining."""


class NothingAsked(Exception):
    """There is no open question to answer."""


class FieldNotAskable(Exception):
    """This field is not asked in the case, or cannot be asked back: a proven address, a consent."""


class ColleagueUnknown(Exception):
    """Nobody of that account works on cases of this network (any more)."""


class NotReopenable(Exception):
    """Only a declined application is looked at once more."""


class NotWithdrawable(Exception):
    """A decided or withdrawn application cannot be withdrawn."""
