"""What applicants do on their own page, without signing in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memberships.applications import mails
from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationNotDecidable,
    NotWithdrawable,
)
from memberships.applications.models import Application, ApplicationStatus
from memberships.applications.queries import answer_revision
from memberships.applications.services.answers import replace_answers
from memberships.applications.services.asking import end_open_question
from memberships.applications.services.cases import (
    close_case_links,
    drop_decision,
    require_unrestricted,
)
from memberships.database import utcnow
from memberships.events.models import APPLICANT, EventTag
from memberships.events.services import record_event
from memberships.privacy.services import withdraw_consents
from memberships.seats.services import end_succession


def correct_answers(
    application: Application, answers: Mapping[str, Any], *, seen_revision: int | None
) -> bool:
    """Replace the answers while the case is open; the ones before stay on record.

    The mail address stays: it is proven. `seen_revision` counts corrections; the row's version
    would tell what the office does. Returns False, and stores nothing, when nothing differs.
    Raises ApplicationRestricted when the case's data is only kept, ApplicationNotDecidable when it
    is decided or closed, ApplicationChanged when the answers changed after the person saw them.
    """
    require_unrestricted(application)
    if not application.status.is_decidable:
        raise ApplicationNotDecidable
    if answer_revision(application) != (seen_revision or 0):
        raise ApplicationChanged([])
    if not replace_answers(application, answers):
        return False
    drop_decision(application, why="answers_corrected")
    return True


def withdraw_application(application: Application) -> None:
    """Take the application back; all its links end and a receipt is mailed.

    A restriction ends with it: the person wants the data erased, not kept.

    Raises NotWithdrawable when it is decided or withdrawn already.
    """
    if not application.status.may_be_withdrawn:
        raise NotWithdrawable
    drop_decision(application, why="withdrawn")
    end_open_question(application)
    application.status = ApplicationStatus.WITHDRAWN
    application.clock_stopped_at = application.restricted_at = None
    application.settled_at = utcnow()
    end_succession(application.id, by=APPLICANT)
    close_case_links(application)
    withdraw_consents(application.id, channel="withdrawal")
    record_event(EventTag.APPLICATION_WITHDRAWN, application, by=APPLICANT)
    mails.application_withdrawn(application)
