"""The forms of the page about erasing. They check shape and wording, services check truth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wtforms import TextAreaField
from wtforms.fields import DateField
from wtforms.validators import DataRequired, Length, ValidationError

from memberships.applications.validators import clean_text, wanted_characters
from memberships.calendar import BERLIN
from memberships.database import utcnow
from memberships.review.forms import CaseForm

LONGEST_REASON = 500
LONGEST_HOLD = timedelta(days=366)


def _is_soon(_form: Any, field: DateField) -> None:
    today = utcnow().astimezone(BERLIN).date()
    if not today < field.data <= today + LONGEST_HOLD:
        raise ValidationError("Nennen Sie einen Tag ab morgen, spätestens in einem Jahr.")


class HoldForm(CaseForm):
    """`version` is the batch's."""

    reason = TextAreaField(
        "Warum wird das noch gebraucht?",
        [
            DataRequired("Schreiben Sie, warum es noch nicht gelöscht werden soll."),
            Length(
                max=LONGEST_REASON,
                message=f"Der Text ist zu lang. Möglich sind {LONGEST_REASON} Zeichen.",
            ),
            wanted_characters,
        ],
        filters=[clean_text],
    )
    until = DateField(
        "Wann sehen Sie es wieder an?",
        [DataRequired("Geben Sie den Tag ein, an dem Sie es wieder ansehen."), _is_soon],
    )
